//! What the open pages follow. A feed is one page's document in named sections, made at most five times a second
//! however many clients follow it; a client gets the sections that changed since what it has. Sections carry
//! state, not events: a client that misses frames and resumes is whole again after one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use serde_json::{Value, json};

use super::fold_rows::command_json;
use super::{LiveView, State};
use crate::bounds::{MAX_FEEDS, RESUME_TOKENS, STREAM_TICK_MS};
use crate::mask;

/// Which document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// Situational centre.
    Centre,
    /// The officer of a checkpoint, or of all.
    Officer(Option<String>),
    /// A mobile group.
    Tablet(String),
    /// The board of a checkpoint.
    Board(String),
    /// The public page.
    Public,
}

#[derive(Default)]
struct Feed {
    sections: BTreeMap<&'static str, (Arc<str>, u64)>,
    version: u64,
    made_of: Option<u64>,
    made_at: Option<Instant>,
    token: String,
    past: VecDeque<(String, u64)>,
    last_frame: Option<(u64, u64, Bytes)>,
}

/// What a feed is for: a page, and whether its plates are masked.
type Audience = (Page, bool);

/// The feeds in use.
#[derive(Default)]
pub struct Feeds(Mutex<BTreeMap<Audience, Arc<Mutex<Feed>>>>);

impl Feeds {
    fn feed(&self, page: &Page, masked: bool) -> Arc<Mutex<Feed>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_FEEDS { all.retain(|_, f| Arc::strong_count(f) > 1); }
        all.entry((page.clone(), masked)).or_default().clone()
    }

    /// The frame for a client that has `seen` (0 = nothing): event text and what it will have seen; `None` when nothing changed.
    pub fn frame(&self, live: &LiveView, page: &Page, masked: bool, seen: u64) -> Option<(Bytes, u64)> {
        let feed = self.feed(page, masked);
        let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
        feed.refresh(live, page, masked);
        if feed.version <= seen { return None; }
        if let Some((from, to, bytes)) = &feed.last_frame && (*from, *to) == (seen, feed.version) { return Some((bytes.clone(), *to)); }
        let mut text = String::with_capacity(1024);
        text.push_str(if seen == 0 { "event: snapshot\nid: " } else { "event: change\nid: " });
        text.push_str(&feed.token);
        text.push_str("\ndata: {");
        let mut first = true;
        for (name, (json, at)) in &feed.sections {
            if *at <= seen { continue; }
            if !first { text.push(','); }
            first = false;
            text.push_str(&format!("\"{name}\":{json}"));
        }
        text.push_str("}\n\n");
        let bytes = Bytes::from(text);
        feed.last_frame = Some((seen, feed.version, bytes.clone()));
        Some((bytes, feed.version))
    }

    /// What a client with this token has seen; 0 when it is too long ago or of another life of the process.
    pub fn seen(&self, live: &LiveView, page: &Page, masked: bool, token: &str) -> u64 {
        let feed = self.feed(page, masked);
        let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
        feed.refresh(live, page, masked);
        feed.past.iter().rev().find(|(t, _)| t == token).map_or(0, |(_, v)| *v)
    }
}

impl Feed {
    fn refresh(&mut self, live: &LiveView, page: &Page, masked: bool) {
        let version = live.version();
        if self.made_of == Some(version) { return; }
        if self.made_of.is_some() && self.made_at.is_some_and(|t| t.elapsed().as_millis() < u128::from(STREAM_TICK_MS)) { return; }
        let (token, sections) = sections(live, page);
        let next = self.version + 1;
        let mut changed = false;
        for (name, mut v) in sections {
            if masked { mask::value(&mut v); }
            let text = v.to_string();
            if self.sections.get(name).is_none_or(|(old, _)| **old != *text) {
                self.sections.insert(name, (text.into(), next));
                changed = true;
            }
        }
        if changed { self.version = next; self.last_frame = None; }
        self.token = token.clone();
        if self.past.back().is_none_or(|(t, _)| *t != token) {
            self.past.push_back((token, self.version));
            if self.past.len() > RESUME_TOKENS { self.past.pop_front(); }
        }
        (self.made_of, self.made_at) = (Some(version), Some(Instant::now()));
    }
}

fn waiting(state: &State, checkpoint: Option<&str>) -> Value {
    let mut list: Vec<_> = state.waiting.iter().filter_map(|id| state.arrivals.get(id)).filter(|a| checkpoint.is_none_or(|c| a.checkpoint == c) && state.still_asks(a)).collect();
    list.sort_by_key(|a| (a.first_at, a.arrival_id.clone()));
    list.iter().take(100).map(|a| {
        let mut v = state.arrival_json(a, false);
        // A candidate without a plate of its own is shown with its booking's.
        if let Some(candidates) = v.get_mut("candidates").and_then(Value::as_array_mut) {
            for c in candidates {
                let id = c.get("booking_id").and_then(Value::as_str).unwrap_or("").to_owned();
                let Some(row) = state.bookings.get(id.as_str()).and_then(|b| b.row.as_ref()) else { continue };
                let Some(map) = c.as_object_mut() else { continue };
                map.entry("plate").or_insert(json!(row.plate));
                map.insert("number".into(), json!(row.number));
                map.insert("status".into(), json!(row.status));
                map.insert("slot_start".into(), row.slot_start.map_or(Value::Null, |t| state.local(t, Some(&row.checkpoint))));
            }
        }
        v
    }).collect()
}

fn arrivals(state: &State, checkpoint: Option<&str>, n: usize) -> Value {
    let mut list: Vec<_> = state.arrivals.newest().filter(|a| checkpoint.is_none_or(|c| a.checkpoint == c)).take(n * 4).collect();
    list.sort_by_key(|a| core::cmp::Reverse(a.last_at));
    list.iter().take(n).map(|a| state.arrival_json(a, false)).collect()
}

fn commands(state: &State, checkpoint: Option<&str>, n: usize) -> Value {
    state.commands.newest().filter(|c| checkpoint.is_none_or(|cp| c.row.as_ref().map(|r| r.checkpoint.as_str())
        .or_else(|| c.record.get("checkpoint")?.as_str()) == Some(cp))).take(n).map(|c| {
            let mut v = command_json(state, c);
            if let Some(m) = v.as_object_mut() { m.remove("decision"); }
            v
        }).collect()
}

fn vehicles(state: &State) -> Value {
    state.alerts.newest().filter(|a| State::alert_active(a)).take(1_000).filter_map(|a| {
        let v = a.record.as_ref();
        let plate = v.and_then(|v| v.get("plate")).and_then(Value::as_str).or_else(|| a.row.as_ref()?.plate.as_deref())?;
        let last = state.trails.get(&super::vehicle_of(plate)).and_then(|t| t.sights.back());
        let lat = last.and_then(|s| s.lat).or_else(|| v?.get("lat")?.as_f64())?;
        let lon = last.and_then(|s| s.lon).or_else(|| v?.get("lon")?.as_f64())?;
        let severity = a.row.as_ref().map(|r| u64::from(r.severity)).or_else(|| v?.get("severity")?.as_u64());
        Some(json!({"alert_id": a.alert_id, "plate": plate, "lat": lat, "lon": lon, "severity": severity}))
    }).collect()
}

fn held(state: &State, checkpoint: Option<&str>) -> Value {
    state.held_barriers.values().filter(|b| checkpoint.is_none_or(|c| b.get("checkpoint").and_then(Value::as_str) == Some(c))).cloned().collect()
}

fn sections(live: &LiveView, page: &Page) -> (String, Vec<(&'static str, Value)>) {
    match page {
        Page::Centre => {
            let checkpoints = json!(live.checkpoints());
            let s = live.read();
            (s.token(), vec![
                ("totals", s.totals_json()),
                ("checkpoints", checkpoints),
                ("alerts", json!(s.alerts_json(100, false))),
                ("arrivals", arrivals(&s, None, 20)),
                ("commands", commands(&s, None, 12)),
                ("latency", s.latency_json()),
                ("vehicles", vehicles(&s)),
                ("groups", s.groups.values().map(|g| json!({"group": g.group_id, "region": g.region, "status": g.status, "lat": g.lat, "lon": g.lon})).collect()),
                ("sources", s.sources.values().map(|x| json!({"source": x.source, "state": x.state, "last_at": x.last_at.map(|t| s.local(t, None)), "lag_s": x.lag_s})).collect()),
                ("devices", s.devices.values().filter(|d| !matches!(d.state.as_str(), "ok" | "on" | "")).take(500)
                    .map(|d| json!({"device": d.device, "state": d.state, "kind": d.kind})).collect()),
            ])
        }
        Page::Officer(cp) => {
            let s = live.read();
            let cp = cp.as_deref();
            (s.token(), vec![
                ("waiting", waiting(&s, cp)),
                ("arrivals", arrivals(&s, cp, 20)),
                ("commands", commands(&s, cp, 12)),
                ("held", held(&s, cp)),
            ])
        }
        Page::Tablet(group) => {
            let s = live.read();
            let region = group.split('/').next().unwrap_or("");
            let mut tasks: Vec<Value> = s.tasks.newest().filter(|t| t.group == group.as_str()).take(10).map(|t| s.task_json(t)).collect();
            for t in &mut tasks {
                let plate = t.get("alert").and_then(|a| a.get("plate")).and_then(Value::as_str).unwrap_or("").to_owned();
                let trail: Vec<Value> = s.trails.get(&super::vehicle_of(&plate)).into_iter().flat_map(|t| t.sights.iter().rev().take(6))
                    .map(|x| json!({"camera": x.camera, "at": s.local(x.at, None), "lat": x.lat, "lon": x.lon})).collect();
                if let Some(m) = t.as_object_mut() { m.insert("trail".into(), json!(trail)); m.insert("plate".into(), json!(plate)); }
            }
            (s.token(), vec![
                ("tasks", json!(tasks)),
                ("group", s.groups.get(group.as_str()).map_or(json!({"group": group, "region": region}),
                    |g| json!({"group": g.group_id, "region": g.region, "status": g.status, "lat": g.lat, "lon": g.lon}))),
            ])
        }
        Page::Board(cp) => {
            let s = live.read();
            let board = s.boards.get(format!("{cp}/board-1").as_str()).cloned().unwrap_or(json!({"board": format!("{cp}/board-1"), "rows": []}));
            let mode = s.modes.get(cp.as_str()).map(ToString::to_string);
            (s.token(), vec![("board", board), ("mode", json!(mode))])
        }
        Page::Public => {
            let list: Vec<Value> = live.checkpoints().into_iter().map(|c| json!({"checkpoint": c["checkpoint"], "name": c["name"], "capacity": c["capacity"],
                "free": c["free"], "queue": c["queue"], "called": c["called"], "lat": c["lat"], "lon": c["lon"]})).collect();
            let s = live.read();
            let boards: Vec<Value> = s.boards.values().map(|b| json!({"board": b["board"], "rows": b["rows"], "mode": b["mode"]})).collect();
            (s.token(), vec![("checkpoints", json!(list)), ("boards", json!(boards))])
        }
    }
}
