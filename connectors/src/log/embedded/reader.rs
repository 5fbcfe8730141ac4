//! Reading back what is committed: records of one topic, and one shard's journal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Core;
use crate::log::error::LogError;
use crate::log::port::{JournalEntry, JournalReader, StoredRecord, TopicReader};

/// Records of one topic, partition by partition.
pub(super) struct EmbeddedReader {
    core: Arc<Core>,
    slot: usize,
    next: Vec<u64>,
}

impl EmbeddedReader {
    pub(super) fn new(core: Arc<Core>, slot: usize, from: &[u64]) -> Self {
        let partitions = core.store.partitions as usize;
        let next = (0..partitions)
            .map(|p| from.get(p).copied().unwrap_or(0))
            .collect();
        Self { core, slot, next }
    }
}

impl TopicReader for EmbeddedReader {
    fn poll(
        &mut self,
        out: &mut Vec<StoredRecord>,
        max_records: usize,
        max_wait: Duration,
    ) -> Result<usize, LogError> {
        let before = out.len();
        let next = &self.next;
        let ends = self.core.published.wait_topic(self.slot, max_wait, |ends| {
            next.iter()
                .zip(ends)
                .any(|(n, e)| n < e)
                .then(|| ends.to_vec())
        });
        let Some(ends) = ends else {
            return Ok(0);
        };
        for (partition, end) in (0..).zip(ends) {
            let from = self.next[partition as usize];
            let room = max_records - (out.len() - before);
            if from >= end || room == 0 {
                continue;
            }
            let start = out.len();
            self.core
                .store
                .read(self.slot, partition, from..end, room, |loaded| {
                    out.push(StoredRecord {
                        partition,
                        offset: loaded.offset,
                        received_at_us: loaded.received_at_us,
                        key: loaded.key().to_vec(),
                        value: loaded.value().to_vec(),
                    });
                })?;
            if out.len() > start
                && let Some(last) = out.last()
            {
                self.next[partition as usize] = last.offset + 1;
            }
        }
        Ok(out.len() - before)
    }
}

/// How many journal blocks are read at once.
const CHUNK: usize = 64;

/// One shard's journal up to an end that is known beforehand.
pub(super) struct JournalRange {
    core: Arc<Core>,
    shard: u32,
    next: u64,
    last: u64,
    ready: VecDeque<JournalEntry>,
}

impl JournalRange {
    pub(super) fn new(core: Arc<Core>, shard: u32, from: u64, last: u64) -> Self {
        Self {
            core,
            shard,
            next: from.max(1),
            last,
            ready: VecDeque::new(),
        }
    }
}

impl JournalReader for JournalRange {
    fn next_entry(&mut self) -> Result<Option<JournalEntry>, LogError> {
        if self.ready.is_empty() && self.next <= self.last {
            let mut chunk = Vec::with_capacity(CHUNK);
            self.core
                .store
                .read_journal(self.shard, self.next..=self.last, CHUNK, &mut chunk)?;
            self.next += chunk.len() as u64;
            if chunk.is_empty() {
                return Err(LogError::Fatal(format!(
                    "journal {} lacks commit {}",
                    self.shard, self.next
                )));
            }
            self.ready.extend(chunk);
        }
        Ok(self.ready.pop_front())
    }
}
