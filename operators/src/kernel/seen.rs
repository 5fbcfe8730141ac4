//! Delivery is idempotent by (topic, id): a second valid record with the same id within the topic's window of arrival
//! time is a duplicate, whatever it says. Ids are kept as 128-bit hashes in order of arrival, so that forgetting
//! is popping from the front. It is a table like the others: journaled, rolled back, restored.

use std::collections::VecDeque;

use hashbrown::HashSet;
use kezek_schemas::ids::RecordId;
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::{Span, Timestamp};
use rustc_hash::FxBuildHasher;

use super::table::{AnyTable, Corrupt, put_change};

const TOPICS: usize = Topic::ALL.len();

/// How long an id of a topic is remembered (contracts: 48 h; 10 min where rules are idempotent by nature).
#[must_use]
pub const fn window(topic: Topic) -> Span {
    match topic {
        Topic::RoadHits | Topic::WeighHits | Topic::Seals => Span::minutes(10),
        Topic::AnprReads | Topic::Bookings | Topic::Checks | Topic::Declarations | Topic::Crossings | Topic::Permits
        | Topic::Controls | Topic::BarrierEvents | Topic::Groups | Topic::RiskProfiles => Span::hours(48),
    }
}

#[derive(Debug, Default)]
struct Window {
    known: HashSet<u128, FxBuildHasher>,
    order: VecDeque<(Timestamp, u128)>,
    /// Added since the last commit (at the back) and forgotten since then (oldest first), for rollback.
    added: usize,
    forgotten: Vec<(Timestamp, u128)>,
}

impl Window {
    fn forget_before(&mut self, horizon: Timestamp, tracking: bool) {
        while let Some(&(at, hash)) = self.order.front() {
            if at >= horizon || self.order.len() <= self.added { break; }
            self.order.pop_front();
            self.known.remove(&hash);
            if tracking { self.forgotten.push((at, hash)); }
        }
    }
}

/// The ids seen lately.
#[derive(Debug)]
pub struct Seen {
    windows: [Window; TOPICS],
    tracking: bool,
}

impl Default for Seen {
    fn default() -> Self { Self { windows: core::array::from_fn(|_| Window::default()), tracking: true } }
}

/// The hash by which an id is kept.
#[must_use]
pub fn hash(id: &RecordId) -> u128 { xxhash_rust::xxh3::xxh3_128(id.as_str().as_bytes()) }

impl Seen {
    /// What is remembered, by topic, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = (Topic, u128, Timestamp)> + '_ {
        Topic::ALL.into_iter().zip(&self.windows).flat_map(|(topic, w)| w.order.iter().map(move |(at, hash)| (topic, *hash, *at)))
    }

    /// Remembers an id; `false` = it is a duplicate. `arrived` never goes back.
    pub fn first(&mut self, topic: Topic, id: &RecordId, arrived: Timestamp) -> bool {
        let hash = hash(id);
        let tracking = self.tracking;
        let w = &mut self.windows[topic as usize];
        w.forget_before(arrived - window(topic), tracking);
        if !w.known.insert(hash) { return false; }
        w.order.push_back((arrived, hash));
        if tracking { w.added += 1; }
        true
    }
}

fn key_of(topic: usize, hash: u128) -> [u8; 17] {
    let mut key = [0; 17];
    key[0] = topic as u8;
    key[1..].copy_from_slice(&hash.to_le_bytes());
    key
}

impl AnyTable for Seen {
    fn set_tracking(&mut self, on: bool) { self.tracking = on; }
    fn encode_changes(&self, id: u16, out: &mut Vec<u8>) {
        for (topic, w) in self.windows.iter().enumerate() {
            for (at, hash) in w.order.iter().skip(w.order.len() - w.added) {
                put_change(out, id, &key_of(topic, *hash), Some(&at.0.to_le_bytes()));
            }
        }
    }
    fn commit(&mut self) {
        for w in &mut self.windows {
            w.added = 0;
            w.forgotten.clear();
        }
    }
    fn rollback(&mut self) {
        for w in &mut self.windows {
            for _ in 0..core::mem::take(&mut w.added) {
                if let Some((_, hash)) = w.order.pop_back() { w.known.remove(&hash); }
            }
            for (at, hash) in w.forgotten.drain(..).rev() {
                w.order.push_front((at, hash));
                w.known.insert(hash);
            }
        }
    }
    fn apply(&mut self, key: &[u8], row: Option<&[u8]>) -> Result<(), Corrupt> {
        let fault = || Corrupt("a seen id of another shape".into());
        let key: [u8; 17] = key.try_into().map_err(|_| fault())?;
        let at: [u8; 8] = row.and_then(|r| r.try_into().ok()).ok_or_else(fault)?;
        let topic = *Topic::ALL.get(key[0] as usize).ok_or_else(fault)?;
        let mut hash = [0; 16];
        hash.copy_from_slice(&key[1..]);
        let (at, hash) = (Timestamp(i64::from_le_bytes(at)), u128::from_le_bytes(hash));
        let w = &mut self.windows[key[0] as usize];
        w.forget_before(at - window(topic), false);
        if w.known.insert(hash) { w.order.push_back((at, hash)); }
        Ok(())
    }
    fn dump(&self, id: u16, out: &mut Vec<u8>) {
        for (n, topic) in Topic::ALL.iter().enumerate() {
            let w = &self.windows[n];
            let horizon = w.order.back().map_or(Timestamp::MIN, |(at, _)| *at - window(*topic));
            for (at, hash) in w.order.iter().filter(|(at, _)| *at >= horizon) {
                put_change(out, id, &key_of(n, *hash), Some(&at.0.to_le_bytes()));
            }
        }
    }
    fn rows(&self) -> usize { self.windows.iter().map(|w| w.order.len()).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_is_one_within_its_window_only() {
        let at = |minutes| Timestamp(0) + Span::minutes(minutes);
        for (topic, again_after, first) in [(Topic::Bookings, 48 * 60, false), (Topic::Bookings, 48 * 60 + 1, true),
            (Topic::RoadHits, 10, false), (Topic::RoadHits, 11, true)] {
            let mut seen = Seen::default();
            assert!(seen.first(topic, &"a".into(), at(0)));
            assert!(seen.first(topic, &"b".into(), at(0)));
            seen.commit();
            assert_eq!(seen.first(topic, &"a".into(), at(again_after)), first, "{topic:?} after {again_after} min");
            seen.rollback();
            assert_eq!(seen.first(topic, &"a".into(), at(again_after)), first, "after an abort the same");
        }
    }
}
