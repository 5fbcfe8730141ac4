//! Where an id went. Ingest gives a record to the partition of its owner; a second record with the same id may name another
//! owner, and must meet the first one all the same, because only the shard that saw an id can call it a duplicate. So
//! ingest remembers, as long as the shards do, to which partition it gave each id.
//!
//! Invariant: for every id that some shard has in its window, a record taken by this process goes to that shard (but for
//! the oldest, beyond [`HOMES`]). A hash that collides sends a record through another shard, which forwards it: no harm.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use kezek_operators::kernel::seen::window;
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::Timestamp;
use rustc_hash::FxHashMap;

use crate::limits::HOMES;

#[derive(Debug, Default)]
struct Known {
    homes: FxHashMap<u64, u8>,
    /// By topic, in order of arrival.
    order: [VecDeque<(Timestamp, u64)>; Topic::ALL.len()],
}

/// The partitions of the ids taken lately.
#[derive(Debug, Default)]
pub struct Homes(Mutex<Known>);

impl Homes {
    /// The partition for a record with this id: that of the first one, else the given.
    pub fn of(&self, topic: Topic, id: u128, at: Timestamp, partition: u32) -> u32 {
        let Ok(wanted) = u8::try_from(partition) else { return partition };
        let known = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let order = &mut known.order[topic as usize];
        let horizon = at - window(topic);
        while let Some(&(since, key)) = order.front() && (since < horizon || order.len() > HOMES) {
            order.pop_front();
            known.homes.remove(&key);
        }
        let key = (id as u64 ^ (id >> 64) as u64).wrapping_add(topic as u64);
        *known.homes.entry(key).or_insert_with(|| {
            order.push_back((at, key));
            wanted
        }) as u32
    }

    /// What a shard has seen, oldest first; told once, when it has taken in what waited for it.
    pub fn learn(&self, shard: u32, seen: impl Iterator<Item = (Topic, u128, Timestamp)>) {
        for (topic, id, at) in seen { self.of(topic, id, at, shard); }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kezek_schemas::time::Span;

    #[test]
    fn an_id_keeps_its_partition_as_long_as_shards_remember_it() {
        let homes = Homes::default();
        let at = |minutes| Timestamp(0) + Span::minutes(minutes);
        for (topic, id, minutes, asked, given) in [
            (Topic::Bookings, 7, 0, 1, 1), (Topic::Bookings, 7, 1, 3, 1), (Topic::Checks, 7, 1, 3, 3), (Topic::Bookings, 7, 48 * 60, 2, 1),
            (Topic::Bookings, 7, 48 * 60 + 1, 2, 2), (Topic::RoadHits, 7, 0, 0, 0), (Topic::RoadHits, 7, 11, 1, 1),
        ] { assert_eq!(homes.of(topic, id, at(minutes), asked), given, "{topic:?} {id} after {minutes} min at {asked}"); }
        homes.learn(2, [(Topic::Controls, 9, at(0))].into_iter());
        assert_eq!(homes.of(Topic::Controls, 9, at(5), 0), 2);
    }
}
