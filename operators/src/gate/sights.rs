//! Which arrivals make a booking count as *seen*: accepted at a camera (for good), or named when the officer was asked
//! (until it is resolved against the booking). When the last one falls, the queue is told.

use kezek_schemas::ids::{ArrivalId, BookingId};

use crate::kernel::Cx;
use crate::queue::life;

/// The officer was asked about this booking.
pub fn named(cx: &mut Cx<'_>, booking: &BookingId, arrival: &ArrivalId) {
    let key = (booking.clone(), arrival.clone());
    if cx.tables.gate.sights.get(&key).is_none() { cx.tables.gate.sights.insert(key, false); }
    life::seen(cx, booking);
}

/// The booking was accepted at a camera.
pub fn accepted(cx: &mut Cx<'_>, booking: &BookingId, arrival: &ArrivalId) {
    cx.tables.gate.sights.insert((booking.clone(), arrival.clone()), true);
    life::accepted(cx, booking);
}

/// The arrival turned out to be somebody else.
pub fn resolved_against(cx: &mut Cx<'_>, booking: &BookingId, arrival: &ArrivalId) {
    let key = (booking.clone(), arrival.clone());
    if cx.tables.gate.sights.get(&key) != Some(&false) { return; }
    cx.tables.gate.sights.remove(&key);
    let another = cx.tables.gate.sights.range((booking.clone(), ArrivalId::default())..).next().is_some_and(|((b, _), _)| b == booking);
    if !another { life::unseen(cx, booking); }
}
