//! Whether a camera can be believed. Its clock is unhealthy while three or more vehicles and a quarter of its passes of the
//! last 24 h make impossible pairs; every shard is told, since no clone is made from it. Its passes also say whether it was
//! alive while a vehicle should have come by.

use std::collections::BTreeMap;

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, DeviceId};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Msg;
use super::sights::to_camera;
use super::vehicle::Pair;
use crate::kernel::{Broadcast, Cx, Message, Owner};
use crate::risk::{Alert, AlertState, Notice, place, raise};

const WINDOW: Span = Span::hours(24);
const VEHICLES: usize = 3;
/// Sights in impossible pairs times this reach the passes.
const SHARE: usize = 4;
/// Passes are counted in steps of this.
const STEP: Span = Span::minutes(10);
/// Passes are remembered so long: as long as a vehicle may be waited for.
const REMEMBERED: Span = Span::hours(72);
/// A camera with traffic that gives nothing for so long was not working.
const GAP: Span = Span::hours(4);
/// So many passes are not missed by chance.
const EXPECTED: f64 = 6.0;
/// From so many passes a day a gap says something.
const BUSY: u32 = 48;

/// A camera's pairs and passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CameraHealth {
    /// Sights here that made an impossible pair: vehicle and time of the sight, and when that was found.
    pub impossible: BTreeMap<(Plate, Timestamp), Timestamp>,
    /// Passes by ten minutes of arrival.
    pub passes: BTreeMap<i64, u32>,
    /// The notice that stands.
    pub told: Option<AlertId>,
}

impl CameraHealth {
    fn forget(&mut self, now: Timestamp) {
        self.impossible.retain(|_, at| now - *at <= WINDOW);
        let oldest = step(now - REMEMBERED);
        while let Some((first, _)) = self.passes.first_key_value().filter(|(s, _)| **s < oldest) {
            let first = *first;
            self.passes.remove(&first);
        }
    }
    fn vehicles(&self) -> usize {
        let mut plates: Vec<&Plate> = self.impossible.keys().map(|(p, _)| p).collect();
        plates.dedup();
        plates.len()
    }
    fn clock_healthy(&self, now: Timestamp) -> bool {
        let passes: u32 = self.passes.range(step(now - WINDOW)..).map(|(_, n)| n).sum();
        self.vehicles() < VEHICLES || self.impossible.len() * SHARE < passes as usize
    }
    /// Whether it worked from an instant on: a camera nobody ever passed is believed, one that used to be passed must go on.
    #[must_use]
    pub fn worked_since(&self, from: Timestamp, now: Timestamp) -> bool {
        let Some((first, _)) = self.passes.first_key_value() else { return true };
        if *first > step(from) { return true; }
        let window: Vec<i64> = self.passes.range(step(from)..).map(|(s, _)| *s).collect();
        let before: u32 = self.passes.range(step(from - WINDOW)..step(from)).map(|(_, n)| n).sum();
        // Silence says something only where passes were to be expected.
        if window.is_empty() { return f64::from(before) * ((now - from).as_hours() / 24.0) < EXPECTED; }
        if before < BUSY { return true; }
        let marks = core::iter::once(step(from)).chain(window).chain(core::iter::once(step(now)));
        let marks: Vec<i64> = marks.collect();
        marks.windows(2).all(|w| (w[1] - w[0]) * STEP.0 <= GAP.0)
    }
}

const fn step(at: Timestamp) -> i64 { at.0.div_euclid(STEP.0) }

/// A pass of a camera, counted at its owner.
pub(super) fn count_pass(cx: &mut Cx<'_>, camera: &DeviceId) { to_camera(cx, camera, Msg::Pass); }

pub(super) fn on_pass(cx: &mut Cx<'_>, camera: &DeviceId) {
    let now = cx.now;
    let health = cx.tables.journey.cameras.entry(camera);
    let passes = health.passes.entry(step(now)).or_default();
    *passes += 1;
    if *passes == 1 { health.forget(now); }
    if health.told.is_some() && health.clock_healthy(now) { tell(cx, camera, AlertState::Cleared); }
}

pub(super) fn on_impossible(cx: &mut Cx<'_>, camera: &DeviceId, plate: Plate, pair: Pair, first_healthy: Option<bool>) {
    let now = cx.now;
    let health = cx.tables.journey.cameras.entry(camera);
    health.forget(now);
    let seen_here = if pair.first.device == *camera { pair.first.at } else { pair.second.at };
    health.impossible.insert((plate.clone(), seen_here), now);
    let healthy = health.clock_healthy(now);
    match (healthy, health.told.is_some()) {
        (false, false) => tell(cx, camera, AlertState::Raised),
        (true, true) => tell(cx, camera, AlertState::Cleared),
        (true, false) | (false, true) => {}
    }
    match first_healthy {
        None => {
            let second = pair.second.device.clone();
            to_camera(cx, &second, Msg::Impossible { plate, pair, first_healthy: Some(healthy) });
        }
        Some(other) => {
            let vehicle = plate.skeleton();
            cx.send(Owner::Vehicle(vehicle), Message::Journey(Msg::PairJudged { plate, pair, healthy: healthy && other }));
        }
    }
}

/// Whether a camera worked since a vehicle should have come: asked camera by camera, the answer goes back to the vehicle.
pub(super) fn on_asked(cx: &mut Cx<'_>, camera: &DeviceId, plate: Plate, since: Timestamp, mut rest: Vec<DeviceId>, mut working: Vec<DeviceId>) {
    let now = cx.now;
    let healthy = cx.tables.journey.cameras.get(camera).is_none_or(|c| c.told.is_none() && c.worked_since(since, now));
    if healthy { working.push(camera.clone()); }
    super::overdue::ask(cx, plate, since, rest.pop(), rest, working);
}

fn tell(cx: &mut Cx<'_>, camera: &DeviceId, state: AlertState) {
    let now = cx.now;
    let Some(health) = cx.tables.journey.cameras.get_mut(camera) else { return };
    let vehicles = health.vehicles();
    let healthy = state == AlertState::Cleared;
    let alert_id = health.told.take().unwrap_or_else(|| AlertId(format_compact!("DEVICE:{camera}:{}", now.0)));
    if !healthy { health.told = Some(alert_id.clone()); }
    cx.broadcast(Broadcast::Risk(Notice::CameraClock { camera: camera.clone(), healthy }));
    let Some(place) = place::of_device(&cx.refs.catalogue, camera) else { return };
    let evidence = json!({"device": camera, "what": "clock", "vehicles": vehicles});
    raise(cx, Alert { alert_id, kind: "DEVICE".into(), severity: 2, state, plate: None, country: None, region: place.region, lat: place.lat, lon: place.lon,
        score: 1.0, evidence: vec![evidence.to_string()], journey_id: None, booking_id: None, desk_only: false, way: Vec::new() });
}
