//! What bookings tell journeys: requested, confirmed, ended. T-CHECKPOINT lives here: a vehicle seen on the road that gave
//! one checkpoint up and books another, or whose declaration names another.

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, CheckpointId, JourneyId};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Span;
use serde_json::json;

use super::vehicle::{Journey, Vehicle};
use super::{BookingFacts, papers, sights, timers};
use crate::kernel::Cx;
use crate::queue::entry::Status;
use crate::risk::{Alert, AlertState, place, raise};

const LATELY: Span = Span::hours(72);

/// Called by `booking` on the same owner, synchronously: a new request (T-CHECKPOINT is raised here).
pub fn booking_requested(cx: &mut Cx<'_>, facts: &BookingFacts) {
    let now = cx.now;
    let Some(vehicle) = cx.tables.journey.vehicles.get(&facts.plate).cloned() else { return };
    if let Some((from, _, at)) = &vehicle.given_up
        && now - *at <= LATELY
        && *from != facts.checkpoint
    {
        checkpoint_changed(cx, facts, &vehicle, from, "booked_elsewhere");
        if let Some(v) = cx.tables.journey.vehicles.get_mut(&facts.plate) { v.given_up = None; }
    } else if let Some((declared, at)) = &vehicle.declared
        && now - *at <= LATELY
        && *declared != facts.checkpoint
    {
        checkpoint_changed(cx, facts, &vehicle, declared, "declaration");
    }
}

/// Raises T-CHECKPOINT: `other` is the checkpoint that disagrees with the booked one.
pub(super) fn checkpoint_changed(cx: &mut Cx<'_>, facts: &BookingFacts, vehicle: &Vehicle, other: &CheckpointId, why: &str) {
    let last = vehicle.sights.last().and_then(|s| place::of_device(&cx.refs.catalogue, &s.device));
    // Not seen yet: where it is on its way nobody knows.
    let seen = last.is_some();
    let at = last.or_else(|| cx.refs.catalogue.checkpoint(&facts.checkpoint).map(|cp| place::Place { region: cp.region.clone(), lat: cp.lat, lon: cp.lon,
        ends: vec![(cp.node.clone(), 0.0)] }));
    let Some(place) = at else { return };
    cx.tables.journey.vehicles.entry(&facts.plate).checkpoint_told = Some(facts.booking_id.clone());
    let evidence = json!({"reason": why, "booked": facts.checkpoint, "other": other, "last_sight": vehicle.sights.last().map(|s| s.device.clone())});
    let way = if seen { crate::dispatch::roads::way(cx, &place, &facts.checkpoint) } else { Vec::new() };
    raise(cx, Alert { alert_id: AlertId(format_compact!("T-CHECKPOINT:{}:{other}", facts.booking_id)), kind: "T-CHECKPOINT".into(), severity: 3,
        state: AlertState::Raised, plate: Some(facts.plate.clone()), country: Some(facts.country.clone()), region: place.region, lat: place.lat,
        lon: place.lon, score: 0.9, evidence: vec![evidence.to_string()], journey_id: Some(journey_id(facts)), booking_id: Some(facts.booking_id.clone()),
        desk_only: false, way });
}

fn journey_id(facts: &BookingFacts) -> JourneyId { JourneyId(format_compact!("j:{}", facts.booking_id)) }

/// Called by `booking`: confirmed, re-timed or changed: a journey opens or follows.
pub fn booking_confirmed(cx: &mut Cx<'_>, facts: &BookingFacts) {
    let now = cx.now;
    let same = |j: &Journey| j.booking.as_ref() == Some(&facts.booking_id);
    let before = cx.tables.journey.journeys.get(&facts.plate).cloned();
    let journey = match before {
        Some(j) if same(&j) => Journey { slot_start: facts.slot_start, insurance_until: facts.insurance_until, trailer: facts.trailer.clone(), ..j },
        other => {
            // A transit that is under way goes on under the booking.
            if let Some(j) = &other { clear_alerts(cx, &facts.plate, j); }
            let (transit, seal) = other.map_or((None, None), |j| (j.transit, j.seal));
            Journey { id: journey_id(facts), country: Some(facts.country.clone()), booking: Some(facts.booking_id.clone()), checkpoint: Some(facts.checkpoint.clone()),
                slot_start: facts.slot_start, trailer: facts.trailer.clone(), insurance_until: facts.insurance_until, opened_at: now, first: None, last: None,
                strays: 0, route: None, transit, overdue: None, watched: false, seal, told: Vec::new() }
        }
    };
    if !cx.tables.journey.vehicles.contains(&facts.plate) { timers::met(cx, &facts.plate); }
    let vehicle = cx.tables.journey.vehicles.entry(&facts.plate);
    // The booking knows better than a camera of which country a plate is; what was seen of another country's is not its own.
    if super::sights::contradicts(vehicle.country.as_ref(), Some(&facts.country)) { (vehicle.sights, vehicle.last_road) = Default::default(); }
    vehicle.country = Some(facts.country.clone());
    let vehicle = vehicle.clone();
    let opens = before_is_new(&journey, now);
    cx.tables.journey.journeys.insert(facts.plate.clone(), journey);
    if opens && vehicle.checkpoint_told.as_ref() != Some(&facts.booking_id)
        && let Some((declared, at)) = &vehicle.declared
        && now - *at <= LATELY
        && *declared != facts.checkpoint
    {
        checkpoint_changed(cx, facts, &vehicle, declared, "declaration");
    }
    timers::opened(cx, &facts.plate);
    papers::arm_insurance(cx, &facts.plate);
    sights::show(cx, &facts.plate);
}

fn before_is_new(journey: &Journey, now: kezek_schemas::time::Timestamp) -> bool { journey.opened_at == now }

/// Called by `booking`: the booking's life ended with this status.
pub fn booking_ended(cx: &mut Cx<'_>, facts: &BookingFacts, status: Status) {
    let now = cx.now;
    let seen_lately = cx.tables.journey.vehicles.get(&facts.plate).and_then(|v| v.last_road).is_some_and(|at| now - at <= LATELY);
    if status == Status::Cancelled && seen_lately && let Some(v) = cx.tables.journey.vehicles.get_mut(&facts.plate) {
        v.given_up = Some((facts.checkpoint.clone(), facts.booking_id.clone(), now));
    }
    let Some(journey) = cx.tables.journey.journeys.get(&facts.plate).filter(|j| j.booking.as_ref() == Some(&facts.booking_id)).cloned() else { return };
    if status == Status::Crossed {
        papers::left(cx, &facts.plate, &facts.checkpoint);
        crate::risk::weight::trip_over(cx, &facts.plate);
        if let Some(v) = cx.tables.journey.vehicles.get_mut(&facts.plate) { v.declared = None; }
    } else if let Some(transit) = papers::open_transit(cx, &facts.plate) {
        // The transit goes on without the booking.
        clear_alerts(cx, &facts.plate, &journey);
        if let Some(j) = cx.tables.journey.journeys.get_mut(&facts.plate) {
            (j.booking, j.checkpoint, j.slot_start, j.route, j.overdue, j.strays, j.first) = (None, transit.checkpoint, None, None, None, 0, None);
        }
        return;
    }
    end(cx, &facts.plate, &journey, "ended");
}

/// Ends a journey: open alerts about its way are cleared with it.
pub(super) fn end(cx: &mut Cx<'_>, plate: &Plate, journey: &Journey, state: &'static str) {
    clear_alerts(cx, plate, journey);
    cx.tables.journey.journeys.remove(plate);
    let j = journey.clone();
    cx.view(|_| kezek_schemas::tables::ViewRow::JourneyRow(Box::new(kezek_schemas::tables::JourneyRow { journey_id: j.id.0, plate: plate.as_str().into(),
        country: j.country.map(|c| c.0), booking_id: j.booking.map(|b| b.0), checkpoint: j.checkpoint.map(|c| c.0), state: state.into(),
        last_camera: j.last.as_ref().map(|s| s.device.0.clone()), last_lat: None, last_lon: None, last_seen_at: j.last.map(|s| s.at), eta: None })));
}

fn clear_alerts(cx: &mut Cx<'_>, plate: &Plate, journey: &Journey) {
    let over = json!({"reason": "journey_ended"});
    if let Some((id, region)) = &journey.overdue {
        super::overdue::tell(cx, plate, id.clone(), region.clone(), AlertState::Cleared, over.clone());
    }
    let Some((id, region, _, false)) = &journey.route else { return };
    let Some(place) = papers::whereabouts(cx, plate) else { return };
    raise(cx, Alert { alert_id: id.clone(), kind: "T-ROUTE".into(), severity: 3, state: AlertState::Cleared, plate: Some(plate.clone()),
        country: journey.country.clone(), region: region.clone(), lat: place.lat, lon: place.lon, score: 0.9, evidence: vec![over.to_string()],
        journey_id: Some(journey.id.clone()), booking_id: journey.booking.clone(), desk_only: false, way: Vec::new() });
}
