//! Signs of abuse of the queue (T-QUEUE): transfers, a VIN under several plates, cancellations by strangers, repeated
//! no-shows, hoarding. The alert stands at the booked checkpoint; it names plate and booking, never a person.

use compact_str::CompactString;
use kezek_schemas::ids::{AlertId, BookingId, RegionId};
use kezek_schemas::reference::Checkpoint;
use serde::{Deserialize, Serialize};

use super::publish::Key;
use super::steps::NO_SHOW_MEMORY;
use super::Booking;
use crate::directory;
use crate::kernel::{Cx, Message, Owner};
use crate::risk::Alert;
use crate::risk::alert::{self, AlertState};
use crate::risk::place::of_device;

/// Severity of T-QUEUE: the desk's business, nobody is sent.
const SEVERITY: u8 = 2;

fn place<'a>(cx: &Cx<'a>, b: &Booking) -> Option<&'a Checkpoint> {
    let all = &cx.refs.catalogue.checkpoints;
    b.checkpoint.as_ref().and_then(|id| all.get(id)).or_else(|| all.values().next())
}

/// Where an alert stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The region that publishes it.
    pub region: RegionId,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// The vehicle's last sight; without one the booked checkpoint.
fn position(cx: &Cx<'_>, b: &Booking) -> Option<Position> {
    let sight = cx.tables.journey.vehicles.get(b.plate()).and_then(|v| v.sights.last());
    sight.and_then(|s| of_device(&cx.refs.catalogue, &s.device)).map(|p| Position { region: p.region, lat: p.lat, lon: p.lon })
        .or_else(|| place(cx, b).map(|c| Position { region: c.region.clone(), lat: c.lat, lon: c.lon }))
}

/// An alert about a vehicle in the queue. `topic` tells alerts of one booking apart.
pub fn raise(cx: &mut Cx<'_>, b: &Booking, topic: &str, sign: &str) { raise_with(cx, b, topic, sign, None); }

fn raise_with(cx: &mut Cx<'_>, b: &Booking, topic: &str, sign: &str, other: Option<(&str, &BookingId)>) {
    let Some(at) = position(cx, b) else { return };
    let checkpoint = b.checkpoint.as_ref().unwrap_or(&b.request.checkpoint);
    let mut evidence = serde_json::json!({ "rule": "T-QUEUE", "sign": sign, "booking_id": b.booking_id, "checkpoint": checkpoint });
    if let Some((shared, other)) = other { evidence["shared"] = shared.into(); evidence["other_booking_id"] = other.as_str().into(); }
    let evidence = evidence.to_string();
    alert::raise(cx, Alert { alert_id: AlertId::from(format!("T-QUEUE:{}:{topic}", b.booking_id)), kind: CompactString::const_new("T-QUEUE"),
        severity: SEVERITY, state: AlertState::Raised, plate: Some(b.plate().clone()), country: b.request.vehicle.plate.country.clone(),
        region: at.region, lat: at.lat, lon: at.lon, score: 1.0, evidence: vec![evidence], journey_id: None,
        booking_id: Some(b.booking_id.clone()), desk_only: false, way: Vec::new() });
}

/// A plate one look-alike symbol off another's, with the same VIN, trailer or driver: one vehicle under two plates.
/// Look-alike plates have one skeleton, so that both are this owner's; bookings are compared for as long as they are kept.
pub fn look_alike(cx: &mut Cx<'_>, b: &Booking) {
    let found = super::of_vehicle(cx, &b.vehicle()).filter(|o| o.seq > 0 && o.booking_id != b.booking_id && one_symbol_apart(o, b))
        .find_map(|o| shared(o, b).map(|what| (what, o.booking_id.clone())));
    if let Some((what, other)) = found { raise_with(cx, b, "look_alike", "look_alike_plate", Some((what, &other))); }
}

fn one_symbol_apart(a: &Booking, b: &Booking) -> bool {
    a.plate().as_str().chars().zip(b.plate().as_str().chars()).filter(|(a, b)| a != b).count() == 1
}

/// What two bookings have in common. The VIN of an active one is `vin_active`'s business.
fn shared(o: &Booking, b: &Booking) -> Option<&'static str> {
    let (mine, theirs) = (&b.request.vehicle, &o.request.vehicle);
    if mine.vin.is_some() && mine.vin == theirs.vin { return (!o.active()).then_some("vin"); }
    if let (Some(mine), Some(theirs)) = (&mine.trailer, &theirs.trailer) && mine.plate == theirs.plate { return Some("trailer"); }
    b.crew.iter().any(|(_, d)| o.crew.iter().any(|(_, other)| other.document == d.document)).then_some("driver")
}

/// The vehicle did not come; twice within the memory is an alert.
pub fn no_show(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get(key).cloned() else { return };
    let since = cx.now - NO_SHOW_MEMORY;
    let times = cx.tables.booking.no_shows.entry(&(b.plate().clone(), b.request.vehicle.plate.country.clone().unwrap_or_default()));
    times.retain(|t| *t >= since);
    times.push(cx.now);
    if times.len() >= 2 { raise(cx, &b, "no_show", "repeated_no_show"); }
}

/// A request held a place and let it go: counted for its account.
pub fn hold_lost(cx: &mut Cx<'_>, b: &Booking) {
    let Some(at) = place(cx, b) else { return };
    let day = kezek_schemas::time::days_since_epoch(at.zone.date_hour(cx.now).0);
    let Some(position) = position(cx, b) else { return };
    let lost = directory::Msg::HoldLost { day, at: position, booking: b.booking_id.clone(), plate: b.plate().clone(),
        country: b.request.vehicle.plate.country.clone() };
    cx.send(Owner::Account(b.account_id.clone()), Message::Directory(lost));
}
