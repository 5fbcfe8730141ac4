//! What the view keeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use compact_str::CompactString;
use kezek_schemas::plate::{Plate, Skeleton};
use kezek_schemas::reference::Catalogue;
use kezek_schemas::tables::{
    AlertRow, BarrierCommandRow, BookingRow, DeviceRow, GroupRow, JourneyRow, QueueRow, SightRow, SlotRow, SourceRow, TaskRow, WeighingRow,
};
use kezek_schemas::time::{Timestamp, Zone};
use serde_json::Value;

use crate::bounds::{MAX_OWNERS, MAX_TRAILS};

type S = CompactString;

/// A map that drops its oldest entry when full.
pub struct Kept<V> {
    map: BTreeMap<S, V>,
    order: VecDeque<S>,
    max: usize,
}

impl<V> Kept<V> {
    pub fn new(max: usize) -> Self { Self { map: BTreeMap::new(), order: VecDeque::new(), max } }
    pub fn get(&self, key: &str) -> Option<&V> { self.map.get(key) }
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> { self.map.get_mut(key) }
    pub fn values(&self) -> impl Iterator<Item = &V> { self.map.values() }
    /// Newest first.
    pub fn newest(&self) -> impl Iterator<Item = &V> { self.order.iter().rev().filter_map(|k| self.map.get(k)) }
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let gone = self.map.remove(key);
        // The order keeps a stale key until it is pushed out; rebuilt when it has grown to twice the bound.
        if self.order.len() > self.max.saturating_mul(2) { self.order.retain(|k| self.map.contains_key(k)); }
        gone
    }
    /// The entry, made if absent; the oldest entry that left for it.
    pub fn entry(&mut self, key: &str, make: impl FnOnce() -> V) -> &mut V {
        if !self.map.contains_key(key) {
            while self.map.len() >= self.max {
                let Some(old) = self.order.pop_front() else { break };
                self.map.remove(&old);
            }
            self.order.push_back(key.into());
        }
        self.map.entry(key.into()).or_insert_with(make)
    }
}

#[derive(Default)]
pub struct BookingView {
    pub row: Option<BookingRow>,
    pub status: S,
    pub owner: Option<S>,
    pub events: VecDeque<Value>,
    pub notices: VecDeque<Value>,
}

#[derive(Default)]
pub struct ArrivalView {
    pub arrival_id: S,
    pub checkpoint: S,
    pub camera: S,
    pub plate: S,
    pub country: Option<S>,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub revision: u64,
    pub outcome: S,
    pub booking_id: Option<S>,
    pub decisions: VecDeque<Value>,
    pub commands: Vec<S>,
}

#[derive(Default)]
pub struct CommandView {
    pub record: Value,
    pub row: Option<BarrierCommandRow>,
    pub issued_at: Timestamp,
    pub visible_ms: Option<i64>,
    pub answered_ms: Option<i64>,
}

#[derive(Default)]
pub struct AlertView {
    pub alert_id: S,
    pub record: Option<Value>,
    pub row: Option<AlertRow>,
    pub updates: VecDeque<Value>,
}

#[derive(Default)]
pub struct TaskView {
    pub task_id: S,
    pub group: S,
    pub alert_id: S,
    pub record: Option<Value>,
    pub row: Option<TaskRow>,
    pub events: VecDeque<Value>,
}

#[derive(Default)]
pub struct Trail {
    pub sights: VecDeque<SightRow>,
    pub weighings: VecDeque<WeighingRow>,
}

#[derive(Default)]
pub struct Totals {
    pub opened: u64,
    pub asked: u64,
    pub refused: u64,
    pub recorded: u64,
    pub commands: u64,
    pub crossed: u64,
    pub confirmed: u64,
    pub notifications: u64,
    pub alerts: u64,
    pub dead_letters: u64,
}

pub struct State {
    pub version: u64,
    pub now: Timestamp,
    pub commits: BTreeMap<u32, (u64, Timestamp)>,
    pub tokens: VecDeque<(String, u64)>,
    pub bookings: BTreeMap<S, BookingView>,
    pub ended: VecDeque<S>,
    pub by_skeleton: BTreeMap<Skeleton, BTreeSet<S>>,
    pub by_vin: BTreeMap<S, BTreeSet<S>>,
    pub by_owner: BTreeMap<S, BTreeSet<S>>,
    pub slots: BTreeMap<(S, Timestamp), SlotRow>,
    pub queue: BTreeMap<S, QueueRow>,
    pub arrivals: Kept<ArrivalView>,
    pub waiting: BTreeSet<S>,
    pub commands: Kept<CommandView>,
    pub alerts: Kept<AlertView>,
    pub tasks: Kept<TaskView>,
    pub journeys: Kept<JourneyRow>,
    pub trails: BTreeMap<Skeleton, Trail>,
    pub trail_order: VecDeque<Skeleton>,
    pub groups: BTreeMap<S, GroupRow>,
    pub devices: BTreeMap<S, DeviceRow>,
    pub sources: BTreeMap<S, SourceRow>,
    pub boards: BTreeMap<S, Value>,
    pub modes: BTreeMap<S, S>,
    pub held_barriers: BTreeMap<S, Value>,
    pub dead: BTreeMap<(S, S), u64>,
    pub totals: Totals,
    pub zones: BTreeMap<S, Zone>,
    pub default_zone: Option<Zone>,
}

impl State {
    pub fn new(catalogue: &Catalogue) -> Self {
        use crate::bounds as b;
        Self {
            version: 0, now: Timestamp(0), commits: BTreeMap::new(), tokens: VecDeque::new(), bookings: BTreeMap::new(),
            ended: VecDeque::new(), by_skeleton: BTreeMap::new(), by_vin: BTreeMap::new(), by_owner: BTreeMap::new(), slots: BTreeMap::new(),
            queue: BTreeMap::new(), arrivals: Kept::new(b::MAX_ARRIVALS), waiting: BTreeSet::new(), commands: Kept::new(b::MAX_COMMANDS),
            alerts: Kept::new(b::MAX_ALERTS), tasks: Kept::new(b::MAX_TASKS), journeys: Kept::new(b::MAX_JOURNEYS), trails: BTreeMap::new(),
            trail_order: VecDeque::new(), groups: BTreeMap::new(), devices: BTreeMap::new(), sources: BTreeMap::new(), boards: BTreeMap::new(),
            modes: BTreeMap::new(), held_barriers: BTreeMap::new(), dead: BTreeMap::new(), totals: Totals::default(),
            zones: catalogue.checkpoints.values().map(|c| (c.id.0.clone(), c.zone.clone())).collect(),
            default_zone: Zone::get("Asia/Almaty"),
        }
    }

    /// The token that names every shard's commit.
    pub fn token(&self) -> String {
        let mut text = String::new();
        for (shard, (number, _)) in &self.commits {
            if !text.is_empty() { text.push('.'); }
            text.push_str(&format!("{shard}-{number}"));
        }
        if text.is_empty() { "0".to_owned() } else { text }
    }

    /// An instant as text, local to a checkpoint.
    pub fn local(&self, at: Timestamp, checkpoint: Option<&str>) -> Value {
        let zone = checkpoint.and_then(|c| self.zones.get(c)).or(self.default_zone.as_ref());
        zone.map_or(Value::Null, |z| Value::String(at.to_rfc3339(z)))
    }

    pub fn note_owner(&mut self, owner: &str, booking_id: &str) {
        if self.by_owner.len() >= MAX_OWNERS && !self.by_owner.contains_key(owner) { self.by_owner.pop_first(); }
        self.by_owner.entry(owner.into()).or_default().insert(booking_id.into());
        if let Some(b) = self.bookings.get_mut(booking_id) { b.owner = Some(owner.into()); }
    }

    pub fn trail(&mut self, plate: &str) -> &mut Trail {
        let key = Plate::normalise(plate).skeleton();
        if !self.trails.contains_key(&key) {
            while self.trails.len() >= MAX_TRAILS {
                let Some(old) = self.trail_order.pop_front() else { break };
                self.trails.remove(&old);
            }
            self.trail_order.push_back(key.clone());
        }
        self.trails.entry(key).or_default()
    }
}
