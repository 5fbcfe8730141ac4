//! T-ROUTE: two road sights in a row that no admissible way explains, or one from which the checkpoint cannot be reached in
//! time. Raised once per journey; further sights update it, a sight back on an admissible way clears it.

use compact_str::format_compact;
use kezek_schemas::ids::AlertId;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};
use serde_json::json;

use super::graph::{Ends, Road};
use super::sights::TOO_LATE;
use super::vehicle::{Journey, Sight};
use crate::dispatch::roads;
use crate::kernel::Cx;
use crate::risk::place::{self, Place};
use crate::risk::{Alert, AlertState, closures, raise, tell};

/// Speed without rest, km/h: who cannot make it so cannot make it at all.
const FASTEST_KMH: f64 = 90.0;
/// Usual speed with rest, km/h.
const USUAL_KMH: f64 = 70.0;
/// An alert is updated at most this often.
const UPDATED_EVERY: Span = Span::minutes(10);
/// The booking is good until the slot's end and this.
const GRACE: Span = Span::minutes(60);

/// The roads that were closed all the time from one instant to another.
pub fn closed_throughout(cx: &Cx<'_>, from: Timestamp, to: Timestamp) -> Vec<Road> {
    let graph = &cx.refs.graph;
    if cx.tables.risk.closures.is_empty() { return Vec::new(); }
    let mut spans: Vec<(Road, Timestamp, Timestamp)> = closures(cx.tables).filter_map(|(a, b, since, until)| {
        Some((graph.road(a, b)?, since.unwrap_or(Timestamp::MIN), until.unwrap_or(Timestamp(i64::MAX))))
    }).collect();
    spans.sort_unstable();
    let mut closed = Vec::new();
    let mut i = 0;
    while i < spans.len() {
        let road = spans[i].0;
        let mut covered = from;
        while i < spans.len() && spans[i].0 == road {
            if spans[i].1 <= covered { covered = covered.max(spans[i].2); }
            i += 1;
        }
        if covered > to { closed.push(road); }
    }
    closed
}

pub(super) fn ends(cx: &Cx<'_>, place: &Place) -> Ends { place.ends.iter().filter_map(|(n, km)| Some((cx.refs.graph.number(n)?, *km))).collect() }

pub(super) fn road_of(cx: &Cx<'_>, place: &Place) -> Option<Road> {
    let [(a, _), (b, _)] = place.ends.as_slice() else { return None };
    cx.refs.graph.road(a, b)
}

/// What is wrong with a sight, if anything.
enum Stray { OnTheWay, Unexplained, TooFar { km: f64 } }

fn judge(cx: &Cx<'_>, journey: &Journey, sight: &Sight, place: &Place) -> Option<Stray> {
    let cp = cx.refs.catalogue.checkpoint(journey.checkpoint.as_ref()?)?;
    let goal = cx.refs.graph.number(&cp.node)?;
    let first = journey.first.as_ref()?;
    let start = place::of_device(&cx.refs.catalogue, &first.device)?;
    let closed_now = closed_throughout(cx, sight.at, sight.at);
    let km = cx.refs.graph.from_place(&ends(cx, place), goal, &closed_now);
    let deadline = journey.slot_start.map(|s| s + Span::hours(1) + GRACE);
    if let Some(deadline) = deadline
        && km.is_finite()
        && sight.at + Span((km / FASTEST_KMH * 3.6e9) as i64) > deadline
    {
        return Some(Stray::TooFar { km });
    }
    let closed = closed_throughout(cx, first.at, sight.at);
    let road = road_of(cx, place)?;
    let explained = cx.refs.graph.admissible(&ends(cx, &start), road_of(cx, &start), goal, road, &closed);
    Some(if explained { Stray::OnTheWay } else { Stray::Unexplained })
}

pub(super) fn on_sight(cx: &mut Cx<'_>, plate: &Plate, sight: &Sight, place: &Place, newest: bool) {
    let Some(journey) = cx.tables.journey.journeys.get_mut(plate) else { return };
    // A sight that came late may turn out to be the first.
    if journey.first.as_ref().is_none_or(|f| sight.at < f.at) { journey.first = Some(sight.clone()); }
    if !newest { return; }
    let journey = journey.clone();
    let Some(verdict) = judge(cx, &journey, sight, place) else { return };
    let late = cx.now - sight.at > TOO_LATE;
    let strays = match verdict { Stray::OnTheWay => 0, Stray::Unexplained => journey.strays.saturating_add(1), Stray::TooFar { .. } => journey.strays };
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) { j.strays = strays; }
    let reason = match verdict {
        Stray::OnTheWay => return clear(cx, plate, &journey, sight, place),
        Stray::TooFar { km } => json!({"reason": "cannot_be_in_time", "km_left": km.round()}),
        Stray::Unexplained if strays >= 2 => json!({"reason": "off_every_admissible_way", "sights": strays}),
        Stray::Unexplained if journey.route.as_ref().is_some_and(|r| !r.3) => json!({"reason": "off_every_admissible_way", "sights": strays}),
        Stray::Unexplained => return,
    };
    let (id, region, state) = match &journey.route {
        None if late => return,
        None => (AlertId(format_compact!("T-ROUTE:{}", journey.id)), place.region.clone(), AlertState::Raised),
        Some((_, _, _, true)) => return,
        Some((id, region, told, false)) if cx.now - *told >= UPDATED_EVERY => (id.clone(), region.clone(), AlertState::Updated),
        Some(_) => return,
    };
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) { j.route = Some((id.clone(), region.clone(), cx.now, false)); }
    let alert = alert(cx, plate, &journey, sight, place, id, region, state, reason);
    tell(cx, late, alert);
}

/// A read at a checkpoint: the booked one lies on every way, so the vehicle is back; another tells where it is instead.
pub(super) fn at_checkpoint(cx: &mut Cx<'_>, plate: &Plate, sight: &Sight, place: &Place) {
    let Some(journey) = cx.tables.journey.journeys.get(plate).cloned() else { return };
    let here = cx.refs.catalogue.checkpoint_device(&sight.device).map(|(cp, _)| cp.id.clone());
    if here.is_none() || here != journey.checkpoint { return; }
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) { j.strays = 0; }
    clear(cx, plate, &journey, sight, place);
}

fn clear(cx: &mut Cx<'_>, plate: &Plate, journey: &Journey, sight: &Sight, place: &Place) {
    let Some((id, region, _, false)) = journey.route.clone() else { return };
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) { j.route = Some((id.clone(), region.clone(), cx.now, true)); }
    let alert = alert(cx, plate, journey, sight, place, id, region, AlertState::Cleared, json!({"reason": "back_on_the_way"}));
    raise(cx, alert);
}

#[allow(clippy::too_many_arguments, reason = "one alert, put together in one place")]
fn alert(cx: &Cx<'_>, plate: &Plate, journey: &Journey, sight: &Sight, place: &Place, alert_id: AlertId, region: kezek_schemas::ids::RegionId,
    state: AlertState, reason: serde_json::Value) -> Alert {
    let zone = crate::risk::zone_of(cx, &place.region);
    let seen = json!({"camera": sight.device, "at": zone.map(|z| sight.at.to_rfc3339(&z))});
    let way = journey.checkpoint.as_ref().map(|cp| roads::way(cx, place, cp)).unwrap_or_default();
    let expected: Vec<_> = way.iter().map(|(node, _)| node.as_str()).collect();
    Alert { alert_id, kind: "T-ROUTE".into(), severity: 3, state, plate: Some(plate.clone()), country: journey.country.clone(), region,
        lat: place.lat, lon: place.lon, score: 0.9, evidence: vec![reason.to_string(), seen.to_string(),
        json!({"checkpoint": journey.checkpoint, "expected_way": expected}).to_string()], journey_id: Some(journey.id.clone()),
        booking_id: journey.booking.clone(), desk_only: false, way }
}

/// When the vehicle is expected at its checkpoint: 70 km/h, 45 minutes of rest per 4.5 h, 9 h of driving a day.
pub(super) fn eta(cx: &Cx<'_>, journey: &Journey) -> Option<Timestamp> {
    let last = journey.last.as_ref()?;
    let cp = cx.refs.catalogue.checkpoint(journey.checkpoint.as_ref()?)?;
    let place = place::of_device(&cx.refs.catalogue, &last.device)?;
    let closed = closed_throughout(cx, last.at, last.at);
    let km = cx.refs.graph.from_place(&ends(cx, &place), cx.refs.graph.number(&cp.node)?, &closed);
    if !km.is_finite() { return None; }
    let driving = km / USUAL_KMH;
    let days = (driving / 9.0).floor();
    let breaks = ((driving - days * 9.0) / 4.5).floor() + days;
    Some(last.at + Span(((driving + breaks * 0.75 + days * 15.0) * 3.6e9) as i64))
}
