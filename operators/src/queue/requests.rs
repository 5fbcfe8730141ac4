//! What the vehicle's side asks of a checkpoint: a place, its confirmation, a move, its end.

use kezek_schemas::ids::{BookingId, CheckpointId, SchemeId};
use kezek_schemas::inputs::{Fee, SlotWish};
use kezek_schemas::time::{Slot, Span};

use super::entry::{Lane, Quota, QueueEntry, Status};
use super::{Place, Revocation, Step, calls, desk, places, tell};
use crate::booking::Code;
use crate::kernel::{Cx, Message, Owner, TimerKind};

/// How long an ended booking stays known, so that the gate can say why not.
const KEEP_ENDED: Span = Span::hours(48);

/// Changes an entry and keeps the index of called ones; the boards are told when it concerns them.
pub fn change(cx: &mut Cx<'_>, booking: &BookingId, f: impl FnOnce(&mut QueueEntry)) {
    let on_board = |e: &QueueEntry| {
        (e.called && e.confirmed() && !matches!(e.status, Status::AtGate | Status::Admitted))
            .then(|| (e.checkpoint.clone(), e.lane, e.slot_start, e.number, e.booking_id.clone()))
    };
    let Some(mut e) = cx.tables.queue.entries.get(booking).cloned() else { return };
    let (before, cp) = (on_board(&e), e.checkpoint.clone());
    f(&mut e);
    let after = on_board(&e);
    cx.tables.queue.entries.insert(booking.clone(), e);
    if before.is_none() && after.is_none() { return; }
    if before != after {
        if let Some(key) = before { cx.tables.queue.called.remove(&key); }
        if let Some(key) = after { cx.tables.queue.called.insert(key, ()); }
    }
    crate::boards::changed(cx, &cp);
}

/// The slot a wish comes to, or why there is none and what is free instead.
fn find_place(cx: &Cx<'_>, cp: &CheckpointId, scheme: &SchemeId, wish: &SlotWish) -> Result<Slot, (Code, Vec<Slot>)> {
    let refs = cx.refs;
    let Some(place) = refs.catalogue.checkpoints.get(cp) else { return Err((Code::UnknownCheckpoint, Vec::new())) };
    let last = places::horizon(cx, cp, refs.rules.of(scheme).horizon_days);
    match wish {
        SlotWish::Exact(slot) => {
            let closed = desk::hour_is_closed(cx, cp, slot.start(&place.zone));
            if !closed && places::is_free(cx, cp, *slot) { return Ok(*slot); }
            let code = if closed { Code::CheckpointClosed } else { Code::SlotFull };
            Err((code, places::free_hours(cx, cp, slot.next(), last, 3)))
        }
        SlotWish::FirstFree { not_before } => {
            let since = not_before.map_or(cx.now, |t| t.max(cx.now));
            let (date, hour) = place.zone.date_hour(since);
            let mut from = Slot { date, hour };
            if from.start(&place.zone) < since { from = from.next(); }
            let found = places::free_hours(cx, cp, from, last, 1).first().copied();
            found.ok_or_else(|| {
                let endless = desk::hour_is_closed(cx, cp, from.start(&place.zone))
                    && desk::hour_is_closed(cx, cp, Slot { date: last, hour: 23 }.start(&place.zone));
                (if endless { Code::CheckpointClosed } else { Code::SlotFull }, Vec::new())
            })
        }
    }
}

/// Judges the wished place and holds it.
pub fn ask(cx: &mut Cx<'_>, cp: &CheckpointId, mut entry: QueueEntry, wish: &SlotWish, only_judge: bool) {
    let booking = entry.booking_id.clone();
    let found = find_place(cx, cp, &entry.scheme, wish);
    let (causes, alternatives) = match found {
        Ok(slot) if !only_judge => {
            entry.slot = slot;
            entry.slot_start = desk::started(cx, cp, slot).unwrap_or(cx.now);
            entry.held_at = cx.now;
            places::take(cx, &entry);
            cx.tables.queue.by_plate.insert((cp.clone(), entry.plate.clone(), booking.clone()), ());
            cx.tables.queue.entries.insert(booking.clone(), entry);
            return tell(cx, &booking, Step::Held);
        }
        Ok(_) => (Vec::new(), Vec::new()),
        Err((code, alternatives)) => (vec![code], alternatives),
    };
    let step = Step::NoPlace { causes, alternatives };
    let body = crate::booking::Msg::Step { booking, step, place: Place::default() };
    cx.send(Owner::Vehicle(entry.vehicle), Message::Booking(body));
}

/// The request waits for a source.
pub fn waiting(cx: &mut Cx<'_>, booking: &BookingId) {
    change(cx, booking, |e| if e.status == Status::Requested { e.status = Status::WaitingSource });
}

/// All blocking checks are in: number, lane, notice and call.
pub fn confirm(cx: &mut Cx<'_>, booking: &BookingId, proven: bool, fee: Option<Fee>) {
    let Some(e) = cx.tables.queue.entries.get(booking).filter(|e| e.held()).cloned() else { return };
    let mut wants = Vec::new();
    if proven { wants.push((Quota::Proof, None)); }
    match fee {
        Some(Fee::OutOfTurn) => wants.push((Quota::OutOfTurn, fee)),
        Some(Fee::Accelerated) => wants.push((Quota::Accelerated, fee)),
        Some(Fee::Turn) | None => {}
    }
    let rules = cx.refs.rules.of(&e.scheme);
    let day = kezek_schemas::time::days_since_epoch(e.slot.date);
    let daily = if wants.is_empty() { 0 } else { places::day_capacity(cx, &e.checkpoint, e.slot.date) };
    let quota = wants.iter().find(|(q, fee)| {
        let used = cx.tables.queue.quotas.get(&(e.checkpoint.clone(), day, *q)).copied().unwrap_or(0);
        used < rules.quota(*fee, daily)
    }).map(|(q, _)| *q);
    places::confirm(cx, &e.checkpoint, e.slot);
    let number = places::next_number(cx, &e.checkpoint, e.slot.date);
    change(cx, booking, |e| {
        e.status = Status::Confirmed;
        e.number = number;
        e.quota = quota;
        e.lane = if quota.is_some() { Lane::Priority } else { Lane::Turn };
    });
    places::count_quota(cx, &QueueEntry { quota, ..e }, true);
    tell(cx, booking, Step::Confirmed { quota_used_up: quota.is_none() && !wants.is_empty() });
    calls::schedule(cx, booking);
}

/// The life of a confirmed booking is over. All but a crossing free the place.
pub fn end(cx: &mut Cx<'_>, booking: &BookingId, status: Status) {
    let Some(e) = cx.tables.queue.entries.get(booking).cloned() else { return };
    if status != Status::Crossed {
        places::free(cx, &e);
        places::count_quota(cx, &e, false);
    }
    cx.tables.queue.stranded.remove(&(e.checkpoint.clone(), booking.clone()));
    let now = cx.now;
    change(cx, booking, |e| {
        e.status = status;
        e.ended_at = Some(now);
        e.in_zone = false;
        e.stranded = false;
    });
    // the gate must know why it says no when the vehicle comes for its slot
    cx.arm(now.max(e.slot_end()) + KEEP_ENDED, e.checkpoint.as_str(), TimerKind::QueuePurge, booking.as_str());
}

/// An undecided request was refused.
pub fn drop_hold(cx: &mut Cx<'_>, booking: &BookingId) {
    if cx.tables.queue.entries.get(booking).is_none_or(|e| !e.held()) { return; }
    end(cx, booking, Status::Refused);
}

/// The user gives it up: not from the gate on.
pub fn cancel(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(e) = cx.tables.queue.entries.get(booking) else { return };
    if e.fixed() { return tell(cx, booking, Step::EditRefused(Code::ChangeForbidden)); }
    end(cx, booking, Status::Cancelled);
    tell(cx, booking, Step::Cancelled);
}

/// Revoked by a failed check or an official; not once it is in.
pub fn revoke(cx: &mut Cx<'_>, booking: &BookingId, reason: Revocation) {
    let Some(e) = cx.tables.queue.entries.get(booking) else { return };
    if e.status.ended() || e.status == Status::Admitted { return cx.count("revocation_too_late"); }
    end(cx, booking, Status::Revoked);
    tell(cx, booking, Step::Revoked(reason));
}

/// The user wants another slot.
pub fn move_to(cx: &mut Cx<'_>, booking: &BookingId, wish: &SlotWish) {
    let Some(e) = cx.tables.queue.entries.get(booking) else { return };
    if e.fixed() { return tell(cx, booking, Step::EditRefused(Code::ChangeForbidden)); }
    if matches!(wish, SlotWish::Exact(slot) if *slot == e.slot) { return; }
    match find_place(cx, &e.checkpoint, &e.scheme, wish) {
        Ok(slot) if slot == e.slot => {}
        Ok(slot) => relocate(cx, booking, slot, true),
        Err((code, _)) => tell(cx, booking, Step::EditRefused(code)),
    }
}

/// Puts a booking into another slot.
pub fn relocate(cx: &mut Cx<'_>, booking: &BookingId, slot: Slot, by_user: bool) {
    let Some(old) = cx.tables.queue.entries.get(booking).cloned() else { return };
    places::free(cx, &old);
    places::count_quota(cx, &old, false);
    cx.tables.queue.stranded.remove(&(old.checkpoint.clone(), booking.clone()));
    let start = desk::started(cx, &old.checkpoint, slot).unwrap_or(old.slot_start);
    let number = if old.held() || slot.date == old.slot.date { old.number } else { places::next_number(cx, &old.checkpoint, slot.date) };
    let keeps = old.keeps_its_call();
    change(cx, booking, |e| {
        e.slot = slot;
        e.slot_start = start;
        e.number = number;
        e.stranded = false;
        if !keeps && !e.held() {
            e.status = Status::Rescheduled;
            e.called = false;
            e.noticed = false;
        }
    });
    let Some(e) = cx.tables.queue.entries.get(booking).cloned() else { return };
    places::take(cx, &e);
    places::count_quota(cx, &e, true);
    tell(cx, booking, Step::Rescheduled { by_user, status: e.status });
    calls::schedule(cx, booking);
}

/// Forgets an ended booking.
pub fn purge(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(e) = cx.tables.queue.entries.get(booking).filter(|e| e.status.ended()).cloned() else { return };
    cx.tables.queue.by_plate.remove(&(e.checkpoint.clone(), e.plate.clone(), booking.clone()));
    cx.tables.queue.by_slot.remove(&(e.checkpoint, e.slot, booking.clone()));
    cx.tables.queue.entries.remove(booking);
}
