//! The simulated log keeps the port's promises, and its faults do what they say.

use std::time::Duration;

use super::{CommitFault, Fault, SimDisk};
use crate::log::batch::Batch;
use crate::log::catalogue::TopicId;
use crate::log::conformance::{self, Bed};
use crate::log::error::{CommitError, LogError};
use crate::log::port::{Commit, CommitOutcome, IngestRecord, Log, OutRecord};

struct SimBed(SimDisk);

impl Bed for SimBed {
    fn open(&mut self) -> Result<Box<dyn Log>, LogError> {
        Ok(Box::new(self.0.open()))
    }
}

#[test]
fn conforms() {
    for (name, check) in conformance::CHECKS {
        let mut bed = SimBed(SimDisk::new(2, conformance::catalogue()));
        check(&mut bed).unwrap_or_else(|violation| panic!("{name}: {violation}"));
    }
}

fn commit(number: u64, epoch: u64) -> Commit {
    Commit {
        shard: 0,
        number,
        epoch,
        outputs: vec![OutRecord {
            topic: "out",
            partition: 0,
            key: vec![],
            value: vec![1],
        }],
        internal: vec![OutRecord {
            topic: "internal",
            partition: 1,
            key: vec![],
            value: vec![2],
        }],
        journal: vec![3],
        positions: vec![],
    }
}

/// Fault of the first commit → its answer, whether it is there, whether the process lives,
/// and what asking for the outcome says.
#[test]
fn commit_faults() {
    use CommitFault as F;
    let cases: &[(F, &str, bool, bool, &[&str])] = &[
        (F::CrashBefore, "Fatal", false, false, &["Fatal"]),
        (F::CrashAfter, "Fatal", true, false, &["Fatal"]),
        (F::Retry, "Retry", false, true, &["NotApplied"]),
        (F::Abort, "Abort", false, true, &["NotApplied"]),
        (
            F::UnknownApplied,
            "UnknownOutcome",
            true,
            true,
            &["Applied"],
        ),
        (
            F::UnknownNotApplied,
            "UnknownOutcome",
            false,
            true,
            &["NotApplied"],
        ),
        (
            F::UnknownLateApplied,
            "UnknownOutcome",
            true,
            true,
            &["Retry", "Applied"],
        ),
        (F::Fenced, "Fenced", false, true, &["NotApplied"]),
    ];
    for (fault, answer, applied, lives, outcomes) in cases {
        let disk = SimDisk::new(2, conformance::catalogue());
        disk.inject([Fault::Commit {
            shard: 0,
            attempt: 1,
            fault: *fault,
        }]);
        let log = disk.open();
        let mut shard = log.take(0).expect("a fresh shard");
        let error = shard
            .commit(&commit(1, shard.start().epoch))
            .expect_err("a fault was injected");
        let name = match error {
            CommitError::Retry(_) => "Retry",
            CommitError::Abort(_) => "Abort",
            CommitError::Fenced { .. } => "Fenced",
            CommitError::UnknownOutcome(_) => "UnknownOutcome",
            CommitError::Fatal(_) => "Fatal",
        };
        assert_eq!(name, *answer, "{fault:?}");
        assert_eq!(!log.is_dead(), *lives, "{fault:?}");
        for expected in *outcomes {
            let outcome = match shard.resolve(1) {
                Ok(CommitOutcome::Applied) => "Applied",
                Ok(CommitOutcome::NotApplied) => "NotApplied",
                Err(LogError::Retry(_)) => "Retry",
                Err(_) => "Fatal",
            };
            assert_eq!(outcome, *expected, "{fault:?}");
        }
        drop((shard, log));
        // All parts of it are there after a restart, or none.
        let log = disk.open();
        let start = log.take(0).expect("a shard").start().clone();
        let there = u64::from(*applied);
        assert_eq!(start.last_commit, there, "{fault:?}");
        assert_eq!(log.ends("out").expect("ends"), [there, 0], "{fault:?}");
        assert_eq!(log.ends("internal").expect("ends"), [0, there], "{fault:?}");
    }
}

#[test]
fn unresolved_outcome_blocks_the_next_commit() {
    let disk = SimDisk::new(2, conformance::catalogue());
    disk.inject([Fault::Commit {
        shard: 0,
        attempt: 1,
        fault: CommitFault::UnknownApplied,
    }]);
    let mut shard = disk.open().take(0).expect("a fresh shard");
    let epoch = shard.start().epoch;
    for number in [1, 2] {
        assert!(matches!(
            shard.commit(&commit(number, epoch)),
            Err(CommitError::UnknownOutcome(_))
        ));
    }
    assert_eq!(
        shard.resolve(1).expect("known by now"),
        CommitOutcome::Applied
    );
    shard.commit(&commit(2, epoch)).expect("the way is free");
}

#[test]
fn input_faults() {
    let disk = SimDisk::new(2, conformance::catalogue());
    disk.inject([
        Fault::Duplicate { record: 2 },
        Fault::Revoked {
            shard: 0,
            attempt: 2,
        },
    ]);
    let log = disk.open();
    let record = |n| IngestRecord {
        topic: TopicId(0),
        partition: 0,
        key: vec![],
        value: vec![n],
    };
    log.ingest()
        .expect("ingest")
        .append(vec![record(1), record(2), record(3)])
        .expect("appended");
    let mut shard = log.take(0).expect("a shard");
    let mut batch = Batch::new();
    shard
        .poll(&mut batch, 10, Duration::ZERO)
        .expect("the first poll");
    assert_eq!(
        batch.iter().map(|r| r.value[0]).collect::<Vec<_>>(),
        [1, 2, 2, 3]
    );
    let second = shard.poll(&mut batch, 10, Duration::ZERO);
    assert!(matches!(second, Err(LogError::Revoked { shard: 0 })));
}

#[test]
fn arrivals_merge_over_topics_and_never_go_back() {
    let disk = SimDisk::new(2, conformance::catalogue());
    let log = disk.open();
    let ingest = log.ingest().expect("ingest");
    for (time, topic, value) in [(10, 1, 1), (20, 0, 2), (15, 1, 3)] {
        disk.set_time_us(time);
        let record = IngestRecord {
            topic: TopicId(topic),
            partition: 0,
            key: vec![],
            value: vec![value],
        };
        ingest.append(vec![record]).expect("appended");
    }
    let mut batch = Batch::new();
    log.take(0)
        .expect("a shard")
        .poll(&mut batch, 10, Duration::ZERO)
        .expect("polled");
    let seen: Vec<_> = batch
        .iter()
        .map(|r| (r.received_at_us, r.value[0]))
        .collect();
    assert_eq!(seen, [(10, 1), (20, 2), (20, 3)]);
}
