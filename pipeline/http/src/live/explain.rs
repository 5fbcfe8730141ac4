//! Why was this barrier opened, why was this booking refused: the whole story of a command, a booking or an arrival.

use serde_json::{Value, json};

use super::LiveView;
use super::fold_rows::command_json;
use crate::labels;

impl LiveView {
    /// The story of a command, booking, arrival or alert; `None` when none of that id is kept.
    pub fn explain(&self, id: &str) -> Option<Value> {
        let state = self.read();
        if let Some(c) = state.commands.get(id) {
            let command = command_json(&state, c);
            let arrival_id = command.get("arrival_id").and_then(Value::as_str).unwrap_or("");
            let arrival = state.arrivals.get(arrival_id).map(|a| state.arrival_json(a, true));
            let mut v = command.clone();
            let told = command.get("decision").or(arrival.as_ref()).cloned().unwrap_or(Value::Null);
            let map = v.as_object_mut()?;
            map.insert("kind".into(), json!("command"));
            map.insert("explanation".into(), labels::story(&told));
            map.insert("arrival".into(), arrival.unwrap_or(Value::Null));
            map.insert("booking".into(), booking_of(&state, command.get("booking_id")));
            return Some(v);
        }
        if let Some(a) = state.arrivals.get(id) {
            let mut v = state.arrival_json(a, true);
            let (story, booking) = (labels::story(&v), a.booking_id.as_ref().map_or(Value::Null, |b| booking_of(&state, Some(&json!(b)))));
            let map = v.as_object_mut()?;
            map.insert("kind".into(), json!("arrival"));
            map.insert("explanation".into(), story);
            map.insert("booking".into(), booking);
            return Some(v);
        }
        if let Some(b) = state.bookings.get(id) {
            let mut v = state.booking_json(id, b);
            let story = labels::story(&v);
            let map = v.as_object_mut()?;
            map.insert("kind".into(), json!("booking"));
            map.insert("explanation".into(), story);
            let newest = state.commands.newest().find(|c| c.row.as_ref().and_then(|r| r.booking_id.as_deref()) == Some(id)
                || c.record.get("booking_id").and_then(Value::as_str) == Some(id)).map(|c| command_json(&state, c));
            for key in ["command_id", "mode"] { map.insert(key.into(), newest.as_ref().and_then(|c| c.get(key)).cloned().unwrap_or(Value::Null)); }
            map.insert("events".into(), json!(b.events));
            map.insert("notifications".into(), json!(b.notices));
            map.insert("arrivals".into(), state.arrivals.newest().filter(|a| a.booking_id.as_deref() == Some(id)).take(20).map(|a| state.arrival_json(a, true)).collect());
            map.insert("commands".into(), state.commands.newest().filter(|c| c.row.as_ref().and_then(|r| r.booking_id.as_deref()) == Some(id)
                || c.record.get("booking_id").and_then(Value::as_str) == Some(id)).take(20).map(|c| command_json(&state, c)).collect());
            return Some(v);
        }
        let mut v = state.alerts.get(id).map(|a| state.alert_json(a, true))?;
        let story = labels::story(&v);
        let map = v.as_object_mut()?;
        if let Some(rule) = map.remove("kind") { map.insert("rule".into(), rule); }
        map.insert("kind".into(), json!("alert"));
        map.insert("explanation".into(), story);
        Some(v)
    }
}

fn booking_of(state: &super::state::State, id: Option<&Value>) -> Value {
    let id = id.and_then(Value::as_str).unwrap_or("");
    state.bookings.get(id).map_or(Value::Null, |b| state.booking_json(id, b))
}
