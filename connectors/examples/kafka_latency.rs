//! How long a commit takes on a Kafka cluster, and how long it takes until a reader sees it.
//!
//! `cargo run -p kezek-connectors --features kafka --example kafka_latency -- BROKERS [COMMITS [RECORDS]]`
//!
//! One shard echoes its input: a record is written from outside, polled, committed with `RECORDS`
//! outputs of 300 bytes and a journal block of the same size, and read by a `read_committed`
//! reader on a thread of its own. One record is on its way at a time, so the figures are
//! latencies of an idle shard, not of a loaded one.

#![allow(clippy::expect_used, reason = "a measurement that cannot go on must say so")]

use std::sync::mpsc;
use std::time::{Duration, Instant};

use kezek_connectors::log::catalogue::TopicId;
use kezek_connectors::log::conformance;
use kezek_connectors::log::kafka::{KafkaLog, KafkaOptions, topics};
use kezek_connectors::log::{Batch, Commit, IngestRecord, Log as _, OutRecord};

const WAIT: Duration = Duration::from_secs(10);

fn main() {
    let mut args = std::env::args().skip(1);
    let brokers = args.next().expect("usage: kafka_latency BROKERS [COMMITS [RECORDS]]");
    let commits: usize = args.next().map_or(1000, |n| n.parse().expect("a number"));
    let records: usize = args.next().map_or(1, |n| n.parse().expect("a number"));
    let prefix = format!("latency-{}.", std::process::id());
    let options = KafkaOptions {
        brokers,
        group: prefix.trim_end_matches('.').to_owned(),
        prefix,
        partitions: 1,
        catalogue: conformance::catalogue(),
        security: Vec::new(),
    };
    topics::create(&options).expect("topics");
    let log = KafkaLog::open(&options).expect("open");
    let mut shard = log.take(0).expect("taken");
    let ingest = log.ingest().expect("a source");
    let (seen, visible) = mpsc::channel();
    let mut reader = log.reader("out", &[]).expect("a reader");
    std::thread::spawn(move || {
        let mut found = Vec::new();
        loop {
            found.clear();
            if reader.poll(&mut found, 10_000, WAIT).is_err() {
                return;
            }
            let now = Instant::now();
            for _ in &found {
                if seen.send(now).is_err() {
                    return;
                }
            }
        }
    });
    let (mut polled, mut committed, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    let mut batch = Batch::new();
    for number in 1..=commits as u64 {
        let sent = Instant::now();
        let record = IngestRecord {
            topic: TopicId(0),
            partition: 0,
            key: Vec::new(),
            value: vec![b'x'; 300],
        };
        ingest.append(vec![record]).expect("appended");
        while batch.is_empty() {
            shard.poll(&mut batch, 1000, Duration::from_millis(20)).expect("polled");
        }
        let began = Instant::now();
        let next = batch.iter().last().map_or(0, |r| r.offset + 1);
        let output = OutRecord {
            topic: "out",
            partition: 0,
            key: b"key".to_vec(),
            value: vec![b'y'; 300],
        };
        let commit = Commit {
            shard: 0,
            number: shard.start().last_commit + number,
            epoch: shard.start().epoch,
            outputs: vec![output; records],
            journal: vec![b'z'; 300 * records],
            positions: vec![(TopicId(0), next)],
            ..Commit::default()
        };
        shard.commit(&commit).expect("committed");
        committed.push(began.elapsed());
        polled.push(began - sent);
        for _ in 0..records {
            let at = visible.recv_timeout(WAIT).expect("it becomes visible");
            shown.push(at.saturating_duration_since(began));
        }
        batch.clear();
    }
    for (what, mut times) in [
        ("written by a source -> polled", polled),
        ("commit", committed),
        ("begin of commit -> visible", shown),
    ] {
        times.sort_unstable();
        let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000].as_secs_f64() * 1e3;
        println!("{what}: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", at(500), at(990), at(1000));
    }
}
