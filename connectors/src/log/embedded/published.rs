//! What may be read: the ends of all partitions as of the last durable batch.
//!
//! One small lock, taken once a batch by the writer and once a poll by each reader; sleeping
//! readers are woken by the batch that concerns them, so an idle shard reacts without polling.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::log::clock::Clock;

#[derive(Debug)]
struct Ends {
    /// By slot and partition: the offset after the last visible record.
    topics: Vec<Vec<u64>>,
    /// By shard: the number of the last visible commit.
    numbers: Vec<u64>,
    /// The arrival time of the batch on its way to the disk.
    stamped_us: Option<i64>,
    /// Readers asleep: of each shard, and of everything.
    sleeping: Vec<u32>,
    sleeping_any: u32,
}

pub(super) struct Published {
    clock: Clock,
    ends: Mutex<Ends>,
    shard_wakes: Vec<Condvar>,
    any_wake: Condvar,
}

impl Published {
    pub(super) fn new(topics: Vec<Vec<u64>>, numbers: Vec<u64>, clock: Clock) -> Self {
        let shards = numbers.len();
        Self {
            clock,
            ends: Mutex::new(Ends {
                topics,
                numbers,
                stamped_us: None,
                sleeping: vec![0; shards],
                sleeping_any: 0,
            }),
            shard_wakes: (0..shards).map(|_| Condvar::new()).collect(),
            any_wake: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The arrival time of a batch that begins now, never before `last_us`. Until it is shown, no reader takes the time
    /// to be later.
    pub(super) fn stamp(&self, last_us: i64) -> i64 {
        let mut ends = self.lock();
        let now_us = last_us.max((self.clock)());
        ends.stamped_us = Some(now_us);
        now_us
    }

    /// Shows new ends. `topics` are (slot, partition, end), `numbers` are (shard, last commit).
    pub(super) fn publish(&self, topics: &[(usize, u32, u64)], numbers: &[(u32, u64)]) {
        let mut ends = self.lock();
        ends.stamped_us = None;
        for (slot, partition, end) in topics {
            ends.topics[*slot][*partition as usize] = *end;
            if ends.sleeping[*partition as usize] > 0 {
                self.shard_wakes[*partition as usize].notify_all();
            }
        }
        for (shard, number) in numbers {
            ends.numbers[*shard as usize] = *number;
        }
        if ends.sleeping_any > 0 {
            self.any_wake.notify_all();
        }
    }

    /// Copies the ends of one shard's partitions, by slot, waiting until `ready` says that they
    /// are worth it or the time is over. Returns a time before which nothing that is not in these ends will be stamped.
    pub(super) fn shard_ends(
        &self,
        shard: u32,
        out: &mut Vec<u64>,
        max_wait: Duration,
        ready: impl Fn(&[u64]) -> bool,
    ) -> i64 {
        let mut deadline = None;
        let mut ends = self.lock();
        loop {
            out.clear();
            out.extend(
                ends.topics
                    .iter()
                    .map(|partitions| partitions[shard as usize]),
            );
            let quiet_us = ends.stamped_us.unwrap_or_else(self.clock);
            if ready(out) || max_wait.is_zero() {
                return quiet_us;
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + max_wait);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return quiet_us;
            }
            ends.sleeping[shard as usize] += 1;
            let wake = &self.shard_wakes[shard as usize];
            ends = wake
                .wait_timeout(ends, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            ends.sleeping[shard as usize] -= 1;
        }
    }

    /// Waits until `look` finds something in the commit numbers, or the time is over.
    pub(super) fn wait_numbers<T>(
        &self,
        max_wait: Duration,
        look: impl Fn(&[u64]) -> Option<T>,
    ) -> Option<T> {
        self.wait_any(max_wait, |ends| look(&ends.numbers))
    }

    /// Waits until `look` finds something in the ends of one topic, or the time is over.
    pub(super) fn wait_topic<T>(
        &self,
        slot: usize,
        max_wait: Duration,
        look: impl Fn(&[u64]) -> Option<T>,
    ) -> Option<T> {
        self.wait_any(max_wait, |ends| look(&ends.topics[slot]))
    }

    fn wait_any<T>(&self, max_wait: Duration, look: impl Fn(&Ends) -> Option<T>) -> Option<T> {
        let mut deadline = None;
        let mut ends = self.lock();
        loop {
            let found = look(&ends);
            if found.is_some() || max_wait.is_zero() {
                return found;
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + max_wait);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            ends.sleeping_any += 1;
            ends = self
                .any_wake
                .wait_timeout(ends, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            ends.sleeping_any -= 1;
        }
    }

    pub(super) fn topic_ends(&self, slot: usize) -> Vec<u64> {
        self.lock().topics[slot].clone()
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.lock().numbers.clone()
    }
}
