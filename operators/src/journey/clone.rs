//! T-CLONE: the same plate in two places. Two independent impossible pairs within 24 h, or one with a contradicting trailer
//! or axle count; cameras whose clocks are unhealthy make no clones.

use compact_str::format_compact;
use kezek_schemas::ids::AlertId;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Span;
use serde_json::json;

use super::Msg;
use super::sights::to_camera;
use super::vehicle::{Pair, Sight};
use crate::dispatch::roads::straight_km;
use crate::kernel::Cx;
use crate::matching::edit;
use crate::risk::{Alert, AlertState, place, tell};

/// Nobody drives faster in a straight line.
const IMPOSSIBLE_KMH: f64 = 130.0;
/// Nearer pairs say nothing.
const LEAST_KM: f64 = 30.0;
/// All sights of a clone lie within this.
const WITHIN: Span = Span::hours(24);
/// Pairs that are remembered of a vehicle.
const PAIRS: usize = 16;

/// Compares a new sight with one that was: whether one vehicle cannot have made both.
pub(super) fn compare(cx: &mut Cx<'_>, plate: &Plate, a: &Sight, b: &Sight, late: bool) -> bool {
    let (first, second) = if a.at <= b.at { (a, b) } else { (b, a) };
    if first.device == second.device || second.at - first.at > WITHIN { return false; }
    let catalogue = &cx.refs.catalogue;
    let (Some(from), Some(to)) = (place::of_device(catalogue, &first.device), place::of_device(catalogue, &second.device)) else { return false };
    let km = straight_km((from.lat, from.lon), (to.lat, to.lon));
    let hours = (second.at - first.at).as_hours();
    if km < LEAST_KM || km <= IMPOSSIBLE_KMH * hours { return false; }
    let pair = Pair { first: first.clone(), second: second.clone(), km, late };
    to_camera(cx, &first.device, Msg::Impossible { plate: plate.clone(), pair, first_healthy: None });
    true
}

fn contradict(pair: &Pair) -> bool {
    let trailers = matches!((&pair.first.trailer, &pair.second.trailer), (Some(a), Some(b)) if edit::distance(a, b) > 1);
    let axles = matches!((pair.first.axles, pair.second.axles), (Some(a), Some(b)) if a != b);
    trailers || axles
}

/// No sight in common, and all four within 24 h.
fn independent(a: &Pair, b: &Pair) -> bool {
    let same = |x: &Sight, y: &Sight| x.device == y.device && x.at == y.at;
    let apart = !(same(&a.first, &b.first) || same(&a.first, &b.second) || same(&a.second, &b.first) || same(&a.second, &b.second));
    apart && a.second.at.max(b.second.at) - a.first.at.min(b.first.at) <= WITHIN
}

pub(super) fn on_judged(cx: &mut Cx<'_>, plate: &Plate, pair: Pair, healthy: bool) {
    if !healthy { return; }
    let now = cx.now;
    let doubted = |p: &Pair| cx.tables.journey.unhealthy.contains(&p.first.device) || cx.tables.journey.unhealthy.contains(&p.second.device);
    let Some(vehicle) = cx.tables.journey.vehicles.get(plate) else { return };
    let before = vehicle.pairs.iter().find(|p| independent(p, &pair) && !doubted(p)).cloned();
    let clone = before.is_some() || contradict(&pair);
    let Some(vehicle) = cx.tables.journey.vehicles.get_mut(plate) else { return };
    vehicle.pairs.retain(|p| (pair.second.at - p.first.at).0.abs() <= 2 * WITHIN.0);
    vehicle.pairs.push(pair.clone());
    if vehicle.pairs.len() > PAIRS { vehicle.pairs.remove(0); }
    if !clone || vehicle.clone_told.is_some_and(|t| now - t < WITHIN) { return; }
    vehicle.clone_told = Some(now);
    let country = vehicle.country.clone();
    let newest = &pair.second;
    let Some(place) = place::of_device(&cx.refs.catalogue, &newest.device) else { return };
    let (journey_id, booking_id) = cx.tables.journey.journeys.get(plate).map_or((None, None), |j| (Some(j.id.clone()), j.booking.clone()));
    let zone = crate::risk::zone_of(cx, &place.region);
    let show = |p: &Pair| json!({"from": p.first.device, "to": p.second.device, "km": p.km.round(), "contradicts": contradict(p),
        "from_at": zone.as_ref().map(|z| p.first.at.to_rfc3339(z)), "to_at": zone.as_ref().map(|z| p.second.at.to_rfc3339(z))}).to_string();
    let evidence = before.iter().chain(core::iter::once(&pair)).map(show).collect();
    let way = super::expected_way(cx, plate, &place);
    tell(cx, pair.late, Alert { alert_id: AlertId(format_compact!("T-CLONE:{plate}:{}", now.0)), kind: "T-CLONE".into(), severity: 4,
        state: AlertState::Raised, plate: Some(plate.clone()), country, region: place.region, lat: place.lat, lon: place.lon, score: 0.95, evidence,
        journey_id, booking_id, desk_only: false, way });
}
