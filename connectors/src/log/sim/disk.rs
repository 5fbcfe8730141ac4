//! What survives a simulated crash.

use std::collections::{BTreeMap, BTreeSet};

use super::{CommitFault, Fault};
use crate::log::catalogue::{Catalogue, INTERNAL, TopicRole};
use crate::log::error::CommitError;
use crate::log::port::{Commit, JournalEntry, OutRecord, StoredRecord};

pub(super) struct Disk {
    pub(super) catalogue: Catalogue,
    pub(super) partitions: u32,
    pub(super) now_us: i64,
    /// False: a zombie is not told apart from the owner.
    pub(super) fences: bool,
    /// By topic name, then by partition. The journal is not among them.
    topics: BTreeMap<&'static str, Vec<Vec<StoredRecord>>>,
    /// By shard.
    journals: Vec<Vec<JournalEntry>>,
    epochs: Vec<u64>,
    /// By shard and input topic name.
    positions: Vec<BTreeMap<&'static str, u64>>,
    pub(super) faults: BTreeSet<Fault>,
    commit_attempts: Vec<u64>,
    polls: Vec<u64>,
    ingested: u64,
}

impl Disk {
    pub(super) fn new(partitions: u32, catalogue: Catalogue) -> Self {
        let shards = partitions as usize;
        let topics = catalogue
            .topics()
            .iter()
            .filter(|t| t.role != TopicRole::Journal)
            .map(|t| (t.name, vec![Vec::new(); shards]))
            .collect();
        Self {
            catalogue,
            partitions,
            now_us: 0,
            fences: true,
            topics,
            journals: vec![Vec::new(); shards],
            epochs: vec![0; shards],
            positions: vec![BTreeMap::new(); shards],
            faults: BTreeSet::new(),
            commit_attempts: vec![0; shards],
            polls: vec![0; shards],
            ingested: 0,
        }
    }

    pub(super) fn take(&mut self, shard: u32) -> u64 {
        let epoch = &mut self.epochs[shard as usize];
        *epoch += 1;
        *epoch
    }

    pub(super) fn epoch(&self, shard: u32) -> u64 {
        self.epochs[shard as usize]
    }

    /// True when somebody else has taken the shard since `epoch`.
    pub(super) fn fenced(&self, shard: u32, epoch: u64) -> bool {
        self.fences && epoch != self.epoch(shard)
    }

    pub(super) fn journal(&self, shard: u32) -> &[JournalEntry] {
        &self.journals[shard as usize]
    }

    pub(super) fn records(&self, topic: &str, partition: u32) -> Option<&[StoredRecord]> {
        self.topics
            .get(topic)?
            .get(partition as usize)
            .map(Vec::as_slice)
    }

    pub(super) fn position(&self, shard: u32, topic: &str) -> u64 {
        self.positions[shard as usize]
            .get(topic)
            .copied()
            .unwrap_or(0)
    }

    /// Appends one input record, twice when a fault says so.
    pub(super) fn ingest(&mut self, topic: &'static str, partition: u32, key: &[u8], value: &[u8]) {
        self.ingested += 1;
        let twice = self.faults.remove(&Fault::Duplicate {
            record: self.ingested,
        });
        for _ in 0..=u8::from(twice) {
            self.append(topic, partition, key, value);
        }
    }

    fn append(&mut self, topic: &'static str, partition: u32, key: &[u8], value: &[u8]) {
        let received_at_us = self.now_us;
        if let Some(records) = self
            .topics
            .get_mut(topic)
            .and_then(|t| t.get_mut(partition as usize))
        {
            let offset = records.len() as u64;
            records.push(StoredRecord {
                partition,
                offset,
                received_at_us,
                key: key.to_vec(),
                value: value.to_vec(),
            });
        }
    }

    /// True when this poll of `shard` finds the shard asked back.
    pub(super) fn poll_is_revoked(&mut self, shard: u32) -> bool {
        let polls = &mut self.polls[shard as usize];
        *polls += 1;
        self.faults.remove(&Fault::Revoked {
            shard,
            attempt: *polls,
        })
    }

    /// The fault of this commit call, if one is due; counts the call.
    pub(super) fn next_commit_fault(&mut self, shard: u32) -> Option<CommitFault> {
        let attempts = &mut self.commit_attempts[shard as usize];
        *attempts += 1;
        let attempt = *attempts;
        let due = self.faults.iter().copied().find_map(|f| match f {
            Fault::Commit {
                shard: s,
                attempt: a,
                fault,
            } if s == shard && a == attempt => Some((f, fault)),
            Fault::Commit { .. } | Fault::Revoked { .. } | Fault::Duplicate { .. } => None,
        })?;
        self.faults.remove(&due.0);
        Some(due.1)
    }

    /// Applies a commit whole or refuses it whole.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let shard = commit.shard as usize;
        let current = self.epochs[shard];
        if self.fenced(commit.shard, commit.epoch) {
            return Err(CommitError::Fenced {
                ours: commit.epoch,
                current,
            });
        }
        let last = self.journals[shard].last().map_or(0, |e| e.number);
        if commit.number != last + 1 {
            return Err(CommitError::Fatal(format!(
                "commit {} does not follow {last}",
                commit.number
            )));
        }
        let outputs = self.check_outputs(&commit.outputs)?;
        if let Some(lost) = commit
            .internal
            .iter()
            .find(|r| r.partition >= self.partitions)
        {
            return Err(CommitError::Fatal(format!(
                "no partition {} of internal",
                lost.partition
            )));
        }
        let mut positions = Vec::with_capacity(commit.positions.len());
        for (id, next) in &commit.positions {
            let name = self.catalogue.input_name(*id);
            let name = name.ok_or_else(|| CommitError::Fatal(format!("no input topic {id:?}")))?;
            let end = self
                .records(name, commit.shard)
                .map_or(0, |r| r.len() as u64);
            if *next < self.position(commit.shard, name) || *next > end {
                return Err(CommitError::Fatal(format!(
                    "position {next} of {name} is out of range"
                )));
            }
            positions.push((name, *next));
        }
        for (topic, record) in outputs {
            self.append(topic, record.partition, &record.key, &record.value);
        }
        for record in &commit.internal {
            self.append(INTERNAL, record.partition, &record.key, &record.value);
        }
        self.journals[shard].push(JournalEntry {
            shard: commit.shard,
            number: commit.number,
            epoch: commit.epoch,
            offset: commit.number,
            committed_at_us: self.now_us,
            bytes: commit.journal.clone(),
        });
        self.positions[shard].extend(positions);
        Ok(())
    }

    fn check_outputs<'a>(
        &self,
        outputs: &'a [OutRecord],
    ) -> Result<Vec<(&'static str, &'a OutRecord)>, CommitError> {
        outputs
            .iter()
            .map(|record| {
                self.catalogue
                    .find(record.topic)
                    .filter(|t| t.role == TopicRole::Output && record.partition < self.partitions)
                    .map(|t| (t.name, record))
                    .ok_or_else(|| {
                        CommitError::Fatal(format!(
                            "no output `{}` with partition {}",
                            record.topic, record.partition
                        ))
                    })
            })
            .collect()
    }
}
