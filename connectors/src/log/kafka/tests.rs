//! The Kafka log keeps the port's promises, on a real broker.
//!
//! `KEZEK_TEST_BROKERS` names it (`deploy/test.sh` starts one and sets it). Each test has topics
//! of its own, by prefix.

use std::time::{Duration, Instant};

use super::{KafkaLog, KafkaOptions, topics};
use crate::log::batch::Batch;
use crate::log::catalogue::TopicId;
use crate::log::conformance::{self, Bed};
use crate::log::error::LogError;
use crate::log::port::{Commit, IngestRecord, JournalCursor, Log, ShardLog};

/// A log of its own on the test broker; `None`, said loudly, without one.
fn options(test: &str) -> Option<KafkaOptions> {
    let Ok(brokers) = std::env::var("KEZEK_TEST_BROKERS") else {
        eprintln!("NOT RUN: {test} needs a broker: KEZEK_TEST_BROKERS is not set");
        return None;
    };
    let prefix = format!("{test}-{}.", std::process::id());
    let options = KafkaOptions {
        brokers,
        group: prefix.trim_end_matches('.').to_owned(),
        prefix,
        partitions: 2,
        catalogue: conformance::catalogue(),
        security: Vec::new(),
    };
    let made = topics::create(&options).expect("topics are made");
    assert_eq!(made.len(), conformance::TOPICS.len());
    Some(options)
}

struct KafkaBed(KafkaOptions);

impl Bed for KafkaBed {
    fn open(&mut self) -> Result<Box<dyn Log>, LogError> {
        Ok(Box::new(KafkaLog::open(&self.0)?))
    }
}

#[test]
fn conforms() {
    let Some(options) = options("conforms") else {
        return;
    };
    let mut bed = KafkaBed(options);
    for (name, check) in conformance::CHECKS {
        check(&mut bed).unwrap_or_else(|violation| panic!("{name}: {violation}"));
    }
}

#[test]
fn topics_that_differ_are_refused_and_made_once() {
    let Some(options) = options("differ") else {
        return;
    };
    assert_eq!(
        topics::create(&options).expect("again"),
        Vec::<String>::new()
    );
    assert_eq!(
        topics::diff(&options).expect("compared"),
        Vec::<String>::new()
    );
    let more = KafkaOptions {
        partitions: 3,
        ..options.clone()
    };
    let differences = topics::diff(&more).expect("compared");
    assert_eq!(
        differences.len(),
        conformance::TOPICS.len(),
        "{differences:?}"
    );
    assert!(matches!(KafkaLog::open(&more), Err(LogError::Mismatch(_))));
    let elsewhere = KafkaOptions {
        prefix: "nowhere.".to_owned(),
        ..options
    };
    let differences = topics::diff(&elsewhere).expect("compared");
    assert!(
        differences.iter().all(|d| d.ends_with("missing")),
        "{differences:?}"
    );
}

#[test]
fn a_block_larger_than_a_record_comes_back_whole() {
    let Some(options) = options("large") else {
        return;
    };
    let log = KafkaLog::open(&options).expect("open");
    let mut shard = log.take(0).expect("taken");
    let mut large = Vec::new();
    for n in 0..700_000_u32 {
        large.extend_from_slice(&n.to_le_bytes());
    }
    for (number, journal) in [(1, b"small".to_vec()), (2, large.clone()), (3, Vec::new())] {
        commit(&mut *shard, number, journal);
    }
    let mut reader = shard.journal(JournalCursor::at(2)).expect("readable");
    let second = reader.next_entry().expect("read").expect("there");
    assert!(second.bytes == large, "the block of commit 2");
    let third = reader.next_entry().expect("read").expect("there");
    assert_eq!((third.number, third.bytes.len()), (3, 0));
    assert_eq!(reader.next_entry().expect("read"), None);
}

fn commit(shard: &mut dyn ShardLog, number: u64, journal: Vec<u8>) {
    let commit = Commit {
        shard: shard.start().shard,
        number,
        epoch: shard.start().epoch,
        journal,
        ..Commit::default()
    };
    shard.commit(&commit).expect("committed");
}

/// An idle shard's clock goes on, and never past a record that it has not given.
#[test]
fn an_idle_shard_knows_how_far_it_is_quiet() {
    let Some(options) = options("quiet") else {
        return;
    };
    let log = KafkaLog::open(&options).expect("open");
    let mut shard = log.take(0).expect("taken");
    let ingest = log.ingest().expect("a source");
    let mut batch = Batch::new();
    for _ in 0..3 {
        let before = shard.quiet_until_us().expect("Kafka can tell");
        let deadline = Instant::now() + Duration::from_secs(30);
        while shard.quiet_until_us() <= Some(before) {
            shard
                .poll(&mut batch, 10, Duration::from_millis(20))
                .expect("polled");
            assert!(
                batch.is_empty() && Instant::now() < deadline,
                "the clock stands"
            );
        }
        let record = IngestRecord {
            topic: TopicId(0),
            partition: 0,
            key: Vec::new(),
            value: b"x".to_vec(),
        };
        ingest.append(vec![record]).expect("appended");
        while batch.is_empty() {
            let quiet = shard.quiet_until_us();
            shard
                .poll(&mut batch, 10, Duration::from_millis(20))
                .expect("polled");
            if let Some(record) = batch.get(0) {
                assert!(
                    Some(record.received_at_us) > quiet,
                    "the clock was ahead of a record"
                );
            }
        }
        batch.clear();
    }
}

/// Two instances of one group share the shards; when one leaves, the other takes its shards over
/// with the next epoch and goes on with the next commit.
#[test]
fn instances_of_a_group_share_and_take_over() {
    let Some(options) = options("share") else {
        return;
    };
    let first = KafkaLog::open(&options).expect("open");
    let mut held = Vec::new();
    while held.len() < 2 {
        held.extend(first.next_shard(Duration::from_secs(30)).expect("a shard"));
    }
    for shard in &mut held {
        commit(&mut **shard, 1, b"first".to_vec());
    }
    let second = KafkaLog::open(&options).expect("open");
    let mut batch = Batch::new();
    // The newcomer gets a shard only when the first instance has dropped it.
    let mut taken = loop {
        if let Some(taken) = second.next_shard(Duration::from_millis(50)).expect("asked") {
            break taken;
        }
        held.retain_mut(|shard| match shard.poll(&mut batch, 1, Duration::ZERO) {
            Ok(()) => true,
            Err(LogError::Revoked { .. }) => false,
            Err(error) => panic!("{error}"),
        });
    };
    assert_eq!(held.len(), 1, "one shard each");
    assert_eq!((taken.start().epoch, taken.start().last_commit), (2, 1));
    commit(&mut *taken, 2, b"second".to_vec());
    drop(held);
    drop(first);
    let mut other = loop {
        if let Some(other) = second.next_shard(Duration::from_secs(30)).expect("asked") {
            break other;
        }
    };
    assert_ne!(other.start().shard, taken.start().shard);
    assert_eq!((other.start().epoch, other.start().last_commit), (2, 1));
    commit(&mut *other, 2, b"third".to_vec());
}
