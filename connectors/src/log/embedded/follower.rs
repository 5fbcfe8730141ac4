//! Following the journals of all shards.

use std::sync::Arc;
use std::time::Duration;

use super::Core;
use crate::log::error::LogError;
use crate::log::port::{Follower, JournalCursor, JournalEntry};

pub(super) struct EmbeddedFollower {
    core: Arc<Core>,
    /// By shard: the next commit number.
    next: Vec<u64>,
    /// Where the next poll starts, so that a busy shard does not starve the others.
    turn: usize,
}

impl EmbeddedFollower {
    pub(super) fn new(core: Arc<Core>, from: &[JournalCursor]) -> Self {
        let shards = core.store.partitions as usize;
        let next = (0..shards)
            .map(|s| from.get(s).map_or(1, |c| c.number.max(1)))
            .collect();
        Self {
            core,
            next,
            turn: 0,
        }
    }
}

impl Follower for EmbeddedFollower {
    fn poll(
        &mut self,
        out: &mut Vec<JournalEntry>,
        max_entries: usize,
        max_wait: Duration,
    ) -> Result<usize, LogError> {
        let before = out.len();
        let next = &self.next;
        let numbers = self.core.published.wait_numbers(max_wait, |numbers| {
            next.iter()
                .zip(numbers)
                .any(|(n, last)| n <= last)
                .then(|| numbers.to_vec())
        });
        let Some(numbers) = numbers else {
            return Ok(0);
        };
        let shards = self.next.len();
        let share = max_entries.div_ceil(shards).max(1);
        for step in 0..shards {
            let shard = (self.turn + step) % shards;
            let room = (max_entries - (out.len() - before)).min(share);
            if room == 0 || self.next[shard] > numbers[shard] {
                continue;
            }
            let start = out.len();
            let number = u32::try_from(shard).unwrap_or(u32::MAX);
            self.core
                .store
                .read_journal(number, self.next[shard]..=numbers[shard], room, out)?;
            self.next[shard] += (out.len() - start) as u64;
        }
        self.turn = (self.turn + 1) % shards;
        Ok(out.len() - before)
    }

    fn newest(&mut self) -> Result<Vec<u64>, LogError> {
        Ok(self.core.published.numbers())
    }
}
