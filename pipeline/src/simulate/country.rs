//! The country around the trucks: which hours are still free, which roads are closed and which cameras are silent when,
//! where a truck may stray to, and what the mobile groups do.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use jiff::civil::Date;
use kezek_operators::dispatch::roads::straight_km;
use kezek_operators::kernel::Refs;
use kezek_operators::risk::place;
use kezek_schemas::ids::{CheckpointId, DeviceId, NodeId};
use kezek_schemas::inputs::Topic;
use kezek_schemas::reference::{Checkpoint, DeviceRole};
use kezek_schemas::time::{Slot, Span, Timestamp};
use serde_json::json;

use super::Roads;
use super::drive::{Drive, takes};
use super::lorry::Lorry;
use super::maker::{Incident, Maker};

/// A road that is closed for a time.
#[derive(Clone, Debug)]
pub struct Closure { pub from: NodeId, pub to: NodeId, pub begins: Timestamp, pub ends: Timestamp }

/// A camera or scale that delivers late: everything of its silence comes at the end of it.
#[derive(Clone, Debug)]
pub struct Outage { pub device: DeviceId, pub begins: Timestamp, pub ends: Timestamp }

/// The country.
pub struct Country<'a> {
    pub refs: &'a Refs,
    pub roads: Roads,
    pub closures: Vec<Closure>,
    pub outages: Vec<Outage>,
    taken: BTreeMap<(CheckpointId, Date, i8), u32>,
    plates: BTreeSet<String>,
}

impl<'a> Country<'a> {
    /// The country for some days: each day two closed roads and some cameras that are silent for up to five hours.
    pub fn new(refs: &'a Refs, rng: &mut Rng, from: Timestamp, days: u32) -> Self {
        let catalogue = &refs.catalogue;
        let cameras: Vec<&DeviceId> = catalogue.road_devices.values().filter(|d| d.role == DeviceRole::RoadCamera).map(|d| &d.id).collect();
        let (mut closures, mut outages) = (Vec::new(), Vec::new());
        for day in 0..i64::from(days) {
            for _ in 0..2 {
                let edge = &catalogue.edges[rng.usize(..catalogue.edges.len())];
                let begins = from + Span::days(day) + Span::minutes(rng.i64(0..1440));
                closures.push(Closure { from: edge.from.clone(), to: edge.to.clone(), begins, ends: begins + Span::hours(rng.i64(8..40)) });
            }
            for _ in 0..4 {
                let begins = from + Span::days(day) + Span::minutes(rng.i64(0..1440));
                outages.push(Outage { device: cameras[rng.usize(..cameras.len())].clone(), begins, ends: begins + Span::minutes(rng.i64(20..300)) });
            }
        }
        Self { refs, roads: Roads::new(catalogue), closures, outages, taken: BTreeMap::new(), plates: BTreeSet::new() }
    }

    /// Whether nobody has this plate yet.
    pub fn new_plate(&mut self, plate: &str) -> bool { self.plates.insert(plate.to_owned()) }

    /// Takes a place of an hour, if one is free.
    pub fn take(&mut self, checkpoint: &Checkpoint, slot: Slot) -> bool {
        let most = checkpoint.daily_capacity.map_or(10, |n| n / 24);
        let taken = self.taken.entry((checkpoint.id.clone(), slot.date, slot.hour)).or_default();
        *taken += 1;
        *taken <= most
    }

    /// When a record of a device arrives.
    pub fn arrives(&self, device: &DeviceId, at: Timestamp) -> Timestamp {
        self.outages.iter().find(|o| o.device == *device && o.begins <= at && at < o.ends).map_or(at, |o| o.ends + Span::millis(at.0.rem_euclid(60_000_000) / 1000))
    }

    /// The way of a trip that lies wholly in or wholly out of each closure it meets; none if it would be cut short.
    pub fn way(&self, from: &NodeId, to: &NodeId, departs: Timestamp, arrives: Timestamp) -> Option<Vec<(NodeId, f64)>> {
        let margin = Span::hours(2);
        let met: Vec<&Closure> = self.closures.iter().filter(|c| departs < c.ends + margin && c.begins - margin < arrives).collect();
        let closed: Vec<(NodeId, NodeId)> = met.iter().filter(|c| c.begins + margin < departs && arrives < c.ends - margin).map(|c| (c.from.clone(), c.to.clone())).collect();
        let way = self.roads.open_way(from, to, &closed);
        let uses = |c: &Closure| way.windows(2).any(|w| (w[0].0 == c.from && w[1].0 == c.to) || (w[0].0 == c.to && w[1].0 == c.from));
        (way.len() >= 2 && !met.iter().any(|c| uses(c))).then_some(way)
    }

    /// Where a truck strays to: a drive whose cameras lie on no admissible way, four in a row, and when the first one sees it.
    pub fn stray(&self, lorry: &Lorry<'_>) -> Option<(Drive, Timestamp)> {
        let graph = &self.refs.graph;
        let first = lorry.drive.posts.iter().find(|p| p.role == DeviceRole::RoadCamera)?;
        let next = lorry.drive.way.iter().position(|(_, km)| *km > first.km)?;
        let start = place::of_device(&self.refs.catalogue, &first.device)?;
        let number = |n: &NodeId| graph.number(n);
        let ends = start.ends.iter().filter_map(|(n, km)| Some((number(n)?, *km))).collect();
        let start_road = graph.road(&start.ends.first()?.0, &start.ends.get(1)?.0);
        let goal = number(&lorry.checkpoint.node)?;
        let (node, km) = lorry.drive.way[next].clone();
        let end = lorry.slot.start(&lorry.checkpoint.zone) + Span::hours(2);
        // A stray must not be explained by a road that happens to be closed.
        let closed: Vec<_> = self.closures.iter().filter(|c| lorry.drive.departs < c.ends && c.begins < end).filter_map(|c| graph.road(&c.from, &c.to)).collect();
        let many = self.refs.catalogue.checkpoints.len();
        let skip = lorry.serial.bytes().map(usize::from).sum::<usize>() % many;
        for cp in self.refs.catalogue.checkpoints.values().cycle().skip(skip).take(many) {
            let on = self.roads.way(&node, &cp.node);
            let length = on.last().map_or(0.0, |(_, k)| *k);
            if on.len() < 2 || length > lorry.drive.km() - km + 100.0 { continue; }
            let mut way = lorry.drive.way[..=next].to_vec();
            way.extend(on.into_iter().skip(1).map(|(n, k)| (n, k + km)));
            let drive = Drive::new(&self.roads, way, lorry.drive.departs, lorry.drive.kmh);
            let off = |device: &DeviceId| self.refs.catalogue.road_devices.get(device).and_then(|d| graph.road(&d.from, &d.to))
                .is_some_and(|road| !graph.admissible(&ends, start_road, goal, road, &[]) && !graph.admissible(&ends, start_road, goal, road, &closed));
            let strays: Vec<Timestamp> = drive.posts.iter().filter(|p| p.role == DeviceRole::RoadCamera && off(&p.device)).map(|p| drive.at(p.km)).collect();
            if strays.len() >= 3 && strays[2] < end { return Some((drive, strays[0])); }
        }
        None
    }

    /// Another checkpoint with a free hour a day later.
    pub fn another(&self, rng: &mut Rng, lorry: &Lorry<'_>, at: Timestamp) -> Option<(&'a Checkpoint, Slot)> {
        let all: Vec<&'a Checkpoint> = self.refs.catalogue.checkpoints.values().filter(|c| c.id != lorry.checkpoint.id && c.waiting_zone).collect();
        for _ in 0..20 {
            let cp = all[rng.usize(..all.len())];
            let (date, _) = cp.zone.date_hour(at + Span::hours(rng.i64(30..60)));
            let slot = Slot { date, hour: rng.i8(0..24) };
            let most = cp.daily_capacity.map_or(10, |n| n / 24);
            if self.taken.get(&(cp.id.clone(), slot.date, slot.hour)).is_none_or(|t| *t < most) { return Some((cp, slot)); }
        }
        None
    }

    /// A drive so far from a truck's own that no vehicle can be on both, its first camera passed when the truck's first is.
    pub fn far_drive(&self, rng: &mut Rng, lorry: &Lorry<'_>, begins: Timestamp) -> Option<Drive> {
        let catalogue = &self.refs.catalogue;
        let centres: Vec<_> = catalogue.regions.values().map(|r| &r.centre).collect();
        let spot = |d: &DeviceId| place::of_device(catalogue, d).map(|p| (p.lat, p.lon));
        let cameras = |d: &Drive| d.posts.iter().filter(|p| p.role == DeviceRole::RoadCamera).map(|p| (p.device.clone(), d.at(p.km))).collect::<Vec<_>>();
        let mine = cameras(&lorry.drive);
        for _ in 0..60 {
            let way = self.roads.way(centres[rng.usize(..centres.len())], centres[rng.usize(..centres.len())]);
            let mut drive = Drive::new(&self.roads, way, begins, 70.0);
            let Some(first) = drive.posts.iter().find(|p| p.role == DeviceRole::RoadCamera) else { continue };
            drive.departs = begins - takes(first.km, 70.0) + Span::minutes(7);
            let theirs = cameras(&drive);
            let apart = |i: usize| {
                let (Some((a, at)), Some((b, bt))) = (mine.get(i), theirs.get(i)) else { return false };
                let (Some(x), Some(y)) = (spot(a), spot(b)) else { return false };
                straight_km(x, y) > 400.0 && straight_km(x, y) > 180.0 * Span((*at - *bt).0.abs()).as_hours()
            };
            if apart(0) && apart(1) && apart(2) { return Some(drive); }
        }
        None
    }

    /// Closures as profiles, told three hours before they begin.
    pub fn told(&self, out: &mut Maker<'_>) {
        for (i, c) in self.closures.iter().enumerate() {
            let zone = out.zone;
            out.put(c.begins - Span::hours(3), Topic::RiskProfiles, json!({"profile_id": format!("closure-{i}"), "kind": "road_closed", "from": c.from, "to": c.to,
                "valid_from": c.begins.to_rfc3339(zone), "valid_until": c.ends.to_rfc3339(zone)}));
        }
    }

    /// What the groups do: positions every 25 minutes, and stops, of which some last too long.
    pub fn groups(&self, rng: &mut Rng, out: &mut Maker<'_>, from: Timestamp, days: u32, scale: f64) -> Vec<Incident> {
        let mut incidents = Vec::new();
        let end = from + Span::days(i64::from(days));
        for region in self.refs.catalogue.regions.values() {
            let Some(node) = self.refs.catalogue.nodes.get(&region.centre) else { continue };
            for n in 1..=2 {
                let group = format!("{}/group-{n}", region.id);
                let mut at = from + Span::minutes(rng.i64(0..25));
                while at < end {
                    out.put(at, Topic::Groups, json!({"region": region.id, "group": group, "type": "position", "lat": node.lat + rng.f64() * 0.2 - 0.1,
                        "lon": node.lon + rng.f64() * 0.2 - 0.1}));
                    at = at + Span::minutes(25);
                }
                let mut stop = from + Span::hours(rng.i64(1..24));
                while stop + Span::hours(4) < end {
                    let (plate, country) = super::plates::plate(rng);
                    let long = rng.f64() < 0.1 * scale.clamp(0.2, 1.0);
                    out.put(stop, Topic::Groups, json!({"region": region.id, "group": group, "type": "stop_started", "plate": plate}));
                    let minutes = if long { rng.i64(125..200) } else { rng.i64(10..100) };
                    out.put(stop + Span::minutes(minutes), Topic::Groups, json!({"region": region.id, "group": group, "type": "stop_finished", "outcome": "released"}));
                    if long {
                        let breach = stop + Span::minutes(120);
                        incidents.push(Incident { kind: "T-STOP", cause: "overrun", plate, country: country.into(), from: breach, until: breach + Span::hours(1) });
                    }
                    stop = stop + Span::hours(rng.i64(6..20));
                }
            }
        }
        incidents
    }
}
