//! Stories at a gate: records go in as they would come over the wire, decisions and commands come out.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic)]

use kezek_operators::kernel::Refs;
use kezek_operators::world::World;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::{Input, Topic};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::Timestamp;
use serde_json::{Value, json};

pub const GATE: &str = "aisha-bibi/gate-in";
pub const GATE2: &str = "aisha-bibi/gate-in-2";

/// Records of a story, sorted by arrival when it is told.
#[derive(Default)]
pub struct Story { records: Vec<(Topic, Input)>, n: usize }

impl Story {
    pub fn put(&mut self, topic: Topic, at: &str, mut record: Value) -> String {
        self.n += 1;
        let id = format!("r{}", self.n);
        record["id"] = json!(id);
        record["at"] = json!(format!("2026-01-{at}+05:00"));
        self.records.push((topic, decode(topic, record.to_string().as_bytes(), Clock::Record).unwrap_or_else(|e| panic!("{record}: {e:?}"))));
        id
    }
    /// A booking at a checkpoint for 15 January, 14:00, with every blocking answer.
    pub fn book(&mut self, booking: &str, plate: &str, checkpoint: &str, more: Value) {
        let qorgan = checkpoint == "aisha-bibi";
        let scheme = if qorgan { "qorgan-2025" } else { "seo-2023" };
        let mut vehicle = json!({"plate": plate, "country": more.get("country").cloned().unwrap_or(json!("KZ")), "category": "N3"});
        if let Some(t) = more.get("trailer") { vehicle["trailer_plate"] = t.clone(); }
        let date = more.get("date").cloned().unwrap_or(json!("2026-01-15"));
        self.put(Topic::Bookings, "12T09:00:00", json!({"type": "requested", "booking_id": booking, "account_id": format!("acc-{booking}"), "scheme": scheme,
            "checkpoint": checkpoint, "slot": {"kind": "exact", "date": date, "hour": 14}, "vehicle": vehicle,
            "owner": {"resident": false, "kind": "legal", "id": "123456789012"}, "drivers": [{"resident": false, "document": format!("N{booking}")}]}));
        let checks: &[(&str, &str)] = if qorgan { &[("insurance", "vehicle"), ("accompanying_documents", "vehicle"), ("biometrics", "driver:0")] }
            else { &[("account", "owner"), ("insurance", "vehicle"), ("wanted", "vehicle"), ("wanted", "driver:0")] };
        for (check, subject) in checks {
            self.put(Topic::Checks, "12T09:00:02", json!({"booking_id": booking, "plate": plate, "check": check, "subject": subject, "result": "ok", "source": "test"}));
        }
    }
    pub fn read(&mut self, at: &str, camera: &str, plate: &str, more: Value) -> String {
        let mut r = json!({"checkpoint": camera.split('/').next(), "camera": camera, "plate": plate, "confidence": 0.97});
        for (k, v) in more.as_object().into_iter().flatten() { r[k] = v.clone(); }
        self.put(Topic::AnprReads, at, r)
    }
    pub fn control(&mut self, at: &str, checkpoint: &str, more: Value) -> String {
        let mut r = json!({"checkpoint": checkpoint, "actor": {"id": "officer-1", "role": "officer"}});
        for (k, v) in more.as_object().into_iter().flatten() { r[k] = v.clone(); }
        self.put(Topic::Controls, at, r)
    }
    pub fn barrier(&mut self, at: &str, kind: &str, command: Option<&Value>) {
        self.put(Topic::BarrierEvents, at, json!({"checkpoint": "aisha-bibi", "barrier": "aisha-bibi/barrier-1", "type": kind,
            "command_id": command.map(|c| c["command_id"].clone()), "nonce": if command.is_none() { json!("n1") } else { Value::Null }}));
    }
    pub fn tell(&self, until: &str) -> Told {
        let refs = Refs::shipped().unwrap();
        let mut world = World::new(&refs, 2);
        let mut records = self.records.clone();
        records.sort_by_key(|(_, r)| r.arrived);
        for (topic, r) in &records { world.input(*topic, r); }
        world.advance(Timestamp::parse(&format!("2026-01-{until}+05:00")).unwrap());
        Told(world.fx.outputs.iter().map(|o| (o.topic, serde_json::from_str(&o.json).unwrap())).collect())
    }
}

pub struct Told(pub Vec<(OutTopic, Value)>);

impl Told {
    pub fn of(&self, topic: OutTopic) -> Vec<&Value> { self.0.iter().filter(|(t, _)| *t == topic).map(|(_, v)| v).collect() }
    /// Outcome and reason of each revision of an arrival.
    pub fn said(&self, arrival: &str) -> Vec<String> {
        self.of(OutTopic::GateDecisions).into_iter().filter(|d| d["arrival_id"] == arrival)
            .map(|d| format!("{} {}", d["outcome"].as_str().unwrap(), d["reason"].as_str().unwrap())).collect()
    }
    pub fn opens(&self) -> Vec<&Value> { self.of(OutTopic::BarrierCommands).into_iter().filter(|c| c["action"] == "open").collect() }
    pub fn statuses(&self, booking: &str) -> Vec<String> {
        self.of(OutTopic::BookingEvents).into_iter().filter(|e| e["booking_id"] == booking).map(|e| e["status"].as_str().unwrap().to_owned()).collect()
    }
}
