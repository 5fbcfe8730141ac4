//! From a verdict to the world: the decision's record and its revision, the barrier's one open, the steps of the
//! booking's life, and who counts as seen.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{ArrivalId, BookingId, CheckpointId, DeviceId, RecordId, SchemeId};
use kezek_schemas::inputs::Actor;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::plate::Plate;
use kezek_schemas::tables::{GateDecisionRow, ViewRow};
use serde::Serialize;

use super::arrival::{Arrival, Decided, FUSION, Phase};
use super::command::{self, Action, Grounds, Order};
use super::site::LegacyState;
use super::verdict::{Act, Candidate, Outcome, Reason, Target, Verdict};
use super::{grounds, judge, sights};
use crate::kernel::{Cx, TimerKind};
use crate::queue::entry::QueueEntry;
use crate::queue::life;
use crate::boards;

#[derive(Serialize)]
struct CandidateRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<&'a BookingId>,
    plate: &'a Plate,
    posterior: f64,
    differs: &'a [usize],
}

#[derive(Serialize)]
struct Record<'a> {
    id: CompactString,
    at: String,
    arrival_id: &'a ArrivalId,
    revision: u32,
    checkpoint: &'a CheckpointId,
    camera: DeviceId,
    outcome: &'static str,
    reason: &'static str,
    rule: &'static str,
    clause: &'static str,
    candidates: Vec<CandidateRecord<'a>>,
    reads: &'a [RecordId],
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<&'a BookingId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<Plate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<kezek_schemas::ids::Country>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a CompactString>,
    latency_ms: i64,
}

/// Who ordered it at the console, and why.
#[derive(Clone, Debug, Default)]
pub struct Manual {
    /// The person.
    pub actor: Option<Actor>,
    /// What the person wrote.
    pub note: Option<CompactString>,
    /// The rule, where it is not the reason's own.
    pub rule: Option<&'static str>,
    /// The control that is the cause, where there is no arrival.
    pub control: Option<RecordId>,
}

/// Looks at an arrival again: publishes what changed. Evidence that may still grow is waited for, unless `now_or_never`.
pub fn settle(cx: &mut Cx<'_>, id: &ArrivalId, now_or_never: bool) {
    let Some(arrival) = cx.tables.gate.arrivals.get(id).cloned() else { return };
    if arrival.phase == Phase::Final { return; }
    if arrival.stale {
        stale(cx, arrival);
        return;
    }
    let verdict = judge::judge(cx, &arrival);
    if arrival.revision == 0 && verdict.reason.waits() && !now_or_never && cx.now < arrival.first + FUSION {
        cx.arm(arrival.first + FUSION, arrival.checkpoint.as_str(), TimerKind::FusionEnd, arrival.subject());
        return;
    }
    let now = Decided { outcome: verdict.outcome, reason: verdict.reason, booking: booking_of(verdict.target.as_ref()).cloned() };
    if arrival.decided.as_ref() == Some(&now) { return; }
    apply(cx, arrival, verdict, Manual::default());
}

/// A late read is recorded; whoever was read exactly counts as seen.
fn stale(cx: &mut Cx<'_>, arrival: Arrival) {
    let verdict = judge::judge(cx, &arrival);
    let mut seen: Vec<&QueueEntry> = arrival.shown.iter().filter(|s| !s.plate.plate.has_erasure())
        .flat_map(|s| life::entries_of_plate(cx, &arrival.checkpoint, &s.plate.plate))
        .filter(|e| !e.status.ended() && arrival.contradicts(&e.plate, Some(&e.country)).is_none()).collect();
    seen.sort_by(|a, b| (a.order(), &a.booking_id).cmp(&(b.order(), &b.booking_id)));
    seen.dedup_by_key(|e| &e.booking_id);
    let seen: Vec<BookingId> = seen.into_iter().map(|e| e.booking_id.clone()).collect();
    for booking in &seen { sights::accepted(cx, booking, &arrival.id); }
    if arrival.revision > 0 { return; }
    let mut v = Verdict::says(Outcome::Recorded, Reason::StaleRead, verdict.candidates);
    v.target = seen.first().map(|b| Target::Booking(b.clone()));
    apply(cx, arrival, v, Manual::default());
}

const fn booking_of(target: Option<&Target>) -> Option<&BookingId> {
    match target { Some(Target::Booking(b)) => Some(b), Some(Target::Legacy(_)) | None => None }
}

/// The scheme whose clauses a decision cites.
fn scheme(cx: &Cx<'_>, checkpoint: &CheckpointId, booking: Option<&BookingId>) -> SchemeId {
    booking.and_then(|b| life::entry(cx, b)).map(|e| e.scheme.clone())
        .or_else(|| cx.refs.catalogue.checkpoints.get(checkpoint).map(|c| c.scheme.clone())).unwrap_or_default()
}

/// Publishes a verdict as the arrival's next revision and makes it happen.
pub fn apply(cx: &mut Cx<'_>, mut arrival: Arrival, verdict: Verdict, manual: Manual) {
    let Verdict { outcome, reason, target, candidates, act } = verdict;
    let booking = booking_of(target.as_ref()).cloned();
    let rule = manual.rule.unwrap_or_else(|| reason.rule());
    let clause = grounds::clause(&scheme(cx, &arrival.checkpoint, booking.as_ref().or_else(|| candidates.first().and_then(|c| c.booking.as_ref()))), rule);
    let posterior = target.as_ref().and_then(|t| candidates.iter().find(|c| match t { Target::Booking(b) => c.booking.as_ref() == Some(b), Target::Legacy(p) => c.plate == *p }))
        .map(|c| c.posterior);
    arrival.revision += 1;
    arrival.decided = Some(Decided { outcome, reason, booking: booking.clone() });
    publish(cx, &arrival, outcome, reason, rule, clause, &candidates, booking.as_ref(), posterior, &manual);

    let was_named = core::mem::take(&mut arrival.named);
    if outcome == Outcome::AskOfficer {
        arrival.named = candidates.iter().filter_map(|c| c.booking.clone()).collect();
        for b in was_named { if !arrival.named.contains(&b) { arrival.named.push(b); } }
        for b in &arrival.named.clone() { sights::named(cx, b, &arrival.id); }
    } else if matches!(act, Act::Open | Act::EnterZone | Act::LeaveZone) || matches!(reason, Reason::NoMatch) || manual.actor.is_some() {
        for b in was_named.iter().filter(|b| Some(*b) != booking.as_ref()) { sights::resolved_against(cx, b, &arrival.id); }
        if reason != Reason::NoMatch { arrival.named = booking.iter().filter(|b| was_named.contains(b)).cloned().collect(); }
        arrival.phase = Phase::Final;
    } else {
        arrival.named = was_named;
    }

    let checkpoint = arrival.checkpoint.clone();
    match act {
        Act::Nothing => {}
        Act::Seen => {
            if let Some(b) = &booking { sights::accepted(cx, b, &arrival.id); }
            arrival.phase = Phase::Final;
        }
        Act::EnterZone | Act::LeaveZone => {
            if let Some(b) = &booking {
                sights::accepted(cx, b, &arrival.id);
                if act == Act::EnterZone { life::arrived_in_zone(cx, b) } else { life::released(cx, b) }
            }
        }
        Act::Open => {
            let barrier = command::barrier_of(&checkpoint);
            let cause = manual.control.as_ref().map_or(arrival.id.as_str(), RecordId::as_str);
            let id = command::id(Action::Open, &barrier, cause, manual.control.is_some());
            let plate = target.as_ref().and_then(|t| plate_of(cx, t)).or_else(|| Some(arrival.plate().plate).filter(|p| !p.is_empty()));
            let order = Order { id: id.clone(), checkpoint: checkpoint.clone(), barrier, action: Action::Open, arrival: Some(arrival.id.clone()), target: target.clone(), plate,
                actor: manual.actor.clone(), reason: manual.note.clone(),
                grounds: Grounds { outcome: outcome.name(), reason: reason.name(), posterior, reads: arrival.reads.clone(), rule, clause } };
            if arrival.command.is_none() && command::give(cx, order) {
                arrival.command = Some(id);
                match &target {
                    Some(Target::Booking(b)) => {
                        sights::accepted(cx, b, &arrival.id);
                        life::at_gate(cx, b);
                    }
                    Some(Target::Legacy(p)) => cx.tables.gate.sites.entry(&checkpoint).mark(p, LegacyState::Opened),
                    None => {}
                }
            }
        }
    }
    if act != Act::Nothing { boards::changed(cx, &checkpoint); }
    cx.tables.gate.arrivals.insert(arrival.id.clone(), arrival);
}

fn plate_of(cx: &Cx<'_>, target: &Target) -> Option<Plate> {
    match target { Target::Booking(b) => life::entry(cx, b).map(|e| e.plate.clone()), Target::Legacy(p) => Some(p.clone()) }
}

#[allow(clippy::too_many_arguments)]
fn publish(cx: &mut Cx<'_>, a: &Arrival, outcome: Outcome, reason: Reason, rule: &'static str, clause: &'static str, candidates: &[Candidate],
    booking: Option<&BookingId>, posterior: Option<f64>, manual: &Manual) {
    let refs = cx.refs;
    let Some(place) = refs.catalogue.checkpoints.get(&a.checkpoint) else { return };
    let shown = a.plate();
    let record = Record {
        id: format_compact!("{}/{}/{}", a.id, if manual.control.is_some() { "console" } else { a.line.name() }, a.revision),
        at: cx.local(&place.zone), arrival_id: &a.id, revision: a.revision, checkpoint: &a.checkpoint, camera: a.camera(), outcome: outcome.name(),
        reason: reason.name(), rule, clause,
        candidates: candidates.iter().map(|c| CandidateRecord { booking_id: c.booking.as_ref(), plate: &c.plate, posterior: c.posterior, differs: &c.differs }).collect(),
        reads: &a.reads, booking_id: booking, plate: Some(shown.plate.clone()).filter(|p| !p.is_empty()), country: shown.country.clone(),
        actor: manual.actor.as_ref(), note: manual.note.as_ref(), latency_ms: (cx.now - a.first).0.max(0) / 1000,
    };
    cx.emit(OutTopic::GateDecisions, a.checkpoint.as_str(), &record);
    cx.view(|cx| ViewRow::GateDecisionRow(Box::new(GateDecisionRow {
        arrival_id: a.id.0.clone(), revision: a.revision, checkpoint: a.checkpoint.0.clone(), camera: a.camera().0, outcome: outcome.name().into(),
        reason: reason.name().into(), rule: rule.into(), booking_id: booking.map(|b| b.0.clone()), plate: shown.plate.as_str().into(),
        country: shown.country.as_ref().map(|c| c.0.clone()), posterior, decided_at: cx.now,
    })));
}
