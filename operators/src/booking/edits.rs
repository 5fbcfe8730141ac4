//! Edits and cancellations, found by the booking's id. Causes are judged in the order transfer, change, horizon, past,
//! place, and the first is told; an edit that cannot be done leaves the booking as it was.

use kezek_schemas::inputs::{BookingEdit, BookingInput, BookingKind, Input};

use super::publish::{self, Key, Kind};
use super::row::Addition;
use super::{Booking, Code, Phase, abuse, checks, request};
use crate::kernel::{Cx, Message, Owner, TimerKind};
use crate::queue::Msg as QueueMsg;
use crate::queue::entry::Status;

/// An edit or cancellation of a booking of this vehicle.
pub fn edited(cx: &mut Cx<'_>, key: &Key, input: &Input, edit: &BookingInput) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key) else { return cx.count("edits_of_unknown_bookings") };
    if matches!(b.phase, Phase::Claiming | Phase::AskingVin | Phase::AskingPlace | Phase::Confirming) {
        b.deferred.push(input.clone());
        return;
    }
    let b = b.clone();
    match &edit.kind {
        BookingKind::Requested(_) => cx.count("duplicate_bookings"),
        BookingKind::Cancelled => cancel(cx, key, &b, edit),
        BookingKind::Rescheduled(fields) => reschedule(cx, key, &b, edit, fields),
        BookingKind::DriverAdded(fields) => add_drivers(cx, key, &b, edit, fields),
    }
}

/// Edits that waited while the booking asked another owner.
pub fn resume(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key) else { return };
    let waiting = core::mem::take(&mut b.deferred);
    for input in waiting {
        cx.send(Owner::Vehicle(key.0.clone()), Message::Booking(super::Msg::Edit(Box::new(input))));
    }
}

/// Tells that an edit cannot be done; a transfer is also an alert.
pub fn forbid(cx: &mut Cx<'_>, key: &Key, code: Code) {
    let Some(b) = cx.tables.booking.bookings.get(key).cloned() else { return };
    if code == Code::TransferForbidden { abuse::raise(cx, &b, "transfer", code.name()); }
    let reason = publish::reason(cx, &b, code);
    publish::notify(cx, key, Kind::Refused, vec![reason]);
}

fn too_late(b: &Booking) -> bool { b.phase == Phase::Ended || matches!(b.status, Status::AtGate | Status::Admitted) || b.status.ended() }

fn cancel(cx: &mut Cx<'_>, key: &Key, b: &Booking, edit: &BookingInput) {
    if edit.account_id != b.account_id { return abuse::raise(cx, b, "cancel", "cancelled_by_another_account"); }
    if too_late(b) { return forbid(cx, key, Code::ChangeForbidden); }
    if let Some(cp) = b.checkpoint.clone() { cx.send(Owner::Checkpoint(cp), Message::Queue(QueueMsg::Cancel(b.booking_id.clone()))); }
}

/// Transfer and change, the causes every edit is judged for first.
fn forbidden(cx: &Cx<'_>, b: &Booking, edit: &BookingInput, fields: &BookingEdit, whole_crew: bool) -> Option<Code> {
    let another_vin = matches!((&fields.vin, &b.request.vehicle.vin), (Some(new), Some(old)) if new != old);
    let another_crew = whole_crew && fields.drivers.as_ref().is_some_and(|drivers| {
        !drivers.iter().any(|d| b.crew.iter().any(|(_, own)| own.document == d.document))
    });
    if edit.account_id != b.account_id || another_vin || another_crew { return Some(Code::TransferForbidden); }
    let another_plate = fields.plate.as_ref().is_some_and(|p| {
        p.plate != *b.plate() || p.country.as_ref().is_some_and(|c| c.0 != b.country())
    });
    let another_place = fields.checkpoint.as_ref().is_some_and(|id| {
        let id = cx.refs.catalogue.checkpoint(id).map_or(id, |c| &c.id);
        *id != *b.checkpoint.as_ref().unwrap_or(&b.request.checkpoint)
    });
    (too_late(b) || another_plate || another_place).then_some(Code::ChangeForbidden)
}

fn reschedule(cx: &mut Cx<'_>, key: &Key, b: &Booking, edit: &BookingInput, fields: &BookingEdit) {
    if let Some(code) = forbidden(cx, b, edit, fields, true) { return forbid(cx, key, code); }
    let (Some(wish), Some(cp)) = (&fields.slot, b.checkpoint.clone()) else { return };
    if let Some(code) = request::judge_time(cx, b, wish).first() { return forbid(cx, key, *code); }
    cx.send(Owner::Checkpoint(cp), Message::Queue(QueueMsg::Move { booking: b.booking_id.clone(), wish: wish.clone() }));
}

fn add_drivers(cx: &mut Cx<'_>, key: &Key, b: &Booking, edit: &BookingInput, fields: &BookingEdit) {
    if let Some(code) = forbidden(cx, b, edit, fields, false) { return forbid(cx, key, code); }
    let Some(drivers) = fields.drivers.as_ref().filter(|d| !d.is_empty()) else { return };
    let hold = cx.refs.rules.of(&b.request.scheme).hold();
    let until = cx.now + hold;
    let Some(row) = cx.tables.booking.bookings.get_mut(key) else { return };
    let numbered: Vec<_> = (row.next_driver()..).zip(drivers.iter().cloned()).collect();
    if row.phase == Phase::Checking {
        row.crew.extend(numbered);
        return checks::judge(cx, key);
    }
    row.added.push(Addition { drivers: numbered, until });
    cx.arm(until, key.0.as_str(), TimerKind::HoldExpiry, key.1.as_str());
    checks::judge_additions(cx, key, cx.now);
}
