//! Output records, folded in. A record that is not what the contract says is left out, never fatal.

use kezek_schemas::outputs::{OutRecord, OutTopic};
use kezek_schemas::plate::Plate;
use kezek_schemas::reference::Catalogue;
use kezek_schemas::time::Timestamp;
use serde_json::{Value, json};

use super::push_bounded;
use super::state::{AlertView, ArrivalView, CommandView, State, TaskView};
use crate::bounds as b;

fn text<'a>(v: &'a Value, key: &str) -> &'a str { v.get(key).and_then(Value::as_str).unwrap_or("") }
fn time(v: &Value, key: &str) -> Option<Timestamp> { v.get(key).and_then(Value::as_str).and_then(Timestamp::parse) }

/// Folds one output record.
pub fn fold(state: &mut State, catalogue: &Catalogue, record: &OutRecord, committed: Timestamp) {
    let Ok(v) = serde_json::from_str::<Value>(&record.json) else { return };
    match record.topic {
        OutTopic::BookingEvents => booking(state, v),
        OutTopic::GateDecisions => decision(state, v),
        OutTopic::BarrierCommands => command(state, v, committed),
        OutTopic::Boards => board(state, v),
        OutTopic::RiskAlerts => alert(state, v),
        OutTopic::GroupTasks => task(state, catalogue, v),
        OutTopic::Notifications => {
            state.totals.notifications += 1;
            if let Some(view) = state.bookings.get_mut(text(&v, "booking_id")) { push_bounded(&mut view.notices, v, b::MAX_NOTICES_PER_BOOKING); }
        }
        OutTopic::PermitEvents | OutTopic::DeadLetters => {}
    }
}

fn booking(state: &mut State, v: Value) {
    let id = text(&v, "booking_id").to_owned();
    if id.is_empty() { return; }
    let status = text(&v, "status").to_owned();
    match status.as_str() {
        "confirmed" => state.totals.confirmed += 1,
        "crossed" => state.totals.crossed += 1,
        _ => {}
    }
    let plate = text(&v, "plate").to_owned();
    if !plate.is_empty() { state.by_skeleton.entry(Plate::normalise(&plate).skeleton()).or_default().insert(id.as_str().into()); }
    let owner = text(&v, "owner_id").to_owned();
    let view = state.bookings.entry(id.as_str().into()).or_default();
    view.status = status.into();
    push_bounded(&mut view.events, v, b::MAX_EVENTS_PER_BOOKING);
    if !owner.is_empty() { state.note_owner(&owner, &id); }
}

fn decision(state: &mut State, v: Value) {
    let id = text(&v, "arrival_id").to_owned();
    let revision = v.get("revision").and_then(Value::as_u64).unwrap_or(1);
    let at = time(&v, "at").unwrap_or(state.now);
    let a = state.arrivals.entry(&id, || ArrivalView { arrival_id: id.as_str().into(), first_at: at, ..ArrivalView::default() });
    if revision <= a.revision { return; }
    let outcome = text(&v, "outcome");
    match outcome {
        "open" => state.totals.opened += 1,
        "ask_officer" => state.totals.asked += 1,
        "refuse" => state.totals.refused += 1,
        "recorded" => state.totals.recorded += 1,
        _ => {}
    }
    (a.revision, a.last_at) = (revision, at);
    (a.checkpoint, a.camera, a.outcome) = (text(&v, "checkpoint").into(), text(&v, "camera").into(), outcome.into());
    if a.plate.is_empty() {
        let read = v.get("reads").and_then(Value::as_array).and_then(|r| r.iter().map(|r| text(r, "plate")).find(|p| !p.is_empty()));
        a.plate = [text(&v, "plate"), read.unwrap_or("")].into_iter().find(|p| !p.is_empty()).unwrap_or("").into();
    }
    let first = v.get("candidates").and_then(|c| c.get(0)).map_or("", |c| text(c, "booking_id"));
    if !first.is_empty() { a.booking_id = Some(first.into()); }
    if outcome == "ask_officer" { state.waiting.insert(id.into()); } else { state.waiting.remove(id.as_str()); }
    push_bounded(&mut a.decisions, v, b::MAX_REVISIONS);
    while state.waiting.len() > b::MAX_ARRIVALS { state.waiting.pop_first(); }
}

fn command(state: &mut State, v: Value, committed: Timestamp) {
    let id = text(&v, "command_id").to_owned();
    if id.is_empty() { return; }
    let arrival = text(&v, "arrival_id").to_owned();
    if let Some(a) = state.arrivals.get_mut(&arrival) && !a.commands.iter().any(|c| c == id.as_str()) && a.commands.len() < b::MAX_REVISIONS {
        a.commands.push(id.as_str().into());
    }
    let barrier = text(&v, "barrier");
    match text(&v, "action") {
        "hold" => { state.held_barriers.insert(barrier.into(), json!({"barrier": barrier, "checkpoint": text(&v, "checkpoint"), "since": v.get("issued_at"), "reason": v.get("reason")})); }
        "release" => { state.held_barriers.remove(barrier); }
        _ => {}
    }
    state.totals.commands += 1;
    let issued = time(&v, "issued_at").unwrap_or(committed);
    let c = state.commands.entry(&id, CommandView::default);
    c.issued_at = issued;
    c.visible_ms = Some(((committed - issued).0 / 1_000).max(0));
    c.record = v;
}

fn board(state: &mut State, v: Value) {
    let board = text(&v, "board").to_owned();
    let checkpoint = board.split('/').next().unwrap_or("").to_owned();
    if !text(&v, "mode").is_empty() { state.modes.insert(checkpoint.as_str().into(), text(&v, "mode").into()); }
    if state.boards.len() < b::MAX_DEVICES || state.boards.contains_key(board.as_str()) { state.boards.insert(board.into(), v); }
}

fn alert(state: &mut State, v: Value) {
    let id = text(&v, "alert_id").to_owned();
    if id.is_empty() { return; }
    if text(&v, "state") == "raised" { state.totals.alerts += 1; }
    let a = state.alerts.entry(&id, || AlertView { alert_id: id.as_str().into(), ..AlertView::default() });
    push_bounded(&mut a.updates, json!({"at": v.get("at"), "state": v.get("state"), "score": v.get("score"), "escalated": v.get("escalated")}), b::MAX_ALERT_UPDATES);
    let mut v = v;
    if let (Some(old), Some(new)) = (&a.record, v.as_object_mut()) && let Some(old) = old.as_object() {
        // An update need not repeat what it does not change.
        for (k, value) in old { if new.get(k).is_none_or(Value::is_null) { new.insert(k.clone(), value.clone()); } }
    }
    a.record = Some(v);
}

fn task(state: &mut State, _catalogue: &Catalogue, v: Value) {
    let id = text(&v, "task_id").to_owned();
    if id.is_empty() { return; }
    let t = state.tasks.entry(&id, || TaskView { task_id: id.as_str().into(), ..TaskView::default() });
    (t.group, t.alert_id) = (text(&v, "group").into(), text(&v, "alert_id").into());
    push_bounded(&mut t.events, json!({"at": v.get("at"), "type": v.get("type")}), b::MAX_REVISIONS);
    let (alert_id, group) = (text(&v, "alert_id").to_owned(), v.get("group").cloned());
    t.record = Some(v);
    if let (Some(alert), Some(group)) = (state.alerts.get_mut(&alert_id), group) && let Some(Value::Object(map)) = &mut alert.record {
        map.insert("group".into(), group);
    }
}
