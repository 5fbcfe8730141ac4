//! T-OVERDUE: two cameras that work, on every admissible way that is left, did not see the vehicle although the longest
//! usual time (p99) to reach them is over; one camera is enough when the seal is silent too. The next sight clears it.
//!
//! The p99 of a stretch: driving at 60 km/h, 45 min of rest per 4.5 h, a night of 11 h at any
//! time and for each 9 h of driving, and an hour for the unforeseen.

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, DeviceId};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};
use serde_json::json;

use super::graph::Ends;
use super::sights::to_camera;
use super::{Msg, route, seals};
use crate::kernel::{Cx, Message, Owner, Refs, TimerKey, TimerKind};
use crate::risk::{Alert, AlertState, place, raise};

/// The first look after a sight: nobody is overdue before a night's rest is over.
const FIRST_LOOK: Span = Span::hours(12);
/// Further looks.
const LOOK_EVERY: Span = Span::hours(1);
/// Cameras that must have been silent.
const CAMERAS: u32 = 2;
/// Cameras that are asked at most: on more ways than that nobody is missed for sure.
const ASKED: usize = 24;

fn p99(km: f64) -> Span {
    let driving = km / 60.0;
    let hours = driving + (driving / 4.5).floor() * 0.75 + 11.0 * (1.0 + (driving / 9.0).floor()) + 1.0;
    Span((hours * 3.6e9) as i64)
}

/// A sight: an alert that stands is cleared, and the vehicle is watched from here.
pub(super) fn on_sight(cx: &mut Cx<'_>, plate: &Plate, newest: bool) {
    if let Some((id, region)) = cx.tables.journey.journeys.get_mut(plate).and_then(|j| j.overdue.take()) {
        tell(cx, plate, id, region, AlertState::Cleared, json!({"reason": "seen_again"}));
    }
    let Some(j) = cx.tables.journey.journeys.get_mut(plate) else { return };
    if !newest || j.watched || j.checkpoint.is_none() { return; }
    j.watched = true;
    cx.arm(cx.now + FIRST_LOOK, plate.skeleton().as_str(), TimerKind::Overdue, plate.as_str());
}

struct Look { ends: Ends, goal: u16, closed: Vec<super::graph::Road>, device: DeviceId, since: Timestamp, needed: u32 }

fn look(cx: &Cx<'_>, plate: &Plate) -> Option<Look> {
    let j = cx.tables.journey.journeys.get(plate)?;
    let last = j.last.as_ref()?;
    let cp = cx.refs.catalogue.checkpoint(j.checkpoint.as_ref()?)?;
    let place = place::of_device(&cx.refs.catalogue, &last.device)?;
    let silent = j.seal.as_ref().is_some_and(|s| cx.now - s.heard >= seals::SILENCE);
    Some(Look { ends: route::ends(cx, &place), goal: cx.refs.graph.number(&cp.node)?, closed: route::closed_throughout(cx, last.at, cx.now),
        device: last.device.clone(), since: last.at, needed: if silent { 1 } else { CAMERAS } })
}

/// Whether every way that is left has enough cameras that are believed and whose time is over.
fn overdue(refs: &Refs, look: &Look, waited: Span, believed: &dyn Fn(&DeviceId) -> bool) -> bool {
    // The last sight's own road is entered in the middle: what lies before the start is not passed again.
    let start = |node: u16| look.ends.len() == 2 && look.ends.iter().any(|(end, _)| *end == node);
    !refs.graph.way_with_fewer(&look.ends, look.goal, &look.closed, look.needed, &|from, to, km| {
        if km == 0.0 && start(from) && start(to) { return 0; }
        refs.graph.cameras(from, to).iter().filter(|(id, at)| *id != look.device && p99(km + at) <= waited && believed(id)).count() as u32
    })
}

/// Whether a vehicle that was seen at a device, and so long by nobody since, is overdue at its checkpoint when every camera works.
#[must_use]
pub fn missed(refs: &Refs, device: &DeviceId, checkpoint: &kezek_schemas::ids::CheckpointId, waited: Span) -> bool {
    let (Some(place), Some(cp)) = (place::of_device(&refs.catalogue, device), refs.catalogue.checkpoint(checkpoint)) else { return false };
    let ends = place.ends.iter().filter_map(|(n, km)| Some((refs.graph.number(n)?, *km))).collect();
    let Some(goal) = refs.graph.number(&cp.node) else { return false };
    let look = Look { ends, goal, closed: Vec::new(), device: device.clone(), since: Timestamp(0), needed: CAMERAS };
    overdue(refs, &look, waited, &|_| true)
}

pub(super) fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let Some(j) = cx.tables.journey.journeys.get_mut(&plate) else { return };
    j.watched = false;
    if j.overdue.is_some() { return; }
    let Some(last) = j.last.as_ref().map(|s| s.at) else { return };
    let again = |cx: &mut Cx<'_>, at: Timestamp| {
        if let Some(j) = cx.tables.journey.journeys.get_mut(&plate) { j.watched = true; }
        cx.arm(at, plate.skeleton().as_str(), TimerKind::Overdue, plate.as_str());
    };
    if cx.now - last < FIRST_LOOK { return again(cx, last + FIRST_LOOK); }
    let Some(look) = look(cx, &plate) else { return };
    if !overdue(cx.refs, &look, cx.now - look.since, &|_| true) { return again(cx, cx.now + LOOK_EVERY); }
    // Only what a way may still pass is asked.
    let graph = &cx.refs.graph;
    let shortest = graph.from_place(&look.ends, look.goal, &look.closed);
    let mut asked: Vec<DeviceId> = Vec::new();
    for ((from, to), list) in graph.all_cameras() {
        let reach = look.ends.iter().map(|(end, km)| km + graph.km(*end, *from)).fold(f64::INFINITY, f64::min);
        if reach + graph.km(*to, look.goal) > shortest * 1.25 { continue; }
        for (id, at) in list {
            if *id != look.device && p99(reach + at) <= cx.now - look.since && !asked.contains(id) { asked.push(id.clone()); }
        }
    }
    if asked.len() > ASKED { return again(cx, cx.now + LOOK_EVERY); }
    again(cx, cx.now + LOOK_EVERY);
    let first = asked.pop();
    ask(cx, plate.clone(), look.since, first, asked, Vec::new());
}

/// Asks the next camera whether it worked; without one, tells the vehicle which did.
pub(super) fn ask(cx: &mut Cx<'_>, plate: Plate, since: Timestamp, next: Option<DeviceId>, rest: Vec<DeviceId>, working: Vec<DeviceId>) {
    match next {
        Some(camera) => to_camera(cx, &camera, Msg::WorkedSince { plate, since, rest, working }),
        None => cx.send(Owner::Vehicle(plate.skeleton()), Message::Journey(Msg::Working { plate, since, working })),
    }
}

pub(super) fn on_working(cx: &mut Cx<'_>, plate: &Plate, since: Timestamp, working: &[DeviceId]) {
    let Some(look) = look(cx, plate).filter(|l| l.since == since) else { return };
    if cx.tables.journey.journeys.get(plate).is_none_or(|j| j.overdue.is_some()) { return; }
    if !overdue(cx.refs, &look, cx.now - look.since, &|id| working.contains(id)) { return; }
    let Some(place) = place::of_device(&cx.refs.catalogue, &look.device) else { return };
    let id = AlertId(format_compact!("T-OVERDUE:{}:{}", plate, since.0));
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) { j.overdue = Some((id.clone(), place.region.clone())); }
    let zone = crate::risk::zone_of(cx, &place.region);
    let evidence = json!({"reason": "expected_sights_missing", "last_camera": look.device, "last_at": zone.map(|z| since.to_rfc3339(&z)),
        "silent_cameras": working, "cameras_needed": look.needed});
    tell(cx, plate, id, place.region, AlertState::Raised, evidence);
}

/// Publishes the alert where the vehicle was last seen.
pub(super) fn tell(cx: &mut Cx<'_>, plate: &Plate, alert_id: AlertId, region: kezek_schemas::ids::RegionId, state: AlertState, evidence: serde_json::Value) {
    let Some(place) = super::papers::whereabouts(cx, plate) else { return };
    let Some(j) = cx.tables.journey.journeys.get(plate) else { return };
    let alert = Alert { alert_id, kind: "T-OVERDUE".into(), severity: 2, state, plate: Some(plate.clone()), country: j.country.clone(), region,
        lat: place.lat, lon: place.lon, score: 0.9, evidence: vec![evidence.to_string()], journey_id: Some(j.id.clone()), booking_id: j.booking.clone(),
        desk_only: false, way: Vec::new() };
    raise(cx, alert);
}
