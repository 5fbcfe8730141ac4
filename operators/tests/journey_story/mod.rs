//! Stories of the road as text: what goes in, line by line, and the alerts and tasks that come out. Records pass the same
//! boundary as on the wire, so a story is what a camera, a scale, a seal or a tablet would have sent.
//!
//! A line is `MM-DD HH:MM verb words key=value …` in January-style local time (UTC+5, 2026); `#` begins a comment. What came
//! out is told as `MM-DD HH:MM KIND state plate sSEVERITY region` and `MM-DD HH:MM task type group node`.

#![allow(clippy::panic, reason = "a test that cannot go on must say so")]
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;

use kezek_operators::kernel::Refs;
use kezek_operators::world::World;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::Topic;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::Timestamp;
use serde_json::{Value, json};

/// One story: the sentence it holds, what happens, what is told.
pub struct Story { pub clause: &'static str, pub happens: &'static str, pub told: &'static str }

fn time(day: &str, clock: &str) -> String {
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    format!("2026-{day}T{clock}{seconds}+05:00")
}

struct Teller<'a> { world: World<'a>, n: u32, asked: BTreeMap<String, String> }

impl Teller<'_> {
    fn put(&mut self, topic: Topic, at: &str, mut record: Value) {
        self.n += 1;
        let fields = record.as_object_mut().unwrap();
        fields.entry("id").or_insert_with(|| format!("r{}", self.n).into());
        fields.insert("at".into(), at.into());
        fields.retain(|_, v| !v.is_null());
        let input = decode(topic, record.to_string().as_bytes(), Clock::Record).unwrap_or_else(|r| panic!("{record}: {r:?}"));
        self.world.input(topic, &input);
    }

    fn book(&mut self, at: &str, words: &[&str], more: &BTreeMap<&str, String>) {
        let [id, plate, checkpoint, date, hour] = words else { panic!("book ID PLATE CHECKPOINT DATE HOUR, not {words:?}") };
        let text = |k: &str| more.get(k).cloned();
        self.put(Topic::Bookings, at, json!({"type": "requested", "booking_id": id, "account_id": format!("acc-{id}"), "scheme": "seo-2023",
            "checkpoint": checkpoint, "slot": {"kind": "exact", "date": format!("2026-{date}"), "hour": hour.parse::<u8>().unwrap()},
            "vehicle": {"plate": plate, "country": "KZ", "category": "N3", "vin": text("vin"), "trailer_plate": text("trailer")},
            "owner": {"resident": true, "kind": "legal"}, "drivers": [{"resident": true, "document": text("driver").unwrap_or_else(|| format!("D{id}"))}]}));
        for (check, subject) in [("account", "owner"), ("vehicle_registration", "vehicle"), ("agri_registration", "vehicle"), ("transport_permit", "vehicle"),
            ("insurance", "vehicle"), ("wanted", "vehicle"), ("wanted", "driver:0"), ("driving_licence", "driver:0")] {
            let until = text("insured").filter(|_| check == "insurance");
            self.put(Topic::Checks, at, json!({"booking_id": id, "plate": plate, "check": check, "subject": subject, "result": "ok", "source": "t",
                "valid_until": until}));
        }
    }

    /// The alert of the last task that a group got.
    fn alert_of(&self, group: &str) -> Value {
        self.rows(OutTopic::GroupTasks).into_iter().rfind(|t| t["group"] == group).map_or(Value::Null, |t| t["alert_id"].clone())
    }

    fn rows(&self, topic: OutTopic) -> Vec<Value> {
        self.world.fx.outputs.iter().filter(|o| o.topic == topic).map(|o| serde_json::from_str(&o.json).unwrap()).collect()
    }

    fn step(&mut self, line: &str) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let at = time(words[0], words[1]);
        self.world.advance(Timestamp::parse(&at).unwrap());
        let mut more: BTreeMap<&str, String> = BTreeMap::new();
        words.retain(|w| match w.split_once('=') { Some((k, v)) => { more.insert(k, v.to_owned()); false } None => true });
        let get = |k: &str| more.get(k).cloned();
        let when = |k: &str| get(k).map(|v| { let (d, c) = v.split_once('T').unwrap(); time(d, c) });
        let number = |k: &str| get(k).map(|v| v.parse::<f64>().unwrap());
        let country = get("country").unwrap_or_else(|| "KZ".into());
        let rest = words[3..].to_vec();
        match (words[2], rest.as_slice()) {
            ("book", rest) => {
                let mut more = more.clone();
                if let Some(until) = when("insured") { more.insert("insured", until); }
                self.book(&at, rest, &more);
            }
            ("cancel", [id]) => self.put(Topic::Bookings, &at, json!({"type": "cancelled", "booking_id": id, "account_id": format!("acc-{id}")})),
            ("shift", [id, date, hour]) => self.put(Topic::Bookings, &at, json!({"type": "rescheduled", "booking_id": id, "account_id": format!("acc-{id}"),
                "slot": {"kind": "exact", "date": format!("2026-{date}"), "hour": hour.parse::<u8>().unwrap()}})),
            ("hit", [plate, camera]) => self.put(Topic::RoadHits, &at, json!({"plate": plate, "camera": camera, "country": country, "received_at": when("received"),
                "confidence": number("confidence"), "trailer_plate": get("trailer"), "speed_kmh": number("speed"), "vehicle_class": get("class")})),
            ("read", [plate, camera]) => self.put(Topic::AnprReads, &at, json!({"plate": plate, "camera": camera, "country": country,
                "checkpoint": camera.split('/').next(), "confidence": 0.97, "received_at": when("received"), "trailer_plate": get("trailer")})),
            ("weigh", [plate, station, axles @ ..]) => {
                let axles: Vec<Value> = axles.iter().map(|a| {
                    let (kg, m) = a.split_once('/').unwrap_or((a, "4.0"));
                    json!({"load_kg": kg.parse::<f64>().unwrap(), "spacing_m": m.parse::<f64>().unwrap()})
                }).collect();
                let gross: f64 = axles.iter().map(|a| a["load_kg"].as_f64().unwrap()).sum();
                let plate = Some(*plate).filter(|p| *p != "-");
                self.put(Topic::WeighHits, &at, json!({"plate": plate, "country": country, "station": station, "axles": axles, "gross_kg": gross,
                    "device_class": get("device"), "received_at": when("received")}));
            }
            ("declare", [kind, id, plate]) => self.put(Topic::Declarations, &at, json!({"type": kind, "declaration_id": id, "plate": plate, "checkpoint": get("checkpoint"),
                "gross_kg": number("gross"), "deadline": when("deadline"), "seal_id": get("seal")})),
            ("cross", [plate, checkpoint, direction]) => self.put(Topic::Crossings, &at, json!({"plate": plate, "country": "KZ", "checkpoint": checkpoint, "direction": direction})),
            ("seal", [id, kind, lat, lon]) => self.put(Topic::Seals, &at, json!({"seal_id": id, "type": kind, "lat": lat.parse::<f64>().unwrap(),
                "lon": lon.parse::<f64>().unwrap(), "plate": get("plate")})),
            ("profile", [id, kind]) => {
                let mut record = json!({"profile_id": id, "kind": kind, "valid_from": when("from_time"), "valid_until": when("until"),
                    "expression": get("expression").map(|e| e.replace('~', " "))});
                for k in ["plate", "vin", "document", "from", "to", "country"] { if let Some(v) = get(k) { record[k] = v.into(); } }
                self.put(Topic::RiskProfiles, &at, record);
            }
            ("group", [group, "position", lat, lon]) => self.put(Topic::Groups, &at, json!({"region": group.split('/').next(), "group": group, "type": "position",
                "lat": lat.parse::<f64>().unwrap(), "lon": lon.parse::<f64>().unwrap()})),
            ("group", [group, kind @ ("seen" | "accepted" | "declined")]) => {
                let alert = self.alert_of(group);
                self.put(Topic::Groups, &at, json!({"region": group.split('/').next(), "group": group, "type": kind, "alert_id": alert}));
            }
            ("group", [group, "stop_started", plate]) => self.put(Topic::Groups, &at, json!({"region": group.split('/').next(), "group": group, "type": "stop_started", "plate": plate})),
            ("group", [group, "stop_finished"]) => self.put(Topic::Groups, &at, json!({"region": group.split('/').next(), "group": group, "type": "stop_finished", "outcome": "released"})),
            ("permit", [kind, rest @ ..]) => self.put(Topic::Permits, &at, json!({"type": kind, "country": "RU", "kind": "transit", "count": number("count"),
                "blank": rest.first(), "booking_id": rest.get(1)})),
            ("until", []) => {}
            (verb, rest) => panic!("{verb} {rest:?}"),
        }
        self.world.advance(Timestamp::parse(&at).unwrap());
    }
}

/// What came out, in order.
fn told(teller: &Teller<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for out in &teller.world.fx.outputs {
        let v: Value = serde_json::from_str(&out.json).unwrap();
        let text = |k: &str| v[k].as_str().unwrap_or("-").to_owned();
        let at = v["at"].as_str().unwrap()[5..16].replace('T', " ");
        match out.topic {
            OutTopic::RiskAlerts => {
                let mut line = format!("{at} {} {} {} s{} {}", text("kind"), text("state"), text("plate"), v["severity"], text("region"));
                if v["desk_only"] == true { line.push_str(" desk"); }
                if v["escalated"] == true { line.push_str(" escalated"); }
                lines.push(line);
            }
            OutTopic::GroupTasks => lines.push(format!("{at} task {} {} {}", text("type"), text("group"), v["node"].as_str().unwrap_or("-"))),
            _ => {}
        }
    }
    lines
}

fn clean(text: &str) -> Vec<String> {
    text.lines().map(|l| l.split('#').next().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")).filter(|l| !l.is_empty()).collect()
}

/// Runs a story; gives what was told and every alert.
pub fn run(refs: &Refs, happens: &str) -> (Vec<String>, Vec<Value>) {
    let mut teller = Teller { world: World::new(refs, 3), n: 0, asked: BTreeMap::new() };
    for line in clean(happens) { teller.step(&line); }
    let ids: Vec<String> = teller.world.fx.outputs.iter().map(|o| format!("{:?} {}", o.topic, serde_json::from_str::<Value>(&o.json).unwrap()["id"])).collect();
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "every output has its own id");
    (told(&teller), teller.rows(OutTopic::RiskAlerts))
}

/// Holds every story; tells all that do not hold.
pub fn hold(stories: &[Story]) {
    let refs = Refs::shipped().unwrap();
    let mut wrong = String::new();
    for s in stories {
        let (got, expect) = (run(&refs, s.happens).0, clean(s.told));
        if got != expect { wrong.push_str(&format!("\n{}\n  expected\n    {}\n  got\n    {}\n", s.clause, expect.join("\n    "), got.join("\n    "))); }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
