//! Trucks whose whole way is known beforehand, and what must be true of what was said about them, whoever died meanwhile.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{OUTPUTS, by_id};

/// The records of a truck that books an hour ahead, so that it is called at once, and drives through.
pub fn trip(n: usize) -> Vec<(&'static str, Value)> {
    let almaty = jiff::tz::TimeZone::get("Asia/Almaty").unwrap();
    let soon = jiff::Timestamp::now().to_zoned(almaty).checked_add(jiff::Span::new().hours(1)).unwrap();
    let at = jiff::Timestamp::now().to_string();
    let (plate, booking, cp) = (format!("{:03}TST{:02}", 100 + 7 * n, 1 + n % 17), format!("b{n}"), ["dostyk", "nur-zholy", "syrym"][n % 3]);
    let mut records = vec![("bookings", json!({"type": "requested", "booking_id": booking, "account_id": format!("a{n}"), "scheme": "seo-2023",
        "checkpoint": cp, "slot": {"kind": "exact", "date": soon.date().to_string(), "hour": soon.hour()},
        "vehicle": {"plate": plate, "country": "UZ", "category": "N3"}, "owner": {"resident": false, "kind": "legal"},
        "drivers": [{"resident": false, "document": format!("d{n}")}]}))];
    for (check, subject) in [("account", "owner"), ("insurance", "vehicle"), ("wanted", "vehicle"), ("wanted", "driver:0")] {
        records.push(("checks", json!({"booking_id": booking, "plate": plate, "check": check, "subject": subject, "result": "ok", "source": "t"})));
    }
    for camera in ["zone-in", "zone-out", "gate-in", "gate-in"] {
        records.push(("anpr.reads", json!({"checkpoint": cp, "camera": format!("{cp}/{camera}"), "plate": plate, "country": "UZ", "confidence": 0.97})));
    }
    records.push(("road.hits", json!({"camera": "road/ala-bkn2", "plate": plate, "confidence": 0.97})));
    records.push(("bookings", json!("no object")));
    for (i, (_, record)) in records.iter_mut().enumerate() {
        if let Value::Object(fields) = record {
            fields.insert("id".into(), format!("{n}-{i}").into());
            fields.insert("at".into(), at.clone().into());
        }
    }
    records
}

/// With several shards records of one truck meet on different shards, so what is decided depends on who is first. What must
/// hold whoever is: nothing twice, no gap, one verdict, one opening.
pub fn nothing_lost_or_doubled(trucks: usize, said: impl Fn(&str) -> Vec<Value>) {
    for topic in OUTPUTS {
        let records = said(topic);
        assert_eq!(records.len(), by_id(records.clone()).len(), "{topic}: an id came twice");
    }
    let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut verdicts: BTreeMap<String, u32> = BTreeMap::new();
    for event in said("booking.events") {
        let id = event["booking_id"].as_str().unwrap().to_owned();
        numbers.entry(id.clone()).or_default().push(event["seq"].as_u64().unwrap());
        if ["confirmed", "refused"].contains(&event["status"].as_str().unwrap()) { *verdicts.entry(id).or_default() += 1; }
    }
    assert_eq!(verdicts.len(), trucks, "every request has a verdict");
    assert!(verdicts.values().all(|n| *n == 1), "and one only: {verdicts:?}");
    for (id, mut seq) in numbers {
        seq.sort_unstable();
        assert_eq!(seq, (1..=seq.len() as u64).collect::<Vec<_>>(), "{id}: events without a gap");
    }
    let mut barriers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut opened: BTreeMap<String, u32> = BTreeMap::new();
    let decided: Vec<Value> = said("gate.decisions");
    for command in said("barrier.commands") {
        barriers.entry(command["barrier"].as_str().unwrap().into()).or_default().push(command["seq"].as_u64().unwrap());
        *opened.entry(command["arrival_id"].as_str().unwrap().into()).or_default() += 1;
        assert!(decided.iter().any(|d| d["arrival_id"] == command["arrival_id"] && d["outcome"] == "open"), "a command has its decision: {command}");
    }
    assert!(opened.values().all(|n| *n == 1), "one opening per arrival: {opened:?}");
    for (barrier, mut seq) in barriers {
        seq.sort_unstable();
        assert!(seq.windows(2).all(|w| w[1] == w[0] + 1), "{barrier}: numbers without a gap: {seq:?}");
    }
}
