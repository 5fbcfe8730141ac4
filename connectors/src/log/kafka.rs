//! The log on Apache Kafka: what the whole country runs on.
//!
//! Partition `i` of every topic is shard `i`. The consumer group only says who owns which shard
//! ([`group`]); everything else about a shard is in the journal, written in the same transaction
//! as what it describes ([`layout`]): commit number, ownership epoch, input positions. So there
//! is one truth, it cannot expire, and one read of the end of one partition restores it.
//!
//! Invariants:
//! - One transaction is one commit: outputs, internal messages, the journal block and, in the
//!   block, the positions. Nothing is visible before it, everything is after it.
//! - A shard has one writer: its `transactional.id` is `<group>-<shard>`, so taking the shard
//!   fences whoever had it before ([`writer`]); the new epoch is durable before it is used.
//! - The outcome of a commit is never assumed. Whatever the client cannot say for certain is
//!   answered by fencing ourselves and reading the journal's end ([`shard`]).
//! - Nothing is read beyond the last stable offset.
//! - Topics that differ from the catalogue are refused ([`topics`]), never adapted to.
//!
//! A shard reads with a consumer of its own, so no shard waits for another and no record changes
//! threads. What is absent: trimming the journal, and changing the number of partitions.

mod client;
mod feed;
mod group;
mod ingest;
mod intake;
mod journal;
mod lanes;
mod layout;
mod pool;
mod reader;
mod shard;
mod tail;
pub mod topics;
mod verdict;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::catalogue::{Catalogue, TopicRole};
use super::error::LogError;
use super::port::{Follower, Ingest, JournalCursor, Log, ShardLog, TopicReader};
use group::Membership;
use pool::Pool;

/// How to reach the cluster, and as whom. Has no `Debug`: `security` may hold a password.
#[derive(Clone)]
pub struct KafkaOptions {
    /// Bootstrap servers.
    pub brokers: String,
    /// Consumer group of all instances; also the prefix of their transactional ids.
    pub group: String,
    /// Before every topic's name: empty, unless several logs live on one cluster.
    pub prefix: String,
    /// Partitions of every topic.
    pub partitions: u32,
    /// The topics.
    pub catalogue: Catalogue,
    /// The client's settings for protecting the link; empty means plain text.
    pub security: Vec<(String, String)>,
}

impl KafkaOptions {
    fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// What all handles of one open log share.
struct Core {
    options: KafkaOptions,
    pool: Pool,
    membership: Mutex<Option<Arc<Membership>>>,
    ingest: Mutex<Option<Arc<ingest::Appender>>>,
}

impl Core {
    /// Joins the group with the first shard that is asked for, not before: a reader is no member.
    fn membership(&self) -> Result<Arc<Membership>, LogError> {
        let mut slot = self
            .membership
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(membership) = &*slot {
            return Ok(Arc::clone(membership));
        }
        let membership = Arc::new(Membership::join(&self.options)?);
        *slot = Some(Arc::clone(&membership));
        Ok(membership)
    }

    fn readable(&self, topic: &str) -> Result<String, LogError> {
        self.options
            .catalogue
            .find(topic)
            .filter(|spec| spec.role != TopicRole::Journal)
            .map(|spec| self.options.topic(spec.name))
            .ok_or_else(|| LogError::Mismatch(format!("there is no topic `{topic}` to read")))
    }

    fn shard_exists(&self, shard: u32) -> Result<(), LogError> {
        if shard < self.options.partitions {
            return Ok(());
        }
        Err(LogError::Mismatch(format!(
            "there is no shard {shard}, the log has {} partitions",
            self.options.partitions
        )))
    }
}

/// An open log on a Kafka cluster. Cheap to clone; leaves the group when the last clone and the
/// last handle are gone.
#[derive(Clone)]
pub struct KafkaLog {
    core: Arc<Core>,
}

impl KafkaLog {
    /// Opens the log. It reads and compares all topics; it joins no group yet.
    ///
    /// # Errors
    /// [`LogError::Retry`] when no broker answers, [`LogError::Mismatch`] when a topic is missing
    /// or is not set up as the catalogue says.
    pub fn open(options: &KafkaOptions) -> Result<Self, LogError> {
        let differences = topics::diff(options)?;
        if !differences.is_empty() {
            return Err(LogError::Mismatch(differences.join("; ")));
        }
        Ok(Self {
            core: Arc::new(Core {
                options: options.clone(),
                pool: Pool::new(options),
                membership: Mutex::new(None),
                ingest: Mutex::new(None),
            }),
        })
    }
}

impl Log for KafkaLog {
    fn catalogue(&self) -> Catalogue {
        self.core.options.catalogue
    }

    fn partitions(&self) -> u32 {
        self.core.options.partitions
    }

    fn next_shard(&self, max_wait: Duration) -> Result<Option<Box<dyn ShardLog>>, LogError> {
        let membership = self.core.membership()?;
        let Some(seat) = membership.next_seat(max_wait)? else {
            return Ok(None);
        };
        let shard = shard::KafkaShard::take(Arc::clone(&self.core), seat.shard(), Some(seat))?;
        Ok(Some(Box::new(shard)))
    }

    fn follower(&self, from: &[JournalCursor]) -> Result<Box<dyn Follower>, LogError> {
        Ok(Box::new(journal::KafkaFollower::new(
            Arc::clone(&self.core),
            from,
        )?))
    }

    fn reader(&self, topic: &str, from: &[u64]) -> Result<Box<dyn TopicReader>, LogError> {
        let name = self.core.readable(topic)?;
        Ok(Box::new(reader::KafkaReader::new(&self.core, name, from)?))
    }

    fn ends(&self, topic: &str) -> Result<Vec<u64>, LogError> {
        let name = self.core.readable(topic)?;
        let mut lent = self.core.pool.lend()?;
        tail::ends(&mut lent.feed(), &name, self.core.options.partitions)
    }

    fn ingest(&self) -> Result<Box<dyn Ingest>, LogError> {
        let mut slot = self
            .core
            .ingest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let appender = match &*slot {
            Some(appender) => Arc::clone(appender),
            None => Arc::clone(slot.insert(Arc::new(ingest::Appender::open(&self.core.options)?))),
        };
        Ok(Box::new(ingest::KafkaIngest::new(appender)))
    }

    fn take(&self, shard: u32) -> Result<Box<dyn ShardLog>, LogError> {
        self.core.shard_exists(shard)?;
        Ok(Box::new(shard::KafkaShard::take(
            Arc::clone(&self.core),
            shard,
            None,
        )?))
    }
}
