//! A reused arena for polled records.
//!
//! A shard polls thousands of records a step and keeps none of them past the step, so their
//! bytes live back to back in one buffer that is cleared, not freed. Invariant: every
//! [`Record`] handed out borrows from the batch, so nothing can outlive the next poll.

use super::catalogue::TopicId;

/// One committed record as a shard sees it. Borrowed from its [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Which input topic, as an index of the catalogue's inputs, or [`TopicId::INTERNAL`].
    pub topic: TopicId,
    /// The partition it was read from; always the shard's own number.
    pub partition: u32,
    /// Its place in the partition. Offsets grow; they need not be dense (Kafka's markers).
    pub offset: u64,
    /// When the log took it, microseconds since 1970 UTC.
    pub received_at_us: i64,
    /// The producer's key, possibly empty.
    pub key: &'a [u8],
    /// The bytes as they came, undecoded.
    pub value: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    topic: TopicId,
    partition: u32,
    offset: u64,
    received_at_us: i64,
    start: usize,
    key_len: u32,
    value_len: u32,
}

/// Polled records, in the order in which the shard must apply them.
#[derive(Debug, Default)]
pub struct Batch {
    slots: Vec<Slot>,
    bytes: Vec<u8>,
}

impl Batch {
    /// An empty batch; it grows with use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the records, keeps the memory.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.bytes.clear();
    }

    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True when it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Bytes of keys and values together.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Copies a record to the end.
    pub fn push(&mut self, record: Record<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record.key);
        self.bytes.extend_from_slice(record.value);
        self.slots.push(Slot {
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            received_at_us: record.received_at_us,
            start,
            key_len: u32::try_from(record.key.len()).unwrap_or(u32::MAX),
            value_len: u32::try_from(record.value.len()).unwrap_or(u32::MAX),
        });
    }

    /// The record at `index`, if there is one.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        self.slots.get(index).map(|slot| self.view(slot))
    }

    /// All records in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.slots.iter().map(|slot| self.view(slot))
    }

    fn view(&self, slot: &Slot) -> Record<'_> {
        let (key_len, value_len) = (slot.key_len as usize, slot.value_len as usize);
        let key_end = slot.start + key_len;
        Record {
            topic: slot.topic,
            partition: slot.partition,
            offset: slot.offset,
            received_at_us: slot.received_at_us,
            key: &self.bytes[slot.start..key_end],
            value: &self.bytes[key_end..key_end + value_len],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_pushed_and_reuses_its_memory() {
        let record = |offset, key: &'static [u8], value: &'static [u8]| Record {
            topic: TopicId(1),
            partition: 0,
            offset,
            received_at_us: 7,
            key,
            value,
        };
        let all = [
            record(0, b"", b"x"),
            record(1, b"key", b""),
            record(5, b"k", b"value"),
        ];
        let mut batch = Batch::new();
        for _ in 0..3 {
            batch.clear();
            all.iter().for_each(|r| batch.push(*r));
            assert_eq!(batch.iter().collect::<Vec<_>>(), all);
            assert_eq!(batch.get(3), None);
            assert_eq!(batch.byte_len(), 10);
        }
    }
}
