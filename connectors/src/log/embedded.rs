//! The embedded log: the same promises as Kafka's, in one process, on a directory.
//!
//! One write batch of the store, over all its keyspaces, is one commit. Threads that want to
//! write at the same moment are joined into one batch by the first of them ([`group`]), so
//! that many shards and many ingest requests pay for one `fdatasync`.
//!
//! Invariants:
//! - The store's plain reads can see a half-applied batch, so nobody reads past the ends that
//!   [`published`] shows, and those move only after the batch is durable.
//! - A store that failed to write once is never written again; a restart recovers it.
//! - Arrival times of one log never go back, also over restarts.
//!
//! What is absent: several processes (the store's lock refuses the second), changing the
//! partition count (keys would change owners), compaction of topics.

mod follower;
mod group;
mod layout;
mod published;
mod reader;
mod shard;
mod store;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::catalogue::{Catalogue, TopicId, TopicRole};
use super::clock::{Clock, wall_clock};
use super::error::LogError;
use super::port::{
    Appended, Follower, Ingest, IngestRecord, JournalCursor, Log, ShardLog, TopicReader,
};
use group::Group;
use published::Published;
use store::Store;
use writer::{Append, Done, Write};

/// When a commit counts as durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Handed to the operating system: survives the death of the process, not of the machine.
    Buffer,
    /// On the device (`fdatasync`): survives power loss.
    SyncData,
}

/// How to open an embedded log.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// The directory; created when missing.
    pub dir: PathBuf,
    /// Number of shards; fixed when the log is created.
    pub partitions: u32,
    /// When a commit counts as durable.
    pub durability: Durability,
    /// The topics.
    pub catalogue: Catalogue,
    /// Where arrival times come from.
    pub clock: Clock,
}

impl EmbeddedOptions {
    /// Fully durable, with the product's topics and the machine's clock.
    #[must_use]
    pub fn new(dir: impl AsRef<Path>, partitions: u32) -> Self {
        Self {
            dir: dir.as_ref().to_path_buf(),
            partitions,
            durability: Durability::SyncData,
            catalogue: Catalogue::default(),
            clock: wall_clock,
        }
    }
}

/// What all handles of one open log share.
struct Core {
    store: Store,
    published: Published,
    group: Group,
    /// Which epoch of each shard is held by a live handle of this process.
    held: Mutex<Vec<Option<u64>>>,
    released: Condvar,
}

impl Core {
    fn submit(&self, write: Write) -> Result<Done, writer::Refused> {
        self.group.submit(write, &self.store, &self.published)
    }

    fn release(&self, shard: u32, epoch: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = held.get_mut(shard as usize)
            && *entry == Some(epoch)
        {
            *entry = None;
            self.released.notify_all();
        }
    }
}

/// An open embedded log. Cheap to clone; the store closes when the last clone and the last
/// handle are gone.
#[derive(Clone)]
pub struct EmbeddedLog {
    core: Arc<Core>,
}

impl EmbeddedLog {
    /// Opens the log in a directory, creating it when it is not there.
    ///
    /// # Errors
    /// [`LogError::Mismatch`] when the log has another number of partitions,
    /// [`LogError::InUse`] when another process has it open.
    pub fn open(options: &EmbeddedOptions) -> Result<Self, LogError> {
        let store = Store::open(options)?;
        let state = store.recover()?;
        let published = Published::new(state.ends.clone(), state.numbers.clone(), options.clock);
        let shards = options.partitions as usize;
        let core = Core {
            store,
            published,
            group: Group::new(state, options),
            held: Mutex::new(vec![None; shards]),
            released: Condvar::new(),
        };
        Ok(Self {
            core: Arc::new(core),
        })
    }

    fn slot_of(&self, topic: &str) -> Result<usize, LogError> {
        let catalogue = self.core.store.catalogue;
        catalogue
            .topics()
            .iter()
            .position(|t| t.name == topic && t.role != TopicRole::Journal)
            .ok_or_else(|| LogError::Mismatch(format!("there is no topic `{topic}` to read")))
    }
}

impl Log for EmbeddedLog {
    fn catalogue(&self) -> Catalogue {
        self.core.store.catalogue
    }

    fn partitions(&self) -> u32 {
        self.core.store.partitions
    }

    fn next_shard(&self, max_wait: Duration) -> Result<Option<Box<dyn ShardLog>>, LogError> {
        let deadline = Instant::now() + max_wait;
        let free = {
            let mut held = self
                .core
                .held
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            loop {
                if let Some(free) = held.iter().position(Option::is_none) {
                    // Reserved under an epoch that no handle ever has, until `take` names the real one.
                    held[free] = Some(0);
                    break free;
                }
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(None);
                }
                held = self
                    .core
                    .released
                    .wait_timeout(held, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        };
        let shard = u32::try_from(free).unwrap_or(u32::MAX);
        self.take(shard)
            .map(Some)
            .inspect_err(|_| self.core.release(shard, 0))
    }

    fn follower(&self, from: &[JournalCursor]) -> Result<Box<dyn Follower>, LogError> {
        Ok(Box::new(follower::EmbeddedFollower::new(
            Arc::clone(&self.core),
            from,
        )))
    }

    fn reader(&self, topic: &str, from: &[u64]) -> Result<Box<dyn TopicReader>, LogError> {
        let slot = self.slot_of(topic)?;
        Ok(Box::new(reader::EmbeddedReader::new(
            Arc::clone(&self.core),
            slot,
            from,
        )))
    }

    fn ends(&self, topic: &str) -> Result<Vec<u64>, LogError> {
        let slot = self.slot_of(topic)?;
        Ok(self.core.published.topic_ends(slot))
    }

    fn ingest(&self) -> Result<Box<dyn Ingest>, LogError> {
        Ok(Box::new(EmbeddedIngest {
            core: Arc::clone(&self.core),
        }))
    }

    fn take(&self, shard: u32) -> Result<Box<dyn ShardLog>, LogError> {
        if shard >= self.core.store.partitions {
            return Err(LogError::Mismatch(format!(
                "there is no shard {shard}, the log has {} partitions",
                self.core.store.partitions
            )));
        }
        let taken = match self.core.submit(Write::Take { shard }) {
            Ok(Done::Taken(taken)) => taken,
            Ok(other) => {
                return Err(LogError::Fatal(format!(
                    "taking a shard answered {other:?}"
                )));
            }
            Err(refused) => return Err(refused.into_log_error(shard)),
        };
        let mut held = self
            .core
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = held.get_mut(shard as usize) {
            *entry = Some(taken.epoch);
        }
        drop(held);
        Ok(Box::new(shard::EmbeddedShard::new(
            Arc::clone(&self.core),
            shard,
            taken,
        )))
    }
}

/// Appends to the input topics of an embedded log.
struct EmbeddedIngest {
    core: Arc<Core>,
}

impl Ingest for EmbeddedIngest {
    fn append(&self, records: Vec<IngestRecord>) -> Result<Appended, LogError> {
        let store = &self.core.store;
        let mut appends = Vec::with_capacity(records.len());
        for record in records {
            let slot = store
                .input_slot(record.topic)
                .filter(|_| {
                    record.topic != TopicId::INTERNAL && record.partition < store.partitions
                })
                .ok_or_else(|| {
                    LogError::Mismatch(format!(
                        "no input {:?} with partition {}",
                        record.topic, record.partition
                    ))
                })?;
            appends.push(Append {
                slot,
                partition: record.partition,
                value: layout::encode_record(&record.key, &record.value),
            });
        }
        match self.core.submit(Write::Append { appends }) {
            Ok(Done::Appended(appended)) => Ok(appended),
            Ok(other) => Err(LogError::Fatal(format!("appending answered {other:?}"))),
            Err(refused) => Err(refused.into_log_error(0)),
        }
    }
}
