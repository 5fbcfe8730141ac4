//! The officials' console at the gate. Its orders win over the engine's; an answer says who somebody is and gives no
//! leave; an opening outside the order is recorded as such.

use compact_str::CompactString;
use kezek_schemas::ids::{ArrivalId, BookingId, CheckpointId, DeviceId, RecordId};
use kezek_schemas::inputs::{Actor, Control, ControlKind, Input, PlateText};
use kezek_schemas::reference::DeviceRole;

use super::arrival::{Arrival, Line, Phase, Shown};
use super::command::{self, Action, Grounds, Order};
use super::decide::{self, Manual};
use super::standing::{Standing, standing};
use super::verdict::{Act, Candidate, Outcome, Reason, Target, Verdict};
use super::{devices, grounds, judge, reads, sights};
use crate::boards;
use crate::kernel::Cx;
use crate::matching::edit;
use crate::queue::life;

/// Handles a control. One that names its checkpoint by an alias is forwarded to its owner by the queue.
pub fn on_control(cx: &mut Cx<'_>, input: &Input, control: &Control) {
    let cp = &control.checkpoint;
    if !cx.refs.catalogue.checkpoints.contains_key(cp) { return; }
    match &control.kind {
        ControlKind::ReadResolved { read_id, booking_id } => resolved(cx, control, read_id, booking_id.as_ref()),
        ControlKind::BarrierOpen { barrier, plate, reason } => {
            if own_barrier(cx, cp, barrier) { open(cx, input, control, plate.as_ref(), reason); }
        }
        ControlKind::BarrierHold { barrier, reason } => {
            if own_barrier(cx, cp, barrier) {
                cx.tables.gate.barriers.entry(barrier).held = true;
                order(cx, input, control, barrier, Action::Hold, Some(reason.clone()));
            }
        }
        ControlKind::BarrierRelease { barrier } => {
            if own_barrier(cx, cp, barrier) {
                cx.tables.gate.barriers.entry(barrier).held = false;
                order(cx, input, control, barrier, Action::Release, None);
            }
        }
        ControlKind::Closed { until, .. } => cx.tables.gate.sites.entry(cp).closed = Some(*until),
        ControlKind::Opened => cx.tables.gate.sites.entry(cp).closed = None,
        ControlKind::ModeSet { mode } => {
            cx.tables.gate.sites.entry(cp).mode = *mode;
            boards::changed(cx, cp);
        }
        ControlKind::LegacyList { entries } => {
            cx.tables.gate.sites.entry(cp).set_legacy(entries);
            boards::changed(cx, cp);
        }
        ControlKind::DeviceState { device, state } => {
            let known = cx.refs.catalogue.checkpoint_device(device).filter(|(p, _)| p.id == *cp).map(|(_, role)| role);
            match known {
                Some(role) => {
                    devices::reported(cx, device, cp, kind(role), state);
                    if role == DeviceRole::Board { boards::device_changed(cx, cp); }
                }
                None => devices::unknown(cx, device),
            }
        }
        ControlKind::CapacitySet { .. } | ControlKind::BookingRevoked { .. } => {}
    }
}

const fn kind(role: DeviceRole) -> &'static str {
    match role {
        DeviceRole::ZoneEntry | DeviceRole::ZoneExit | DeviceRole::GateEntry | DeviceRole::GateEntrySecond | DeviceRole::GateExit | DeviceRole::RoadCamera => "camera",
        DeviceRole::Barrier => "barrier",
        DeviceRole::Board => "board",
        DeviceRole::Scale => "scale",
    }
}

fn own_barrier(cx: &mut Cx<'_>, cp: &CheckpointId, barrier: &DeviceId) -> bool {
    let own = cx.refs.catalogue.checkpoint_device(barrier).is_some_and(|(p, r)| p.id == *cp && r == DeviceRole::Barrier);
    if !own { devices::unknown(cx, barrier); }
    own
}

/// Holds or releases a barrier.
fn order(cx: &mut Cx<'_>, input: &Input, control: &Control, barrier: &DeviceId, action: Action, reason: Option<CompactString>) {
    let scheme = cx.refs.catalogue.checkpoints.get(&control.checkpoint).map(|c| c.scheme.clone()).unwrap_or_default();
    let grounds = Grounds { outcome: action.name(), reason: "console", posterior: None, reads: Vec::new(), rule: "G-MASTERS", clause: grounds::clause(&scheme, "G-MASTERS") };
    command::give(cx, Order { id: command::id(action, barrier, input.id.as_str(), true), checkpoint: control.checkpoint.clone(), barrier: barrier.clone(),
        action, arrival: None, target: None, plate: None, actor: Some(control.actor.clone()), reason, grounds });
}

/// The officer says who an arrival is.
fn resolved(cx: &mut Cx<'_>, control: &Control, read: &RecordId, booking: Option<&BookingId>) {
    let arrival = cx.tables.gate.reads.get(read).and_then(|id| cx.tables.gate.arrivals.get(id)).filter(|a| a.checkpoint == control.checkpoint).cloned();
    let Some(arrival) = arrival else { return cx.count("resolved_unknown_read") };
    // What the barrier did not do is asked about too: the officer may say that it was nobody. A second open of the same
    // arrival is no answer to that.
    let failed = arrival.decided.as_ref().is_some_and(|d| d.reason == Reason::BarrierFailed);
    let answerable = if failed { booking.is_none() } else { arrival.command.is_none() && arrival.phase == Phase::Open };
    if !answerable { return cx.count("resolved_again"); }
    let manual = |actor: &Actor| Manual { actor: Some(actor.clone()), ..Manual::default() };
    let Some(booking) = booking else {
        let v = Verdict::says(Outcome::Refuse, Reason::NoMatch, Vec::new());
        return decide::apply(cx, arrival, v, manual(&control.actor));
    };
    if arrival.stale {
        // Late reads never move a barrier; the answer only says who was not seen.
        for b in arrival.named.iter().filter(|b| *b != booking) { sights::resolved_against(cx, b, &arrival.id); }
        return cx.count("resolved_stale_read");
    }
    let zone = cx.refs.catalogue.checkpoints.get(&control.checkpoint).is_some_and(|c| c.waiting_zone);
    let closed = arrival.line == Line::Gate && cx.tables.gate.sites.get(&control.checkpoint).is_some_and(|s| s.closed_at(cx.now));
    let found = life::entry(cx, booking).filter(|e| e.checkpoint == control.checkpoint)
        .map(|e| (standing(&e.stand(), zone, cx.now), super::standing::due_in_zone(&e.stand()), e.called, e.plate.clone()));
    let Some((how, in_zone, called, plate)) = found else {
        return decide::apply(cx, arrival, Verdict::says(Outcome::Refuse, Reason::NoBooking, Vec::new()), manual(&control.actor));
    };
    let target = Target::Booking(booking.clone());
    let differs = arrival.shown.first().map(|s| edit::differing(&s.plate.plate, &plate)).unwrap_or_default();
    let candidates = vec![Candidate { booking: Some(booking.clone()), plate, posterior: 1.0, differs }];
    let v = match (arrival.line, how) {
        (Line::ZoneIn | Line::ZoneOut, _) if in_zone => judge::zone_step(arrival.line, called, candidates, target),
        (Line::ZoneIn | Line::ZoneOut, how) => Verdict::says(Outcome::Refuse, how.refusal(), candidates).about(target),
        (Line::Gate, Standing::Due | Standing::Reopened) if closed => Verdict::says(Outcome::Refuse, Reason::CheckpointClosed, candidates).about(target),
        (Line::Gate, Standing::Reopened) if under_way(cx, booking) => return cx.count("resolved_while_opening"),
        (Line::Gate, Standing::Due | Standing::Reopened) => Verdict::says(Outcome::Open, Reason::Officer, candidates).about(target).and(Act::Open),
        (Line::Gate, how) => Verdict::says(Outcome::Refuse, how.refusal(), candidates).about(target),
    };
    decide::apply(cx, arrival, v, manual(&control.actor));
}

/// Whether an open for this booking may still do its work: two answers about two arrivals of one truck must not open twice.
fn under_way(cx: &Cx<'_>, booking: &BookingId) -> bool {
    cx.tables.gate.sights.range((booking.clone(), ArrivalId::default())..).take_while(|((b, _), _)| b == booking)
        .filter_map(|((_, a), _)| cx.tables.gate.commands.get(cx.tables.gate.arrivals.get(a)?.command.as_ref()?))
        .any(|c| command::under_way(c, cx.now))
}

/// The console opens the barrier: for the arrival of that plate, for the last undecided one, or for none.
fn open(cx: &mut Cx<'_>, input: &Input, control: &Control, plate: Option<&PlateText>, reason: &CompactString) {
    let cp = &control.checkpoint;
    let plate = plate.filter(|p| !p.plate.is_empty());
    let recent = cx.tables.gate.lines.get(&(cp.clone(), Line::Gate, false)).cloned().unwrap_or_default();
    let arrivals: Vec<Arrival> = recent.iter().rev().filter_map(|id| cx.tables.gate.arrivals.get(id)).filter(|a| a.command.is_none() && !a.passed).cloned().collect();
    let booking = plate.and_then(|p| booking_of(cx, cp, p));
    let arrival = match plate {
        Some(p) => arrivals.iter().find(|a| a.exact(&p.plate).next().is_some())
            .or_else(|| arrivals.iter().find(|a| booking.as_ref().is_some_and(|(b, _)| a.named.contains(b))))
            .or_else(|| arrivals.iter().find(|a| a.undecided() && a.shown.iter().any(|s| edit::near(&s.plate.plate, &p.plate)))).cloned(),
        None => arrivals.iter().find(|a| a.undecided()).cloned(),
    };
    let legacy = plate.and_then(|p| cx.tables.gate.sites.get(cp)?.legacy.iter().find(|l| l.plate == p.plate).map(|l| Target::Legacy(l.plate.clone())));
    let target = match (plate, &arrival) {
        (Some(_), _) => booking.map(|(b, _)| Target::Booking(b)).or(legacy),
        (None, Some(a)) => meant(cx, a).map(Target::Booking),
        (None, None) => None,
    };
    let in_order = target.as_ref().is_some_and(|t| next_in_order(cx, cp, t));
    let by_control = arrival.is_none();
    let arrival = arrival.unwrap_or_else(|| {
        let id = ArrivalId(input.id.0.clone());
        let mut a = Arrival::new(id.clone(), cp.clone(), Line::Gate, false, cx.now);
        if let Some(p) = plate {
            a.shown.push(Shown { second: false, plate: p.clone(), confidence: None, char_confidence: Vec::new(), candidates: Vec::new(), trailer: None });
        }
        a.phase = Phase::Final;
        reads::keep(cx, cp, &id);
        a
    });
    let plate_now = match &target {
        Some(Target::Booking(b)) => life::entry(cx, b).map(|e| e.plate.clone()),
        Some(Target::Legacy(p)) => Some(p.clone()),
        None => plate.map(|p| p.plate.clone()),
    };
    let booking = match &target { Some(Target::Booking(b)) => Some(b.clone()), Some(Target::Legacy(_)) | None => None };
    let candidates = plate_now.map(|p| Candidate { booking, plate: p, posterior: 1.0, differs: Vec::new() }).into_iter().collect();
    let mut v = Verdict::says(Outcome::Open, Reason::Console, candidates).and(Act::Open);
    v.target = target;
    let manual = Manual { actor: Some(control.actor.clone()), note: Some(reason.clone()), rule: (!in_order).then_some("Q-ORDER"), control: by_control.then(|| input.id.clone()) };
    decide::apply(cx, arrival, v, manual);
}

/// The booking of a plate at this checkpoint that an opening may name: the one that stands best and is not over.
fn booking_of(cx: &Cx<'_>, cp: &CheckpointId, plate: &PlateText) -> Option<(BookingId, Standing)> {
    let zone = cx.refs.catalogue.checkpoints.get(cp).is_some_and(|c| c.waiting_zone);
    life::entries_of_plate(cx, cp, &plate.plate).into_iter().filter(|e| plate.country.as_ref().is_none_or(|c| *c == e.country))
        .map(|e| (e.booking_id.clone(), standing(&e.stand(), zone, cx.now)))
        .filter(|(_, s)| matches!(s, Standing::Due | Standing::Reopened | Standing::NotFromZone | Standing::NotDue)).min_by_key(|(_, s)| *s)
}

/// Who an undecided arrival is, if only one can be meant.
fn meant(cx: &Cx<'_>, arrival: &Arrival) -> Option<BookingId> {
    if let Some(b) = arrival.decided.as_ref().and_then(|d| d.booking.clone()) { return Some(b); }
    let verdict = judge::judge(cx, arrival);
    match verdict.target {
        Some(Target::Booking(b)) => Some(b),
        Some(Target::Legacy(_)) => None,
        None => match &verdict.candidates[..] { [only] => only.booking.clone(), [..] => None },
    }
}

/// Whether this vehicle is the next that may enter.
fn next_in_order(cx: &Cx<'_>, cp: &CheckpointId, target: &Target) -> bool {
    let zone = cx.refs.catalogue.checkpoints.get(cp).is_some_and(|c| c.waiting_zone);
    match target {
        Target::Booking(b) => {
            let Some(roster) = cx.tables.queue.entries.kept().roster(cp) else { return false };
            let next = roster.iter().filter(|(stand, booking)| match standing(stand, zone, cx.now) {
                Standing::Due => true,
                Standing::Reopened => *booking == b,
                Standing::NotFromZone | Standing::NotDue | Standing::Consumed | Standing::Revoked | Standing::Gone => false,
            }).filter_map(|(_, booking)| life::entry(cx, booking)).min_by_key(|e| (e.order(), &e.booking_id));
            next.is_some_and(|e| e.booking_id == *b)
        }
        Target::Legacy(p) => cx.tables.gate.sites.get(cp).is_some_and(|s| s.legacy.iter().position(|l| l.plate == *p).is_some_and(|i| s.legacy_standing(i) == Standing::Due)),
    }
}
