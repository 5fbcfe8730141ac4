//! The road of the demo: now and then an overloaded truck on the scales or a wanted one before a camera, and the mobile
//! groups that meet them. The second group of every region answers by itself; the first is left to whoever holds a tablet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use kezek_connectors::log::{StoredRecord, TopicReader};
use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::Topic;
use kezek_schemas::reference::{DeviceRole, RoadDevice};
use kezek_schemas::time::{Slot, Span, Timestamp, Zone};
use serde_json::{Value, json};

use crate::service::Shared;
use crate::simulate::{Made, Truck};

const BETWEEN_INCIDENTS: Span = Span::minutes(25);
const BETWEEN_POSITIONS: Span = Span::minutes(20);
/// What a group does with a task, after how many minutes.
const STEPS: [(i64, &str); 4] = [(1, "seen"), (2, "accepted"), (14, "stop_started"), (40, "stop_finished")];

/// Alerts whose plates are remembered; the first by id leaves.
const MAX_ALERTS: usize = 5_000;

/// Incidents and groups.
pub struct Patrol {
    tasks: Box<dyn TopicReader>,
    alerts: Box<dyn TopicReader>,
    plates: BTreeMap<String, Value>,
    refs: Arc<Refs>,
    zone: Zone,
    rng: Rng,
    waiting: BTreeMap<(Timestamp, u64), Made>,
    made: u64,
    began: Timestamp,
    incident_at: Timestamp,
    positions_at: Timestamp,
    records: Vec<StoredRecord>,
}

impl Patrol {
    /// From now on.
    pub fn new(shared: &Shared, seed: u64, now: Timestamp) -> anyhow::Result<Self> {
        let from_now = |topic: &str| shared.log.reader(topic, &shared.log.ends(topic)?);
        let zone = Zone::get("Asia/Almaty").ok_or_else(|| anyhow::anyhow!("the tz database lacks Asia/Almaty"))?;
        Ok(Self { tasks: from_now("group.tasks")?, alerts: from_now("risk.alerts")?, plates: BTreeMap::new(), refs: Arc::clone(&shared.refs), zone, rng: Rng::with_seed(seed), waiting: BTreeMap::new(),
            made: 0, began: now, incident_at: now + Span::minutes(3), positions_at: now, records: Vec::new() })
    }

    /// The records due by `now`.
    pub fn due(&mut self, now: Timestamp) -> Vec<Made> {
        self.records.clear();
        if let Err(e) = self.alerts.poll(&mut self.records, 256, Duration::ZERO) { tracing::warn!(error = %e, "no alerts can be read"); }
        for record in self.records.drain(..) {
            let Ok(alert) = serde_json::from_slice::<Value>(&record.value) else { continue };
            if let Some(id) = alert["alert_id"].as_str() { self.plates.insert(id.to_owned(), alert["plate"].clone()); }
        }
        while self.plates.len() > MAX_ALERTS { self.plates.pop_first(); }
        if let Err(e) = self.tasks.poll(&mut self.records, 256, Duration::ZERO) { tracing::warn!(error = %e, "no tasks can be read"); }
        for record in std::mem::take(&mut self.records) {
            if let Ok(task) = serde_json::from_slice::<Value>(&record.value) { self.answer(&task, now); }
        }
        if now >= self.positions_at {
            self.positions_at = now + BETWEEN_POSITIONS;
            self.positions(now);
        }
        if now >= self.incident_at {
            self.incident_at = now + BETWEEN_INCIDENTS;
            self.incident(now);
        }
        let later = self.waiting.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    fn put(&mut self, at: Timestamp, topic: Topic, mut body: Value) {
        self.made += 1;
        if let Value::Object(fields) = &mut body {
            fields.insert("id".into(), format!("road-{}-{}", self.began.0, self.made).into());
            fields.insert("at".into(), at.to_rfc3339(&self.zone).into());
        }
        self.waiting.insert((at, self.made), Made { arrives: at, topic, json: body.to_string() });
    }

    fn incident(&mut self, now: Timestamp) {
        let (date, hour) = self.zone.date_hour(now);
        let truck = Truck::new(&mut self.rng, format!("incident-{}", now.0), Slot { date, hour });
        let role = if self.rng.bool() { DeviceRole::Scale } else { DeviceRole::RoadCamera };
        let devices: Vec<RoadDevice> = self.refs.catalogue.road_devices.values().filter(|d| d.role == role).cloned().collect();
        let Some(device) = devices.get(self.rng.usize(..devices.len().max(1))) else { return };
        if role == DeviceRole::Scale {
            let loads = [7_200, 11_900, 9_400, 9_300, 9_500];
            let axles: Vec<Value> = loads.iter().zip([0.0, 3.7, 5.6, 1.31, 1.31]).map(|(load, spacing)| json!({"load_kg": load, "spacing_m": spacing})).collect();
            self.put(now, Topic::WeighHits, json!({"station": device.id, "plate": truck.plate, "country": truck.country, "axles": axles,
                "gross_kg": loads.iter().sum::<i32>(), "speed_kmh": 71.0}));
        } else {
            self.put(now, Topic::RiskProfiles, json!({"profile_id": format!("demo-{}", truck.plate), "kind": "watch_plate", "plate": truck.plate, "country": truck.country}));
            self.put(now + Span::seconds(5), Topic::RoadHits, json!({"camera": device.id, "plate": truck.plate, "country": truck.country, "confidence": 0.98, "speed_kmh": 78.0}));
        }
    }

    fn positions(&mut self, now: Timestamp) {
        let centres: Vec<(String, f64, f64)> = self.refs.catalogue.regions.values()
            .filter_map(|r| self.refs.catalogue.nodes.get(&r.centre).map(|n| (r.id.to_string(), n.lat, n.lon))).collect();
        for (region, lat, lon) in centres {
            for n in 1..=2 {
                let (north, east) = (self.rng.f64() * 0.3 - 0.15, self.rng.f64() * 0.4 - 0.2);
                self.put(now, Topic::Groups, json!({"region": region, "group": format!("{region}/group-{n}"), "type": "position", "lat": lat + north, "lon": lon + east}));
            }
        }
    }

    fn answer(&mut self, task: &Value, now: Timestamp) {
        let Some(group) = task["group"].as_str().filter(|g| g.ends_with("-2")).map(str::to_owned) else { return };
        if task["type"] != "assigned" && task["type"] != "reassigned" { return; }
        let plate = task["alert_id"].as_str().and_then(|id| self.plates.get(id)).cloned().unwrap_or_default();
        let region = group.split('/').next().unwrap_or_default();
        for (minutes, kind) in STEPS {
            let mut body = json!({"region": region, "group": group, "type": kind});
            let field = match kind { "stop_started" => ("plate", plate.clone()), "stop_finished" => ("outcome", "released".into()), _ => ("alert_id", task["alert_id"].clone()) };
            body[field.0] = field.1;
            if kind == "stop_started" { body["alert_id"] = task["alert_id"].clone(); }
            self.put(now + Span::minutes(minutes), Topic::Groups, body);
        }
    }
}
