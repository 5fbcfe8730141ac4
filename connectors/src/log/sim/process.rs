//! A simulated process: its handles die with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::disk::Disk;
use super::{CommitFault, SimDisk};
use crate::log::batch::{Batch, Record};
use crate::log::catalogue::{Catalogue, TopicId, TopicRole};
use crate::log::error::{CommitError, LogError};
use crate::log::port::{
    Appended, Commit, CommitOutcome, Follower, Ingest, IngestRecord, JournalCursor, JournalEntry,
    JournalReader, Log, ShardLog, ShardStart, StoredRecord, TopicReader,
};

/// What the handles of one process share.
struct Process {
    disk: SimDisk,
    dead: AtomicBool,
    /// By shard: the epoch of the live handle.
    held: Mutex<BTreeMap<u32, u64>>,
}

impl Process {
    fn alive(&self) -> Result<(), LogError> {
        if self.dead.load(Ordering::Relaxed) {
            Err(LogError::Fatal("the process has crashed".to_owned()))
        } else {
            Ok(())
        }
    }
}

/// A process with a simulated log open.
#[derive(Clone)]
pub struct SimLog {
    process: Arc<Process>,
}

impl SimLog {
    pub(super) fn new(disk: SimDisk) -> Self {
        Self {
            process: Arc::new(Process {
                disk,
                dead: AtomicBool::new(false),
                held: Mutex::default(),
            }),
        }
    }

    /// Kills the process: every handle fails from now on, and nothing more is written.
    pub fn crash(&self) {
        self.process.dead.store(true, Ordering::Relaxed);
    }

    /// True after a crash, injected or asked for.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.process.dead.load(Ordering::Relaxed)
    }
}

fn no_topic(topic: &str) -> LogError {
    LogError::Mismatch(format!("there is no topic `{topic}` to read"))
}

impl Log for SimLog {
    fn catalogue(&self) -> Catalogue {
        self.process.disk.lock().catalogue
    }

    fn partitions(&self) -> u32 {
        self.process.disk.lock().partitions
    }

    fn next_shard(&self, _max_wait: Duration) -> Result<Option<Box<dyn ShardLog>>, LogError> {
        let free = {
            let held = self
                .process
                .held
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            (0..self.partitions()).find(|shard| !held.contains_key(shard))
        };
        free.map(|shard| self.take(shard)).transpose()
    }

    fn follower(&self, from: &[JournalCursor]) -> Result<Box<dyn Follower>, LogError> {
        self.process.alive()?;
        let shards = self.partitions() as usize;
        let next = (0..shards)
            .map(|s| from.get(s).map_or(1, |c| c.number.max(1)))
            .collect();
        Ok(Box::new(SimFollower {
            process: Arc::clone(&self.process),
            next,
        }))
    }

    fn reader(&self, topic: &str, from: &[u64]) -> Result<Box<dyn TopicReader>, LogError> {
        self.process.alive()?;
        let shards = self.partitions() as usize;
        self.process
            .disk
            .lock()
            .records(topic, 0)
            .ok_or_else(|| no_topic(topic))?;
        let next = (0..shards)
            .map(|p| from.get(p).copied().unwrap_or(0))
            .collect();
        Ok(Box::new(SimReader {
            process: Arc::clone(&self.process),
            topic: topic.to_owned(),
            next,
        }))
    }

    fn ends(&self, topic: &str) -> Result<Vec<u64>, LogError> {
        let disk = self.process.disk.lock();
        (0..disk.partitions)
            .map(|p| {
                disk.records(topic, p)
                    .map(|r| r.len() as u64)
                    .ok_or_else(|| no_topic(topic))
            })
            .collect()
    }

    fn ingest(&self) -> Result<Box<dyn Ingest>, LogError> {
        Ok(Box::new(SimIngest {
            process: Arc::clone(&self.process),
        }))
    }

    fn take(&self, shard: u32) -> Result<Box<dyn ShardLog>, LogError> {
        self.process.alive()?;
        let mut disk = self.process.disk.lock();
        if shard >= disk.partitions {
            return Err(LogError::Mismatch(format!("there is no shard {shard}")));
        }
        let epoch = disk.take(shard);
        let start = ShardStart {
            shard,
            epoch,
            last_commit: disk.journal(shard).last().map_or(0, |e| e.number),
        };
        self.process
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(shard, epoch);
        let topics = disk
            .catalogue
            .topics()
            .iter()
            .filter(|t| matches!(t.role, TopicRole::Input | TopicRole::Internal))
            .filter_map(|t| disk.catalogue.input_id(t.name).map(|id| (id, t.name)))
            .collect();
        let mut handle = SimShard {
            process: Arc::clone(&self.process),
            start,
            topics,
            next: Vec::new(),
            unknown: None,
            late: false,
        };
        handle.rewind(&disk);
        Ok(Box::new(handle))
    }
}

struct SimShard {
    process: Arc<Process>,
    start: ShardStart,
    topics: Vec<(TopicId, &'static str)>,
    /// By index in `topics`: the next offset to deliver.
    next: Vec<u64>,
    /// A commit whose outcome its owner has not been told.
    unknown: Option<u64>,
    /// The next question for the outcome goes unanswered.
    late: bool,
}

impl SimShard {
    fn rewind(&mut self, disk: &Disk) {
        self.next = self
            .topics
            .iter()
            .map(|(_, name)| disk.position(self.start.shard, name))
            .collect();
    }
}

impl ShardLog for SimShard {
    fn start(&self) -> &ShardStart {
        &self.start
    }

    fn poll(
        &mut self,
        batch: &mut Batch,
        max_records: usize,
        _max_wait: Duration,
    ) -> Result<(), LogError> {
        batch.clear();
        self.process.alive()?;
        let shard = self.start.shard;
        let mut disk = self.process.disk.lock();
        if disk.fenced(shard, self.start.epoch) {
            return Err(LogError::Fenced {
                shard,
                ours: self.start.epoch,
                current: disk.epoch(shard),
            });
        }
        if disk.poll_is_revoked(shard) {
            return Err(LogError::Revoked { shard });
        }
        while batch.len() < max_records {
            let heads = self.topics.iter().zip(&self.next).enumerate().filter_map(
                |(index, ((id, name), next))| {
                    let record = disk
                        .records(name, shard)?
                        .get(usize::try_from(*next).ok()?)?;
                    Some((record.received_at_us, index, *id, record))
                },
            );
            let Some((_, index, topic, record)) =
                heads.min_by_key(|(at, index, _, _)| (*at, *index))
            else {
                break;
            };
            batch.push(Record {
                topic,
                partition: shard,
                offset: record.offset,
                received_at_us: record.received_at_us,
                key: &record.key,
                value: &record.value,
            });
            self.next[index] += 1;
        }
        Ok(())
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        self.process
            .alive()
            .map_err(|e| CommitError::Fatal(e.to_string()))?;
        if commit.shard != self.start.shard {
            return Err(CommitError::Fatal(format!(
                "shard {} commits for {}",
                self.start.shard, commit.shard
            )));
        }
        if let Some(number) = self.unknown {
            return Err(CommitError::UnknownOutcome(format!(
                "commit {number} is not resolved"
            )));
        }
        let mut disk = self.process.disk.lock();
        let lost = || CommitError::UnknownOutcome("the answer was lost".to_owned());
        match disk.next_commit_fault(commit.shard) {
            None => disk.commit(commit),
            Some(CommitFault::CrashBefore) => {
                self.process.dead.store(true, Ordering::Relaxed);
                Err(CommitError::Fatal("crashed before the commit".to_owned()))
            }
            Some(CommitFault::CrashAfter) => {
                disk.commit(commit)?;
                self.process.dead.store(true, Ordering::Relaxed);
                Err(CommitError::Fatal("crashed after the commit".to_owned()))
            }
            Some(CommitFault::Retry) => Err(CommitError::Retry("injected".to_owned())),
            Some(CommitFault::Abort) => Err(CommitError::Abort("injected".to_owned())),
            Some(fault @ (CommitFault::UnknownApplied | CommitFault::UnknownLateApplied)) => {
                disk.commit(commit)?;
                self.late = fault == CommitFault::UnknownLateApplied;
                self.unknown = Some(commit.number);
                Err(lost())
            }
            Some(CommitFault::UnknownNotApplied) => {
                self.unknown = Some(commit.number);
                Err(lost())
            }
            Some(CommitFault::Fenced) => {
                disk.take(commit.shard);
                disk.commit(commit)
            }
        }
    }

    fn resolve(&mut self, number: u64) -> Result<CommitOutcome, LogError> {
        self.process.alive()?;
        if std::mem::take(&mut self.late) {
            return Err(LogError::Retry("the log cannot tell yet".to_owned()));
        }
        let last = self
            .process
            .disk
            .lock()
            .journal(self.start.shard)
            .last()
            .map_or(0, |e| e.number);
        self.unknown = None;
        Ok(if last >= number {
            CommitOutcome::Applied
        } else {
            CommitOutcome::NotApplied
        })
    }

    fn seek_to_committed(&mut self) -> Result<(), LogError> {
        self.process.alive()?;
        let process = Arc::clone(&self.process);
        self.rewind(&process.disk.lock());
        Ok(())
    }

    fn positions(&self) -> Vec<(TopicId, u64)> {
        let disk = self.process.disk.lock();
        self.topics
            .iter()
            .map(|(id, name)| (*id, disk.position(self.start.shard, name)))
            .collect()
    }

    fn backlog(&mut self) -> u64 {
        let disk = self.process.disk.lock();
        let end = |name: &str| {
            disk.records(name, self.start.shard)
                .map_or(0, |r| r.len() as u64)
        };
        self.topics
            .iter()
            .zip(&self.next)
            .map(|((_, name), next)| end(name) - next)
            .sum()
    }

    fn journal(&self, from: JournalCursor) -> Result<Box<dyn JournalReader>, LogError> {
        self.process.alive()?;
        let disk = self.process.disk.lock();
        let entries = disk
            .journal(self.start.shard)
            .iter()
            .filter(|e| e.number >= from.number)
            .cloned();
        Ok(Box::new(SimJournal {
            entries: entries.collect::<Vec<_>>().into_iter(),
        }))
    }

    fn last_journal(&self) -> Result<Option<JournalEntry>, LogError> {
        self.process.alive()?;
        Ok(self
            .process
            .disk
            .lock()
            .journal(self.start.shard)
            .last()
            .cloned())
    }
}

impl Drop for SimShard {
    fn drop(&mut self) {
        let mut held = self
            .process
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if held.get(&self.start.shard) == Some(&self.start.epoch) {
            held.remove(&self.start.shard);
        }
    }
}

struct SimJournal {
    entries: std::vec::IntoIter<JournalEntry>,
}

impl JournalReader for SimJournal {
    fn next_entry(&mut self) -> Result<Option<JournalEntry>, LogError> {
        Ok(self.entries.next())
    }
}

struct SimFollower {
    process: Arc<Process>,
    /// By shard: the next commit number.
    next: Vec<u64>,
}

impl Follower for SimFollower {
    fn poll(
        &mut self,
        out: &mut Vec<JournalEntry>,
        max_entries: usize,
        _max_wait: Duration,
    ) -> Result<usize, LogError> {
        self.process.alive()?;
        let before = out.len();
        let disk = self.process.disk.lock();
        for (shard, next) in (0..).zip(&mut self.next) {
            let room = max_entries - (out.len() - before);
            for entry in disk
                .journal(shard)
                .iter()
                .skip_while(|e| e.number < *next)
                .take(room)
            {
                out.push(entry.clone());
            }
            if let Some(last) = out[before..].iter().rev().find(|e| e.shard == shard) {
                *next = last.number + 1;
            }
        }
        Ok(out.len() - before)
    }

    fn newest(&mut self) -> Result<Vec<u64>, LogError> {
        let disk = self.process.disk.lock();
        Ok((0..disk.partitions)
            .map(|s| disk.journal(s).last().map_or(0, |e| e.number))
            .collect())
    }
}

struct SimReader {
    process: Arc<Process>,
    topic: String,
    next: Vec<u64>,
}

impl TopicReader for SimReader {
    fn poll(
        &mut self,
        out: &mut Vec<StoredRecord>,
        max_records: usize,
        _max_wait: Duration,
    ) -> Result<usize, LogError> {
        self.process.alive()?;
        let before = out.len();
        let disk = self.process.disk.lock();
        for (partition, next) in (0..).zip(&mut self.next) {
            let room = max_records - (out.len() - before);
            let records = disk.records(&self.topic, partition).unwrap_or_default();
            let from = usize::try_from(*next)
                .unwrap_or(usize::MAX)
                .min(records.len());
            let taken = &records[from..(from + room).min(records.len())];
            *next += taken.len() as u64;
            out.extend_from_slice(taken);
        }
        Ok(out.len() - before)
    }
}

struct SimIngest {
    process: Arc<Process>,
}

impl Ingest for SimIngest {
    fn append(&self, records: Vec<IngestRecord>) -> Result<Appended, LogError> {
        self.process.alive()?;
        let mut disk = self.process.disk.lock();
        let mut named = Vec::with_capacity(records.len());
        for record in &records {
            let name = disk
                .catalogue
                .input_name(record.topic)
                .filter(|_| record.topic != TopicId::INTERNAL);
            let name = name.filter(|_| record.partition < disk.partitions);
            named.push(name.ok_or_else(|| {
                LogError::Mismatch(format!(
                    "no input {:?} with partition {}",
                    record.topic, record.partition
                ))
            })?);
        }
        for (name, record) in named.into_iter().zip(&records) {
            disk.ingest(name, record.partition, &record.key, &record.value);
        }
        Ok(Appended {
            records: records.len(),
            received_at_us: disk.now_us,
        })
    }
}
