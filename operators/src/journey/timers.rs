//! Timers of journeys.

use kezek_schemas::plate::Plate;
use kezek_schemas::time::Span;

use super::{hooks, overdue, papers, seals};
use crate::kernel::{Cx, TimerKey, TimerKind};

/// A journey without a sight for this long is over.
const FORGOTTEN: Span = Span::days(7);
/// What is known of a vehicle is kept so long after its last sight.
const KEPT: Span = Span::days(8);

/// A journey opened: it is looked at again when it may be forgotten.
pub(super) fn opened(cx: &mut Cx<'_>, plate: &Plate) {
    let due = cx.now + FORGOTTEN;
    cx.arm(due, plate.skeleton().as_str(), TimerKind::JourneyTimeout, plate.as_str());
}

pub(super) fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    match timer.kind {
        TimerKind::JourneyTimeout => on_timeout(cx, timer),
        TimerKind::TransitNear | TimerKind::TransitDue => papers::on_term(cx, timer),
        TimerKind::SealSilence => seals::on_silence(cx, timer),
        TimerKind::Overdue => overdue::on_timer(cx, timer),
        TimerKind::BypassCheck => crate::risk::bypass::on_timer(cx, timer),
        TimerKind::JourneyPurge => on_purge(cx, timer),
        TimerKind::InsuranceEnd => papers::on_insurance_end(cx, timer),
        _ => {}
    }
}

fn on_timeout(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let Some(j) = cx.tables.journey.journeys.get(&plate).cloned() else { return };
    // Seven days after its last sight. Not seen yet: a booking waits for its slot, a transit for its term.
    let term = cx.tables.journey.vehicles.get(&plate).into_iter().flat_map(|v| &v.transits).filter_map(|t| t.deadline).max();
    let unseen = || j.opened_at.max(j.slot_start.unwrap_or(j.opened_at)).max(term.unwrap_or(j.opened_at));
    let from = j.last.as_ref().map_or_else(unseen, |s| s.at);
    if cx.now - from >= FORGOTTEN { hooks::end(cx, &plate, &j, "timeout"); }
    else { cx.arm(from + FORGOTTEN, timer.key.as_str(), TimerKind::JourneyTimeout, plate.as_str()); }
}

/// A vehicle was met for the first time: it is looked at again when it may be forgotten.
pub(super) fn met(cx: &mut Cx<'_>, plate: &Plate) {
    cx.arm(cx.now + KEPT, plate.skeleton().as_str(), TimerKind::JourneyPurge, plate.as_str());
}

fn on_purge(cx: &mut Cx<'_>, timer: &TimerKey) {
    let plate = Plate::normalise(&timer.subject);
    let Some(v) = cx.tables.journey.vehicles.get(&plate) else { return };
    let last = v.sights.last().map(|s| s.at);
    let needed = cx.tables.journey.journeys.contains(&plate) || !v.transits.is_empty() || cx.tables.risk.tasks.contains(&plate);
    let due = last.map_or(cx.now, |at| at + KEPT);
    if needed || due > cx.now {
        cx.arm(due.max(cx.now + Span::days(1)), timer.key.as_str(), TimerKind::JourneyPurge, plate.as_str());
        return;
    }
    cx.tables.journey.vehicles.remove(&plate);
    if cx.tables.risk.weighed.contains(&plate) { cx.tables.risk.weighed.remove(&plate); }
}
