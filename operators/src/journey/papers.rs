//! Papers against facts: transit terms (T-TRANSIT), the trailer and the insurance (T-DOCS), declarations that name another
//! checkpoint.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{AlertId, CheckpointId, JourneyId};
use kezek_schemas::inputs::{Crossing, Declaration, DeclarationKind, Direction};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Span;
use serde_json::json;

use super::vehicle::{Journey, SealState, Sight, Transit};
use super::{BookingFacts, Msg, hooks, timers};
use crate::kernel::{Cx, Message, Owner, TimerKey, TimerKind};
use crate::matching::edit;
use crate::risk::place::Place;
use crate::risk::{Alert, AlertState, raise};

const TERM_NEAR: Span = Span::hours(24);
/// Transits of one vehicle that are remembered.
const TRANSITS: usize = 8;

fn journey_for<'a>(cx: &'a mut Cx<'_>, plate: &Plate, declaration: &Declaration) -> &'a mut Journey {
    if !cx.tables.journey.vehicles.contains(plate) { timers::met(cx, plate); }
    let now = cx.now;
    if !cx.tables.journey.journeys.contains(plate) {
        cx.tables.journey.journeys.insert(plate.clone(), Journey { id: JourneyId(format_compact!("j:{}", declaration.declaration_id)),
            country: declaration.plate.country.clone(), booking: None, checkpoint: None, slot_start: None, trailer: None, insurance_until: None, opened_at: now,
            first: None, last: None, strays: 0, route: None, transit: None, overdue: None, watched: false, seal: None, told: Vec::new() });
    }
    match cx.tables.journey.journeys.get_mut(plate) {
        Some(j) => j,
        None => unreachable!("the journey was put on the lines before"),
    }
}

pub(super) fn on_declaration(cx: &mut Cx<'_>, d: &Declaration) {
    let plate = d.plate.plate.clone();
    if plate.is_empty() { return; }
    let known = crate::matching::KnownPlate { plate: plate.clone(), country: d.plate.country.clone(), at: cx.now };
    cx.broadcast(crate::kernel::Broadcast::KnownPlate(known));
    if let Some(named) = d.checkpoint.clone().filter(|_| d.kind != DeclarationKind::TransitClosed) { names(cx, &plate, d, named); }
    if let Some(seal) = &d.seal_id {
        cx.send(Owner::Seal(seal.clone()), Message::Journey(Msg::BindSeal { plate: plate.clone(), country: d.plate.country.clone() }));
    }
    match d.kind {
        DeclarationKind::TransitOpened => {
            let checkpoint = d.checkpoint.as_ref().and_then(|c| cx.refs.catalogue.checkpoint(c)).map(|c| c.id.clone());
            let now = cx.now;
            let transit = Transit { declaration: d.declaration_id.clone(), deadline: d.deadline, checkpoint: checkpoint.clone(), alert: None, left: false };
            let j = journey_for(cx, &plate, d);
            j.transit = Some(d.declaration_id.clone());
            if j.booking.is_none() { j.checkpoint = checkpoint; }
            if let Some(id) = d.seal_id.clone() { j.seal = Some(SealState { id, last: None, heard: now, apart: Vec::new(), told: Vec::new() }); }
            let key = plate.skeleton();
            let vehicle = cx.tables.journey.vehicles.entry(&plate);
            if vehicle.country.is_none() { vehicle.country = d.plate.country.clone(); }
            vehicle.transits.retain(|t| t.declaration != d.declaration_id);
            vehicle.transits.push(transit);
            if vehicle.transits.len() > TRANSITS { vehicle.transits.remove(0); }
            if d.seal_id.is_some() { cx.arm(now + super::seals::SILENCE, key.as_str(), TimerKind::SealSilence, plate.as_str()); }
            if let Some(deadline) = d.deadline {
                cx.arm(deadline - TERM_NEAR, key.as_str(), TimerKind::TransitNear, plate.as_str());
                cx.arm(deadline, key.as_str(), TimerKind::TransitDue, plate.as_str());
            }
            timers::opened(cx, &plate);
        }
        DeclarationKind::TransitClosed => {
            let Some(vehicle) = cx.tables.journey.vehicles.get_mut(&plate) else { return };
            let Some(i) = vehicle.transits.iter().position(|t| t.declaration == d.declaration_id) else { return };
            if vehicle.transits[i].alert.is_some() { transit_alert(cx, &plate, i, AlertState::Cleared, "closed", None); }
            let Some(vehicle) = cx.tables.journey.vehicles.get_mut(&plate) else { return };
            vehicle.transits.remove(i);
            let other = vehicle.transits.last().map(|t| t.declaration.clone());
            let Some(j) = cx.tables.journey.journeys.get_mut(&plate).filter(|j| j.transit.as_ref() == Some(&d.declaration_id)) else { return };
            j.transit = other;
            let j = j.clone();
            if j.booking.is_none() && j.transit.is_none() { hooks::end(cx, &plate, &j, "closed"); }
        }
        DeclarationKind::Registered | DeclarationKind::Released | DeclarationKind::Waybill => {}
    }
}

/// A declaration names a checkpoint: another than the booked one is a correction of the checkpoint.
fn names(cx: &mut Cx<'_>, plate: &Plate, d: &Declaration, named: kezek_schemas::ids::CheckpointId) {
    let named = cx.refs.catalogue.checkpoint(&named).map_or(named, |c| c.id.clone());
    let now = cx.now;
    cx.tables.journey.vehicles.entry(plate).declared = Some((named.clone(), now));
    let Some(j) = cx.tables.journey.journeys.get(plate).cloned() else { return };
    let (Some(booking), Some(booked)) = (j.booking.clone(), j.checkpoint.clone()) else { return };
    let told: CompactString = format_compact!("checkpoint:{named}");
    if booked == named || j.told.contains(&told) { return; }
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) { j.told.push(told); }
    let facts = BookingFacts { booking_id: booking, account_id: kezek_schemas::ids::AccountId::default(), checkpoint: booked, plate: plate.clone(),
        country: j.country.or_else(|| d.plate.country.clone()).unwrap_or_default(), vin: None, trailer: None, documents: Vec::new(),
        slot_start: j.slot_start, insurance_until: None };
    let vehicle = cx.tables.journey.vehicles.get(plate).cloned().unwrap_or_default();
    hooks::checkpoint_changed(cx, &facts, &vehicle, &named, "declaration");
}

/// The open transit of a vehicle.
pub(super) fn open_transit(cx: &Cx<'_>, plate: &Plate) -> Option<Transit> {
    cx.tables.journey.vehicles.get(plate)?.transits.iter().rev().find(|t| !t.left).cloned()
}

/// The vehicle has left the country here: what is still open then is told.
pub(super) fn left(cx: &mut Cx<'_>, plate: &Plate, checkpoint: &CheckpointId) {
    let open = cx.tables.journey.vehicles.get(plate).map_or(0, |v| v.transits.len());
    let place = of_checkpoint(cx, checkpoint);
    for i in 0..open {
        let transit = cx.tables.journey.vehicles.get_mut(plate).and_then(|v| v.transits.get_mut(i));
        if transit.is_none_or(|t| core::mem::replace(&mut t.left, true)) { continue; }
        transit_alert(cx, plate, i, AlertState::Raised, "left_unclosed", place.clone());
    }
}

pub(super) fn on_crossing(cx: &mut Cx<'_>, crossing: &Crossing) {
    let plate = crossing.plate.plate.clone();
    if crossing.direction != Direction::Exit { return; }
    let country = cx.tables.journey.vehicles.get(&plate).and_then(|v| v.country.clone());
    if super::sights::contradicts(country.as_ref(), crossing.plate.country.as_ref()) { return; }
    let checkpoint = cx.refs.catalogue.checkpoint(&crossing.checkpoint).map_or_else(|| crossing.checkpoint.clone(), |c| c.id.clone());
    left(cx, &plate, &checkpoint);
    crate::risk::weight::trip_over(cx, &plate);
    if let Some(v) = cx.tables.journey.vehicles.get_mut(&plate) { v.declared = None; }
    if let Some(j) = cx.tables.journey.journeys.get(&plate).cloned() { hooks::end(cx, &plate, &j, "crossed"); }
}

/// The term of a transit is near or over.
pub(super) fn on_term(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let open: Vec<_> = cx.tables.journey.vehicles.get(&plate).into_iter().flat_map(|v| v.transits.iter().map(|t| (t.deadline, t.left))).collect();
    for (i, (deadline, left)) in open.into_iter().enumerate() {
        let Some(deadline) = deadline.filter(|_| !left) else { continue };
        match timer.kind {
            TimerKind::TransitNear if deadline - TERM_NEAR == timer.due => transit_alert(cx, &plate, i, AlertState::Raised, "term_near", None),
            TimerKind::TransitDue if deadline == timer.due => transit_alert(cx, &plate, i, AlertState::Updated, "term_over", None),
            _ => {}
        }
    }
}

fn transit_alert(cx: &mut Cx<'_>, plate: &Plate, index: usize, state: AlertState, why: &str, at: Option<Place>) {
    let Some(vehicle) = cx.tables.journey.vehicles.get(plate) else { return };
    let country = vehicle.country.clone();
    let Some(transit) = vehicle.transits.get(index).cloned() else { return };
    let place = at.or_else(|| super::last_place(cx, plate)).or_else(|| of_checkpoint(cx, transit.checkpoint.as_ref()?));
    // Nowhere seen and bound for nowhere: the centre of the country's transit is told.
    let Some(place) = place.or_else(|| whereabouts(cx, plate)).or_else(|| capital(cx)) else { return };
    let (alert_id, region) = transit.alert.clone().unwrap_or_else(|| (AlertId(format_compact!("T-TRANSIT:{}", transit.declaration)), place.region.clone()));
    let zone = crate::risk::zone_of(cx, &region);
    let evidence = json!({"reason": why, "declaration": transit.declaration, "deadline": zone.and_then(|z| transit.deadline.map(|d| d.to_rfc3339(&z)))});
    if let Some(t) = cx.tables.journey.vehicles.get_mut(plate).and_then(|v| v.transits.get_mut(index)) { t.alert = Some((alert_id.clone(), region.clone())); }
    let journey = cx.tables.journey.journeys.get(plate).cloned();
    raise(cx, Alert { alert_id, kind: "T-TRANSIT".into(), severity: 2, state, plate: Some(plate.clone()), country, region, lat: place.lat,
        lon: place.lon, score: 1.0, evidence: vec![evidence.to_string()], journey_id: journey.as_ref().map(|j| j.id.clone()),
        booking_id: journey.and_then(|j| j.booking), desk_only: false, way: Vec::new() });
}

fn capital(cx: &Cx<'_>) -> Option<Place> {
    let region = cx.refs.catalogue.regions.get(&kezek_schemas::ids::RegionId::new("astana"))?;
    let node = cx.refs.catalogue.nodes.get(&region.centre)?;
    Some(Place { region: region.id.clone(), lat: node.lat, lon: node.lon, ends: vec![(node.id.clone(), 0.0)] })
}

fn of_checkpoint(cx: &Cx<'_>, id: &CheckpointId) -> Option<Place> {
    let cp = cx.refs.catalogue.checkpoint(id)?;
    Some(Place { region: cp.region.clone(), lat: cp.lat, lon: cp.lon, ends: vec![(cp.node.clone(), 0.0)] })
}

/// Where a vehicle is: its last sight, else the checkpoint of its journey.
pub(super) fn whereabouts(cx: &Cx<'_>, plate: &Plate) -> Option<Place> {
    let checkpoint = || cx.tables.journey.journeys.get(plate).and_then(|j| of_checkpoint(cx, j.checkpoint.as_ref()?));
    super::last_place(cx, plate).or_else(checkpoint)
}

/// A trailer that is more than one edit off the booked one.
pub(super) fn on_sight(cx: &mut Cx<'_>, plate: &Plate, sight: &Sight, place: &Place) {
    let Some(j) = cx.tables.journey.journeys.get(plate) else { return };
    if j.insurance_until.is_some_and(|until| sight.at > until && until <= cx.now) {
        docs_alert(cx, plate, "insurance", place, json!({"what": "insurance_ended_en_route", "camera": sight.device}));
    }
    let Some(j) = cx.tables.journey.journeys.get(plate) else { return };
    let (Some(booked), Some(read)) = (&j.trailer, &sight.trailer) else { return };
    if edit::distance(read, booked) <= 1 { return; }
    let evidence = json!({"what": "trailer", "booked": booked, "read": read, "camera": sight.device});
    docs_alert(cx, plate, "trailer", place, evidence);
}

/// The insurance ends while the vehicle is on its way.
pub(super) fn arm_insurance(cx: &mut Cx<'_>, plate: &Plate) {
    let Some(until) = cx.tables.journey.journeys.get(plate).and_then(|j| j.insurance_until) else { return };
    cx.arm(until, plate.skeleton().as_str(), TimerKind::InsuranceEnd, plate.as_str());
}

pub(super) fn on_insurance_end(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let Some(j) = cx.tables.journey.journeys.get(&plate).filter(|j| j.insurance_until == Some(timer.due)) else { return };
    // A vehicle that has not set out yet is told of at its first sight.
    if j.last.is_none() { return; }
    let Some(place) = whereabouts(cx, &plate) else { return };
    docs_alert(cx, &plate, "insurance", &place, json!({"what": "insurance_ended_en_route"}));
}

fn docs_alert(cx: &mut Cx<'_>, plate: &Plate, what: &'static str, place: &Place, evidence: serde_json::Value) {
    let Some(j) = cx.tables.journey.journeys.get_mut(plate) else { return };
    if j.told.iter().any(|t| t == what) { return; }
    j.told.push(what.into());
    let j = j.clone();
    raise(cx, Alert { alert_id: AlertId(format_compact!("T-DOCS:{what}:{}", j.id)), kind: "T-DOCS".into(), severity: 2, state: AlertState::Raised,
        plate: Some(plate.clone()), country: j.country, region: place.region.clone(), lat: place.lat, lon: place.lon, score: 0.9,
        evidence: vec![evidence.to_string()], journey_id: Some(j.id), booking_id: j.booking, desk_only: false, way: Vec::new() });
}
