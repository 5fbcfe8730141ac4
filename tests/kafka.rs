//! Real processes on a real Kafka broker: two instances of one group, killed, stopped, frozen and cut off from a broker that
//! dies, under load. What the topics hold in the end, read committed, is what `replay` says of the recorded input.
//!
//! `deploy/test.sh` sets `KEZEK_TEST_BROKERS` on a machine that can run brokers; each test then starts one of its own, because
//! the product's topics have fixed names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must say so")]

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kezek_connectors::log::kafka::{KafkaLog, KafkaOptions};
use kezek_connectors::log::partition::partition_of;
use kezek_connectors::log::{Catalogue, Ingest, IngestRecord, Log, StoredRecord};
use serde_json::Value;
use support::broker::Broker;
use support::trips::{self, trip};
use support::{INPUTS, Instance, OUTPUTS, by_id, kezek, lines};

const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster with the product's topics, seen from outside, and instances on it.
struct Cluster {
    broker: Broker,
    log: KafkaLog,
    sources: Box<dyn Ingest>,
    instances: Vec<Instance>,
}

impl Cluster {
    fn start(folder: &Path, partitions: u32, test: &str) -> Option<Self> {
        let broker = Broker::start(&folder.join("broker"), test)?;
        let settings = [("KEZEK_LOG__KIND", "kafka"), ("KEZEK_LOG__BROKERS", broker.address.as_str()), ("KEZEK_LOG__GROUP", "border")];
        let mut instances: Vec<Instance> =
            (0..2).map(|n| Instance::new(&folder.join(format!("instance-{n}")), partitions).with(&settings)).collect();
        assert_eq!(instances[0].code(&["topics", "create"]), Some(0));
        let options = KafkaOptions { brokers: broker.address.clone(), group: "outside".into(), prefix: String::new(), partitions,
            catalogue: Catalogue::default(), security: Vec::new() };
        let log = KafkaLog::open(&options).expect("the topics are as they should be");
        let sources = log.ingest().expect("sources can write");
        for instance in &mut instances { instance.start(); }
        let cluster = Self { broker, log, sources, instances };
        cluster.settle();
        Some(cluster)
    }

    /// Waits until every shard is owned by one of the instances that live.
    fn settle(&self) {
        let wanted = self.log.partitions() as usize;
        wait("all shards are owned", || self.instances.iter().map(Instance::shards).sum::<usize>() == wanted);
    }

    fn feed(&self, records: &[(&str, Value)]) {
        let partitions = self.log.partitions();
        for (topic, value) in records {
            let mut value = value.clone();
            if let Value::Object(fields) = &mut value { fields.insert("at".into(), jiff::Timestamp::now().to_string().into()); }
            let value = value.to_string().into_bytes();
            // Any key is allowed: this one spreads the records of one truck over the shards.
            let record = IngestRecord { topic: self.log.catalogue().input_id(topic).unwrap(), partition: partition_of(&value, partitions),
                key: Vec::new(), value };
            self.sources.append(vec![record]).expect("the broker takes it");
        }
    }

    fn records(&self, topic: &str) -> Vec<StoredRecord> {
        let ends = self.log.ends(topic).expect("the broker answers");
        let mut reader = self.log.reader(topic, &[]).expect("a reader");
        let (mut out, began) = (Vec::new(), Instant::now());
        while (0..).zip(&ends).any(|(p, end)| *end > 0 && !out.iter().any(|r: &StoredRecord| r.partition == p && r.offset + 1 >= *end)) {
            reader.poll(&mut out, 10_000, Duration::from_millis(100)).expect("records");
            assert!(began.elapsed() < PATIENCE, "{topic} cannot be read");
        }
        out
    }

    fn said(&self, topic: &str) -> Vec<Value> {
        self.records(topic).iter().map(|r| serde_json::from_slice(&r.value).expect("JSON")).collect()
    }

    /// Every truck's last record is no object: when its dead letter is there, everything before it was handled.
    fn finish(&mut self, trucks: usize) {
        wait("the last records are handled", || self.said("dead.letters").len() >= trucks);
        for instance in &mut self.instances {
            let began = Instant::now();
            instance.stop();
            assert!(began.elapsed() < Duration::from_secs(10), "a clean stop took {:?}", began.elapsed());
        }
    }
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The records of all trucks, stage by stage, so that those of one truck never arrive in the same millisecond.
fn traffic(trucks: usize) -> Vec<(&'static str, Value)> {
    let trips: Vec<_> = (0..trucks).map(trip).collect();
    (0..trips[0].len()).flat_map(|stage| trips.iter().map(move |t| t[stage].clone())).collect()
}

/// One shard, two instances: the one that owns it is killed in the middle of its work, the other takes over, eight times;
/// once the owner is only frozen, longer than the group waits, and wakes up as a zombie.
#[test]
fn what_is_said_is_what_replay_says_whoever_is_killed() {
    const TRUCKS: usize = 24;
    const KILLS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(folder.path(), 1, "kills of the owner") else { return };
    let records = traffic(TRUCKS);
    let mut frozen = None;
    for (round, chunk) in records.chunks(records.len().div_ceil(KILLS + 1)).enumerate() {
        let (before, after) = chunk.split_at(chunk.len() / 2);
        let owner = cluster.instances.iter().position(|i| i.shards() == 1).expect("somebody owns the shard");
        cluster.feed(before);
        if round == KILLS / 2 {
            cluster.instances[owner].signal("-STOP");
            frozen = Some(owner);
        } else {
            cluster.instances[owner].kill();
            cluster.instances[owner].start();
        }
        cluster.feed(after);
        if let Some(zombie) = frozen.take() {
            wait("the other one takes over", || cluster.instances[1 - zombie].shards() == 1);
            cluster.instances[zombie].signal("-CONT");
        }
        cluster.settle();
    }
    cluster.finish(TRUCKS);

    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir_all(&input).unwrap();
    let mut taken = 0;
    for topic in INPUTS {
        let rows = cluster.records(topic);
        taken += rows.len();
        let text: String = rows.iter().map(|r| {
            let mut value: Value = serde_json::from_slice(&r.value).unwrap();
            let received = jiff::Timestamp::from_microsecond(r.received_at_us).unwrap().to_string();
            if let Value::Object(fields) = &mut value { fields.insert("received_at".into(), received.into()); }
            format!("{value}\n")
        }).collect();
        if !text.is_empty() { fs::write(input.join(format!("{topic}.ndjson")), text).unwrap(); }
    }
    assert_eq!(taken, records.len(), "every record is in the log once");
    let status = kezek().args(["replay", "--input"]).arg(&input).arg("--output").arg(&output).status().unwrap();
    assert!(status.success());
    let mut compared = 0;
    for topic in OUTPUTS.into_iter().filter(|t| *t != "dead.letters" && *t != "boards") {
        let said = cluster.said(topic);
        let (n, ours, theirs) = (said.len(), by_id(said), by_id(lines(&output, topic)));
        assert_eq!(n, ours.len(), "{topic}: an id came twice");
        for (id, record) in &theirs { assert_eq!(ours.get(id), Some(record), "{topic} {id}: replay says it"); }
        for id in ours.keys() { assert!(theirs.contains_key(id), "{topic} {id}: only the service said it"); }
        compared += n;
    }
    assert!(compared > TRUCKS, "the trucks caused something to compare: {compared}");
    let epochs: Vec<u64> = cluster.said("barrier.commands").iter().map(|c| c["epoch"].as_u64().unwrap()).collect();
    assert!(epochs.is_sorted() && epochs.last() > Some(&(KILLS as u64)), "each owner has a later epoch: {epochs:?}");
}

/// Four shards shared by two instances, of which one is killed at a time; in the middle the broker is killed too.
#[test]
fn on_four_shards_nothing_is_lost_or_doubled() {
    const TRUCKS: usize = 24;
    const KILLS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(folder.path(), 4, "kills on four shards") else { return };
    let records = traffic(TRUCKS);
    for (round, chunk) in records.chunks(records.len().div_ceil(KILLS + 1)).enumerate() {
        let (before, after) = chunk.split_at(chunk.len() / 2);
        cluster.feed(before);
        if round == KILLS / 2 {
            cluster.broker.kill();
            cluster.broker.restart();
        } else {
            cluster.instances[round % 2].kill();
            cluster.instances[round % 2].start();
        }
        cluster.feed(after);
        cluster.settle();
    }
    cluster.finish(TRUCKS);
    trips::nothing_lost_or_doubled(TRUCKS, |topic| cluster.said(topic));
}

/// What the command line says and exits with.
#[test]
fn topics_are_made_compared_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(&folder.path().join("broker"), "topics") else { return };
    let on = |partitions, address: &str| Instance::new(folder.path(), partitions).with(&[("KEZEK_LOG__KIND", "kafka"),
        ("KEZEK_LOG__BROKERS", address), ("KEZEK_LOG__SECURITY", "plaintext")]);
    let two = on(2, &broker.address);
    assert_eq!(two.code(&["run"]), Some(3), "no topics yet");
    assert_eq!(two.code(&["topics", "diff"]), Some(1), "all are missing");
    assert_eq!(two.code(&["topics", "create"]), Some(0));
    assert_eq!(two.code(&["topics", "create"]), Some(0), "it may be run again");
    assert_eq!(two.code(&["topics", "diff"]), Some(0));
    let three = on(3, &broker.address);
    assert_eq!(three.code(&["topics", "diff"]), Some(1), "the count of partitions differs");
    assert_eq!(three.code(&["run"]), Some(3), "topics that disagree are refused");
    assert_eq!(two.tail("bookings"), Vec::<Value>::new());
    let tls = on(2, &broker.address).with(&[("KEZEK_LOG__SECURITY", "tls")]);
    assert_eq!(tls.code(&["topics", "diff"]), Some(4), "a broker without TLS is no fallback");
    let half = on(2, &broker.address).with(&[("KEZEK_LOG__SECURITY", "sasl_tls"), ("KEZEK_LOG__USERNAME", "kezek")]);
    assert_eq!(half.code(&["run"]), Some(3), "no password");
    assert_eq!(on(2, "127.0.0.1:1").code(&["run"]), Some(4), "nobody is there");
}

/// A broker that wants TLS and a password gets both, verified, or nothing at all.
#[test]
fn the_link_is_protected_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("broker");
    let Some(broker) = Broker::secure(&home, "protection of the link") else { return };
    let file = |name: &str| home.join("tls").join(name).display().to_string();
    let (ca, password, wrong) = (file("ca.pem"), file("password"), file("wrong"));
    fs::write(&wrong, "not the password").unwrap();
    let as_kezek = [("KEZEK_LOG__KIND", "kafka"), ("KEZEK_LOG__BROKERS", broker.address.as_str()), ("KEZEK_LOG__SECURITY", "sasl_tls"),
        ("KEZEK_LOG__USERNAME", "kezek")];
    let plain = Instance::new(folder.path(), 1).with(&as_kezek[..2]);
    let trusting_nobody = Instance::new(folder.path(), 1).with(&as_kezek).with(&[("KEZEK_LOG__PASSWORD_FILE", &password)]);
    let mistaken = Instance::new(folder.path(), 1).with(&as_kezek).with(&[("KEZEK_LOG__CA", &ca), ("KEZEK_LOG__PASSWORD_FILE", &wrong)]);
    let mut right = Instance::new(folder.path(), 1).with(&as_kezek).with(&[("KEZEK_LOG__CA", &ca), ("KEZEK_LOG__PASSWORD_FILE", &password)]);
    assert_eq!(right.code(&["topics", "create"]), Some(0));
    for (refused, why) in [(&plain, "no TLS"), (&trusting_nobody, "an authority nobody trusts"), (&mistaken, "a wrong password")] {
        assert_eq!(refused.code(&["topics", "diff"]), Some(4), "{why}");
    }
    right.start();
    wait("the shard is owned over the protected link", || right.shards() == 1);
    right.stop();
}
