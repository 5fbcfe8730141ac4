//! T-SEAL: tamper; unlocking away from a checkpoint; silence while the journey is open; seal and camera far apart. A seal's
//! owner knows whose it is and passes on what it says.

use compact_str::format_compact;
use kezek_schemas::ids::{AlertId, Country, SealId};
use kezek_schemas::inputs::{Input, SealEvent, SealKind};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Msg;
use super::papers::whereabouts;
use super::vehicle::{SealState, Sight};
use crate::dispatch::roads::straight_km;
use crate::kernel::{Cx, Message, Owner, TimerKey, TimerKind};
use crate::risk::place::{self, Place};
use crate::risk::{Alert, AlertState, raise};

const NEAR_CHECKPOINT_KM: f64 = 5.0;
/// A seal that says nothing for so long is silent.
pub(super) const SILENCE: Span = Span::hours(6);
const APART_KM: f64 = 100.0;
/// A position older than this says only how far away the truck may be now.
const POSITION_HOLDS: Span = Span::minutes(60);
/// No truck is faster.
const FASTEST_KMH: f64 = 130.0;

/// Whose a seal is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SealRow {
    /// The vehicle.
    pub plate: Option<Plate>,
    /// Its country.
    pub country: Option<Country>,
}

pub(super) fn bind(cx: &mut Cx<'_>, seal: &SealId, plate: Plate, country: Option<Country>) {
    cx.tables.journey.seals.insert(seal.clone(), SealRow { plate: Some(plate), country });
}

pub(super) fn on_event(cx: &mut Cx<'_>, input: &Input, event: &SealEvent) {
    let named = event.plate.as_ref().filter(|p| !p.plate.is_empty());
    if let Some(p) = named { bind(cx, &event.seal_id, p.plate.clone(), p.country.clone()); }
    let plate = cx.tables.journey.seals.get(&event.seal_id).and_then(|r| r.plate.clone());
    match plate {
        Some(plate) => cx.send(Owner::Vehicle(plate.skeleton()), Message::Journey(Msg::Seal { plate, event: event.clone(), at: input.at })),
        None => judge(cx, None, event, input.at),
    }
}

pub(super) fn on_vehicle(cx: &mut Cx<'_>, plate: &Plate, event: &SealEvent, at: Timestamp) {
    let now = cx.now;
    let mut seen = None;
    if let Some(j) = cx.tables.journey.journeys.get_mut(plate) {
        let seal = j.seal.get_or_insert_with(|| SealState { id: event.seal_id.clone(), last: None, heard: now, apart: Vec::new(), told: Vec::new() });
        if seal.id == event.seal_id {
            seal.heard = now;
            if seal.last.is_none_or(|(_, _, t)| t <= at) {
                seal.last = Some((event.lat, event.lon, at));
                seen = j.last.clone();
            }
            cx.arm(now + SILENCE, plate.skeleton().as_str(), TimerKind::SealSilence, plate.as_str());
        }
    }
    if let Some(sight) = seen && let Some(place) = place::of_device(&cx.refs.catalogue, &sight.device) { on_sight(cx, plate, &sight, &place); }
    judge(cx, Some(plate), event, at);
}

fn judge(cx: &mut Cx<'_>, plate: Option<&Plate>, event: &SealEvent, at: Timestamp) {
    let what = match event.kind {
        SealKind::Tamper => "tamper",
        SealKind::Unlocked => {
            let near = cx.refs.catalogue.checkpoints.values().any(|c| straight_km((c.lat, c.lon), (event.lat, event.lon)) <= NEAR_CHECKPOINT_KM);
            if near { return; }
            "unlocked_away"
        }
        SealKind::Position | SealKind::Locked | SealKind::LowBattery => return,
    };
    let Some(place) = place::of_coordinates(&cx.refs.catalogue, event.lat, event.lon) else { return };
    tell(cx, plate, &event.seal_id, what, if event.kind == SealKind::Tamper { 3 } else { 2 }, &place, at);
}

fn tell(cx: &mut Cx<'_>, plate: Option<&Plate>, seal: &SealId, what: &str, severity: u8, place: &Place, at: Timestamp) {
    let journey = plate.and_then(|p| cx.tables.journey.journeys.get(p)).cloned();
    let country = journey.as_ref().and_then(|j| j.country.clone()).or_else(|| cx.tables.journey.vehicles.get(plate?).and_then(|v| v.country.clone()));
    let zone = crate::risk::zone_of(cx, &place.region);
    let evidence = json!({"seal": seal, "what": what, "at": zone.map(|z| at.to_rfc3339(&z)), "lat": place.lat, "lon": place.lon});
    let way = plate.map(|p| super::expected_way(cx, p, place)).unwrap_or_default();
    // One alert per journey and cause; what a seal without a journey says is told each time.
    let trip = journey.as_ref().map_or_else(|| compact_str::CompactString::from(at.0.to_string()), |j| j.id.0.clone());
    let known = journey.as_ref().and_then(|j| j.seal.as_ref()).and_then(|s| s.told.iter().find(|(w, _)| w == what)).map(|(_, r)| r.clone());
    let region = known.clone().unwrap_or_else(|| place.region.clone());
    if known.is_none() && let Some(s) = plate.and_then(|p| cx.tables.journey.journeys.get_mut(p)).and_then(|j| j.seal.as_mut()) {
        s.told.push((what.into(), region.clone()));
    }
    raise(cx, Alert { alert_id: AlertId(format_compact!("T-SEAL:{seal}:{what}:{trip}")), kind: "T-SEAL".into(), severity, state: AlertState::Raised,
        plate: plate.cloned(), country, region, lat: place.lat, lon: place.lon, score: 1.0, evidence: vec![evidence.to_string()],
        journey_id: journey.as_ref().map(|j| j.id.clone()), booking_id: journey.and_then(|j| j.booking), desk_only: false, way });
}

pub(super) fn on_silence(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let Some(j) = cx.tables.journey.journeys.get(&plate).cloned() else { return };
    let Some(s) = j.seal.as_ref() else { return };
    if cx.now - s.heard < SILENCE { return; }
    let seal = s.id.clone();
    let here = s.last.and_then(|(lat, lon, _)| place::of_coordinates(&cx.refs.catalogue, lat, lon));
    let Some(place) = here.or_else(|| whereabouts(cx, &plate)) else { return };
    tell(cx, Some(&plate), &seal, "silent", 2, &place, cx.now);
}

/// The seal and the camera disagree where the truck is: at two cameras it is told.
pub(super) fn on_sight(cx: &mut Cx<'_>, plate: &Plate, sight: &Sight, place: &Place) {
    let Some(seal) = cx.tables.journey.journeys.get(plate).and_then(|j| j.seal.as_ref()) else { return };
    let Some((lat, lon, at)) = seal.last else { return };
    // A position that is older must be farther away than the truck can have driven since.
    let (gap, km) = (Span((sight.at - at).0.abs()), straight_km((lat, lon), (place.lat, place.lon)));
    let allowed = if gap <= POSITION_HOLDS { 0.0 } else { gap.as_hours() * FASTEST_KMH };
    if km - allowed < APART_KM || seal.apart.contains(&sight.device) { return; }
    let id = seal.id.clone();
    let Some(seal) = cx.tables.journey.journeys.get_mut(plate).and_then(|j| j.seal.as_mut()) else { return };
    seal.apart.push(sight.device.clone());
    if seal.apart.len() == 2 { tell(cx, Some(plate), &id, "apart_from_the_truck", 2, place, sight.at); }
}
