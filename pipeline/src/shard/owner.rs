//! The owner of a shard, as a value with a turn: poll, step, commit, and whatever the log says is answered here by what it
//! asks for: try again, rewind, find out, or give the shard up. Production threads and the simulator drive the same turns.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kezek_connectors::log::{Batch, Commit, CommitError, CommitOutcome, JournalCursor, LogError, ShardLog};
use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::Timestamp;

use super::engine::{Engine, RecoveryError};
use super::health::ShardHealth;
use super::snapshot::Snapshots;
use crate::limits::STEP_RECORDS;

/// How long a turn may wait.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// For the first record.
    pub idle: Duration,
    /// For a log that could not be reached.
    pub retry: Duration,
}

/// What a turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing came and nothing was due.
    Idle,
    /// The log cannot be reached now.
    Waited,
    /// A commit stands.
    Committed,
    /// A commit left no trace; its records come again.
    Aborted,
    /// The shard is another's now.
    GivenUp,
}

/// A shard with its tables and its place in the log.
pub struct Owner {
    log: Box<dyn ShardLog>,
    engine: Engine,
    batch: Batch,
}

impl Owner {
    /// Rebuilds the tables: the newest whole snapshot, and the journal after it.
    ///
    /// # Errors
    /// The log failed for good, or the journal cannot be understood.
    pub fn restore(log: Box<dyn ShardLog>, shards: u32, refs: Arc<Refs>, topics: Vec<Topic>, snapshots: &Snapshots) -> Result<Self, RecoveryError> {
        let start = log.start().clone();
        let mut engine = Engine::new(start.shard, shards, start.epoch, refs, topics)?;
        let (snapshot, torn) = snapshots.newest(start.shard).unwrap_or_default();
        for path in torn { tracing::warn!(file = ?path.file_name(), "a torn snapshot is left aside"); }
        if let Some(snapshot) = snapshot.filter(|s| s.chain.number <= start.last_commit) { engine.restore(&snapshot)?; }
        let mut journal = log.journal(JournalCursor::at(engine.chain().number + 1))?;
        while let Some(entry) = journal.next_entry()? { engine.apply(&entry.bytes)?; }
        Ok(Self { log, engine, batch: Batch::new() })
    }

    /// The shard's last commit.
    #[must_use]
    pub fn commit(&self) -> u64 { self.engine.chain().number }

    /// When the log took the last record of the last turn.
    #[must_use]
    pub fn newest_us(&self) -> Option<i64> { self.batch.iter().last().map(|r| r.received_at_us) }

    /// The engine, for inspection.
    pub fn engine(&mut self) -> &mut Engine { &mut self.engine }

    /// Polls once, steps, and makes the step durable. `wall` is asked only when no
    /// input waits and the log cannot tell how far it is quiet.
    ///
    /// # Errors
    /// The log failed for good.
    pub fn turn(&mut self, waits: Waits, wall: impl FnOnce() -> i64, health: &ShardHealth) -> Result<Turn, RecoveryError> {
        match self.log.poll(&mut self.batch, STEP_RECORDS, waits.idle) {
            Ok(()) => {}
            Err(LogError::Retry(_)) => {
                std::thread::park_timeout(waits.retry);
                return Ok(Turn::Waited);
            }
            Err(LogError::Revoked { .. } | LogError::Fenced { .. }) => return Ok(Turn::GivenUp),
            Err(fatal) => return Err(fatal.into()),
        }
        // A clock of our own may be ahead of a record that is still on its way from the log.
        let idle_until = self.batch.is_empty().then(|| Timestamp(self.log.quiet_until_us().unwrap_or_else(wall)));
        let clock = Instant::now();
        let commit = self.engine.step(&self.batch, idle_until);
        health.step_us.fetch_add(clock.elapsed().as_micros() as u64, Ordering::Relaxed);
        let turn = match &commit {
            None => Turn::Idle,
            Some(commit) => {
                let clock = Instant::now();
                let turn = self.finish(commit, waits.retry)?;
                health.commit_us.fetch_add(clock.elapsed().as_micros() as u64, Ordering::Relaxed);
                turn
            }
        };
        if turn == Turn::Committed {
            health.count(self.engine.counted());
            health.records.fetch_add(self.batch.len() as u64, Ordering::Relaxed);
            health.commit.store(self.commit(), Ordering::Relaxed);
        }
        if matches!(turn, Turn::Committed | Turn::Idle) {
            let backlog = if self.batch.len() < STEP_RECORDS { 0 } else { self.log.backlog() };
            health.backlog.store(backlog, Ordering::Relaxed);
        }
        Ok(turn)
    }

    fn finish(&mut self, commit: &Commit, retry: Duration) -> Result<Turn, RecoveryError> {
        match make_durable(self.log.as_mut(), commit, retry) {
            Ok(true) => {
                self.engine.committed();
                Ok(Turn::Committed)
            }
            Ok(false) => {
                self.engine.aborted();
                self.log.seek_to_committed()?;
                Ok(Turn::Aborted)
            }
            Err(LogError::Fenced { .. } | LogError::Revoked { .. }) => Ok(Turn::GivenUp),
            Err(fatal) => Err(fatal.into()),
        }
    }
}

/// `true` = durable and visible, `false` = it left no trace.
fn make_durable(log: &mut dyn ShardLog, commit: &Commit, retry: Duration) -> Result<bool, LogError> {
    loop {
        match log.commit(commit) {
            Ok(()) => return Ok(true),
            Err(CommitError::Retry(_)) => std::thread::park_timeout(retry),
            Err(CommitError::Abort(_)) => return Ok(false),
            Err(CommitError::UnknownOutcome(_)) => return resolve(log, commit.number, retry),
            Err(CommitError::Fenced { ours, current }) => return Err(LogError::Fenced { shard: commit.shard, ours, current }),
            Err(CommitError::Fatal(what)) => return Err(LogError::Fatal(what)),
            Err(other) => return Err(LogError::Fatal(other.to_string())),
        }
    }
}

/// An unknown outcome is read back from the journal, never assumed.
fn resolve(log: &mut dyn ShardLog, number: u64, retry: Duration) -> Result<bool, LogError> {
    loop {
        match log.resolve(number) {
            Ok(CommitOutcome::Applied) => return Ok(true),
            Ok(CommitOutcome::NotApplied) => return Ok(false),
            Err(LogError::Retry(_)) => std::thread::park_timeout(retry),
            Err(e) => return Err(e),
        }
    }
}
