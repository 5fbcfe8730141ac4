//! What the checkpoint tells: each step of a booking's life becomes an event, a notification, or both.

use kezek_schemas::inputs::Subject;
use kezek_schemas::time::Span;

use super::publish::{self, Advisory, Key, Kind, More};
use super::{Booking, Code, Phase, abuse, checks, edits, request};
use crate::kernel::{Broadcast, Cx};
use crate::matching::KnownPlate;
use crate::queue::entry::{Lane, Status};
use crate::queue::life::CrossedBy;
use crate::queue::{Place, Revocation, Step};

/// A step of a booking of this vehicle.
pub fn stepped(cx: &mut Cx<'_>, key: &Key, step: Step, place: Place) {
    if cx.tables.booking.bookings.get(key).is_none_or(|b| b.phase == Phase::Ended) { return; }
    match step {
        Step::Held => return request::place_held(cx, key, place),
        Step::NoPlace { causes, alternatives } => return request::refuse_place(cx, key, causes, alternatives),
        Step::EditRefused(code) => return edits::forbid(cx, key, code),
        Step::Confirmed { .. } | Step::Rescheduled { .. } | Step::Noticed { .. } | Step::Called | Step::InZone | Step::Released
        | Step::AtGate | Step::Admitted | Step::Crossed(_) | Step::Late | Step::Annulled | Step::Cancelled | Step::Revoked(_)
        | Step::Seen => {}
    }
    if let Some(b) = cx.tables.booking.bookings.get_mut(key) { b.place = place; }
    let plain = More::default;
    match step {
        Step::Held | Step::NoPlace { .. } | Step::EditRefused(_) => {}
        Step::Confirmed { quota_used_up } => confirmed(cx, key, quota_used_up),
        Step::Rescheduled { by_user, status } => rescheduled(cx, key, by_user, status),
        Step::Noticed { status } => {
            if status { publish::event(cx, key, Status::Notified, "Q-NOTICE", plain()); }
            publish::notify(cx, key, Kind::Arrive, Vec::new());
        }
        Step::Called => {
            publish::event(cx, key, Status::Called, "Q-CALL", plain());
            publish::notify(cx, key, Kind::Call, Vec::new());
        }
        Step::InZone => publish::event(cx, key, Status::InZone, "Q-SEEN", plain()),
        Step::Released => publish::event(cx, key, Status::Released, "Q-ORDER", plain()),
        Step::AtGate => publish::event(cx, key, Status::AtGate, "G-BOOKED", plain()),
        Step::Admitted => publish::event(cx, key, Status::Admitted, "G-BOOKED", plain()),
        Step::Crossed(by) => {
            let by = match by { CrossedBy::GateOut => "gate_out", CrossedBy::Crossings => "crossings", CrossedBy::Timeout => "timeout" };
            publish::event(cx, key, Status::Crossed, "G-BOOKED", More { by: Some(by.to_owned()), ..plain() });
            request::finish(cx, key, Status::Crossed);
        }
        Step::Late => {
            publish::event(cx, key, Status::Late, "Q-LATE", plain());
            publish::notify(cx, key, Kind::Late, Vec::new());
        }
        Step::Annulled => {
            publish::event(cx, key, Status::Annulled, "Q-LATE", plain());
            publish::notify(cx, key, Kind::Annulled, Vec::new());
            abuse::no_show(cx, key);
            request::finish(cx, key, Status::Annulled);
        }
        Step::Cancelled => cancelled(cx, key),
        Step::Revoked(reason) => revoked(cx, key, &reason),
        Step::Seen => publish::show(cx, key),
    }
}

fn confirmed(cx: &mut Cx<'_>, key: &Key, quota_used_up: bool) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase == Phase::Confirming) else { return };
    b.phase = Phase::Confirmed;
    let b = b.clone();
    let advisories = advisories(cx, &b, quota_used_up);
    publish::event(cx, key, Status::Confirmed, "Q-NUMBER", More { advisories: Some(advisories), ..More::default() });
    publish::notify(cx, key, Kind::Confirmed, Vec::new());
    let vehicle = &b.request.vehicle;
    for plate in core::iter::once(&vehicle.plate).chain(&vehicle.trailer) {
        cx.broadcast(Broadcast::KnownPlate(KnownPlate { plate: plate.plate.clone(), country: plate.country.clone(), at: cx.now }));
    }
    publish::confirmed_on_the_road(cx, &b);
    checks::judge_revocation(cx, key);
    edits::resume(cx, key);
}

/// Everything that was answered and blocks nothing, and our own notes.
fn advisories(cx: &Cx<'_>, b: &Booking, quota_used_up: bool) -> Vec<Advisory> {
    let needed = b.needed(cx.refs.rules.of(&b.request.scheme));
    let mut notes = Vec::new();
    if b.request.priority.is_some() && !b.proven && b.place.lane == Lane::Turn { notes.push(Advisory::Code { code: "priority_not_proven" }); }
    if quota_used_up { notes.push(Advisory::Code { code: "priority_quota" }); }
    let mut answers: Vec<_> = b.answers.iter().filter(|a| !needed.contains(&(a.check, a.subject))).collect();
    answers.sort_by_key(|a| (a.check, a.subject));
    notes.extend(answers.into_iter().map(|a| Advisory::Answer { check: a.check.name(), subject: subject(a.subject), result: a.result }));
    notes
}

fn subject(subject: Subject) -> String { subject.to_string() }

fn rescheduled(cx: &mut Cx<'_>, key: &Key, by_user: bool, status: Status) {
    let cause = if by_user { "Q-EDIT" } else { "Q-CAPACITY" };
    publish::event(cx, key, Status::Rescheduled, cause, More::default());
    // A held request, and a booking that keeps its call, keep their status too.
    if let Some(b) = cx.tables.booking.bookings.get_mut(key) { b.status = status; }
    publish::show(cx, key);
    publish::notify(cx, key, Kind::Retimed, Vec::new());
    if let Some(b) = cx.tables.booking.bookings.get(key).filter(|b| b.phase == Phase::Confirmed).cloned() {
        publish::confirmed_on_the_road(cx, &b);
    }
}

fn cancelled(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get(key).cloned() else { return };
    if b.phase != Phase::Confirmed { abuse::hold_lost(cx, &b); }
    publish::event(cx, key, Status::Cancelled, "Q-EDIT", More::default());
    request::finish(cx, key, Status::Cancelled);
}

fn revoked(cx: &mut Cx<'_>, key: &Key, why: &Revocation) {
    let Some(b) = cx.tables.booking.bookings.get(key).cloned() else { return };
    let (cause, reason, by) = match why {
        Revocation::Check(check, subject) => ("Q-CHECKS", publish::check_reason(cx, &b, Code::CheckFailed, *check, *subject), None),
        Revocation::Order { actor, reason } => ("G-MASTERS", publish::order_reason(cx, &b, reason), Some(actor.to_string())),
    };
    publish::event(cx, key, Status::Revoked, cause, More { reasons: vec![reason.clone()], by, ..More::default() });
    publish::notify(cx, key, Kind::Revoked, vec![reason]);
    request::finish(cx, key, Status::Revoked);
}

/// How long a no-show is remembered against a vehicle.
pub const NO_SHOW_MEMORY: Span = Span::days(90);
