//! The merge of a shard's input topics into one order: by arrival time, ties by topic name, as
//! `replay` does.
//!
//! A record is given only when no other topic can still have an earlier one: each has a record
//! at hand or has been read to its end. A topic that says nothing at all for too long is waited
//! for no more; its records then come later, in their own order. Pure; no clock of its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::log::batch::{Batch, Record};
use crate::log::catalogue::TopicId;

/// How long one silent topic may hold up the others.
const PATIENCE: Duration = Duration::from_secs(3);

/// A fetched record, owned: key and value back to back.
#[derive(Debug)]
struct Loaded {
    offset: u64,
    received_at_us: i64,
    key_len: usize,
    bytes: Box<[u8]>,
}

/// One topic.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) topic: TopicId,
    /// The topic's name in the catalogue.
    pub(super) name: &'static str,
    /// The topic's name on the cluster.
    pub(super) full_name: String,
    /// Where reading goes on after the last commit.
    pub(super) committed: u64,
    /// The offset after the last record given out.
    pub(super) given: u64,
    /// The offset after the last record fetched.
    pub(super) fetched: u64,
    /// The offset before which the topic ended when its end was last met.
    pub(super) end: u64,
    /// A record has come since reading began here: the client knows the topic's end.
    pub(super) met: bool,
    /// Everything committed so far has been fetched.
    pub(super) at_end: bool,
    /// Not fetched for the time being.
    pub(super) paused: bool,
    pub(super) bytes: usize,
    ready: VecDeque<Loaded>,
}

impl Lane {
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    pub(super) fn waiting(&self) -> usize {
        self.ready.len()
    }

    /// Only the end of this topic can tell whether the others may go on.
    pub(super) fn is_unsure(&self) -> bool {
        self.ready.is_empty() && !self.at_end
    }
}

/// All topics of a shard, in the order in which ties are broken.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    unsure_since: Option<Instant>,
}

impl Lanes {
    /// `internal` comes first: what was sent to us is older than what arrives in the same
    /// millisecond.
    pub(super) fn new(topics: impl IntoIterator<Item = (TopicId, &'static str, String)>) -> Self {
        let mut lanes: Vec<Lane> = topics
            .into_iter()
            .map(|(topic, name, full_name)| Lane {
                topic,
                name,
                full_name,
                committed: 0,
                given: 0,
                fetched: 0,
                end: 0,
                met: false,
                at_end: false,
                paused: false,
                bytes: 0,
                ready: VecDeque::new(),
            })
            .collect();
        lanes.sort_by_key(|lane| (lane.topic != TopicId::INTERNAL, lane.name));
        Self {
            lanes,
            unsure_since: None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.lanes.iter_mut()
    }

    pub(super) fn of_topic(&mut self, topic: TopicId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.topic == topic)
    }

    fn of_name(&mut self, full_name: &str) -> Option<&mut Lane> {
        self.lanes
            .iter_mut()
            .find(|lane| lane.full_name == full_name)
    }

    /// Forgets what was fetched; reading goes on after the last commit.
    pub(super) fn rewind(&mut self) {
        self.unsure_since = None;
        for lane in &mut self.lanes {
            lane.ready.clear();
            (lane.bytes, lane.met, lane.at_end, lane.paused) = (0, false, false, false);
            (lane.given, lane.fetched, lane.end) = (lane.committed, lane.committed, 0);
        }
    }

    pub(super) fn push(
        &mut self,
        full_name: &str,
        offset: u64,
        at_us: i64,
        key: &[u8],
        value: &[u8],
    ) {
        if let Some(lane) = self.of_name(full_name) {
            let bytes = [key, value].concat().into_boxed_slice();
            lane.bytes += bytes.len();
            lane.fetched = offset + 1;
            (lane.met, lane.at_end) = (true, false);
            lane.ready.push_back(Loaded {
                offset,
                received_at_us: at_us,
                key_len: key.len(),
                bytes,
            });
        }
    }

    pub(super) fn ended(&mut self, full_name: &str, end: u64) {
        if let Some(lane) = self.of_name(full_name) {
            (lane.at_end, lane.end) = (true, end);
        }
    }

    /// Moves records to the batch in order until one of the limits is reached or it cannot be
    /// told which one is next.
    pub(super) fn give(
        &mut self,
        batch: &mut Batch,
        partition: u32,
        max_records: usize,
        max_bytes: usize,
        now: Instant,
    ) {
        while batch.len() < max_records && batch.byte_len() < max_bytes {
            let waiting = self.lanes.iter().any(|lane| !lane.is_empty());
            if waiting && self.lanes.iter().any(Lane::is_unsure) {
                let since = *self.unsure_since.get_or_insert(now);
                if now.saturating_duration_since(since) < PATIENCE {
                    return;
                }
            } else {
                self.unsure_since = None;
            }
            // The first of equals: `min_by_key` keeps it.
            let next = self
                .lanes
                .iter_mut()
                .filter_map(|lane| Some((lane.ready.front()?.received_at_us, lane)))
                .min_by_key(|(at, _)| *at);
            let Some((_, lane)) = next else { return };
            let Some(loaded) = lane.ready.pop_front() else {
                return;
            };
            lane.bytes -= loaded.bytes.len();
            lane.given = loaded.offset + 1;
            let (key, value) = loaded.bytes.split_at(loaded.key_len);
            batch.push(Record {
                topic: lane.topic,
                partition,
                offset: loaded.offset,
                received_at_us: loaded.received_at_us,
                key,
                value,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> Lanes {
        let mut lanes = Lanes::new([
            (TopicId(0), "right", "right".to_owned()),
            (TopicId(1), "left", "left".to_owned()),
            (TopicId::INTERNAL, "internal", "internal".to_owned()),
        ]);
        lanes.rewind();
        lanes
    }

    fn given(lanes: &mut Lanes, now: Instant) -> String {
        let mut batch = Batch::new();
        lanes.give(&mut batch, 0, 100, 1000, now);
        batch
            .iter()
            .map(|r| String::from_utf8_lossy(r.value).into_owned())
            .collect()
    }

    #[test]
    fn gives_by_arrival_then_name_and_waits_for_what_may_be_earlier() {
        let now = Instant::now();
        let mut lanes = lanes();
        for (name, at, value) in [
            ("right", 1, "b"),
            ("right", 3, "f"),
            ("left", 1, "a"),
            ("left", 2, "d"),
            ("internal", 2, "c"),
        ] {
            let offset = lanes.of_name(name).map_or(0, |lane| lane.fetched);
            lanes.push(name, offset, at, b"", value.as_bytes());
        }
        // `internal` runs out first, then `left`: each may still have something earlier.
        assert_eq!(given(&mut lanes, now), "abc");
        lanes.ended("internal", 1);
        assert_eq!(given(&mut lanes, now), "d");
        lanes.push("left", 2, 2, b"", b"e");
        lanes.ended("left", 3);
        assert_eq!(given(&mut lanes, now), "ef");
        assert_eq!(given(&mut lanes, now), "");
    }

    #[test]
    fn patience_ends_and_rewinding_forgets() {
        let now = Instant::now();
        let mut lanes = lanes();
        lanes.push("left", 0, 1, b"k", b"x");
        assert_eq!(
            given(&mut lanes, now),
            "",
            "the others may have something earlier"
        );
        assert_eq!(given(&mut lanes, now + PATIENCE), "x");
        lanes.push("left", 1, 1, b"k", b"y");
        lanes.rewind();
        assert_eq!(given(&mut lanes, now + 3 * PATIENCE), "");
        assert!(lanes.iter().all(|lane| lane.bytes == 0 && lane.given == 0));
    }
}
