//! Capacity and the places in use. Held and confirmed bookings both use one; a crossed one keeps its.

use jiff::civil::Date;
use kezek_schemas::ids::{BookingId, CheckpointId};
use kezek_schemas::tables::{QueueRow, SlotRow, ViewRow};
use kezek_schemas::time::{Slot, Timestamp, days_since_epoch};
use serde::{Deserialize, Serialize};

use super::desk;
use super::entry::{QueueEntry, Status};
use crate::kernel::Cx;

/// Places of one hour in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// By requests that are not decided.
    pub held: u32,
    /// By bookings.
    pub confirmed: u32,
}

/// One hour's part of a day: the floor, and one more in the first hours for the remainder.
pub const fn hourly(daily: u32, hour: i8) -> u32 { daily / 24 + ((hour as u32) < daily % 24) as u32 }

/// Capacity of an hour, closures aside.
pub fn set_capacity(cx: &Cx<'_>, cp: &CheckpointId, slot: Slot) -> u32 {
    if let Some(n) = cx.tables.queue.capacity.get(&(cp.clone(), slot)) { return *n; }
    cx.refs.catalogue.checkpoints.get(cp).map_or(10, |c| c.usual_capacity(slot.hour))
}

/// Capacity of an hour: 0 while it is closed.
pub fn capacity(cx: &Cx<'_>, cp: &CheckpointId, slot: Slot) -> u32 {
    match desk::started(cx, cp, slot) {
        Some(start) if !desk::hour_is_closed(cx, cp, start) => set_capacity(cx, cp, slot),
        Some(_) | None => 0,
    }
}

/// Capacity of a whole day: what quotas are counted from.
pub fn day_capacity(cx: &Cx<'_>, cp: &CheckpointId, date: Date) -> u32 {
    (0..24).map(|hour| set_capacity(cx, cp, Slot { date, hour })).sum()
}

/// Places in use in an hour.
pub fn used(cx: &Cx<'_>, cp: &CheckpointId, slot: Slot) -> u32 {
    cx.tables.queue.places.get(&(cp.clone(), slot)).map_or(0, |p| p.held + p.confirmed)
}

/// Whether an hour has a free place.
pub fn is_free(cx: &Cx<'_>, cp: &CheckpointId, slot: Slot) -> bool { used(cx, cp, slot) < capacity(cx, cp, slot) }

/// The free hours from `from` on (inclusive) that start after now, up to the last day.
pub fn free_hours(cx: &Cx<'_>, cp: &CheckpointId, from: Slot, last: Date, most: usize) -> Vec<Slot> {
    let Some(place) = cx.refs.catalogue.checkpoints.get(cp) else { return Vec::new() };
    let (today, hour) = place.zone.date_hour(cx.now);
    let now = Slot { date: today, hour };
    let mut slot = if (from.date, from.hour) < (now.date, now.hour) { now } else { from };
    let mut found = Vec::new();
    while slot.date <= last && found.len() < most {
        if is_free(cx, cp, slot) && slot.start(&place.zone) > cx.now { found.push(slot); }
        let next = slot.next();
        if next == slot { break; }
        slot = next;
    }
    found
}

/// The last day that may be booked now.
pub fn horizon(cx: &Cx<'_>, cp: &CheckpointId, days: i32) -> Date {
    let today = cx.refs.catalogue.checkpoints.get(cp).map_or(Date::ZERO, |c| c.zone.date_hour(cx.now).0);
    kezek_schemas::time::date_of_days(days_since_epoch(today) + days).unwrap_or(today)
}

fn counted(p: &mut Places, held: bool) -> &mut u32 { if held { &mut p.held } else { &mut p.confirmed } }

/// The entry takes a place in its slot.
pub fn take(cx: &mut Cx<'_>, e: &QueueEntry) {
    let key = (e.checkpoint.clone(), e.slot);
    *counted(cx.tables.queue.places.entry(&key), e.held()) += 1;
    cx.tables.queue.by_slot.insert((e.checkpoint.clone(), e.slot, e.booking_id.clone()), ());
    show_hour(cx, &e.checkpoint, e.slot);
}

/// The entry's place is free.
pub fn free(cx: &mut Cx<'_>, e: &QueueEntry) {
    let key = (e.checkpoint.clone(), e.slot);
    let by_slot = (e.checkpoint.clone(), e.slot, e.booking_id.clone());
    if !cx.tables.queue.by_slot.contains(&by_slot) { return; }
    cx.tables.queue.by_slot.remove(&by_slot);
    let n = counted(cx.tables.queue.places.entry(&key), e.held());
    *n = n.saturating_sub(1);
    show_hour(cx, &e.checkpoint, e.slot);
}

/// A held place becomes a confirmed one.
pub fn confirm(cx: &mut Cx<'_>, cp: &CheckpointId, slot: Slot) {
    let p = cx.tables.queue.places.entry(&(cp.clone(), slot));
    p.held = p.held.saturating_sub(1);
    p.confirmed += 1;
    show_hour(cx, cp, slot);
}

/// The next number of a day.
pub fn next_number(cx: &mut Cx<'_>, cp: &CheckpointId, date: Date) -> u32 {
    let n = cx.tables.queue.numbers.entry(&(cp.clone(), days_since_epoch(date)));
    *n += 1;
    *n
}

/// Uses or gives back one of the day's priority places of the entry.
pub fn count_quota(cx: &mut Cx<'_>, e: &QueueEntry, use_it: bool) {
    let Some(quota) = e.quota else { return };
    let n = cx.tables.queue.quotas.entry(&(e.checkpoint.clone(), days_since_epoch(e.slot.date), quota));
    *n = if use_it { *n + 1 } else { n.saturating_sub(1) };
}

/// Shows an hour's places.
pub fn show_hour(cx: &mut Cx<'_>, cp: &CheckpointId, slot: Slot) {
    cx.view(|cx| {
        let p = cx.tables.queue.places.get(&(cp.clone(), slot)).copied().unwrap_or_default();
        let capacity = capacity(cx, cp, slot);
        ViewRow::SlotRow(Box::new(SlotRow { checkpoint: cp.0.clone(), slot_start: desk::started(cx, cp, slot).unwrap_or(Timestamp(0)),
            capacity, held: p.held, confirmed: p.confirmed, free: capacity.saturating_sub(p.held + p.confirmed) }))
    });
}

/// Shows an entry of the queue, or that it left, and keeps the called ones in order for the boards.
pub fn show_entry(cx: &mut Cx<'_>, booking: &BookingId) {
    cx.view(|cx| {
        let shown = cx.tables.queue.entries.get(booking).filter(|e| e.confirmed() && e.status != Status::Admitted);
        shown.map_or_else(
            || ViewRow::Delete { table: "queue".into(), key: vec![booking.0.clone()] },
            |e| ViewRow::QueueRow(Box::new(QueueRow { checkpoint: e.checkpoint.0.clone(), booking_id: booking.0.clone(),
                plate: e.plate.as_str().into(), country: e.country.0.clone(), lane: e.lane.name().into(),
                status: e.status.name().into(), slot_start: e.slot_start, number: e.number })),
        )
    });
}
