//! The one place that writes: checks each write against the state of the log, gives out
//! offsets and the arrival time, makes one batch of them and shows the result.
//!
//! Invariant: what is in [`State`] equals what is in the store plus the batch in hand. When the
//! store refuses a batch that equality is lost, and the writer refuses everything from then on.

use fjall::PersistMode;

use super::layout;
use super::published::Published;
use super::store::Store;
use super::{Durability, EmbeddedOptions};
use crate::log::error::{CommitError, LogError};
use crate::log::port::Appended;

/// The log's counters, all recoverable from the store.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// By slot and partition: the next offset.
    pub(super) ends: Vec<Vec<u64>>,
    /// By shard: the last commit number.
    pub(super) numbers: Vec<u64>,
    /// By shard: the ownership epoch.
    pub(super) epochs: Vec<u64>,
    /// By shard and slot: the committed position.
    pub(super) positions: Vec<Vec<u64>>,
    /// The newest arrival time given out.
    pub(super) last_time_us: i64,
}

/// A record ready to be stored but for its offset and time.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) slot: usize,
    pub(super) partition: u32,
    pub(super) value: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum Write {
    Take {
        shard: u32,
    },
    Append {
        appends: Vec<Append>,
    },
    Commit {
        shard: u32,
        number: u64,
        epoch: u64,
        appends: Vec<Append>,
        journal: Vec<u8>,
        /// (slot, next offset)
        positions: Vec<(usize, u64)>,
    },
}

impl Write {
    pub(super) fn byte_len(&self) -> usize {
        match self {
            Self::Take { .. } => 0,
            Self::Append { appends } => appends.iter().map(|a| a.value.len()).sum(),
            Self::Commit {
                appends, journal, ..
            } => journal.len() + appends.iter().map(|a| a.value.len()).sum::<usize>(),
        }
    }
}

/// What a taker of a shard starts from.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) epoch: u64,
    pub(super) last_commit: u64,
    /// By slot.
    pub(super) positions: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(super) enum Done {
    Taken(Taken),
    Appended(Appended),
    Committed,
}

/// Why a write was not made.
#[derive(Clone, Debug)]
pub(super) enum Refused {
    Fenced {
        ours: u64,
        current: u64,
    },
    /// The caller broke the port's rules, or the store failed.
    Fatal(String),
}

impl Refused {
    pub(super) fn into_log_error(self, shard: u32) -> LogError {
        match self {
            Self::Fenced { ours, current } => LogError::Fenced {
                shard,
                ours,
                current,
            },
            Self::Fatal(what) => LogError::Fatal(what),
        }
    }

    pub(super) fn into_commit_error(self) -> CommitError {
        match self {
            Self::Fenced { ours, current } => CommitError::Fenced { ours, current },
            Self::Fatal(what) => CommitError::Fatal(what),
        }
    }
}

pub(super) struct Writer {
    state: State,
    durability: Durability,
    failed: Option<String>,
    changed_ends: Vec<(usize, u32, u64)>,
    changed_numbers: Vec<(u32, u64)>,
}

impl Writer {
    pub(super) fn new(state: State, options: &EmbeddedOptions) -> Self {
        Self {
            state,
            durability: options.durability,
            failed: None,
            changed_ends: Vec::new(),
            changed_numbers: Vec::new(),
        }
    }

    pub(super) fn write(
        &mut self,
        writes: Vec<(u64, Write)>,
        store: &Store,
        published: &Published,
    ) -> Vec<(u64, Result<Done, Refused>)> {
        if let Some(failed) = &self.failed {
            let refused = Refused::Fatal(failed.clone());
            return writes
                .into_iter()
                .map(|(ticket, _)| (ticket, Err(refused.clone())))
                .collect();
        }
        self.state.last_time_us = published.stamp(self.state.last_time_us);
        self.changed_ends.clear();
        self.changed_numbers.clear();
        let mut durability = self.durability;
        let mut batch = store.db.batch();
        let mut answers = Vec::with_capacity(writes.len());
        for (ticket, write) in writes {
            // An epoch that went back after a power cut would let a zombie pass for the owner.
            if matches!(write, Write::Take { .. }) {
                durability = Durability::SyncData;
            }
            answers.push((ticket, self.stage(write, store, &mut batch)));
        }
        let mode = match durability {
            Durability::Buffer => PersistMode::Buffer,
            Durability::SyncData => PersistMode::SyncData,
        };
        if let Err(error) = batch.durability(Some(mode)).commit() {
            let what = format!("the store failed: {error}");
            self.failed = Some(what.clone());
            for (_, answer) in &mut answers {
                if answer.is_ok() {
                    *answer = Err(Refused::Fatal(what.clone()));
                }
            }
            return answers;
        }
        published.publish(&self.changed_ends, &self.changed_numbers);
        answers
    }

    fn stage(
        &mut self,
        write: Write,
        store: &Store,
        batch: &mut fjall::OwnedWriteBatch,
    ) -> Result<Done, Refused> {
        match write {
            Write::Take { shard } => {
                let index = shard as usize;
                self.state.epochs[index] += 1;
                let epoch = self.state.epochs[index];
                batch.insert(&store.meta, layout::epoch_key(shard), epoch.to_be_bytes());
                Ok(Done::Taken(Taken {
                    epoch,
                    last_commit: self.state.numbers[index],
                    positions: self.state.positions[index].clone(),
                }))
            }
            Write::Append { appends } => {
                let records = appends.len();
                self.append(appends, store, batch);
                Ok(Done::Appended(Appended {
                    records,
                    received_at_us: self.state.last_time_us,
                }))
            }
            Write::Commit {
                shard,
                number,
                epoch,
                appends,
                mut journal,
                positions,
            } => {
                self.check_commit(shard, number, epoch, &positions)?;
                let index = shard as usize;
                self.append(appends, store, batch);
                layout::stamp(&mut journal, self.state.last_time_us);
                batch.insert(&store.journal, layout::journal_key(shard, number), journal);
                self.state.numbers[index] = number;
                self.changed_numbers.push((shard, number));
                for (slot, next) in positions {
                    if self.state.positions[index][slot] != next {
                        self.state.positions[index][slot] = next;
                        let key = layout::position_key(shard, store.catalogue.topics()[slot].name);
                        batch.insert(&store.meta, key, next.to_be_bytes());
                    }
                }
                Ok(Done::Committed)
            }
        }
    }

    fn check_commit(
        &self,
        shard: u32,
        number: u64,
        epoch: u64,
        positions: &[(usize, u64)],
    ) -> Result<(), Refused> {
        let index = shard as usize;
        let current = self.state.epochs[index];
        if epoch != current {
            return Err(Refused::Fenced {
                ours: epoch,
                current,
            });
        }
        let last = self.state.numbers[index];
        if number != last + 1 {
            return Err(Refused::Fatal(format!(
                "shard {shard}: commit {number} does not follow {last}"
            )));
        }
        for (slot, next) in positions {
            let (from, end) = (
                self.state.positions[index][*slot],
                self.state.ends[*slot][index],
            );
            if *next < from || *next > end {
                return Err(Refused::Fatal(format!(
                    "shard {shard}: position {next} of topic {slot} is outside {from}..={end}"
                )));
            }
        }
        Ok(())
    }

    fn append(&mut self, appends: Vec<Append>, store: &Store, batch: &mut fjall::OwnedWriteBatch) {
        for mut append in appends {
            let end = &mut self.state.ends[append.slot][append.partition as usize];
            let key = store.record_key(append.slot, append.partition, *end);
            *end += 1;
            self.changed_ends
                .push((append.slot, append.partition, *end));
            layout::stamp(&mut append.value, self.state.last_time_us);
            batch.insert(store.keyspace_of(append.slot), key, append.value);
        }
    }
}
