//! Notice, call, late and annulled: what the clock does to a confirmed booking. A timer that no longer belongs to the
//! booking's slot (it was moved) is known by its time and does nothing.

use kezek_schemas::ids::BookingId;
use kezek_schemas::time::{Span, Timestamp};

use super::entry::{QueueEntry, Status};
use super::requests::{change, end};
use super::{Step, tell};
use crate::kernel::{Cx, TimerKind};

/// When things are due for an entry's slot: notice, call, late, annulment.
fn due(cx: &Cx<'_>, e: &QueueEntry) -> [Timestamp; 4] {
    let rules = cx.refs.rules.of(&e.scheme);
    let end = e.slot_start + Span::hours(1);
    [e.slot_start - rules.notice(), e.slot_start - rules.call(e.slot), end, end + rules.grace()]
}

/// Sets what is to come for a booking's slot; what is already due is done at once.
pub fn schedule(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(e) = cx.tables.queue.entries.get(booking).filter(|e| e.confirmed() && !e.fixed() && !e.stranded).cloned() else { return };
    let times = due(cx, &e);
    for (at, kind) in times.into_iter().zip([TimerKind::Notice, TimerKind::Call, TimerKind::Late, TimerKind::Annul]) {
        if at > cx.now {
            cx.arm(at, e.checkpoint.as_str(), kind, booking.as_str());
            continue;
        }
        if kind == TimerKind::Notice { on_notice(cx, booking, at); }
        if kind == TimerKind::Call { on_call(cx, booking, at); }
        if kind == TimerKind::Late { on_late(cx, booking, at); }
        if kind == TimerKind::Annul { on_annul(cx, booking, at); }
    }
}

fn live(cx: &Cx<'_>, booking: &BookingId, n: usize, at: Timestamp) -> Option<Status> {
    let e = cx.tables.queue.entries.get(booking)?;
    (e.confirmed() && !e.fixed() && !e.stranded && due(cx, e)[n] == at).then_some(e.status)
}

/// Told to come to the zone.
pub fn on_notice(cx: &mut Cx<'_>, booking: &BookingId, at: Timestamp) {
    let Some(status) = live(cx, booking, 0, at) else { return };
    if cx.tables.queue.entries.get(booking).is_none_or(|e| e.noticed) { return; }
    let is_status = matches!(status, Status::Confirmed | Status::Rescheduled);
    change(cx, booking, |e| {
        e.noticed = true;
        if is_status { e.status = Status::Notified; }
    });
    tell(cx, booking, Step::Noticed { status: is_status });
}

/// Called.
pub fn on_call(cx: &mut Cx<'_>, booking: &BookingId, at: Timestamp) {
    let Some(status) = live(cx, booking, 1, at) else { return };
    if cx.tables.queue.entries.get(booking).is_none_or(|e| e.called) { return; }
    if !matches!(status, Status::Confirmed | Status::Rescheduled | Status::Notified | Status::InZone) { return; }
    change(cx, booking, |e| {
        e.called = true;
        e.status = Status::Called;
    });
    tell(cx, booking, Step::Called);
}

fn absent(cx: &Cx<'_>, booking: &BookingId) -> bool { cx.tables.queue.entries.get(booking).is_some_and(|e| !e.seen) }

/// The slot is over and it was not seen.
pub fn on_late(cx: &mut Cx<'_>, booking: &BookingId, at: Timestamp) {
    let Some(status) = live(cx, booking, 2, at) else { return };
    if absent(cx, booking) && status != Status::Late { make_late(cx, booking); }
}

/// The grace is over too.
pub fn on_annul(cx: &mut Cx<'_>, booking: &BookingId, at: Timestamp) {
    if live(cx, booking, 3, at).is_some() && absent(cx, booking) { annul(cx, booking); }
}

fn make_late(cx: &mut Cx<'_>, booking: &BookingId) {
    change(cx, booking, |e| e.status = Status::Late);
    tell(cx, booking, Step::Late);
}

fn annul(cx: &mut Cx<'_>, booking: &BookingId) {
    end(cx, booking, Status::Annulled);
    tell(cx, booking, Step::Annulled);
}

/// No sight stands for the booking any longer: late or annulled now, if its time is over.
pub fn judge_absence(cx: &mut Cx<'_>, booking: &BookingId) {
    let Some(e) = cx.tables.queue.entries.get(booking).filter(|e| e.confirmed() && !e.fixed() && !e.stranded && !e.seen).cloned() else { return };
    let [_, _, late, annulled] = due(cx, &e);
    if cx.now >= annulled {
        annul(cx, booking);
    } else if cx.now >= late && e.status != Status::Late {
        make_late(cx, booking);
    }
}
