//! A sight: a plate at a device. Reads of a plate at one camera within 120 s are one sight. Sights may come late and out
//! of order: they go where their time says. Only exact reads that the camera believes in move anything.

use kezek_schemas::ids::DeviceId;
use kezek_schemas::inputs::PlateText;
use kezek_schemas::plate::Plate;
use kezek_schemas::tables::{JourneyRow, SightRow, ViewRow};
use kezek_schemas::time::{Span, Timestamp};

use super::vehicle::{SIGHTS, Sight};
use super::{Msg, cameras, clone, overdue, papers, route, seals, timers};
use crate::kernel::{Cx, Message, Owner};
use crate::matching::KnownPlate;
use crate::risk::place::{self, Place};

/// Reads of a plate at one camera within this are one sight.
const ONE_SIGHT: Span = Span::seconds(120);
/// Sights this old make no pair any more.
const REMEMBERED: Span = Span::hours(24);
/// A sight that came later than this opens no alert.
pub const TOO_LATE: Span = Span::minutes(60);

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The plate read.
    pub plate: &'a PlateText,
    /// Where.
    pub device: &'a DeviceId,
    /// When it happened.
    pub at: Timestamp,
    /// The trailer.
    pub trailer: Option<&'a PlateText>,
    /// Speed.
    pub speed_kmh: Option<f32>,
    /// Axles.
    pub axles: Option<u8>,
    /// 0-1; none given suffices.
    pub confidence: Option<f32>,
}

/// Reads the camera itself doubts more than this are no sights.
const LEAST_CONFIDENCE: f32 = 0.5;

/// Whether a camera believes in its own read.
#[must_use]
pub fn believed(confidence: Option<f32>) -> bool { confidence.is_none_or(|c| c >= LEAST_CONFIDENCE) }

/// Whether a country read speaks against one that is known.
pub fn contradicts(a: Option<&kezek_schemas::ids::Country>, b: Option<&kezek_schemas::ids::Country>) -> bool { matches!((a, b), (Some(a), Some(b)) if a != b) }

pub fn on_sight(cx: &mut Cx<'_>, seen: &Seen<'_>) {
    let plate: &Plate = &seen.plate.plate;
    if plate.is_empty() || plate.has_erasure() {
        cx.count("sight_without_plate");
        return;
    }
    let Some(place) = place::of_device(&cx.refs.catalogue, seen.device) else {
        cx.count("unknown_device");
        return;
    };
    let road = cx.refs.catalogue.road_devices.contains_key(seen.device);
    let late = cx.now - seen.at > TOO_LATE;
    cameras::count_pass(cx, seen.device);
    if !believed(seen.confidence) {
        cx.count("sight_of_low_confidence");
        return;
    }
    let sight = Sight { device: seen.device.clone(), at: seen.at, trailer: seen.trailer.map(|t| t.plate.clone()).filter(|t| !t.is_empty()), axles: seen.axles };
    if !cx.tables.journey.vehicles.contains(plate) { timers::met(cx, plate); }
    let vehicle = cx.tables.journey.vehicles.entry(plate);
    if contradicts(vehicle.country.as_ref(), seen.plate.country.as_ref()) {
        cx.count("sight_of_another_country");
        return;
    }
    if vehicle.sights.iter().any(|s| s.device == sight.device && (s.at - sight.at).0.abs() <= ONE_SIGHT.0) { return; }
    if vehicle.country.is_none() { vehicle.country = seen.plate.country.clone(); }
    let others: Vec<Sight> = vehicle.sights.iter().filter(|s| s.device != sight.device).cloned().collect();
    let index = vehicle.sights.iter().position(|s| s.at > sight.at).unwrap_or(vehicle.sights.len());
    let newest = index == vehicle.sights.len();
    let before = index.checked_sub(1).and_then(|i| vehicle.sights.get(i)).cloned();
    vehicle.sights.insert(index, sight.clone());
    if road { vehicle.last_road = vehicle.last_road.max(Some(sight.at)); }
    let first_twice = vehicle.sights.len() == 2 && vehicle.last_road.is_some();
    let last = vehicle.sights.last().map_or(sight.at, |s| s.at);
    while vehicle.sights.len() > 2 && (vehicle.sights.len() > SIGHTS || vehicle.sights.first().is_some_and(|s| last - s.at > REMEMBERED)) {
        vehicle.sights.remove(0);
    }
    let country = vehicle.country.clone();
    // A plate that was read exactly twice exists: the gate must know it.
    if first_twice && road {
        let known = KnownPlate { plate: plate.clone(), country: country.clone(), at: cx.now };
        cx.broadcast(crate::kernel::Broadcast::KnownPlate(known));
    }
    cx.view(|_| ViewRow::SightRow(Box::new(SightRow { plate: plate.as_str().into(), country: country.map(|c| c.0), camera: seen.device.0.clone(), at: seen.at,
        speed_kmh: seen.speed_kmh.map(f64::from), lat: Some(place.lat), lon: Some(place.lon) })));
    let mut disputed = false;
    for other in &others { disputed |= clone::compare(cx, plate, &sight, other, late); }
    // What one vehicle cannot have made is a misread or a clone: it is no accepted sight of the journey.
    if disputed {
        if newest && let Some(journey) = cx.tables.journey.journeys.get_mut(plate) { journey.last = Some(sight); }
        overdue::on_sight(cx, plate, newest);
        return cx.count("sight_disputed");
    }
    if newest && road && let Some(before) = &before { crate::risk::bypass::on_sight(cx, plate, before, &sight, late); }
    follow(cx, plate, &sight, &place, road, newest);
}

/// Moves the open journey on.
fn follow(cx: &mut Cx<'_>, plate: &Plate, sight: &Sight, place: &Place, road: bool, newest: bool) {
    let Some(journey) = cx.tables.journey.journeys.get(plate) else { return };
    if sight.at < journey.opened_at { return; }
    if newest && let Some(journey) = cx.tables.journey.journeys.get_mut(plate) { journey.last = Some(sight.clone()); }
    papers::on_sight(cx, plate, sight, place);
    seals::on_sight(cx, plate, sight, place);
    if road { route::on_sight(cx, plate, sight, place, newest); } else if newest { route::at_checkpoint(cx, plate, sight, place); }
    overdue::on_sight(cx, plate, newest);
    show(cx, plate);
}

/// Shows the journey's row.
pub fn show(cx: &mut Cx<'_>, plate: &Plate) {
    if !cx.fx.wants_views { return; }
    let Some(j) = cx.tables.journey.journeys.get(plate).cloned() else { return };
    let last = j.last.as_ref().and_then(|s| place::of_device(&cx.refs.catalogue, &s.device));
    let eta = route::eta(cx, &j);
    cx.view(|_| ViewRow::JourneyRow(Box::new(JourneyRow { journey_id: j.id.0.clone(), plate: plate.as_str().into(), country: j.country.map(|c| c.0),
        booking_id: j.booking.map(|b| b.0), checkpoint: j.checkpoint.map(|c| c.0), state: "open".into(), last_camera: j.last.as_ref().map(|s| s.device.0.clone()),
        last_lat: last.as_ref().map(|p| p.lat), last_lon: last.as_ref().map(|p| p.lon), last_seen_at: j.last.map(|s| s.at), eta })));
}

/// Sends a message to a camera's owner.
pub fn to_camera(cx: &mut Cx<'_>, camera: &DeviceId, msg: Msg) { cx.send(Owner::Device(camera.clone()), Message::Journey(msg)); }
