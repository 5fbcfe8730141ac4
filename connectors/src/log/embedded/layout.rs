//! How the embedded log lies in its store: keys and values of each keyspace.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `inputs`, `outputs` | topic number, partition, offset | arrival time, key length, key, value |
//! | `journal` | shard, commit number | epoch, commit time, block |
//! | `meta` | a text | a big-endian number |
//!
//! Numbers in keys are big-endian, so that the store's order is the log's order. Topic numbers
//! are given out once, by name, and kept in `meta`: the catalogue may be reordered freely.

use fjall::Slice;

/// The version of this layout; a log of another version is refused.
pub(super) const FORMAT: u64 = 1;

pub(super) const META_FORMAT: &str = "format";
pub(super) const META_PARTITIONS: &str = "partitions";
pub(super) const META_TOPIC_PREFIX: &str = "topic/";

const RECORD_HEAD: usize = 12;
const JOURNAL_HEAD: usize = 16;

pub(super) fn record_key(topic: u16, partition: u32, offset: u64) -> [u8; 14] {
    let mut key = [0; 14];
    key[..2].copy_from_slice(&topic.to_be_bytes());
    key[2..6].copy_from_slice(&partition.to_be_bytes());
    key[6..].copy_from_slice(&offset.to_be_bytes());
    key
}

pub(super) fn journal_key(shard: u32, number: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&shard.to_be_bytes());
    key[4..].copy_from_slice(&number.to_be_bytes());
    key
}

/// The last eight bytes of a record or journal key: its offset or commit number.
pub(super) fn key_number(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>()
        .map(|bytes| u64::from_be_bytes(*bytes))
}

pub(super) fn position_key(shard: u32, topic: &str) -> String {
    format!("position/{shard}/{topic}")
}

pub(super) fn epoch_key(shard: u32) -> String {
    format!("epoch/{shard}")
}

/// A record's value with room for its arrival time, which only the writer knows.
pub(super) fn encode_record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(RECORD_HEAD + key.len() + value.len());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(value);
    out
}

pub(super) fn stamp(encoded: &mut [u8], time_us: i64) {
    if let Some(head) = encoded.first_chunk_mut::<8>() {
        *head = time_us.to_be_bytes();
    }
}

/// A stored record, still in the store's memory.
pub(super) struct Loaded {
    pub(super) offset: u64,
    pub(super) received_at_us: i64,
    key_len: usize,
    slice: Slice,
}

impl Loaded {
    /// Reads the head; `None` when the bytes are not a record.
    pub(super) fn parse(key: &[u8], slice: Slice) -> Option<Self> {
        let offset = key_number(key)?;
        let received_at_us = i64::from_be_bytes(*slice.first_chunk::<8>()?);
        let key_len = u32::from_be_bytes(slice.get(8..RECORD_HEAD)?.try_into().ok()?) as usize;
        (slice.len() >= RECORD_HEAD + key_len).then_some(Self {
            offset,
            received_at_us,
            key_len,
            slice,
        })
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.slice[RECORD_HEAD..RECORD_HEAD + self.key_len]
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.slice[RECORD_HEAD + self.key_len..]
    }
}

pub(super) fn encode_journal(epoch: u64, block: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(JOURNAL_HEAD + block.len());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&epoch.to_be_bytes());
    out.extend_from_slice(block);
    out
}

/// Commit time, epoch and block of a stored journal value.
pub(super) fn parse_journal(value: &[u8]) -> Option<(i64, u64, &[u8])> {
    let (time, rest) = value.split_first_chunk::<8>()?;
    let (epoch, block) = rest.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*time), u64::from_be_bytes(*epoch), block))
}
