//! The demo's trucks: those of each slot come from the seed and the slot alone, so a demo that starts again makes the
//! same ones, and what was already taken is known by its id.

use std::collections::BTreeMap;
use std::hash::Hasher as _;
use std::sync::Arc;

use fastrand::Rng;
use kezek_operators::kernel::Refs;
use kezek_schemas::ids::CheckpointId;
use kezek_schemas::time::{Slot, Span, Timestamp, Zone, days_since_epoch};

use super::CHECKPOINTS;
use crate::simulate::{Made, Roads, Truck};

/// How long before its slot a truck of the demo books.
const AHEAD: Span = Span::hours(5);
/// How long a trip lasts after its slot at most.
const AFTER: Span = Span::hours(3);
/// Share of an hour's capacity that books.
const LOAD: f64 = 0.8;

/// From leaving the zone to the slot at most, and some time to be called.
const BEFORE_GATE: Span = Span::minutes(55);

/// Moves what a trip would have done before the beginning to the beginning, in its order.
fn catch_up(trip: &mut [Made], began: Timestamp, zone: &Zone) {
    trip.sort_by_key(|r| r.arrives);
    for (n, record) in trip.iter_mut().enumerate().filter(|(_, r)| r.arrives < began) {
        record.arrives = began + Span::seconds(n as i64);
        let Ok(mut body) = serde_json::from_str::<serde_json::Value>(&record.json) else { continue };
        body["at"] = record.arrives.to_rfc3339(zone).into();
        record.json = body.to_string();
    }
}

/// Records that wait for their time.
pub struct Traffic {
    refs: Arc<Refs>,
    roads: Roads,
    seed: u64,
    waiting: BTreeMap<(Timestamp, u64), Made>,
    made: u64,
    planned_to: Timestamp,
    began: Timestamp,
    fresh: bool,
}

impl Traffic {
    /// Traffic that begins at `now`; in a `fresh` demo the trucks of the coming hours book and come to the zone at once, so that
    /// there is something to see.
    pub fn new(refs: Arc<Refs>, seed: u64, now: Timestamp, fresh: bool) -> Self {
        let roads = Roads::new(&refs.catalogue);
        Self { refs, roads, seed, waiting: BTreeMap::new(), made: 0, planned_to: now - AFTER, began: now - Span::seconds(60), fresh }
    }

    /// The records due by `now`.
    pub fn due(&mut self, now: Timestamp) -> Vec<Made> {
        while self.planned_to < now + AHEAD + Span::hours(1) {
            self.plan(self.planned_to);
            self.planned_to = self.planned_to + Span::hours(1);
        }
        let later = self.waiting.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    fn plan(&mut self, hour: Timestamp) {
        for id in CHECKPOINTS {
            let Some(cp) = self.refs.catalogue.checkpoint(&CheckpointId::new(id)) else { continue };
            let (date, hour) = cp.zone.date_hour(hour);
            let slot = Slot { date, hour };
            let mut hash = rustc_hash::FxHasher::default();
            hash.write(id.as_bytes());
            hash.write_i32(days_since_epoch(date));
            hash.write_i8(slot.hour);
            hash.write_u64(self.seed);
            let mut rng = Rng::with_seed(hash.finish());
            let trucks = (f64::from(cp.daily_capacity.unwrap_or(240)) / 24.0 * LOAD).round() as u32;
            for n in 0..trucks {
                let truck = Truck::new(&mut rng, format!("{id}-{date}-{:02}-{n}", slot.hour), slot);
                let mut trip = truck.trip(&mut rng, &self.refs.catalogue, &self.roads, cp, AHEAD);
                if self.fresh && slot.start(&cp.zone) > self.began + BEFORE_GATE { catch_up(&mut trip, self.began, &cp.zone); }
                // A truck whose booking was before the beginning would come as a stranger.
                if self.fresh && trip.iter().any(|r| r.arrives < self.began) { continue; }
                for record in trip {
                    if record.arrives < self.began { continue; }
                    self.made += 1;
                    self.waiting.insert((record.arrives, self.made), record);
                }
            }
        }
    }
}
