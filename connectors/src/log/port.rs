//! The port: what the engine asks of a log, whichever it is.
//!
//! Synchronous on purpose: a shard is owned by one thread, and the calls that matter (poll,
//! commit) are where that thread is meant to wait. All traits are object-safe.
//!
//! Promises every adapter keeps (and [`conformance`](super::conformance) checks):
//! - a commit is atomic, and visible to any reader only when it is durable;
//! - records of one partition of one topic are seen once each, in offset order, from the
//!   committed position on;
//! - commit numbers of a shard are consecutive, over all owners, and each has one journal block;
//! - taking a shard raises its epoch durably; a handle with an older epoch can commit nothing.

use std::time::Duration;

use super::batch::Batch;
use super::catalogue::{Catalogue, TopicId};
use super::error::{CommitError, LogError};

/// A record to be written by a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutRecord {
    /// The output topic; ignored for internal messages.
    pub topic: &'static str,
    /// Output topics: the shard's own number. Internal messages: the owner's shard.
    pub partition: u32,
    /// The record's key.
    pub key: Vec<u8>,
    /// The record's value.
    pub value: Vec<u8>,
}

/// Everything that one step of a shard wants to make true at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The shard; must be the handle's.
    pub shard: u32,
    /// The commit's number: the number of the shard's last commit plus one, from 1.
    pub number: u64,
    /// The ownership epoch under which the step was computed.
    pub epoch: u64,
    /// Records for output topics.
    pub outputs: Vec<OutRecord>,
    /// Messages to other keys, on `internal`.
    pub internal: Vec<OutRecord>,
    /// The journal block.
    pub journal: Vec<u8>,
    /// For each input topic that was read: the offset to go on from.
    pub positions: Vec<(TopicId, u64)>,
}

/// What became of a commit whose outcome was unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is durable and visible; go on as after `Ok`.
    Applied,
    /// It left no trace and never will; go on as after [`CommitError::Abort`].
    NotApplied,
}

/// What a new owner finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardStart {
    /// The shard.
    pub shard: u32,
    /// This owner's epoch, larger than that of every earlier owner.
    pub epoch: u64,
    /// The number of the last commit, 0 if there is none.
    pub last_commit: u64,
}

/// One journal block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// The shard that wrote it.
    pub shard: u32,
    /// The commit's number.
    pub number: u64,
    /// The writer's ownership epoch.
    pub epoch: u64,
    /// Where the log keeps it; with `number` it makes a [`JournalCursor`].
    pub offset: u64,
    /// When the log took the commit, microseconds since 1970 UTC.
    pub committed_at_us: i64,
    /// The block, as committed.
    pub bytes: Vec<u8>,
}

impl JournalEntry {
    /// The place right after this entry.
    #[must_use]
    pub const fn next(&self) -> JournalCursor {
        JournalCursor {
            number: self.number + 1,
            hint: self.offset + 1,
        }
    }
}

/// A place in one journal partition: the next wanted commit, and where to start looking.
///
/// `number` decides. `hint` is an offset that saves time when it is right and costs only time
/// when it is not; 0 is always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalCursor {
    /// The next commit number to deliver, from 1.
    pub number: u64,
    /// An offset at or before that commit's block.
    pub hint: u64,
}

impl JournalCursor {
    /// The beginning.
    pub const START: Self = Self { number: 1, hint: 0 };

    /// The place of commit `number`, looked for from the beginning.
    #[must_use]
    pub const fn at(number: u64) -> Self {
        Self { number, hint: 0 }
    }
}

/// Reads one shard's journal up to the end that was committed when the reader was made.
pub trait JournalReader: Send {
    /// The next block, or `None` at the end.
    ///
    /// # Errors
    /// [`LogError`]; after an error the reader is of no further use.
    fn next_entry(&mut self) -> Result<Option<JournalEntry>, LogError>;
}

/// The right to run one shard: what its owner thread holds. Dropping it gives the shard up.
pub trait ShardLog: Send {
    /// What was found when the shard was taken.
    fn start(&self) -> &ShardStart;

    /// Replaces the contents of `batch` by up to `max_records` records that come next, in order
    /// of arrival over all topics. Waits up to `max_wait` for the first of them and not at all
    /// for the others; an empty batch means that none came.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn poll(
        &mut self,
        batch: &mut Batch,
        max_records: usize,
        max_wait: Duration,
    ) -> Result<(), LogError>;

    /// After an empty poll: a time before which the log has taken nothing that is still to be delivered here, so that
    /// timers due by then may fire. `None` when the log cannot tell, and the caller has only a clock of its own.
    fn quiet_until_us(&self) -> Option<i64> {
        None
    }

    /// Makes the commit durable and visible, or does nothing.
    ///
    /// # Errors
    /// [`CommitError`], by what to do.
    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError>;

    /// After [`CommitError::UnknownOutcome`]: makes sure that nothing of commit `number` is in
    /// flight any more, reads the journal back, and decides by the number.
    ///
    /// # Errors
    /// [`LogError::Retry`] leaves the outcome unknown: ask again.
    fn resolve(&mut self, number: u64) -> Result<CommitOutcome, LogError>;

    /// Polls go on after the last commit; records polled since then will come again.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn seek_to_committed(&mut self) -> Result<(), LogError>;

    /// The committed positions: for each input topic and `internal`, the next offset.
    fn positions(&self) -> Vec<(TopicId, u64)>;

    /// How many committed records wait to be polled, as far as the log knows now.
    fn backlog(&mut self) -> u64;

    /// The shard's own journal from commit `from.number` to its last commit.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn journal(&self, from: JournalCursor) -> Result<Box<dyn JournalReader>, LogError>;

    /// The last journal block of the shard.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn last_journal(&self) -> Result<Option<JournalEntry>, LogError>;
}

/// Reads the journals of all shards, for ever. Any number of them, on any thread.
pub trait Follower: Send {
    /// Appends up to `max_entries` blocks to `out`, in commit order within each shard; waits up
    /// to `max_wait` for the first. Returns how many.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn poll(
        &mut self,
        out: &mut Vec<JournalEntry>,
        max_entries: usize,
        max_wait: Duration,
    ) -> Result<usize, LogError>;

    /// The number of the newest commit of each shard that the log knows of, by shard.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn newest(&mut self) -> Result<Vec<u64>, LogError>;
}

/// A committed record of any topic, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its partition.
    pub partition: u32,
    /// Its place in the partition.
    pub offset: u64,
    /// When the log took it, microseconds since 1970 UTC.
    pub received_at_us: i64,
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

/// Reads committed records of one topic.
pub trait TopicReader: Send {
    /// Appends up to `max_records` records to `out`: partition by partition when all of them
    /// are there already, as they come afterwards. Waits up to `max_wait` for the first.
    /// Returns how many; 0 means that there is nothing more now.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn poll(
        &mut self,
        out: &mut Vec<StoredRecord>,
        max_records: usize,
        max_wait: Duration,
    ) -> Result<usize, LogError>;
}

/// A record offered to an input topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestRecord {
    /// The input topic.
    pub topic: TopicId,
    /// The partition, chosen by the caller from the key.
    pub partition: u32,
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// How many records were appended.
    pub records: usize,
    /// Their arrival time, microseconds since 1970 UTC.
    pub received_at_us: i64,
}

/// Writes input records. Shared by any number of threads.
pub trait Ingest: Send + Sync {
    /// Appends all records, or none; they are durable when it returns. Records that are offered
    /// at the same time by several threads share one write.
    ///
    /// # Errors
    /// [`LogError::Retry`]: nothing was appended. [`LogError::Fatal`]: unknown.
    fn append(&self, records: Vec<IngestRecord>) -> Result<Appended, LogError>;
}

/// A log that is open in this process.
pub trait Log: Send + Sync {
    /// The topics.
    fn catalogue(&self) -> Catalogue;

    /// How many partitions every topic has: the number of shards.
    fn partitions(&self) -> u32;

    /// Waits up to `max_wait` for a shard that this process is to own, and takes it. Shards are
    /// given up by dropping their handle, whether asked ([`LogError::Revoked`]) or not.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn next_shard(&self, max_wait: Duration) -> Result<Option<Box<dyn ShardLog>>, LogError>;

    /// Follows all journals, shard `i` from `from[i]`; shards beyond the slice from the start.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn follower(&self, from: &[JournalCursor]) -> Result<Box<dyn Follower>, LogError>;

    /// Reads `topic`, partition `i` from offset `from[i]`; partitions beyond the slice from 0.
    ///
    /// # Errors
    /// [`LogError::Mismatch`] when there is no such topic.
    fn reader(&self, topic: &str, from: &[u64]) -> Result<Box<dyn TopicReader>, LogError>;

    /// For each partition of `topic` the offset after its last committed record.
    ///
    /// # Errors
    /// [`LogError::Mismatch`] when there is no such topic.
    fn ends(&self, topic: &str) -> Result<Vec<u64>, LogError>;

    /// The way to write input records.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn ingest(&self) -> Result<Box<dyn Ingest>, LogError>;

    /// Takes shard `shard` whoever owns it, raising its epoch: for operators and tests.
    /// The former owner is fenced.
    ///
    /// # Errors
    /// [`LogError`], by what to do.
    fn take(&self, shard: u32) -> Result<Box<dyn ShardLog>, LogError>;
}
