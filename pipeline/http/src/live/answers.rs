//! What the view answers, as JSON, unmasked: whoever sends it out masks it by role.

use kezek_schemas::reference::{Checkpoint, DeviceRole};
use kezek_schemas::time::{Slot, Span, Timestamp};
use serde_json::{Map, Value, json};

use super::LiveView;
use super::fold_rows::{command_json, ended};
use super::state::{AlertView, ArrivalView, BookingView, State, TaskView};

fn object(v: Value) -> Map<String, Value> { if let Value::Object(m) = v { m } else { Map::new() } }

/// A checkpoint's names: the Russian name is the only given one; English is made of the slug.
pub fn names(cp: &Checkpoint) -> Value {
    json!({"kk": cp.name_ru, "ru": cp.name_ru, "en": title(cp.id.as_str())})
}

/// `nur-zholy` → `Nur Zholy`.
fn title(slug: &str) -> String {
    slug.split('-').map(|w| { let mut c = w.chars(); c.next().map_or(String::new(), |f| f.to_uppercase().chain(c).collect()) })
        .collect::<Vec<_>>().join(" ")
}

impl State {
    pub fn booking_json(&self, id: &str, view: &BookingView) -> Value {
        let mut m = Map::new();
        m.insert("booking_id".into(), json!(id));
        m.insert("status".into(), json!(view.status));
        if let Some(r) = &view.row {
            let cp = Some(r.checkpoint.as_str());
            let rest = json!({"account_id": r.account_id, "checkpoint": r.checkpoint, "scheme": r.scheme, "plate": r.plate, "country": r.country,
                "vin": r.vin, "lane": r.lane, "number": r.number, "slot_start": r.slot_start.map(|t| self.local(t, cp)),
                "slot_end": r.slot_end.map(|t| self.local(t, cp)), "seen": r.seen, "updated_at": self.local(r.updated_at, cp), "owner_id": view.owner});
            m.extend(object(rest));
        } else if let Some(e) = view.events.back() {
            for k in ["checkpoint", "plate", "country", "number", "slot", "lane"] { if let Some(v) = e.get(k) { m.insert(k.into(), v.clone()); } }
        }
        if let Some(reasons) = view.events.back().and_then(|e| e.get("reasons")) { m.insert("reasons".into(), reasons.clone()); }
        Value::Object(m)
    }

    pub fn arrival_json(&self, a: &ArrivalView, whole: bool) -> Value {
        let latest = a.decisions.back();
        let mut m = latest.cloned().map(object).unwrap_or_default();
        let command = a.commands.last().and_then(|c| self.commands.get(c)).map(|c| command_json(self, c));
        let cp = Some(a.checkpoint.as_str());
        let of_command = |k: &str| command.as_ref().and_then(|c| c.get(k)).cloned().unwrap_or(Value::Null);
        m.extend(object(json!({"arrival_id": a.arrival_id, "checkpoint": a.checkpoint, "camera": a.camera, "plate": a.plate, "country": a.country,
            "first_at": self.local(a.first_at, cp), "decided_at": self.local(a.last_at, cp),
            "command_id": of_command("command_id"), "mode": of_command("mode"), "result": of_command("result")})));
        if whole {
            m.insert("revisions".into(), json!(a.decisions));
            m.insert("commands".into(), a.commands.iter().filter_map(|c| self.commands.get(c)).map(|c| command_json(self, c)).collect());
        }
        Value::Object(m)
    }

    pub fn alert_json(&self, a: &AlertView, whole: bool) -> Value {
        let mut m = a.record.clone().map(object).unwrap_or_default();
        if let Some(r) = &a.row {
            for (k, v) in object(json!({"kind": r.kind, "severity": r.severity, "plate": r.plate, "country": r.country, "region": r.region, "score": r.score})) {
                m.entry(k).or_insert(v);
            }
            m.insert("state".into(), json!(r.state));
            m.insert("raised_at".into(), self.local(r.raised_at, None));
            m.insert("updated_at".into(), self.local(r.updated_at, None));
        }
        m.insert("alert_id".into(), json!(a.alert_id));
        m.entry("plate").or_insert(Value::Null);
        let first = a.updates.front().and_then(|u| u.get("at")).cloned().unwrap_or(Value::Null);
        m.entry("raised_at").or_insert(first);
        let task = self.tasks.newest().find(|t| t.alert_id == a.alert_id);
        let group = task.map_or(Value::Null, |t| json!(t.group));
        if m.get("group").is_none_or(Value::is_null) { m.insert("group".into(), group); }
        if let Some(t) = task { m.insert("task_state".into(), json!(task_state(t))); }
        if whole { m.insert("updates".into(), json!(a.updates)); }
        Value::Object(m)
    }

    pub fn task_json(&self, t: &TaskView) -> Value {
        let mut m = t.record.clone().map(object).unwrap_or_default();
        let row = t.row.as_ref();
        m.extend(object(json!({"task_id": t.task_id, "group": t.group, "alert_id": t.alert_id, "state": task_state(t),
            "assigned_at": row.map(|r| self.local(r.assigned_at, None)), "events": t.events,
            "stop_started_at": row.and_then(|r| r.stop_started_at).map(|at| self.local(at, None))})));
        if let Some(a) = self.alerts.get(&t.alert_id) { m.insert("alert".into(), self.alert_json_flat(a)); }
        Value::Object(m)
    }

    fn alert_json_flat(&self, a: &AlertView) -> Value {
        let mut m = a.record.clone().map(object).unwrap_or_default();
        if let Some(r) = &a.row { m.extend(object(json!({"kind": r.kind, "severity": r.severity, "plate": r.plate, "state": r.state}))); }
        Value::Object(m)
    }

    pub fn alert_active(a: &AlertView) -> bool {
        let state = a.row.as_ref().map(|r| r.state.as_str()).or_else(|| a.record.as_ref()?.get("state")?.as_str());
        state != Some("cleared")
    }

    /// Active alerts, the most severe and newest first; then, if asked for, cleared ones.
    pub fn alerts_json(&self, limit: usize, cleared: bool) -> Vec<Value> {
        let mut list: Vec<(bool, i64, &AlertView)> = self.alerts.newest().filter(|a| cleared || Self::alert_active(a)).map(|a| {
            let severity = a.row.as_ref().map(|r| i64::from(r.severity)).or_else(|| a.record.as_ref()?.get("severity")?.as_i64()).unwrap_or(0);
            (!Self::alert_active(a), -severity, a)
        }).collect();
        list.sort_by_key(|(gone, severity, _)| (*gone, *severity));
        list.into_iter().take(limit).map(|(_, _, a)| self.alert_json(a, false)).collect()
    }

    /// The slot running at an instant.
    fn slot_now(&self, cp: &str) -> Option<&kezek_schemas::tables::SlotRow> {
        let from = self.now - Span::hours(1);
        self.slots.range((cp.into(), from)..=(cp.into(), self.now)).next_back().map(|(_, s)| s)
    }

    fn slot_json(&self, s: &kezek_schemas::tables::SlotRow) -> Value {
        json!({"slot_start": self.local(s.slot_start, Some(&s.checkpoint)), "capacity": s.capacity, "held": s.held, "confirmed": s.confirmed, "free": s.free})
    }

    /// All hours of the local days from today on, those that nobody has touched with their usual capacity.
    pub fn days_json(&self, cp: &Checkpoint, days: usize) -> Vec<Value> {
        let (today, _) = cp.zone.date_hour(self.now);
        let mut slot = Slot { date: today, hour: 0 };
        let mut all = Vec::with_capacity(days * 24);
        for _ in 0..days * 24 {
            let start = slot.start(&cp.zone);
            all.push(self.slots.get(&(cp.id.0.clone(), start)).map_or_else(|| {
                let usual = cp.usual_capacity(slot.hour);
                json!({"slot_start": self.local(start, Some(cp.id.as_str())), "capacity": usual, "held": 0, "confirmed": 0, "free": usual})
            }, |s| self.slot_json(s)));
            slot = slot.next();
        }
        all
    }

    /// How long commands took from the read to being visible: percentiles, and the last ones each.
    pub fn latency_json(&self) -> Value {
        let newest: Vec<(i64, i64)> = self.commands.newest().filter(|c| c.record.get("mode").and_then(Value::as_str) == Some("auto"))
            .filter_map(|c| Some((c.issued_at.0 / 1_000, c.visible_ms?))).take(500).collect();
        let mut sorted: Vec<i64> = newest.iter().map(|(_, ms)| *ms).collect();
        sorted.sort_unstable();
        let at = |share: usize| sorted.get((sorted.len() * share).div_ceil(100).saturating_sub(1)).copied();
        json!({"n": sorted.len(), "p50": at(50), "p90": at(90), "p99": at(99), "points": newest.iter().take(200).collect::<Vec<_>>()})
    }

    /// Hours from now on, at most `n`.
    pub fn slots_json(&self, cp: &str, n: usize) -> Vec<Value> {
        let from = self.now - Span::hours(1);
        self.slots.range((cp.into(), from)..=(cp.into(), Timestamp(i64::MAX))).filter(|((_, start), _)| *start + Span::hours(1) > self.now)
            .take(n).map(|(_, s)| self.slot_json(s)).collect()
    }

    /// Whether an answer can still change anything: not when every vehicle that it may be has crossed or gives no place any more.
    pub fn still_asks(&self, a: &ArrivalView) -> bool {
        let candidates = a.decisions.back().and_then(|d| d.get("candidates")).and_then(Value::as_array);
        let mut named = candidates.into_iter().flatten().filter_map(|c| c.get("booking_id")?.as_str()).peekable();
        named.peek().is_none() || named.any(|id| self.bookings.get(id).is_none_or(|b| !ended(&b.status)))
    }

    pub fn totals_json(&self) -> Value {
        let t = &self.totals;
        let mut by_status: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
        for view in self.bookings.values() { *by_status.entry(view.status.as_str()).or_default() += 1; }
        let active = self.bookings.values().filter(|v| !ended(&v.status)).count();
        json!({"bookings": self.bookings.len(), "active": active, "by_status": by_status, "confirmed": t.confirmed, "crossed": t.crossed,
            "opened": t.opened, "asked": t.asked, "refused": t.refused, "recorded": t.recorded, "commands": t.commands,
            "waiting": self.waiting.iter().filter_map(|id| self.arrivals.get(id)).filter(|a| self.still_asks(a)).count(),
            "alerts": self.alerts.values().filter(|a| Self::alert_active(a)).count(), "alerts_raised": t.alerts, "notifications": t.notifications,
            "dead_letters": t.dead_letters})
    }

    /// Per checkpoint: vehicles by status, and those called or released.
    fn counts(&self) -> std::collections::BTreeMap<&str, std::collections::BTreeMap<&str, u64>> {
        let mut all: std::collections::BTreeMap<&str, std::collections::BTreeMap<&str, u64>> = std::collections::BTreeMap::new();
        for view in self.bookings.values() {
            if let Some(r) = view.row.as_ref().filter(|r| !ended(&r.status)) {
                *all.entry(r.checkpoint.as_str()).or_default().entry(r.status.as_str()).or_default() += 1;
            }
        }
        all
    }
}

impl LiveView {
    /// All checkpoints, with their queues.
    pub fn checkpoints(&self) -> Vec<Value> {
        let state = self.read();
        let counts = state.counts();
        let mut waiting: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
        for a in state.waiting.iter().filter_map(|id| state.arrivals.get(id)).filter(|a| state.still_asks(a)) { *waiting.entry(a.checkpoint.as_str()).or_default() += 1; }
        self.catalogue().checkpoints.values().map(|cp| {
            let id = cp.id.as_str();
            let none = std::collections::BTreeMap::new();
            let by = counts.get(id).unwrap_or(&none);
            let n = |names: &[&str]| names.iter().filter_map(|s| by.get(s)).sum::<u64>();
            let slot = state.slot_now(id);
            let usual = cp.usual_capacity(cp.zone.date_hour(state.now).1);
            json!({"checkpoint": id, "name": names(cp), "region": cp.region, "neighbour": cp.neighbour, "lat": cp.lat, "lon": cp.lon,
                "scheme": cp.scheme, "waiting_zone": cp.waiting_zone, "daily_capacity": cp.daily_capacity,
                "mode": state.modes.get(id), "capacity": slot.map_or(usual, |s| s.capacity), "free": slot.map_or(usual, |s| s.free), "held": slot.map_or(0, |s| s.held),
                "booked": n(&["requested", "waiting_source", "confirmed", "rescheduled", "notified"]), "called": n(&["called"]), "in_zone": n(&["in_zone"]),
                "released": n(&["released"]), "at_gate": n(&["at_gate"]), "late": n(&["late"]), "queue": by.values().sum::<u64>(),
                "waiting": waiting.get(id).copied().unwrap_or(0), "barrier_held": state.held_barriers.keys().any(|b| b.starts_with(id) && b.as_bytes().get(id.len()) == Some(&b'/'))})
        }).collect()
    }

    /// One checkpoint: its hours, queue, last arrivals and commands, barriers.
    pub fn checkpoint(&self, slug: &str) -> Option<Value> {
        let place = self.catalogue().checkpoint(&slug.to_lowercase().as_str().into())?;
        let (cp, cp_zone) = (place.id.clone(), place.zone.name());
        let mut v = self.checkpoints().into_iter().find(|c| c.get("checkpoint").and_then(Value::as_str) == Some(cp.as_str()))?;
        let state = self.read();
        let id = cp.as_str();
        let today = state.days_json(place, 1);
        let mut queue: Vec<_> = state.queue.values().filter(|q| q.checkpoint == id).collect();
        queue.sort_by_key(|q| (q.lane != "priority", q.slot_start, q.number));
        let queue: Vec<Value> = queue.iter().take(200).enumerate().map(|(i, q)| json!({"position": i + 1, "booking_id": q.booking_id, "plate": q.plate,
            "country": q.country, "lane": q.lane, "status": q.status, "number": q.number, "slot_start": state.local(q.slot_start, Some(id))})).collect();
        let map = v.as_object_mut()?;
        map.insert("zone".into(), json!(cp_zone));
        map.insert("now".into(), state.local(state.now, Some(id)));
        map.insert("day".into(), json!(today));
        map.insert("slots".into(), json!(state.slots_json(id, 48)));
        map.insert("entries".into(), json!(queue));
        map.insert("arrivals".into(), state.arrivals.newest().filter(|a| a.checkpoint == id).take(50).map(|a| state.arrival_json(a, false)).collect());
        map.insert("devices".into(), state.devices.values().filter(|d| d.checkpoint.as_deref() == Some(id))
            .map(|d| json!({"device": d.device, "kind": d.kind, "state": d.state, "last_seen_at": d.last_seen_at.map(|t| state.local(t, Some(id)))})).collect());
        map.insert("board".into(), state.boards.get(format!("{id}/board-1").as_str()).cloned().unwrap_or(Value::Null));
        Some(v)
    }

    /// The map's unchanging parts.
    pub fn catalogue_json(&self) -> Value {
        let c = self.catalogue();
        json!({
            "nodes": c.nodes.values().map(|n| json!({"id": n.id, "name": n.name_ru, "lat": n.lat, "lon": n.lon})).collect::<Vec<_>>(),
            "edges": c.edges.iter().map(|e| json!({"from": e.from, "to": e.to, "road": e.road, "km": e.km})).collect::<Vec<_>>(),
            "checkpoints": c.checkpoints.values().map(|p| json!({"checkpoint": p.id, "name": names(p), "pair": p.pair_ru, "neighbour": p.neighbour,
                "lat": p.lat, "lon": p.lon, "region": p.region, "node": p.node, "waiting_zone": p.waiting_zone, "zone": p.zone.name()})).collect::<Vec<_>>(),
            "devices": c.road_devices.values().map(|d| json!({"device": d.id, "kind": if d.role == DeviceRole::Scale { "scale" } else { "camera" },
                "lat": d.lat, "lon": d.lon})).collect::<Vec<_>>(),
            "regions": c.regions.values().map(|r| json!({"region": r.id, "name": {"kk": r.name_kk, "ru": r.name_ru, "en": title(r.id.as_str())},
                "centre": c.nodes.get(&r.centre).map(|n| [n.lat, n.lon])})).collect::<Vec<_>>(),
        })
    }

    /// Alerts, active ones first.
    pub fn alerts(&self, limit: usize, cleared: bool) -> Vec<Value> { self.read().alerts_json(limit, cleared) }

    /// The id of the alert that a masked answer named so: ids may carry a plate, and leave masked.
    pub fn alert_of_masked(&self, masked: &str) -> Option<String> {
        let state = self.read();
        state.alerts.newest().find(|a| {
            let plate = a.row.as_ref().and_then(|r| r.plate.as_deref()).or_else(|| a.record.as_ref()?.get("plate")?.as_str()).unwrap_or("");
            !plate.is_empty() && a.alert_id.replace(plate, &crate::mask::plate(plate)) == masked
        }).map(|a| a.alert_id.to_string())
    }

    /// One alert, whole.
    pub fn alert(&self, id: &str) -> Option<Value> {
        let state = self.read();
        let a = state.alerts.get(id)?;
        Some(state.alert_json(a, true))
    }

    /// What the public may know of a booking by its id: nothing of the person or the vehicle.
    pub fn public_booking(&self, id: &str) -> Option<Value> {
        let state = self.read();
        let view = state.bookings.get(id)?;
        let r = view.row.as_ref();
        let cp = r.map(|r| r.checkpoint.as_str());
        Some(json!({"booking_id": id, "status": view.status, "checkpoint": cp, "number": r.and_then(|r| r.number), "lane": r.map(|r| r.lane.clone()),
            "slot_start": r.and_then(|r| r.slot_start).map(|t| state.local(t, cp))}))
    }
}

/// The state of a task: its row's, else what the last message makes it.
pub fn task_state(t: &TaskView) -> String {
    if let Some(row) = &t.row { return row.state.to_string(); }
    match t.record.as_ref().and_then(|r| r.get("type")).and_then(Value::as_str) {
        Some("cancelled") => "cancelled",
        Some("stop_warning" | "stop_overrun") => "stop_started",
        Some(_) | None => "sent",
    }.to_owned()
}
