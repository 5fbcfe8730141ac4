//! Changed rows of the tables, folded in.

use kezek_schemas::plate::Plate;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::Timestamp;
use serde_json::{Value, json};

use super::push_bounded;
use super::state::{AlertView, ArrivalView, CommandView, State, TaskView};
use crate::bounds::{MAX_BOOKINGS, MAX_DEAD_REASONS, MAX_DEVICES, MAX_REVISIONS, MAX_SIGHTS_PER_VEHICLE, MAX_SLOTS};

/// Whether a booking of that status has ended.
pub fn ended(status: &str) -> bool { matches!(status, "crossed" | "refused" | "cancelled" | "annulled" | "revoked") }

/// Folds one row.
pub fn fold(state: &mut State, row: &ViewRow, at: Timestamp) {
    match row {
        ViewRow::BookingRow(r) => {
            make_room(state);
            let skeleton = Plate::normalise(&r.plate).skeleton();
            state.by_skeleton.entry(skeleton).or_default().insert(r.booking_id.clone());
            if let Some(vin) = &r.vin { state.by_vin.entry(vin.to_uppercase()).or_default().insert(r.booking_id.clone()); }
            let was = state.bookings.entry(r.booking_id.clone()).or_default();
            if ended(&r.status) && !was.row.as_ref().is_some_and(|o| ended(&o.status)) { state.ended.push_back(r.booking_id.clone()); }
            was.status = r.status.clone();
            was.row = Some((**r).clone());
        }
        ViewRow::SlotRow(r) => {
            if state.slots.len() >= MAX_SLOTS { drop_old_slots(state); }
            state.slots.insert((r.checkpoint.clone(), r.slot_start), (**r).clone());
        }
        ViewRow::QueueRow(r) => { state.queue.insert(r.booking_id.clone(), (**r).clone()); }
        ViewRow::GateDecisionRow(r) => {
            let a = state.arrivals.entry(&r.arrival_id, || ArrivalView { arrival_id: r.arrival_id.clone(), first_at: r.decided_at, ..ArrivalView::default() });
            a.plate = r.plate.clone();
            a.country = r.country.clone();
            a.booking_id = r.booking_id.clone().or_else(|| a.booking_id.take());
            if u64::from(r.revision) > a.revision {
                (a.checkpoint, a.camera, a.outcome) = (r.checkpoint.clone(), r.camera.clone(), r.outcome.clone());
                (a.revision, a.last_at) = (u64::from(r.revision), r.decided_at);
                let decision = json!({"arrival_id": r.arrival_id, "revision": r.revision, "checkpoint": r.checkpoint, "camera": r.camera,
                    "outcome": r.outcome, "reason": r.reason, "rule": r.rule,
                    "candidates": r.booking_id.iter().map(|b| json!({"booking_id": b, "plate": r.plate, "posterior": r.posterior})).collect::<Vec<_>>()});
                push_bounded(&mut a.decisions, decision, MAX_REVISIONS);
                if r.outcome == "ask_officer" { state.waiting.insert(r.arrival_id.clone()); } else { state.waiting.remove(&r.arrival_id); }
            }
        }
        ViewRow::BarrierCommandRow(r) => {
            let c = state.commands.entry(&r.command_id, CommandView::default);
            c.issued_at = r.issued_at;
            if r.result.is_some() && c.answered_ms.is_none() && c.row.is_some() { c.answered_ms = Some((at - r.issued_at).0 / 1_000); }
            c.row = Some((**r).clone());
        }
        ViewRow::JourneyRow(r) => { *state.journeys.entry(&r.journey_id, || (**r).clone()) = (**r).clone(); }
        ViewRow::SightRow(r) => push_bounded(&mut state.trail(&r.plate).sights, (**r).clone(), MAX_SIGHTS_PER_VEHICLE),
        ViewRow::WeighingRow(r) => if let Some(plate) = &r.plate {
            push_bounded(&mut state.trail(plate).weighings, (**r).clone(), MAX_SIGHTS_PER_VEHICLE);
        },
        ViewRow::AlertRow(r) => {
            state.alerts.entry(&r.alert_id, || AlertView { alert_id: r.alert_id.clone(), ..AlertView::default() }).row = Some((**r).clone());
        }
        ViewRow::TaskRow(r) => {
            let t = state.tasks.entry(&r.task_id, || TaskView { task_id: r.task_id.clone(), ..TaskView::default() });
            (t.group, t.alert_id) = (r.group_id.clone(), r.alert_id.clone());
            t.row = Some((**r).clone());
        }
        ViewRow::GroupRow(r) => { state.groups.insert(r.group_id.clone(), (**r).clone()); }
        ViewRow::PermitRow(_) => {}
        ViewRow::DeviceRow(r) => if state.devices.len() < MAX_DEVICES || state.devices.contains_key(&r.device) {
            state.devices.insert(r.device.clone(), (**r).clone());
        },
        ViewRow::SourceRow(r) => if state.sources.len() < MAX_DEVICES { state.sources.insert(r.source.clone(), (**r).clone()); },
        ViewRow::DeadLetterRow(r) => {
            state.totals.dead_letters += 1;
            let key = (r.topic.clone(), r.reason.clone());
            if state.dead.len() < MAX_DEAD_REASONS || state.dead.contains_key(&key) { *state.dead.entry(key).or_default() += 1; }
        }
        ViewRow::Delete { table, key } => delete(state, table, key.first().map_or("", |k| k.as_str())),
    }
}

fn delete(state: &mut State, table: &str, key: &str) {
    match table {
        "queue" => { state.queue.remove(key); }
        "bookings" => remove_booking(state, key),
        "journeys" => { state.journeys.remove(key); }
        "groups" => { state.groups.remove(key); }
        "devices" => { state.devices.remove(key); }
        "sources" => { state.sources.remove(key); }
        "tasks" => { state.tasks.remove(key); }
        "alerts" => { state.alerts.remove(key); }
        _ => {}
    }
}

fn make_room(state: &mut State) {
    while state.bookings.len() >= MAX_BOOKINGS {
        let Some(old) = state.ended.pop_front().or_else(|| state.bookings.keys().next().cloned()) else { return };
        remove_booking(state, &old);
    }
}

fn remove_booking(state: &mut State, id: &str) {
    let Some(gone) = state.bookings.remove(id) else { return };
    let Some(row) = gone.row else { return };
    let skeleton = Plate::normalise(&row.plate).skeleton();
    if let Some(ids) = state.by_skeleton.get_mut(&skeleton) {
        ids.remove(id);
        if ids.is_empty() { state.by_skeleton.remove(&skeleton); }
    }
    let vin = row.vin.map(|v| v.to_uppercase()).unwrap_or_default();
    if let Some(ids) = state.by_vin.get_mut(vin.as_str()) {
        ids.remove(id);
        if ids.is_empty() { state.by_vin.remove(vin.as_str()); }
    }
}

fn drop_old_slots(state: &mut State) {
    let limit = state.now - kezek_schemas::time::Span::hours(2);
    let before = state.slots.len();
    state.slots.retain(|(_, start), _| *start >= limit);
    if state.slots.len() == before { state.slots.pop_last(); }
}

/// A command's JSON: the record as sent, or what its row tells.
pub fn command_json(state: &State, c: &CommandView) -> Value {
    let mut v = if c.record.is_object() { c.record.clone() } else { json!({}) };
    let (Some(map), row) = (v.as_object_mut(), c.row.as_ref()) else { return v };
    if let Some(r) = row {
        let cp = Some(r.checkpoint.as_str());
        for (k, value) in [("command_id", json!(r.command_id)), ("checkpoint", json!(r.checkpoint)), ("barrier", json!(r.barrier)),
            ("action", json!(r.action)), ("mode", json!(r.mode)), ("actor", json!(r.actor)), ("booking_id", json!(r.booking_id)),
            ("issued_at", state.local(r.issued_at, cp)), ("not_after", state.local(r.not_after, cp)), ("seq", json!(r.seq))] {
            map.entry(k).or_insert(value);
        }
    }
    map.insert("result".into(), json!(row.and_then(|r| r.result.clone())));
    map.insert("visible_ms".into(), json!(c.visible_ms));
    map.insert("answered_ms".into(), json!(c.answered_ms));
    v
}
