//! What barrier controllers say. `passed` admits; an `executed` without `passed` within 60 s, and every refusal, comes
//! to nothing: no retry, the officer is asked by a new revision. No answer at all changes nothing.

use kezek_schemas::ids::CommandId;
use kezek_schemas::inputs::{BarrierEvent, BarrierEventKind, Body, Input};
use kezek_schemas::reference::DeviceRole;
use kezek_schemas::time::Span;

use super::arrival::{Line, Phase};
use super::command::{self, Action, Command};
use super::site::LegacyState;
use super::verdict::{Candidate, Outcome, Reason, Target, Verdict};
use super::{decide, devices};
use crate::boards;
use crate::kernel::{Cx, Message, Owner, TimerKind};
use crate::queue::life;

/// How long after `executed` the vehicle has to pass.
const PASSAGE: Span = Span::seconds(60);

/// Handles a controller's event.
pub fn on_event(cx: &mut Cx<'_>, input: &Input, event: &BarrierEvent) {
    let refs = cx.refs;
    let named = refs.catalogue.checkpoint(&event.checkpoint).map(|c| &c.id);
    let Some((place, _)) = refs.catalogue.checkpoint_device(&event.barrier).filter(|(p, r)| *r == DeviceRole::Barrier && Some(&p.id) == named) else {
        devices::unknown(cx, &event.barrier);
        return;
    };
    if place.id != event.checkpoint {
        let event = BarrierEvent { checkpoint: place.id.clone(), ..event.clone() };
        let input = Input { body: Body::Barrier(event), ..input.clone() };
        return cx.send(Owner::Checkpoint(place.id.clone()), Message::Forwarded(Box::new(input)));
    }
    devices::heard(cx, &event.barrier, &place.id, "barrier");
    match event.kind {
        BarrierEventKind::Presence | BarrierEventKind::State => {
            if event.nonce.is_some() { cx.tables.gate.barriers.entry(&event.barrier).nonce.clone_from(&event.nonce); }
            return;
        }
        BarrierEventKind::Passed => {
            let live = cx.tables.gate.lines.get(&(place.id.clone(), Line::Gate, false)).cloned().unwrap_or_default();
            for id in live {
                if cx.tables.gate.arrivals.get(&id).is_none_or(|a| a.passed) { continue; }
                if let Some(a) = cx.tables.gate.arrivals.get_mut(&id) { a.passed = true; }
            }
        }
        BarrierEventKind::Received | BarrierEventKind::Executed | BarrierEventKind::Rejected | BarrierEventKind::Expired
        | BarrierEventKind::Failed | BarrierEventKind::NotPassed => {}
    }
    let Some(id) = &event.command_id else { return };
    let Some(mut command) = cx.tables.gate.commands.get(id).filter(|c| c.barrier == event.barrier).cloned() else {
        cx.count("barrier_unknown_command");
        return;
    };
    let done = command.executed_at.is_some();
    command.result = Some(name(event.kind).into());
    match event.kind {
        BarrierEventKind::Executed if !done && !command.passed && command.action == Action::Open => {
            command.executed_at = Some(cx.now);
            cx.arm(cx.now + PASSAGE, command.checkpoint.as_str(), TimerKind::NotPassed, id.as_str());
        }
        BarrierEventKind::Passed if !command.passed && command.action == Action::Open => passed(cx, &mut command),
        BarrierEventKind::Rejected | BarrierEventKind::Expired | BarrierEventKind::Failed | BarrierEventKind::NotPassed => failed(cx, &mut command),
        BarrierEventKind::Executed | BarrierEventKind::Passed | BarrierEventKind::Received | BarrierEventKind::Presence | BarrierEventKind::State => {}
    }
    command::show(cx, &command);
    cx.tables.gate.commands.insert(id.clone(), command);
}

const fn name(kind: BarrierEventKind) -> &'static str {
    match kind {
        BarrierEventKind::Presence => "presence", BarrierEventKind::Received => "received", BarrierEventKind::Executed => "executed",
        BarrierEventKind::Rejected => "rejected", BarrierEventKind::Expired => "expired", BarrierEventKind::Failed => "failed",
        BarrierEventKind::Passed => "passed", BarrierEventKind::NotPassed => "not_passed", BarrierEventKind::State => "state",
    }
}

fn passed(cx: &mut Cx<'_>, command: &mut Command) {
    command.passed = true;
    stop_waiting(cx, command);
    match &command.target {
        Some(Target::Booking(b)) => life::admitted(cx, &b.clone()),
        Some(Target::Legacy(p)) => cx.tables.gate.sites.entry(&command.checkpoint).mark(p, LegacyState::Admitted),
        None => {}
    }
    boards::changed(cx, &command.checkpoint.clone());
}

fn stop_waiting(cx: &mut Cx<'_>, command: &Command) {
    if let Some(at) = command.executed_at { cx.disarm(at + PASSAGE, command.checkpoint.as_str(), TimerKind::NotPassed, command.id.as_str()); }
}

fn failed(cx: &mut Cx<'_>, command: &mut Command) {
    if command.passed || command.failed || command.action != Action::Open { return; }
    command.failed = true;
    stop_waiting(cx, command);
    let Some(arrival) = command.arrival.as_ref().and_then(|a| cx.tables.gate.arrivals.get(a)).cloned() else { return };
    let candidates = match &command.target {
        Some(Target::Booking(b)) => life::entry(cx, b).map(|e| Candidate { booking: Some(b.clone()), plate: e.plate.clone(), posterior: 1.0, differs: Vec::new() }),
        Some(Target::Legacy(p)) => Some(Candidate { booking: None, plate: p.clone(), posterior: 1.0, differs: Vec::new() }),
        None => None,
    };
    let mut v = Verdict::says(Outcome::AskOfficer, Reason::BarrierFailed, candidates.into_iter().collect());
    v.target.clone_from(&command.target);
    let id = arrival.id.clone();
    decide::apply(cx, arrival, v, decide::Manual::default());
    if let Some(a) = cx.tables.gate.arrivals.get_mut(&id) { a.phase = Phase::Final; }
}

/// The barrier was opened and nobody went in.
pub fn not_passed(cx: &mut Cx<'_>, id: &CommandId) {
    let Some(mut command) = cx.tables.gate.commands.get(id).cloned() else { return };
    failed(cx, &mut command);
    cx.tables.gate.commands.insert(id.clone(), command);
}
