//! Bugs on purpose: what an adapter or an engine gets wrong when a line is forgotten. Each stands between the shard and the
//! log; the oracles must find every one.

use std::time::Duration;

use kezek_connectors::log::{
    Batch, Commit, CommitError, CommitOutcome, JournalCursor, JournalEntry, JournalReader, LogError, ShardLog, ShardStart, TopicId,
};

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Messages to other owners are not written.
    InternalLost,
    /// They go to the next shard.
    InternalMisrouted,
    /// They are written twice.
    InternalDoubled,
    /// Outputs are not written now and then.
    OutputsLost,
    /// Outputs are written twice now and then.
    OutputsDoubled,
    /// Input positions are not written.
    PositionsForgotten,
    /// Input positions are one too far.
    PositionsAhead,
    /// An unknown outcome is taken for done.
    AssumedApplied,
    /// An unknown outcome is taken for not done.
    AssumedNotApplied,
    /// An aborted commit is taken for done: the tables keep what was rolled back.
    AbortIgnored,
    /// A commit that should be tried again is not.
    RetryIgnored,
    /// After an abort the records are not read again.
    SeekForgotten,
    /// The log does not ask who owns the shard.
    FenceForgotten,
    /// Recovery leaves the last block out.
    JournalCutShort,
    /// A snapshot is labelled with the commit before it: the block is applied twice.
    SnapshotFromBefore,
    /// Timers fire by a clock that is an hour ahead.
    ClockAhead,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 16] = [Self::InternalLost, Self::InternalMisrouted, Self::InternalDoubled, Self::OutputsLost, Self::OutputsDoubled,
        Self::PositionsForgotten, Self::PositionsAhead, Self::AssumedApplied, Self::AssumedNotApplied, Self::AbortIgnored, Self::RetryIgnored,
        Self::SeekForgotten, Self::FenceForgotten, Self::JournalCutShort, Self::SnapshotFromBefore, Self::ClockAhead];

    /// The log with the bug in it.
    pub fn around(self, inner: Box<dyn ShardLog>, shards: u32) -> Box<dyn ShardLog> { Box::new(Bugged { inner, mutant: self, shards }) }

    fn spoil(self, commit: &Commit, shards: u32) -> Commit {
        let mut commit = commit.clone();
        let now_and_then = commit.number.is_multiple_of(5);
        match self {
            Self::InternalLost => commit.internal.clear(),
            Self::InternalMisrouted => commit.internal.iter_mut().for_each(|m| m.partition = (m.partition + 1) % shards),
            Self::InternalDoubled => commit.internal = commit.internal.iter().flat_map(|m| [m.clone(), m.clone()]).collect(),
            Self::OutputsLost if now_and_then => commit.outputs.clear(),
            Self::OutputsDoubled if now_and_then => commit.outputs.extend(commit.outputs.clone()),
            Self::PositionsForgotten => commit.positions.clear(),
            Self::PositionsAhead => commit.positions.iter_mut().for_each(|(_, next)| *next += 1),
            Self::OutputsLost | Self::OutputsDoubled | Self::AssumedApplied | Self::AssumedNotApplied | Self::AbortIgnored | Self::RetryIgnored
            | Self::SeekForgotten | Self::FenceForgotten | Self::JournalCutShort | Self::SnapshotFromBefore | Self::ClockAhead => {}
        }
        commit
    }
}

struct Bugged {
    inner: Box<dyn ShardLog>,
    mutant: Mutant,
    shards: u32,
}

impl ShardLog for Bugged {
    fn start(&self) -> &ShardStart { self.inner.start() }

    fn poll(&mut self, batch: &mut Batch, max_records: usize, max_wait: Duration) -> Result<(), LogError> {
        self.inner.poll(batch, max_records, max_wait)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        match self.inner.commit(&self.mutant.spoil(commit, self.shards)) {
            Err(CommitError::Abort(_)) if self.mutant == Mutant::AbortIgnored => Ok(()),
            Err(CommitError::Retry(_)) if self.mutant == Mutant::RetryIgnored => Ok(()),
            outcome => outcome,
        }
    }

    fn resolve(&mut self, number: u64) -> Result<CommitOutcome, LogError> {
        let outcome = self.inner.resolve(number)?;
        Ok(match self.mutant {
            Mutant::AssumedApplied => CommitOutcome::Applied,
            Mutant::AssumedNotApplied => CommitOutcome::NotApplied,
            _ => outcome,
        })
    }

    fn seek_to_committed(&mut self) -> Result<(), LogError> {
        if self.mutant == Mutant::SeekForgotten { Ok(()) } else { self.inner.seek_to_committed() }
    }

    fn positions(&self) -> Vec<(TopicId, u64)> { self.inner.positions() }

    fn backlog(&mut self) -> u64 { self.inner.backlog() }

    fn journal(&self, from: JournalCursor) -> Result<Box<dyn JournalReader>, LogError> {
        let mut entries = Vec::new();
        let mut reader = self.inner.journal(from)?;
        while let Some(entry) = reader.next_entry()? { entries.push(entry); }
        if self.mutant == Mutant::JournalCutShort { entries.pop(); }
        Ok(Box::new(Entries(entries.into_iter())))
    }

    fn last_journal(&self) -> Result<Option<JournalEntry>, LogError> { self.inner.last_journal() }
}

struct Entries(std::vec::IntoIter<JournalEntry>);

impl JournalReader for Entries {
    fn next_entry(&mut self) -> Result<Option<JournalEntry>, LogError> { Ok(self.0.next()) }
}
