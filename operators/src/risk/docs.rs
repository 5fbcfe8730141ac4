//! T-DOCS: a permit blank used a second time.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{AlertId, BookingId};
use kezek_schemas::plate::Skeleton;
use serde_json::json;

use super::alert::{Alert, AlertState, raise};
use crate::kernel::Cx;

/// The second vehicle of a blank, where it was last seen, else where its booking says it goes.
pub fn blank_used_twice(cx: &mut Cx<'_>, vehicle: &Skeleton, booking: &BookingId, blank: &CompactString) {
    let Some(b) = cx.tables.booking.bookings.get(&(vehicle.clone(), booking.clone())) else { return };
    let (plate, country) = (b.plate().clone(), b.request.vehicle.plate.country.clone());
    let checkpoint = b.checkpoint.as_ref().and_then(|id| cx.refs.catalogue.checkpoint(id));
    let goal = checkpoint.map(|cp| super::place::Place { region: cp.region.clone(), lat: cp.lat, lon: cp.lon, ends: vec![(cp.node.clone(), 0.0)] });
    let Some(place) = crate::journey::last_place(cx, &plate).or(goal) else { return };
    let journey_id = cx.tables.journey.journeys.get(&plate).map(|j| j.id.clone());
    let evidence = json!({"blank": blank, "booking_id": booking, "what": "blank_used_twice"});
    raise(cx, Alert { alert_id: AlertId(format_compact!("T-DOCS:blank:{blank}:{booking}")), kind: "T-DOCS".into(), severity: 2, state: AlertState::Raised,
        plate: Some(plate), country, region: place.region, lat: place.lat, lon: place.lon, score: 1.0, evidence: vec![evidence.to_string()], journey_id,
        booking_id: Some(booking.clone()), desk_only: false, way: Vec::new() });
}
