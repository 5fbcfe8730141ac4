//! What the gate tells the queue: the steps of a booking's life that cameras and barriers cause. Each updates the
//! entry and tells the vehicle's side, which publishes `booking.events`; each is a no-op where the step does not fit.

use kezek_schemas::ids::{BookingId, CheckpointId};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};

use super::entry::{Lane, QueueEntry, Status};
use super::requests::{change, end};
use super::{Step, calls, tell};
use crate::kernel::{Cx, TimerKind};
use crate::matching::edit;
use crate::matching::pattern::Pattern;

/// A crossing nobody reported is taken for granted after this.
const CROSS_TIMEOUT: Span = Span::hours(24);

/// How a crossing became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossedBy {
    /// Exact read at the gate's exit.
    GateOut,
    /// Record of the border service.
    Crossings,
    /// 24 h after `admitted`.
    Timeout,
}

/// The entries of one plate at a checkpoint, ended ones too, in queue order.
#[must_use]
pub fn entries_of_plate<'a>(cx: &'a Cx<'_>, checkpoint: &CheckpointId, plate: &Plate) -> Vec<&'a QueueEntry> {
    let mut all: Vec<&QueueEntry> = cx.tables.queue.by_plate.range((checkpoint.clone(), plate.clone(), BookingId::default())..)
        .take_while(|((cp, p, _), ())| cp == checkpoint && p == plate)
        .filter_map(|((_, _, booking), ())| cx.tables.queue.entries.get(booking))
        .filter(|e| !e.held() && e.status != Status::Refused).collect();
    all.sort_by(|a, b| (a.order(), &a.booking_id).cmp(&(b.order(), &b.booking_id)));
    all
}

/// The plates of a checkpoint's entries, ended ones too, that are at most one edit or erasure from a read.
#[must_use]
pub fn plates_near<'a>(cx: &'a Cx<'_>, checkpoint: &CheckpointId, read: &Plate) -> Vec<&'a Plate> {
    let entries = &cx.tables.queue.entries;
    let mut plates = Vec::new();
    if let Some(roster) = entries.kept().roster(checkpoint) {
        roster.scan(&[Pattern::of(read)], 1, |_, booking| {
            plates.extend(booking.and_then(|b| entries.get(b)).map(|e| &e.plate).filter(|p| edit::near(read, p)));
        });
    }
    plates
}

/// The bookings that were called and are not in yet, released ones too, in queue order.
pub fn called<'a>(cx: &'a Cx<'_>, checkpoint: &CheckpointId) -> impl Iterator<Item = &'a QueueEntry> + use<'a> {
    let cp = checkpoint.clone();
    let from = (cp.clone(), Lane::Priority, Timestamp::MIN, 0, BookingId::default());
    let queue = &cx.tables.queue;
    queue.called.range(from..).take_while(move |((c, ..), ())| *c == cp).filter_map(|((.., booking), ())| queue.entries.get(booking))
}

/// The entry of a booking at this checkpoint.
#[must_use]
pub fn entry<'a>(cx: &'a Cx<'_>, booking: &BookingId) -> Option<&'a QueueEntry> { cx.tables.queue.entries.get(booking) }

fn live(cx: &Cx<'_>, booking: &BookingId) -> Option<Status> {
    cx.tables.queue.entries.get(booking).filter(|e| e.confirmed()).map(|e| e.status)
}

/// Sets a status that a sight caused: the booking is accepted by a camera.
fn accept(cx: &mut Cx<'_>, booking: &BookingId, status: Status, step: Step) {
    let now = cx.now;
    change(cx, booking, |e| {
        e.status = status;
        e.accepted = true;
        e.seen = true;
        e.in_zone = status == Status::InZone;
        if status == Status::Released { e.released_at = Some(now); }
    });
    tell(cx, booking, step);
}

/// A clean read at the zone's entry: `in_zone` (also after the call or while late).
pub fn arrived_in_zone(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(status) = live(cx, booking) else { return };
    let here = cx.tables.queue.entries.get(booking).is_some_and(|e| e.in_zone);
    if !here && matches!(status, Status::Confirmed | Status::Rescheduled | Status::Notified | Status::Called | Status::Late) {
        accept(cx, booking, Status::InZone, Step::InZone);
    } else {
        accepted(cx, booking);
    }
}

/// A clean read at the zone's exit of a called booking: `released`.
pub fn released(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(status) = live(cx, booking) else { return };
    let called = cx.tables.queue.entries.get(booking).is_some_and(|e| e.called);
    if called && !matches!(status, Status::Released | Status::AtGate | Status::Admitted) {
        accept(cx, booking, Status::Released, Step::Released);
    }
}

/// An `open` names the booking: `at_gate`.
pub fn at_gate(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(status) = live(cx, booking) else { return };
    if !matches!(status, Status::AtGate | Status::Admitted) { accept(cx, booking, Status::AtGate, Step::AtGate); }
}

/// The barrier reports `passed` for its command: `admitted`.
pub fn admitted(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(status) = live(cx, booking) else { return };
    if status == Status::Admitted { return; }
    accept(cx, booking, Status::Admitted, Step::Admitted);
    if let Some(cp) = cx.tables.queue.entries.get(booking).map(|e| e.checkpoint.clone()) {
        super::estimate::entered(cx, &cp);
        cx.arm(cx.now + CROSS_TIMEOUT, cp.as_str(), TimerKind::CrossTimeout, booking.as_str());
    }
}

/// The life ends well. The border service knows who is on the other side: its record closes any confirmed booking. An
/// exit read closes what was let in, and also what nobody saw pass the barrier but was called or seen here; the timeout
/// closes only what was admitted.
pub fn crossed(cx: &mut Cx<'_>, booking: &BookingId, by: CrossedBy) {
    let Some(e) = cx.tables.queue.entries.get(booking).filter(|e| e.confirmed()) else { return };
    let fits = match by {
        CrossedBy::Crossings => true,
        CrossedBy::GateOut => e.seen || e.called || e.fixed(),
        CrossedBy::Timeout => e.status == Status::Admitted,
    };
    if !fits { return; }
    end(cx, booking, Status::Crossed);
    tell(cx, booking, Step::Crossed(by));
}

/// An open decision asks about the booking: it counts as seen until no such decision is left.
pub fn seen(cx: &mut Cx<'_>, booking: &BookingId) {
    if cx.tables.queue.entries.get(booking).is_none_or(|e| e.seen || !e.confirmed()) { return; }
    change(cx, booking, |e| e.seen = true);
    tell(cx, booking, Step::Seen);
}

/// A camera's sight of the booking was accepted (also a late one): it is seen for good.
pub fn accepted(cx: &mut Cx<'_>, booking: &BookingId) {
    seen(cx, booking);
    if cx.tables.queue.entries.get(booking).is_some_and(|e| e.confirmed() && !e.accepted) {
        change(cx, booking, |e| e.accepted = true);
    }
}

/// No unresolved decision names the booking any longer: without an accepted sight it is not seen, and late or annulled
/// at this moment if the slot says so.
pub fn unseen(cx: &mut Cx<'_>, booking: &BookingId) {
    if cx.tables.queue.entries.get(booking).is_none_or(|e| e.accepted || !e.seen || !e.confirmed()) { return; }
    change(cx, booking, |e| e.seen = false);
    tell(cx, booking, Step::Seen);
    calls::judge_absence(cx, booking);
}
