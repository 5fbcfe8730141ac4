//! Plate reads of a checkpoint: who they belong to, and the exit's own reads.

use std::cell::LazyCell;

use kezek_schemas::ids::{ArrivalId, CheckpointId};
use kezek_schemas::inputs::{AnprRead, Body, Input};
use kezek_schemas::reference::DeviceRole;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp};

use super::arrival::{Arrival, JOIN_COMPATIBLE, JOIN_EQUAL, Join, Line, STALE, Shown};
use super::{decide, devices};
use crate::journey;
use crate::kernel::{Cx, Message, Owner, TimerKind};
use crate::matching::variants::variants;
use crate::matching::{edit, index};
use crate::queue::life::{self, CrossedBy};

/// Arrivals of a line that a read or a console order may still belong to.
const RECENT: usize = 64;
/// How long an arrival is remembered.
const KEPT: Span = Span::days(7);

/// Handles a plate read at a checkpoint.
pub fn on_read(cx: &mut Cx<'_>, input: &Input, read: &AnprRead) {
    let refs = cx.refs;
    let named = refs.catalogue.checkpoint(&read.checkpoint).map(|c| &c.id);
    let Some((place, role)) = refs.catalogue.checkpoint_device(&read.camera).filter(|(p, _)| Some(&p.id) == named) else {
        devices::unknown(cx, &read.camera);
        return;
    };
    if place.id != read.checkpoint {
        // Named by an alias: its owner is another.
        let read = AnprRead { checkpoint: place.id.clone(), ..read.clone() };
        let input = Input { body: Body::Anpr(read), ..input.clone() };
        return cx.send(Owner::Checkpoint(place.id.clone()), Message::Forwarded(Box::new(input)));
    }
    devices::heard(cx, &read.camera, &place.id, "camera");
    let line = Line::of(role);
    if line.is_none() && role != DeviceRole::GateExit {
        devices::unknown(cx, &read.camera);
        return;
    }
    if read.plate.plate.is_empty() {
        cx.count("gate_empty_plate");
        return;
    }
    cx.send(Owner::Vehicle(read.plate.plate.skeleton()), Message::Journey(journey::Msg::CheckpointSight {
        camera: read.camera.clone(), plate: read.plate.clone(), trailer: read.trailer.clone(), at: input.at, confidence: read.confidence }));
    let Some(line) = line else {
        exit(cx, &place.id, read);
        return;
    };
    let stale = read.retransmitted || input.arrived - input.at > STALE;
    let at = if stale { input.at } else { cx.now };
    let id = join(cx, &place.id, line, stale, read, at).unwrap_or_else(|| begin(cx, input, &place.id, line, stale, at));
    cx.tables.gate.reads.insert(input.id.clone(), id.clone());
    if let Some(arrival) = cx.tables.gate.arrivals.get_mut(&id) {
        arrival.add(input.id.clone(), Shown::of(read, role == DeviceRole::GateEntrySecond), at);
    }
    decide::settle(cx, &id, false);
}

/// The arrival a read joins: an equal plate's before a compatible one's, the newest first.
fn join(cx: &Cx<'_>, checkpoint: &CheckpointId, line: Line, stale: bool, read: &AnprRead, at: Timestamp) -> Option<ArrivalId> {
    let recent = cx.tables.gate.lines.get(&(checkpoint.clone(), line, stale))?;
    let plate = &read.plate.plate;
    let arrivals = || recent.iter().rev().filter_map(|id| cx.tables.gate.arrivals.get(id)).filter(|a| a.apart(at) <= JOIN_EQUAL && !a.passed);
    if let Some(a) = arrivals().find(|a| a.joins(plate, at) == Some(Join::Equal)) { return Some(a.id.clone()); }
    let near: Vec<&Arrival> = arrivals().filter(|a| a.apart(at) <= JOIN_COMPATIBLE).collect();
    if near.is_empty() { return None; }
    // Where no barrier tells one vehicle from the next, another vehicle's exact plate is another vehicle.
    let somebody = |p: &Plate| !life::entries_of_plate(cx, checkpoint, p).is_empty() || !index::countries(&cx.tables.matching, p).is_empty();
    let apart = |a: &Arrival| line != Line::Gate && somebody(plate) && a.shown.iter().any(|s| somebody(&s.plate.plate));
    let others = LazyCell::new(|| variants(&cx.refs.plates, plate));
    let booked = LazyCell::new(|| life::plates_near(cx, checkpoint, plate));
    let same = |a: &Arrival| a.joins(plate, at).is_some() || others.iter().any(|v| a.joins(v, at).is_some())
        || a.shown.iter().any(|s| variants(&cx.refs.plates, &s.plate.plate).contains(plate))
        || booked.iter().any(|b| a.shown.iter().any(|s| edit::near(&s.plate.plate, b)));
    near.into_iter().find(|a| same(a) && !apart(a)).map(|a| a.id.clone())
}

fn begin(cx: &mut Cx<'_>, input: &Input, checkpoint: &CheckpointId, line: Line, stale: bool, at: Timestamp) -> ArrivalId {
    let id = ArrivalId(input.id.0.clone());
    cx.tables.gate.arrivals.insert(id.clone(), Arrival::new(id.clone(), checkpoint.clone(), line, stale, at));
    remember(cx, checkpoint, line, stale, &id);
    id
}

/// Puts an arrival among the recent ones of its line.
fn remember(cx: &mut Cx<'_>, checkpoint: &CheckpointId, line: Line, stale: bool, id: &ArrivalId) {
    let recent = cx.tables.gate.lines.entry(&(checkpoint.clone(), line, stale));
    recent.push(id.clone());
    if recent.len() > RECENT { recent.remove(0); }
    keep(cx, checkpoint, id);
}

/// Sets the time when an arrival is forgotten.
pub fn keep(cx: &mut Cx<'_>, checkpoint: &CheckpointId, id: &ArrivalId) {
    cx.arm(cx.now + KEPT, checkpoint.as_str(), TimerKind::ArrivalPurge, id.as_str());
}

/// An arrival is forgotten.
pub fn forget(cx: &mut Cx<'_>, id: &ArrivalId) {
    let Some(arrival) = cx.tables.gate.arrivals.remove(id) else { return };
    for read in &arrival.reads { cx.tables.gate.reads.remove(read); }
    let line = (arrival.checkpoint, arrival.line, arrival.stale);
    if cx.tables.gate.lines.get(&line).is_some_and(|l| l.contains(id)) {
        cx.tables.gate.lines.entry(&line).retain(|a| a != id);
    }
}

/// An exact read behind the gate ends the booking; nothing is decided there.
fn exit(cx: &mut Cx<'_>, checkpoint: &CheckpointId, read: &AnprRead) {
    let gone = life::entries_of_plate(cx, checkpoint, &read.plate.plate).into_iter().filter(|e| !e.status.ended() && read.plate.country.as_ref().is_none_or(|c| *c == e.country)).max_by_key(|e| e.status).map(|e| e.booking_id.clone());
    if let Some(booking) = gone { life::crossed(cx, &booking, CrossedBy::GateOut); }
}
