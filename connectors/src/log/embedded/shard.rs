//! A shard's handle on the embedded log: reads its partitions merged by arrival, commits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Core;
use super::layout::{self, Loaded};
use super::reader::JournalRange;
use super::writer::{Append, Taken, Write};
use crate::log::batch::{Batch, Record};
use crate::log::catalogue::TopicId;
use crate::log::error::{CommitError, LogError};
use crate::log::port::{
    Commit, CommitOutcome, JournalCursor, JournalEntry, JournalReader, OutRecord, ShardLog,
    ShardStart,
};

/// Records read ahead per topic; memory is bounded by this times the record size limit.
const READ_AHEAD: usize = 512;

/// One topic of the shard: what was read ahead, and where reading goes on.
struct Cursor {
    slot: usize,
    topic: TopicId,
    /// The next offset to load from the store.
    next: u64,
    ready: VecDeque<Loaded>,
    committed: u64,
}

pub(super) struct EmbeddedShard {
    core: Arc<Core>,
    start: ShardStart,
    last_commit: u64,
    /// In slot order, `internal` among them.
    cursors: Vec<Cursor>,
    ends: Vec<u64>,
    /// Nothing that was not there at the last poll was taken by the log before this time.
    quiet_us: i64,
}

impl EmbeddedShard {
    pub(super) fn new(core: Arc<Core>, shard: u32, taken: Taken) -> Self {
        let cursors = core
            .store
            .read_slots()
            .map(|slot| Cursor {
                slot,
                topic: core.store.topic_id(slot),
                next: taken.positions[slot],
                ready: VecDeque::new(),
                committed: taken.positions[slot],
            })
            .collect();
        let start = ShardStart {
            shard,
            epoch: taken.epoch,
            last_commit: taken.last_commit,
        };
        Self {
            core,
            start,
            last_commit: taken.last_commit,
            cursors,
            ends: Vec::new(),
            quiet_us: i64::MIN,
        }
    }

    fn fill(&mut self) -> Result<(), LogError> {
        for cursor in &mut self.cursors {
            let end = self.ends[cursor.slot];
            if cursor.ready.is_empty() && cursor.next < end {
                let ready = &mut cursor.ready;
                self.core.store.read(
                    cursor.slot,
                    self.start.shard,
                    cursor.next..end,
                    READ_AHEAD,
                    |loaded| {
                        ready.push_back(loaded);
                    },
                )?;
                let Some(last) = ready.back() else {
                    return Err(LogError::Fatal(format!(
                        "records {}..{end} of {:?} are gone",
                        cursor.next, cursor.topic
                    )));
                };
                cursor.next = last.offset + 1;
            }
        }
        Ok(())
    }

    fn appends(
        &self,
        records: &[OutRecord],
        internal: bool,
        out: &mut Vec<Append>,
    ) -> Result<(), CommitError> {
        for record in records {
            let store = &self.core.store;
            let slot = if internal {
                Some(store.internal_slot())
            } else {
                store.output_slot(record.topic)
            };
            let slot = slot
                .filter(|_| record.partition < store.partitions)
                .ok_or_else(|| {
                    CommitError::Fatal(format!(
                        "no output `{}` with partition {}",
                        record.topic, record.partition
                    ))
                })?;
            let value = layout::encode_record(&record.key, &record.value);
            out.push(Append {
                slot,
                partition: record.partition,
                value,
            });
        }
        Ok(())
    }
}

impl ShardLog for EmbeddedShard {
    fn start(&self) -> &ShardStart {
        &self.start
    }

    fn poll(
        &mut self,
        batch: &mut Batch,
        max_records: usize,
        max_wait: Duration,
    ) -> Result<(), LogError> {
        batch.clear();
        let read_ahead = self.cursors.iter().any(|c| !c.ready.is_empty());
        let wait = if read_ahead { Duration::ZERO } else { max_wait };
        let cursors = &self.cursors;
        self.quiet_us = self.core.published.shard_ends(
            self.start.shard,
            &mut self.ends,
            wait,
            |ends| read_ahead || cursors.iter().any(|c| c.next < ends[c.slot]),
        );
        while batch.len() < max_records {
            self.fill()?;
            let earliest = self
                .cursors
                .iter_mut()
                .filter_map(|c| {
                    c.ready
                        .front()
                        .map(|head| head.received_at_us)
                        .map(|at| (at, c))
                })
                .min_by_key(|(at, c)| (*at, c.slot));
            let Some((_, cursor)) = earliest else {
                break;
            };
            if let Some(loaded) = cursor.ready.pop_front() {
                batch.push(Record {
                    topic: cursor.topic,
                    partition: self.start.shard,
                    offset: loaded.offset,
                    received_at_us: loaded.received_at_us,
                    key: loaded.key(),
                    value: loaded.value(),
                });
            }
        }
        Ok(())
    }

    fn quiet_until_us(&self) -> Option<i64> {
        Some(self.quiet_us)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        if commit.shard != self.start.shard {
            return Err(CommitError::Fatal(format!(
                "shard {} commits for {}",
                self.start.shard, commit.shard
            )));
        }
        let mut appends = Vec::with_capacity(commit.outputs.len() + commit.internal.len());
        self.appends(&commit.outputs, false, &mut appends)?;
        self.appends(&commit.internal, true, &mut appends)?;
        let mut positions = Vec::with_capacity(commit.positions.len());
        for (topic, next) in &commit.positions {
            let slot = self.core.store.input_slot(*topic);
            let slot =
                slot.ok_or_else(|| CommitError::Fatal(format!("no input topic {topic:?}")))?;
            positions.push((slot, *next));
        }
        let write = Write::Commit {
            shard: commit.shard,
            number: commit.number,
            epoch: commit.epoch,
            appends,
            journal: layout::encode_journal(commit.epoch, &commit.journal),
            positions,
        };
        self.core
            .submit(write)
            .map_err(super::writer::Refused::into_commit_error)?;
        self.last_commit = commit.number;
        for (topic, next) in &commit.positions {
            if let Some(cursor) = self.cursors.iter_mut().find(|c| c.topic == *topic) {
                cursor.committed = *next;
            }
        }
        Ok(())
    }

    fn resolve(&mut self, number: u64) -> Result<CommitOutcome, LogError> {
        let last = self
            .core
            .store
            .last_journal(self.start.shard)?
            .map_or(0, |e| e.number);
        Ok(if last >= number {
            CommitOutcome::Applied
        } else {
            CommitOutcome::NotApplied
        })
    }

    fn seek_to_committed(&mut self) -> Result<(), LogError> {
        for cursor in &mut self.cursors {
            cursor.next = cursor.committed;
            cursor.ready.clear();
        }
        Ok(())
    }

    fn positions(&self) -> Vec<(TopicId, u64)> {
        self.cursors
            .iter()
            .map(|c| (c.topic, c.committed))
            .collect()
    }

    fn backlog(&mut self) -> u64 {
        self.core
            .published
            .shard_ends(
                self.start.shard,
                &mut self.ends,
                Duration::ZERO,
                |_| true,
            );
        self.cursors
            .iter()
            .map(|c| self.ends[c.slot].saturating_sub(c.next) + c.ready.len() as u64)
            .sum()
    }

    fn journal(&self, from: JournalCursor) -> Result<Box<dyn JournalReader>, LogError> {
        Ok(Box::new(JournalRange::new(
            Arc::clone(&self.core),
            self.start.shard,
            from.number,
            self.last_commit,
        )))
    }

    fn last_journal(&self) -> Result<Option<JournalEntry>, LogError> {
        self.core.store.last_journal(self.start.shard)
    }
}

impl Drop for EmbeddedShard {
    fn drop(&mut self) {
        self.core.release(self.start.shard, self.start.epoch);
    }
}
