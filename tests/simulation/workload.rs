//! What the outside sends: trucks that book three days ahead, come to the zone, are called, leave it and stand at the gate,
//! each at its own hour, so that they compete for nothing; strangers, bad records, road sights between them. The barrier's
//! answers name commands, whose ids are known from a first run without faults.

use std::collections::BTreeMap;

use kezek_operators::kernel::Refs;
use kezek_operators::world::World;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::Topic;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::{Span, Timestamp};
use serde_json::{Value, json};

/// 12 January 2026, 09:00 in Kazakhstan.
const START: Timestamp = Timestamp(1_768_190_400_000_000);
const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;
const CHECKPOINTS: [&str; 3] = ["nur-zholy", "dostyk", "syrym"];
const LETTERS: [&str; 12] = ["ABC", "HKM", "OPT", "EXA", "TYC", "BEK", "KLM", "ZHA", "DRP", "SVN", "UGR", "FQW"];

/// One record on its way in.
#[derive(Clone)]
pub struct Sent {
    /// When the log takes it.
    pub at: Timestamp,
    /// Where it goes.
    pub topic: Topic,
    /// Its key.
    pub key: String,
    /// The bytes.
    pub value: Vec<u8>,
}

/// Everything that is sent, in order.
pub struct Workload {
    /// The records.
    pub records: Vec<Sent>,
    /// How many of them are bad.
    pub poison: usize,
    /// How many trucks drive through.
    pub trucks: usize,
    /// Until when timers run on.
    pub end: Timestamp,
}

struct Draft {
    records: Vec<(i64, Topic, String, Value)>,
}

impl Draft {
    fn put(&mut self, at: i64, topic: Topic, key: &str, value: Value) { self.records.push((at, topic, key.to_owned(), value)); }

    fn truck(&mut self, n: usize, rng: &mut fastrand::Rng) {
        let cp = CHECKPOINTS[n % 3];
        let plate = format!("{}{}{:02}", 101 + 83 * n, LETTERS[n % LETTERS.len()], 1 + (5 * n) % 17);
        let booking = format!("b{n}");
        let hour = 8 + (n / 3) % 12;
        let book = rng.i64(0..60) * MINUTE + n as i64 * 1_000_003;
        self.put(book, Topic::Bookings, &plate, json!({"type": "requested", "booking_id": booking, "account_id": format!("a{n}"), "scheme": "seo-2023",
            "checkpoint": cp, "slot": {"kind": "exact", "date": "2026-01-15", "hour": hour}, "vehicle": {"plate": plate, "country": "UZ", "category": "N3"},
            "owner": {"resident": false, "kind": "legal"}, "drivers": [{"resident": false, "document": format!("d{n}")}]}));
        for (i, (check, subject)) in [("account", "owner"), ("insurance", "vehicle"), ("wanted", "vehicle"), ("wanted", "driver:0")].into_iter().enumerate() {
            self.put(book + 2_000_000 + i as i64 * 7, Topic::Checks, &plate,
                json!({"booking_id": booking, "plate": plate, "check": check, "subject": subject, "result": "ok", "source": "s"}));
        }
        let slot = 3 * DAY + (hour as i64 - 9) * 60 * MINUTE;
        let read = |camera: &str| json!({"checkpoint": cp, "camera": format!("{cp}/{camera}"), "plate": plate, "country": "UZ", "confidence": 0.97});
        let jitter = n as i64 * 1_009;
        self.put(slot - 180 * MINUTE + jitter, Topic::RoadHits, &plate, json!({"camera": "road/ala-bkn2", "plate": plate, "confidence": 0.97}));
        self.put(slot - 150 * MINUTE + jitter, Topic::AnprReads, cp, read("zone-in"));
        self.put(slot - 60 * MINUTE + jitter, Topic::AnprReads, cp, read("zone-out"));
        for frame in 0..3 { self.put(slot - 40 * MINUTE + jitter + frame * 300_000, Topic::AnprReads, cp, read("gate-in")); }
    }
}

impl Workload {
    /// The workload of a seed.
    pub fn new(refs: &Refs, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x3031);
        let trucks = rng.usize(3..10);
        let mut draft = Draft { records: Vec::new() };
        for n in 0..trucks { draft.truck(n, &mut rng); }
        for n in 0..3 {
            let at = 3 * DAY + n * 97 * MINUTE + 11;
            draft.put(at, Topic::AnprReads, "dostyk", json!({"checkpoint": "dostyk", "camera": "dostyk/gate-in", "plate": format!("7{n}5TTT11"), "country": "KZ", "confidence": 0.9}));
        }
        let poison = 4;
        for n in 0..poison { draft.put(rng.i64(0..3 * DAY), Topic::Controls, "dostyk", json!(n)); }
        let mut workload = Self { records: sent(draft.records), poison, trucks, end: START + Span(5 * DAY) };
        // The barrier answers what it was told in a run without faults; what comes later cannot change it.
        let mut answers = Vec::new();
        for command in workload.reference(refs).remove(OutTopic::BarrierCommands.name()).unwrap_or_default().into_values() {
            let issued: Timestamp = Timestamp::parse(command["issued_at"].as_str().unwrap()).unwrap();
            for (after, kind) in [(1_000_000, "executed"), (9_000_000, "passed")] {
                answers.push((issued.0 - START.0 + after, Topic::BarrierEvents, command["checkpoint"].as_str().unwrap().to_owned(),
                    json!({"checkpoint": command["checkpoint"], "barrier": command["barrier"], "type": kind, "command_id": command["command_id"]})));
            }
        }
        let first = workload.records.len();
        for (i, mut record) in sent(answers).into_iter().enumerate() {
            let mut value: Value = serde_json::from_slice(&record.value).unwrap();
            value["id"] = format!("w{:05}", first + i).into();
            record.value = value.to_string().into_bytes();
            workload.records.push(record);
        }
        workload.records.sort_by_key(|r| r.at);
        workload
    }

    /// What the outputs are without faults and without waiting: by topic and id.
    pub fn reference(&self, refs: &Refs) -> BTreeMap<&'static str, BTreeMap<String, Value>> {
        let mut world = World::new(refs, 1);
        for record in &self.records {
            match decode(record.topic, &record.value, Clock::Log(record.at)) {
                Ok(mut input) => {
                    input.arrived = record.at;
                    world.input(record.topic, &input);
                }
                Err(_) => world.advance(record.at),
            }
        }
        world.advance(self.end);
        let mut out: BTreeMap<&'static str, BTreeMap<String, Value>> = BTreeMap::new();
        for record in &world.fx.outputs {
            let value: Value = serde_json::from_str(&record.json).unwrap();
            out.entry(record.topic.name()).or_default().insert(value["id"].as_str().unwrap().to_owned(), value);
        }
        out
    }
}

fn sent(mut drafts: Vec<(i64, Topic, String, Value)>) -> Vec<Sent> {
    drafts.sort_by_key(|d| d.0);
    drafts.into_iter().enumerate().map(|(i, (after, topic, key, mut value))| {
        let at = START + Span(after);
        if let Value::Object(fields) = &mut value {
            fields.insert("id".into(), format!("w{i:05}").into());
            fields.insert("at".into(), jiff::Timestamp::from_microsecond(at.0).unwrap().to_string().into());
        }
        Sent { at, topic, key, value: value.to_string().into_bytes() }
    }).collect()
}
