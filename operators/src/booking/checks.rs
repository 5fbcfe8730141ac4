//! The answers of the state systems: which are needed, what they decide, and what a silent source means.

use kezek_schemas::inputs::{Check, CheckAnswer, CheckResult, Subject};
use kezek_schemas::time::Timestamp;

use super::publish::{self, Key, Kind, More};
use super::row::{Addition, needed_of};
use super::{Answer, Booking, Code, Phase, abuse, request};
use crate::kernel::{Cx, Message, Owner};
use crate::queue::entry::Status;
use crate::queue::{Msg as QueueMsg, Revocation};

/// Keeps an answer; it replaces an older one of the same check and subject.
pub fn keep(b: &mut Booking, a: &CheckAnswer) {
    b.answers.retain(|o| o.check != a.check || o.subject != a.subject);
    b.answers.push(Answer { check: a.check, subject: a.subject, result: a.result, valid_until: a.valid_until });
}

/// An answer came.
pub fn answered(cx: &mut Cx<'_>, key: &Key, answer: &CheckAnswer) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase != Phase::Ended) else { return };
    keep(b, answer);
    match b.phase {
        Phase::Claiming | Phase::AskingVin | Phase::AskingPlace | Phase::Confirming | Phase::Ended => {}
        Phase::Checking => judge(cx, key),
        Phase::Confirmed => {
            judge_revocation(cx, key);
            judge_additions(cx, key, cx.now);
            if answer.check == Check::Insurance && let Some(b) = cx.tables.booking.bookings.get(key).cloned() {
                publish::confirmed_on_the_road(cx, &b);
            }
        }
    }
}

fn open_checks(b: &Booking, needed: &[(Check, Subject)]) -> Vec<(Check, Subject)> {
    needed.iter().copied().filter(|(c, s)| b.answer(*c, *s) != Some(CheckResult::Ok)).collect()
}

/// Decides an undecided request, if it can be decided.
pub fn judge(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get(key).filter(|b| b.phase == Phase::Checking).cloned() else { return };
    let rules = cx.refs.rules.of(&b.request.scheme);
    let needed = b.needed(rules);
    let failed = b.answers.iter().find(|a| a.result == CheckResult::Fail && needed.contains(&(a.check, a.subject)));
    if let Some(a) = failed {
        let reason = publish::check_reason(cx, &b, Code::CheckFailed, a.check, a.subject);
        return request::refuse(cx, key, Code::CheckFailed.rule(), vec![reason]);
    }
    let open = open_checks(&b, &needed);
    if open.is_empty() {
        let proven = b.request.priority.is_some_and(|p| b.answer(rules.proof_of(p), Subject::Vehicle) == Some(CheckResult::Ok));
        if let Some(row) = cx.tables.booking.bookings.get_mut(key) {
            row.phase = Phase::Confirming;
            row.proven = proven;
        }
        let Some(cp) = b.checkpoint.clone() else { return };
        let confirm = QueueMsg::Confirm { booking: b.booking_id.clone(), proven, fee: b.request.fee };
        return cx.send(Owner::Checkpoint(cp), Message::Queue(confirm));
    }
    if needed.iter().any(|(c, s)| b.answer(*c, *s) == Some(CheckResult::Unavailable)) { wait(cx, key); }
}

/// Publishes `waiting_source`, once.
fn wait(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase == Phase::Checking && !b.waiting_told) else { return };
    b.waiting_told = true;
    let b = b.clone();
    let reasons = unavailable(cx, &b);
    publish::event(cx, key, Status::WaitingSource, "Q-UNAVAILABLE", More { reasons, ..More::default() });
    if let Some(cp) = b.checkpoint.clone() { cx.send(Owner::Checkpoint(cp), Message::Queue(QueueMsg::Waiting(b.booking_id))); }
}

fn unavailable(cx: &Cx<'_>, b: &Booking) -> Vec<publish::Reason> {
    let needed = b.needed(cx.refs.rules.of(&b.request.scheme));
    open_checks(b, &needed).into_iter().map(|(c, s)| publish::check_reason(cx, b, Code::SourceUnavailable, c, s)).collect()
}

/// 60 s after the request.
pub fn source_deadline(cx: &mut Cx<'_>, key: &Key, _due: Timestamp) { wait(cx, key); }

/// 15 min after the request, or after drivers were asked for.
pub fn hold_expired(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get(key).cloned() else { return };
    match b.phase {
        Phase::Checking => {
            let reasons = unavailable(cx, &b);
            abuse::hold_lost(cx, &b);
            request::refuse(cx, key, Code::SourceUnavailable.rule(), reasons);
        }
        Phase::Confirmed => judge_additions(cx, key, cx.now),
        Phase::Claiming | Phase::AskingVin | Phase::AskingPlace | Phase::Confirming | Phase::Ended => {}
    }
}

/// After confirmation a blocking failure of the revoking checks ends it.
pub fn judge_revocation(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get(key).filter(|b| b.phase == Phase::Confirmed && !b.revoking).cloned() else { return };
    let rules = cx.refs.rules.of(&b.request.scheme);
    let needed = b.needed(rules);
    let failed = b.answers.iter().find(|a| a.result == CheckResult::Fail && rules.revoking.contains(&a.check)
        && needed.contains(&(a.check, a.subject)));
    let (Some(a), Some(cp)) = (failed, b.checkpoint.clone()) else { return };
    if let Some(row) = cx.tables.booking.bookings.get_mut(key) { row.revoking = true; }
    let revoke = QueueMsg::Revoke { booking: b.booking_id.clone(), reason: Revocation::Check(a.check, a.subject) };
    cx.send(Owner::Checkpoint(cp), Message::Queue(revoke));
}

/// Decides drivers that were asked for after confirmation.
pub fn judge_additions(cx: &mut Cx<'_>, key: &Key, now: Timestamp) {
    let Some(b) = cx.tables.booking.bookings.get(key).filter(|b| b.phase == Phase::Confirmed && !b.added.is_empty()).cloned() else { return };
    let rules = cx.refs.rules.of(&b.request.scheme);
    let mut left: Vec<Addition> = Vec::new();
    let mut done = Vec::new();
    for addition in &b.added {
        let needed = needed_of(rules, &addition.drivers);
        let failed = needed.iter().find(|(c, s)| b.answer(*c, *s) == Some(CheckResult::Fail));
        let open = open_checks(&b, &needed);
        if let Some((c, s)) = failed {
            done.push((addition, Some(vec![publish::check_reason(cx, &b, Code::CheckFailed, *c, *s)])));
        } else if open.is_empty() {
            done.push((addition, None));
        } else if addition.until <= now {
            let reasons = open.into_iter().map(|(c, s)| publish::check_reason(cx, &b, Code::SourceUnavailable, c, s)).collect();
            done.push((addition, Some(reasons)));
        } else {
            left.push(addition.clone());
        }
    }
    if done.is_empty() { return; }
    if let Some(row) = cx.tables.booking.bookings.get_mut(key) { row.added = left; }
    for (addition, refused) in done {
        let Some(row) = cx.tables.booking.bookings.get_mut(key) else { return };
        if let Some(reasons) = refused {
            // The booking is as it was: the numbers are free again, what was said of these drivers goes with them.
            row.answers.retain(|a| !addition.drivers.iter().any(|(n, _)| a.subject == Subject::Driver(*n)));
            publish::notify(cx, key, Kind::Refused, reasons);
            continue;
        }
        row.crew.extend(addition.drivers.iter().cloned());
        publish::notify(cx, key, Kind::Confirmed, Vec::new());
        if let Some(b) = cx.tables.booking.bookings.get(key).cloned() { publish::confirmed_on_the_road(cx, &b); }
    }
}
