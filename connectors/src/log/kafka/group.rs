//! Which shards are ours: the consumer group, and nothing but the group.
//!
//! The member subscribes to `internal` alone; its partitions stand for the shards, and it reads
//! none of them. Rebalancing is cooperative: the callback says which shards leave and waits until
//! their owners have ended their transaction and dropped them; only then are they given up. An
//! owner that is too slow loses nothing but its shard: the next one fences it.
//!
//! Before a shard is taken the group is asked whether we are still its member, so that a process
//! that slept through its own exclusion does not fence the rightful owner.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::KafkaOptions;
use super::client::{self, REQUEST_TIMEOUT};
use crate::log::catalogue::INTERNAL;
use crate::log::error::LogError;

/// How long a leaving shard may take to end its transaction.
const RELEASE_PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(100);
/// How often the group's offsets, which only tools read, follow our positions.
const TELL: Duration = Duration::from_secs(5);

#[derive(Default)]
struct State {
    assigned: BTreeSet<u32>,
    /// Shards that somebody in this process holds, and whether they have to be given up.
    held: BTreeMap<u32, bool>,
    /// By topic on the cluster and shard: our committed positions, for the group's tools.
    positions: BTreeMap<(String, u32), u64>,
    failed: Option<String>,
}

#[derive(Default)]
struct Seats {
    state: Mutex<State>,
    changed: Condvar,
}

impl Seats {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let out = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
        out
    }

    /// Marks shards as leaving and waits until they are dropped.
    fn vacate(&self, shards: &[u32], wait: Duration) {
        self.with(|state| {
            for shard in shards {
                state.assigned.remove(shard);
                state.positions.retain(|(_, s), _| s != shard);
                if let Some(leaving) = state.held.get_mut(shard) {
                    *leaving = true;
                }
            }
        });
        let deadline = Instant::now() + wait;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while shards.iter().any(|shard| state.held.contains_key(shard)) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

struct Context {
    seats: Arc<Seats>,
}

impl ClientContext for Context {
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _message: &str) {}
    fn error(&self, _error: KafkaError, _reason: &str) {}
}

fn shards(list: &TopicPartitionList) -> Vec<u32> {
    list.elements()
        .iter()
        .filter_map(|e| u32::try_from(e.partition()).ok())
        .collect()
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(_) => {}
            Rebalance::Revoke(list) => {
                // What is lost belongs to somebody else already: there is nothing to wait for.
                let wait = if consumer.assignment_lost() {
                    Duration::ZERO
                } else {
                    RELEASE_PATIENCE
                };
                self.seats.vacate(&shards(list), wait);
            }
            Rebalance::Error(error) => {
                self.seats.with(|s| s.failed = Some(error.to_string()));
            }
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance {
            // The member reads nothing; should pausing fail, it reads and forgets.
            let _reads_in_vain = consumer.pause(list);
            self.seats.with(|s| s.assigned.extend(shards(list)));
        }
    }
}

/// Our membership in the group; leaves when dropped.
pub(super) struct Membership {
    seats: Arc<Seats>,
    consumer: Arc<BaseConsumer<Context>>,
    topic: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Membership {
    pub(super) fn join(options: &KafkaOptions) -> Result<Self, LogError> {
        let seats = Arc::new(Seats::default());
        let context = Context {
            seats: Arc::clone(&seats),
        };
        let consumer = BaseConsumer::from_config_and_context(&client::member(options), context)
            .map_err(|e| LogError::Mismatch(format!("no Kafka consumer can be made: {e}")))?;
        let consumer = Arc::new(consumer);
        let topic = options.topic(INTERNAL);
        consumer
            .subscribe(&[&topic])
            .map_err(|e| LogError::Retry(e.to_string()))?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (consumer, seats, stop) =
                (Arc::clone(&consumer), Arc::clone(&seats), Arc::clone(&stop));
            std::thread::Builder::new()
                .name("group".to_owned())
                .spawn(move || attend(&consumer, &seats, &stop))
                .map_err(|e| LogError::Fatal(format!("no thread can be started: {e}")))?
        };
        Ok(Self {
            seats,
            consumer,
            topic,
            stop,
            thread: Some(thread),
        })
    }

    /// Waits for a shard that is ours and that nobody in this process holds.
    pub(super) fn next_seat(
        self: &Arc<Self>,
        max_wait: Duration,
    ) -> Result<Option<Seat>, LogError> {
        let deadline = Instant::now() + max_wait;
        let mut state = self
            .seats
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let shard = loop {
            if let Some(what) = &state.failed {
                return Err(LogError::Fatal(what.clone()));
            }
            let free = state.assigned.iter().find(|s| !state.held.contains_key(s));
            if let Some(shard) = free.copied() {
                break shard;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let waited = self.seats.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        state.held.insert(shard, false);
        drop(state);
        let seat = Seat {
            membership: Arc::clone(self),
            shard,
        };
        self.still_member(shard).map(|ours| ours.then_some(seat))
    }

    /// Asks the group: only a member of its current generation may commit offsets. The offset is
    /// the one that is there already.
    fn still_member(&self, shard: u32) -> Result<bool, LogError> {
        let retry = |e: KafkaError| LogError::Retry(e.to_string());
        let partition = i32::try_from(shard).unwrap_or(i32::MAX);
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, partition);
        let there = self
            .consumer
            .committed_offsets(list, REQUEST_TIMEOUT)
            .map_err(retry)?;
        let offset = match there
            .find_partition(&self.topic, partition)
            .map(|e| e.offset())
        {
            Some(offset @ Offset::Offset(_)) => offset,
            _ => Offset::Offset(0),
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition, offset)
            .map_err(retry)?;
        match self.consumer.commit(&list, CommitMode::Sync) {
            Ok(()) => Ok(true),
            Err(error) => match error.rdkafka_error_code() {
                Some(
                    RDKafkaErrorCode::IllegalGeneration
                    | RDKafkaErrorCode::UnknownMemberId
                    | RDKafkaErrorCode::RebalanceInProgress
                    | RDKafkaErrorCode::FencedInstanceId,
                ) => Ok(false),
                _ => Err(retry(error)),
            },
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by then; we leave all the same.
            let _panicked = thread.join();
        }
    }
}

/// The life of the member: stays in touch, and now and then tells the group where we are.
fn attend(consumer: &BaseConsumer<Context>, seats: &Seats, stop: &AtomicBool) {
    let mut told = Instant::now();
    while !stop.load(Ordering::Acquire) {
        if let Some(Err(error)) = consumer.poll(POLL)
            && let Some(
                RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::Fatal,
            ) = error.rdkafka_error_code()
        {
            seats.with(|s| s.failed = Some(error.to_string()));
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            tell(consumer, seats);
        }
    }
}

fn tell(consumer: &BaseConsumer<Context>, seats: &Seats) {
    let positions = seats.with(|s| std::mem::take(&mut s.positions));
    if positions.is_empty() {
        return;
    }
    let mut list = TopicPartitionList::new();
    for ((topic, shard), next) in &positions {
        let offset = Offset::Offset(i64::try_from(*next).unwrap_or(i64::MAX));
        let partition = i32::try_from(*shard).unwrap_or(i32::MAX);
        if list.add_partition_offset(topic, partition, offset).is_err() {
            return;
        }
    }
    // Nobody decides anything by these offsets; the next round tells them again.
    let _not_told = consumer.commit(&list, CommitMode::Async);
}

/// The right, by the group, to hold one shard; given back when dropped.
pub(super) struct Seat {
    membership: Arc<Membership>,
    shard: u32,
}

impl Seat {
    pub(super) const fn shard(&self) -> u32 {
        self.shard
    }

    /// The shard has to be given up.
    pub(super) fn is_leaving(&self) -> bool {
        let seats = &self.membership.seats;
        let state = seats.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.held.get(&self.shard).copied().unwrap_or(true)
    }

    /// Where the shard is now, for the group's tools.
    pub(super) fn note(&self, topic: &str, next: u64) {
        let seats = &self.membership.seats;
        let mut state = seats.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.positions.get_mut(&(topic.to_owned(), self.shard)) {
            Some(position) => *position = next,
            None => {
                state.positions.insert((topic.to_owned(), self.shard), next);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.membership.seats.with(|s| s.held.remove(&self.shard));
    }
}
