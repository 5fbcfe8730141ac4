//! One box: a plate in any writing, a VIN, an owner's ИИН or БИН, a booking; and a vehicle's whole page.

use std::collections::BTreeSet;

use compact_str::CompactString;
use kezek_schemas::plate::{Plate, Skeleton};
use serde_json::{Value, json};

use super::LiveView;
use super::state::State;

/// Most vehicles answered.
const MAX_RESULTS: usize = 20;

/// Whether the text may be an identity number: twelve digits and nothing else but separators.
pub fn identity_number(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// A vehicle as `country/plate` names it.
pub fn vehicle_of(plate: &str) -> Skeleton { Plate::normalise(plate).skeleton() }

fn result(state: &State, skeleton: &Skeleton, why: &str) -> Value {
    let bookings: Vec<_> = state.by_skeleton.get(skeleton).into_iter().flatten().filter_map(|id| state.bookings.get(id).map(|b| (id, b))).collect();
    let newest = bookings.iter().max_by_key(|(_, b)| b.row.as_ref().map(|r| r.updated_at));
    let trail = state.trails.get(skeleton).and_then(|t| t.sights.back());
    let row = newest.and_then(|(_, b)| b.row.as_ref());
    let arrival = || state.arrivals.newest().find(|a| vehicle_of(&a.plate) == *skeleton);
    let plate = row.map(|r| r.plate.to_string()).or_else(|| trail.map(|s| s.plate.to_string()))
        .or_else(|| newest.and_then(|(_, b)| b.events.back()).and_then(|e| e.get("plate")).and_then(Value::as_str).map(str::to_owned))
        .or_else(|| arrival().map(|a| a.plate.to_string())).unwrap_or_else(|| skeleton.as_str().to_owned());
    let country = row.map(|r| r.country.clone()).or_else(|| trail.and_then(|s| s.country.clone()));
    let alerts = state.alerts.newest().filter(|a| State::alert_active(a)
        && a.row.as_ref().and_then(|r| r.plate.as_deref()).is_some_and(|p| vehicle_of(p) == *skeleton)).count();
    json!({"kind": "vehicle", "matched": why, "plate": plate, "country": country, "vin": row.and_then(|r| r.vin.clone()),
        "booking_id": newest.map(|(id, _)| id), "status": newest.map(|(_, b)| b.status.clone()), "checkpoint": row.map(|r| r.checkpoint.clone()),
        "bookings": bookings.iter().map(|(id, _)| id).collect::<Vec<_>>(), "alerts": alerts,
        "last_seen_at": trail.map(|s| state.local(s.at, None)), "last_camera": trail.map(|s| s.camera.clone())})
}

impl LiveView {
    /// Vehicles for a text, best first.
    pub fn search(&self, q: &str) -> Vec<Value> {
        let q = q.trim();
        let state = self.read();
        let mut found: Vec<(Skeleton, &str)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut add = |s: Skeleton, why: &'static str| if !s.as_str().is_empty() && seen.insert(s.clone()) { found.push((s, why)); };
        let of_booking = |id: &CompactString| state.bookings.get(id).and_then(|b| {
            let plate = b.row.as_ref().map(|r| r.plate.as_str()).or_else(|| b.events.back()?.get("plate")?.as_str())?;
            Some(vehicle_of(plate))
        });
        if let Some(s) = of_booking(&q.into()) { add(s, "booking"); }
        if let Some(number) = identity_number(q) {
            for s in state.by_owner.get(number.as_str()).into_iter().flatten().filter_map(of_booking) { add(s, "owner"); }
        }
        for s in state.by_vin.get(q.to_uppercase().as_str()).into_iter().flatten().filter_map(of_booking) { add(s, "vin"); }
        let skeleton = vehicle_of(q);
        if skeleton.as_str().chars().count() >= 2 {
            let known = state.by_skeleton.contains_key(&skeleton) || state.trails.contains_key(&skeleton)
                || state.arrivals.values().any(|a| vehicle_of(&a.plate) == skeleton)
                || state.alerts.values().any(|a| a.row.as_ref().and_then(|r| r.plate.as_deref()).is_some_and(|p| vehicle_of(p) == skeleton));
            if known { add(skeleton.clone(), "plate"); }
            let text = skeleton.as_str();
            let starts = |s: &Skeleton| s.as_str().starts_with(text);
            for s in state.by_skeleton.range(skeleton.clone()..).map(|(s, _)| s).take_while(|s| starts(s)).take(MAX_RESULTS) { add(s.clone(), "plate"); }
            for s in state.trails.range(skeleton.clone()..).map(|(s, _)| s).take_while(|s| starts(s)).take(MAX_RESULTS) { add(s.clone(), "plate"); }
        }
        found.truncate(MAX_RESULTS);
        found.iter().map(|(s, why)| result(&state, s, why)).collect()
    }

    /// A vehicle's whole page; `country` `-` or `*` = any.
    pub fn vehicle(&self, country: &str, plate: &str) -> Option<Value> {
        let state = self.read();
        let (plate, any) = (Plate::normalise(plate), matches!(country, "-" | "*" | "??" | "unknown"));
        let skeleton = plate.skeleton();
        let same = |c: Option<&str>| any || c.is_none_or(|c| c.is_empty() || c.eq_ignore_ascii_case(country));
        let ids: Vec<_> = state.by_skeleton.get(&skeleton).into_iter().flatten().filter_map(|id| state.bookings.get(id).map(|b| (id, b)))
            .filter(|(_, b)| same(b.row.as_ref().map(|r| r.country.as_str()))).collect();
        let names: BTreeSet<&str> = ids.iter().map(|(id, _)| id.as_str()).collect();
        let trail = state.trails.get(&skeleton);
        let arrivals: Vec<Value> = state.arrivals.newest().filter(|a| vehicle_of(&a.plate) == skeleton && same(a.country.as_deref())
            || a.booking_id.as_deref().is_some_and(|b| names.contains(b))).take(50).map(|a| state.arrival_json(a, false)).collect();
        let alerts: Vec<Value> = state.alerts.newest().filter(|a| a.row.as_ref().and_then(|r| r.plate.as_deref())
            .or_else(|| a.record.as_ref()?.get("plate")?.as_str()).is_some_and(|p| vehicle_of(p) == skeleton)).map(|a| state.alert_json(a, true)).collect();
        let journeys: Vec<Value> = state.journeys.newest().filter(|j| vehicle_of(&j.plate) == skeleton && same(j.country.as_deref())).take(20)
            .map(|j| json!({"journey_id": j.journey_id, "booking_id": j.booking_id, "checkpoint": j.checkpoint, "state": j.state, "last_camera": j.last_camera,
                "last_lat": j.last_lat, "last_lon": j.last_lon, "last_seen_at": j.last_seen_at.map(|t| state.local(t, None)), "eta": j.eta.map(|t| state.local(t, None))})).collect();
        let sights: Vec<Value> = trail.into_iter().flat_map(|t| &t.sights).filter(|s| same(s.country.as_deref()))
            .map(|s| json!({"camera": s.camera, "at": state.local(s.at, None), "speed_kmh": s.speed_kmh, "lat": s.lat, "lon": s.lon, "plate": s.plate})).collect();
        if ids.is_empty() && arrivals.is_empty() && alerts.is_empty() && journeys.is_empty() && sights.is_empty() { return None; }
        let bookings: Vec<Value> = ids.iter().map(|(id, b)| {
            let mut v = state.booking_json(id, b);
            if let Some(m) = v.as_object_mut() { m.insert("events".into(), json!(b.events)); }
            v
        }).collect();
        let country = ids.iter().find_map(|(_, b)| b.row.as_ref().map(|r| r.country.to_string())).unwrap_or_else(|| country.to_uppercase());
        Some(json!({"plate": plate.as_str(), "country": country, "bookings": bookings, "journeys": journeys, "sights": sights,
            "weighings": trail.into_iter().flat_map(|t| &t.weighings).map(|w| json!({"station": w.station, "at": state.local(w.at, None), "gross_kg": w.gross_kg,
                "axles": w.axles, "limit_kg": w.limit_kg, "over_pct": w.over_pct})).collect::<Vec<_>>(),
            "alerts": alerts, "decisions": arrivals}))
    }
}
