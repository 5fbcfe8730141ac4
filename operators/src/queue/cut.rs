//! Capacity cuts and closures. Whoever is over the new limit leaves from the end and goes to the earliest later hour
//! with a free place, in their order; nobody is dropped. Hours that are over are left alone.

use core::cmp::Reverse;

use jiff::civil::Date;
use kezek_schemas::ids::{BookingId, CheckpointId};
use kezek_schemas::time::{Slot, Span, Timestamp};

use super::desk::{self, Closure};
use super::entry::{Lane, QueueEntry};
use super::requests::{change, relocate};
use super::{calls, places};
use crate::kernel::{Cx, TimerKind};

/// Sets one hour, or spreads a day.
pub fn capacity_set(cx: &mut Cx<'_>, cp: &CheckpointId, date: Date, hour: Option<i8>, capacity: u32) {
    let hours: Vec<(Slot, u32)> = match hour {
        Some(hour) => vec![(Slot { date, hour }, capacity)],
        None => (0..24).map(|hour| (Slot { date, hour }, places::hourly(capacity, hour))).collect(),
    };
    for (slot, n) in &hours {
        cx.tables.queue.capacity.insert((cp.clone(), *slot), *n);
        places::show_hour(cx, cp, *slot);
    }
    fit(cx, cp, hours.into_iter().map(|(slot, _)| slot).collect());
    rescue(cx, cp);
}

/// Closes from now on.
pub fn closed(cx: &mut Cx<'_>, cp: &CheckpointId, until: Option<Timestamp>) {
    if until.is_some_and(|u| u <= cx.now) { return cx.count("closure_in_the_past"); }
    let now = cx.now;
    let desk = cx.tables.queue.desks.entry(cp);
    let from = desk.closure.filter(|c| c.lasts_at(now)).map_or(now, |c| c.from);
    let closure = Closure { from, until };
    desk.closure = Some(closure);
    if let Some(until) = until { cx.arm(until, cp.as_str(), TimerKind::Reopen, ""); }
    let mut hours: Vec<Slot> = booked_hours(cx, cp);
    hours.retain(|slot| desk::started(cx, cp, *slot).is_some_and(|start| closure.overlaps(start)));
    for slot in &hours { places::show_hour(cx, cp, *slot); }
    fit(cx, cp, hours);
    rescue(cx, cp);
    crate::boards::changed(cx, cp);
}

/// Opens again: nobody is moved back.
pub fn opened(cx: &mut Cx<'_>, cp: &CheckpointId) {
    let Some(desk) = cx.tables.queue.desks.get_mut(cp) else { return };
    desk.closure = None;
    for slot in booked_hours(cx, cp) { places::show_hour(cx, cp, slot); }
    rescue(cx, cp);
    crate::boards::changed(cx, cp);
}

/// The end of a closure came.
pub fn closure_over(cx: &mut Cx<'_>, cp: &CheckpointId) {
    let stands = cx.tables.queue.desks.get(cp).and_then(|d| d.closure).is_some_and(|c| c.lasts_at(cx.now));
    if !stands { opened(cx, cp); }
}

/// The hours from the running one on in which somebody has a place.
fn booked_hours(cx: &Cx<'_>, cp: &CheckpointId) -> Vec<Slot> {
    let Some(place) = cx.refs.catalogue.checkpoints.get(cp) else { return Vec::new() };
    let (date, hour) = place.zone.date_hour(cx.now);
    let mut hours: Vec<Slot> = cx.tables.queue.by_slot.range((cp.clone(), Slot { date, hour }, BookingId::default())..)
        .take_while(|((c, _, _), ())| c == cp).map(|((_, slot, _), ())| *slot).collect();
    hours.dedup();
    hours
}

/// Who leaves first: held requests, the latest first; then not seen before seen, ordinary before priority, higher
/// number before lower.
fn leaving(e: &QueueEntry) -> (bool, Reverse<Timestamp>, bool, bool, Reverse<u32>) {
    if e.held() { return (false, Reverse(e.held_at), false, false, Reverse(0)); }
    (true, Reverse(Timestamp(0)), e.seen, e.lane == Lane::Priority, Reverse(e.number))
}

/// Moves whoever is over the limit of these hours.
fn fit(cx: &mut Cx<'_>, cp: &CheckpointId, hours: Vec<Slot>) {
    let mut leavers: Vec<QueueEntry> = Vec::new();
    for slot in hours {
        let over = desk::started(cx, cp, slot).is_some_and(|start| start + Span::hours(1) <= cx.now);
        let surplus = places::used(cx, cp, slot).saturating_sub(places::capacity(cx, cp, slot)) as usize;
        if over || surplus == 0 { continue; }
        let mut there: Vec<QueueEntry> = cx.tables.queue.by_slot.range((cp.clone(), slot, BookingId::default())..)
            .take_while(|((c, s, _), ())| c == cp && *s == slot)
            .filter_map(|((_, _, booking), ())| cx.tables.queue.entries.get(booking))
            .filter(|e| !e.fixed()).cloned().collect();
        there.sort_by(|a, b| leaving(a).cmp(&leaving(b)).then_with(|| b.booking_id.cmp(&a.booking_id)));
        there.truncate(surplus);
        leavers.append(&mut there);
    }
    // All of them give their places first, then each takes its new one, in the order of the queue, held ones last.
    leavers.sort_by(|a, b| (a.held(), a.order(), a.held_at, &a.booking_id).cmp(&(b.held(), b.order(), b.held_at, &b.booking_id)));
    for e in &leavers { places::free(cx, e); }
    for e in leavers { find_new_hour(cx, &e); }
}

fn find_new_hour(cx: &mut Cx<'_>, e: &QueueEntry) {
    let last = places::horizon(cx, &e.checkpoint, cx.refs.rules.of(&e.scheme).horizon_days);
    if let Some(slot) = places::free_hours(cx, &e.checkpoint, e.slot.next(), last, 1).first() {
        return relocate(cx, &e.booking_id, *slot, false);
    }
    places::take(cx, e);
    if desk::hour_is_closed(cx, &e.checkpoint, e.slot_start) {
        change(cx, &e.booking_id, |e| e.stranded = true);
        cx.tables.queue.stranded.insert((e.checkpoint.clone(), e.booking_id.clone()), ());
    }
}

/// Bookings that found no hour under a closure: once their hour is open their slot stands if it is still ahead; if it is
/// over they get the next hour, but not before the checkpoint is open.
fn rescue(cx: &mut Cx<'_>, cp: &CheckpointId) {
    let mut waiting: Vec<QueueEntry> = cx.tables.queue.stranded.range((cp.clone(), BookingId::default())..)
        .take_while(|((c, _), ())| c == cp).filter_map(|((_, booking), ())| cx.tables.queue.entries.get(booking)).cloned().collect();
    waiting.sort_by(|a, b| (a.held(), a.order(), a.held_at, &a.booking_id).cmp(&(b.held(), b.order(), b.held_at, &b.booking_id)));
    let closed = cx.tables.queue.desks.get(cp).and_then(|d| d.closure).is_some_and(|c| c.lasts_at(cx.now));
    for e in waiting {
        if desk::hour_is_closed(cx, cp, e.slot_start) { continue; }
        if e.slot_start > cx.now {
            cx.tables.queue.stranded.remove(&(cp.clone(), e.booking_id.clone()));
            change(cx, &e.booking_id, |e| e.stranded = false);
            calls::schedule(cx, &e.booking_id);
            continue;
        }
        if closed { continue; }
        let last = places::horizon(cx, cp, cx.refs.rules.of(&e.scheme).horizon_days);
        if let Some(slot) = places::free_hours(cx, cp, e.slot.next(), last, 1).first() {
            relocate(cx, &e.booking_id, *slot, false);
        }
    }
}
