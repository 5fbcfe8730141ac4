//! The store under the embedded log: opening, checking, recovering, reading.

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::EmbeddedOptions;
use super::layout::{self, Loaded};
use super::writer::State;
use crate::log::catalogue::{Catalogue, TopicId, TopicRole, TopicSpec};
use crate::log::error::LogError;
use crate::log::port::JournalEntry;

/// Write-ahead files kept before keyspaces are flushed; bounds the time to open after a crash.
const MAX_WRITE_AHEAD_BYTES: u64 = 128 * 1024 * 1024;
/// Rows in memory per keyspace before they go to a file.
const MEMTABLE_BYTES: u64 = 16 * 1024 * 1024;
const WORKER_THREADS: usize = 2;

pub(super) struct Store {
    pub(super) db: Database,
    pub(super) inputs: Keyspace,
    pub(super) outputs: Keyspace,
    pub(super) journal: Keyspace,
    pub(super) meta: Keyspace,
    pub(super) catalogue: Catalogue,
    pub(super) partitions: u32,
    /// By slot (index in the catalogue): the number under which the topic is stored.
    numbers: Vec<u16>,
    /// By [`TopicId`]: the slot.
    input_slots: Vec<usize>,
    internal_slot: usize,
}

/// Anything the store itself reports while reading or opening.
pub(super) fn store_error(error: fjall::Error) -> LogError {
    match error {
        fjall::Error::Locked => LogError::InUse("its lock is held".to_owned()),
        other => LogError::Fatal(other.to_string()),
    }
}

fn damaged(what: &str) -> LogError {
    LogError::Fatal(format!("the embedded log is damaged: {what}"))
}

impl Store {
    pub(super) fn open(options: &EmbeddedOptions) -> Result<Self, LogError> {
        if options.partitions == 0 {
            return Err(LogError::Mismatch(
                "a log needs at least one partition".to_owned(),
            ));
        }
        std::fs::create_dir_all(&options.dir)
            .map_err(|e| LogError::Fatal(format!("{}: {e}", options.dir.display())))?;
        let db = Database::builder(&options.dir)
            .worker_threads(WORKER_THREADS)
            .max_journaling_size(MAX_WRITE_AHEAD_BYTES)
            .open()
            .map_err(store_error)?;
        let keyspace = |name: &str| {
            db.keyspace(name, || {
                KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES)
            })
            .map_err(store_error)
        };
        let (inputs, outputs) = (keyspace("inputs")?, keyspace("outputs")?);
        let (journal, meta) = (keyspace("journal")?, keyspace("meta")?);
        let topics = options.catalogue.topics();
        let mut input_slots = Vec::new();
        let mut internal_slot = None;
        for (slot, spec) in topics.iter().enumerate() {
            match spec.role {
                TopicRole::Input => input_slots.push(slot),
                TopicRole::Internal => internal_slot = Some(slot),
                TopicRole::Output | TopicRole::Journal => {}
            }
        }
        let internal_slot = internal_slot
            .ok_or_else(|| LogError::Mismatch("the catalogue has no internal topic".to_owned()))?;
        let mut store = Self {
            db,
            inputs,
            outputs,
            journal,
            meta,
            catalogue: options.catalogue,
            partitions: options.partitions,
            numbers: Vec::new(),
            input_slots,
            internal_slot,
        };
        store.check_identity(options)?;
        store.numbers = store.number_topics(topics)?;
        Ok(store)
    }

    fn check_identity(&self, options: &EmbeddedOptions) -> Result<(), LogError> {
        let wanted = u64::from(options.partitions);
        match (
            self.meta_number(layout::META_FORMAT)?,
            self.meta_number(layout::META_PARTITIONS)?,
        ) {
            (None, None) => {
                let mut batch = self.db.batch().durability(Some(PersistMode::SyncAll));
                batch.insert(
                    &self.meta,
                    layout::META_FORMAT,
                    layout::FORMAT.to_be_bytes(),
                );
                batch.insert(&self.meta, layout::META_PARTITIONS, wanted.to_be_bytes());
                batch.commit().map_err(store_error)
            }
            (Some(layout::FORMAT), Some(found)) if found == wanted => Ok(()),
            (Some(layout::FORMAT), Some(found)) => Err(LogError::Mismatch(format!(
                "{} was created with {found} partitions, {wanted} are configured; \
                 the number of an embedded log cannot be changed",
                options.dir.display()
            ))),
            (format, _) => Err(LogError::Mismatch(format!(
                "{} has layout version {format:?}, this program reads {}",
                options.dir.display(),
                layout::FORMAT
            ))),
        }
    }

    fn number_topics(&self, topics: &[TopicSpec]) -> Result<Vec<u16>, LogError> {
        let mut known = std::collections::BTreeMap::new();
        for guard in self.meta.prefix(layout::META_TOPIC_PREFIX) {
            let (key, value) = guard.into_inner().map_err(store_error)?;
            let number = value.first_chunk::<8>().map(|b| u64::from_be_bytes(*b));
            let number = number
                .and_then(|n| u16::try_from(n).ok())
                .ok_or_else(|| damaged("topic number"))?;
            known.insert(key[layout::META_TOPIC_PREFIX.len()..].to_vec(), number);
        }
        let mut next = known.values().max().map_or(0, |n| n + 1);
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncAll));
        let numbers = topics
            .iter()
            .map(|topic| {
                *known
                    .entry(topic.name.as_bytes().to_vec())
                    .or_insert_with(|| {
                        let number = next;
                        next += 1;
                        let key = format!("{}{}", layout::META_TOPIC_PREFIX, topic.name);
                        batch.insert(&self.meta, key, u64::from(number).to_be_bytes());
                        number
                    })
            })
            .collect();
        batch.commit().map_err(store_error)?;
        Ok(numbers)
    }

    /// Everything that the writer keeps in memory, read back from the store.
    pub(super) fn recover(&self) -> Result<State, LogError> {
        let mut state = State {
            last_time_us: 0,
            ..State::default()
        };
        for (slot, spec) in self.catalogue.topics().iter().enumerate() {
            let mut ends = Vec::with_capacity(self.partitions as usize);
            for partition in 0..self.partitions {
                let last = match spec.role {
                    TopicRole::Journal => None,
                    TopicRole::Input | TopicRole::Output | TopicRole::Internal => {
                        self.last_record(slot, partition)?
                    }
                };
                state.last_time_us = state
                    .last_time_us
                    .max(last.as_ref().map_or(0, |l| l.received_at_us));
                ends.push(last.map_or(0, |l| l.offset + 1));
            }
            state.ends.push(ends);
        }
        for shard in 0..self.partitions {
            let last = self.last_journal(shard)?;
            state.last_time_us = state
                .last_time_us
                .max(last.as_ref().map_or(0, |e| e.committed_at_us));
            state.numbers.push(last.map_or(0, |e| e.number));
            state
                .epochs
                .push(self.meta_number(&layout::epoch_key(shard))?.unwrap_or(0));
            let mut positions = vec![0; self.catalogue.topics().len()];
            for slot in self.read_slots() {
                let key = layout::position_key(shard, self.catalogue.topics()[slot].name);
                positions[slot] = self.meta_number(&key)?.unwrap_or(0);
            }
            state.positions.push(positions);
        }
        Ok(state)
    }

    /// Slots of the topics that shards read.
    pub(super) fn read_slots(&self) -> impl Iterator<Item = usize> {
        self.input_slots.iter().copied().chain([self.internal_slot])
    }

    pub(super) fn input_slot(&self, topic: TopicId) -> Option<usize> {
        if topic == TopicId::INTERNAL {
            return Some(self.internal_slot);
        }
        self.input_slots.get(usize::from(topic.0)).copied()
    }

    pub(super) fn topic_id(&self, slot: usize) -> TopicId {
        let index = self.input_slots.iter().position(|s| *s == slot);
        index
            .and_then(|i| u16::try_from(i).ok())
            .map_or(TopicId::INTERNAL, TopicId)
    }

    pub(super) fn internal_slot(&self) -> usize {
        self.internal_slot
    }

    pub(super) fn output_slot(&self, topic: &str) -> Option<usize> {
        self.catalogue
            .topics()
            .iter()
            .position(|t| t.role == TopicRole::Output && t.name == topic)
    }

    pub(super) fn keyspace_of(&self, slot: usize) -> &Keyspace {
        match self.catalogue.topics()[slot].role {
            TopicRole::Input | TopicRole::Internal => &self.inputs,
            TopicRole::Output => &self.outputs,
            TopicRole::Journal => &self.journal,
        }
    }

    pub(super) fn record_key(&self, slot: usize, partition: u32, offset: u64) -> [u8; 14] {
        layout::record_key(self.numbers[slot], partition, offset)
    }

    fn meta_number(&self, key: &str) -> Result<Option<u64>, LogError> {
        let Some(value) = self.meta.get(key).map_err(store_error)? else {
            return Ok(None);
        };
        let number = value.first_chunk::<8>().map(|b| u64::from_be_bytes(*b));
        number.map(Some).ok_or_else(|| damaged(key))
    }

    fn last_record(&self, slot: usize, partition: u32) -> Result<Option<Loaded>, LogError> {
        let range =
            self.record_key(slot, partition, 0)..=self.record_key(slot, partition, u64::MAX);
        let Some(guard) = self.keyspace_of(slot).range(range).next_back() else {
            return Ok(None);
        };
        let (key, value) = guard.into_inner().map_err(store_error)?;
        Loaded::parse(&key, value)
            .map(Some)
            .ok_or_else(|| damaged("record"))
    }

    /// Passes up to `limit` records of offsets `from..end` to `sink`.
    pub(super) fn read(
        &self,
        slot: usize,
        partition: u32,
        offsets: std::ops::Range<u64>,
        limit: usize,
        mut sink: impl FnMut(Loaded),
    ) -> Result<(), LogError> {
        let range = self.record_key(slot, partition, offsets.start)
            ..self.record_key(slot, partition, offsets.end);
        for guard in self.keyspace_of(slot).range(range).take(limit) {
            let (key, value) = guard.into_inner().map_err(store_error)?;
            sink(Loaded::parse(&key, value).ok_or_else(|| damaged("record"))?);
        }
        Ok(())
    }

    pub(super) fn last_journal(&self, shard: u32) -> Result<Option<JournalEntry>, LogError> {
        let range = layout::journal_key(shard, 0)..=layout::journal_key(shard, u64::MAX);
        match self.journal.range(range).next_back() {
            Some(guard) => {
                let (key, value) = guard.into_inner().map_err(store_error)?;
                journal_entry(shard, &key, &value).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Appends the journal blocks `numbers` of a shard, at most `limit`, to `out`.
    pub(super) fn read_journal(
        &self,
        shard: u32,
        numbers: std::ops::RangeInclusive<u64>,
        limit: usize,
        out: &mut Vec<JournalEntry>,
    ) -> Result<(), LogError> {
        let range = layout::journal_key(shard, *numbers.start())
            ..=layout::journal_key(shard, *numbers.end());
        for (wanted, guard) in numbers.zip(self.journal.range(range).take(limit)) {
            let (key, value) = guard.into_inner().map_err(store_error)?;
            let entry = journal_entry(shard, &key, &value)?;
            if entry.number != wanted {
                return Err(damaged(&format!("journal {shard} lacks commit {wanted}")));
            }
            out.push(entry);
        }
        Ok(())
    }
}

fn journal_entry(shard: u32, key: &[u8], value: &[u8]) -> Result<JournalEntry, LogError> {
    let number = layout::key_number(key).ok_or_else(|| damaged("journal key"))?;
    let (committed_at_us, epoch, block) =
        layout::parse_journal(value).ok_or_else(|| damaged("journal block"))?;
    Ok(JournalEntry {
        shard,
        number,
        epoch,
        offset: number,
        committed_at_us,
        bytes: block.to_vec(),
    })
}
