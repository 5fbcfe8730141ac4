//! What all checks need: owners of all shards, records to feed, commits to make.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::{Bed, Violation, catalogue};
use crate::log::batch::Batch;
use crate::log::catalogue::TopicId;
use crate::log::error::{CommitError, LogError};
use crate::log::port::{Commit, IngestRecord, Log, OutRecord, ShardLog, StoredRecord};

/// How long a remote log may take for what a local one does at once.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
const SLICE: Duration = Duration::from_millis(50);

pub(super) const LEFT: TopicId = TopicId(0);
pub(super) const RIGHT: TopicId = TopicId(1);

/// A polled record, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) topic: TopicId,
    pub(super) partition: u32,
    pub(super) offset: u64,
    pub(super) received_at_us: i64,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// An open log with all its shards owned and their backlog committed away.
pub(super) struct Stage {
    pub(super) log: Box<dyn Log>,
    /// By shard number.
    pub(super) shards: Vec<Owner>,
}

/// One shard's handle with the commit number it is at.
pub(super) struct Owner {
    pub(super) handle: Box<dyn ShardLog>,
    pub(super) number: u64,
}

pub(super) fn ensure(condition: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if condition {
        Ok(())
    } else {
        Err(Violation { what: what() })
    }
}

pub(super) fn ensure_eq<T: PartialEq + Debug>(
    found: &T,
    expected: &T,
    what: &str,
) -> Result<(), Violation> {
    ensure(found == expected, || {
        format!("{what}: expected {expected:?}, found {found:?}")
    })
}

impl Stage {
    /// Opens the log, owns everything, and leaves nothing to be polled.
    pub(super) fn clean(bed: &mut dyn Bed) -> Result<Self, Violation> {
        let mut stage = Self::open(bed)?;
        for owner in &mut stage.shards {
            owner.drain()?;
        }
        // Draining one shard never feeds another: drained records cause no messages.
        Ok(stage)
    }

    /// Opens the log and owns everything, backlog and all.
    pub(super) fn open(bed: &mut dyn Bed) -> Result<Self, Violation> {
        let log = bed.open()?;
        let count = log.partitions() as usize;
        ensure(count >= 2, || {
            "a bed needs at least two partitions".to_owned()
        })?;
        let deadline = Instant::now() + PATIENCE;
        let mut shards = Vec::with_capacity(count);
        while shards.len() < count {
            if let Some(handle) = log.next_shard(SLICE)? {
                shards.push(Owner {
                    number: handle.start().last_commit,
                    handle,
                });
            }
            ensure(Instant::now() < deadline, || {
                format!("only {} of {count} shards were given", shards.len())
            })?;
        }
        shards.sort_by_key(|owner| owner.handle.start().shard);
        Ok(Self { log, shards })
    }

    /// Appends values to one topic of one partition, with the value as key.
    pub(super) fn feed(
        &self,
        topic: TopicId,
        partition: u32,
        values: &[&[u8]],
    ) -> Result<(), Violation> {
        feed(&*self.log, topic, partition, values)
    }

    /// The committed records of an output topic from an end that was taken before.
    pub(super) fn outputs_since(
        &self,
        topic: &str,
        ends: &[u64],
        wanted: usize,
    ) -> Result<Vec<StoredRecord>, Violation> {
        let mut reader = self.log.reader(topic, ends)?;
        let mut out = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while out.len() < wanted && Instant::now() < deadline {
            reader.poll(&mut out, 1000, SLICE)?;
        }
        // One more look, for records that should not be there.
        reader.poll(&mut out, 1000, Duration::ZERO)?;
        Ok(out)
    }
}

impl Owner {
    pub(super) fn shard(&self) -> u32 {
        self.handle.start().shard
    }

    /// Polls until `count` records have come, and once more to see that there are no others.
    pub(super) fn poll(&mut self, count: usize) -> Result<Vec<Seen>, Violation> {
        let mut batch = Batch::new();
        let mut seen = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while seen.len() < count {
            self.handle.poll(&mut batch, 1000, SLICE)?;
            take(&batch, &mut seen);
            ensure(Instant::now() < deadline, || {
                format!("{} of {count} records came", seen.len())
            })?;
        }
        self.handle.poll(&mut batch, 1000, Duration::ZERO)?;
        take(&batch, &mut seen);
        ensure(seen.len() == count, || {
            format!("{count} records were expected, {} came", seen.len())
        })?;
        Ok(seen)
    }

    /// A commit of nothing but a journal block, to be filled in.
    pub(super) fn next_commit(&self, journal: &[u8]) -> Commit {
        Commit {
            shard: self.shard(),
            number: self.number + 1,
            epoch: self.handle.start().epoch,
            journal: journal.to_vec(),
            ..Commit::default()
        }
    }

    /// Commits, following the port's advice on what to do about errors.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), Violation> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.handle.commit(commit) {
                Ok(()) => break,
                Err(CommitError::Retry(what)) => ensure(Instant::now() < deadline, || what)?,
                Err(error) => return Err(error.into()),
            }
        }
        self.number = commit.number;
        Ok(())
    }

    /// Commits past everything that waits.
    fn drain(&mut self) -> Result<(), Violation> {
        let mut batch = Batch::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.handle.poll(&mut batch, 1000, Duration::ZERO)?;
            if batch.is_empty() && self.handle.backlog() == 0 {
                return Ok(());
            }
            let mut seen = Vec::new();
            take(&batch, &mut seen);
            if !seen.is_empty() {
                let commit = Commit {
                    positions: positions_after(&seen),
                    ..self.next_commit(b"drained")
                };
                self.commit(&commit)?;
            }
            ensure(Instant::now() < deadline, || {
                "the backlog does not end".to_owned()
            })?;
        }
    }

    /// The end of this shard's journal is its last commit.
    pub(super) fn ensure_last_journal(&self, bytes: &[u8]) -> Result<(), Violation> {
        let last = self.handle.last_journal()?;
        let last = last.ok_or_else(|| Violation {
            what: "the journal is empty".to_owned(),
        })?;
        ensure_eq(
            &last.number,
            &self.number,
            "number of the last journal block",
        )?;
        ensure_eq(
            &last.bytes.as_slice(),
            &bytes,
            "bytes of the last journal block",
        )
    }
}

/// Appends values to one topic of one partition, with the value as key.
pub(super) fn feed(
    log: &dyn Log,
    topic: TopicId,
    partition: u32,
    values: &[&[u8]],
) -> Result<(), Violation> {
    let records = values
        .iter()
        .map(|value| IngestRecord {
            topic,
            partition,
            key: value.to_vec(),
            value: value.to_vec(),
        })
        .collect();
    let appended = log.ingest()?.append(records)?;
    ensure_eq(&appended.records, &values.len(), "records appended")
}

fn take(batch: &Batch, seen: &mut Vec<Seen>) {
    seen.extend(batch.iter().map(|r| Seen {
        topic: r.topic,
        partition: r.partition,
        offset: r.offset,
        received_at_us: r.received_at_us,
        key: r.key.to_vec(),
        value: r.value.to_vec(),
    }));
}

/// Where to go on after these records.
pub(super) fn positions_after(seen: &[Seen]) -> Vec<(TopicId, u64)> {
    let mut positions = std::collections::BTreeMap::new();
    for record in seen {
        positions.insert(record.topic, record.offset + 1);
    }
    positions.into_iter().collect()
}

pub(super) fn values(seen: &[Seen]) -> Vec<String> {
    seen.iter()
        .map(|s| String::from_utf8_lossy(&s.value).into_owned())
        .collect()
}

pub(super) fn output(topic: &'static str, partition: u32, value: &str) -> OutRecord {
    OutRecord {
        topic,
        partition,
        key: b"key".to_vec(),
        value: value.as_bytes().to_vec(),
    }
}

pub(super) fn stored_values(records: &[StoredRecord]) -> Vec<String> {
    records
        .iter()
        .map(|r| String::from_utf8_lossy(&r.value).into_owned())
        .collect()
}

/// The catalogue of every bed names its topics as the checks do.
pub(super) fn ensure_catalogue(log: &dyn Log) -> Result<(), LogError> {
    let agreed = log.catalogue().input_id("left") == Some(LEFT)
        && log.catalogue().input_id("right") == Some(RIGHT);
    if agreed && log.catalogue().topics() == catalogue().topics() {
        Ok(())
    } else {
        Err(LogError::Mismatch(
            "the bed has other topics than the conformance catalogue".to_owned(),
        ))
    }
}
