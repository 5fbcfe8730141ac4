//! The real process writes history while it is killed again and again: each committed row is there once, and a clean stop
//! leaves nothing waiting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must say so")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use kezek_history::Verifier;
use serde_json::{Value, json};
use support::Instance;

const PARTITIONS: u32 = 2;
const VEHICLES: usize = 40;
const KILLS: usize = 8;

/// What one vehicle leaves behind: a road sight, a weighing, an arrival without a booking, a line nobody understands.
fn traces(n: usize) -> Vec<(&'static str, Value)> {
    let plate = format!("{:03}TST{:02}", 100 + 7 * n, 1 + n % 17);
    let at = jiff::Timestamp::now().to_string();
    vec![
        ("road.hits", json!({"id": format!("h{n}"), "at": at, "camera": "road/ala-bkn2", "plate": plate, "confidence": 0.97})),
        ("anpr.reads", json!({"id": format!("r{n}"), "at": at, "checkpoint": "dostyk", "camera": "dostyk/gate-in", "plate": plate, "country": "UZ",
            "confidence": 0.97})),
        ("bookings", json!("no object")),
    ]
}

fn rows(data: &Path) -> BTreeMap<&'static str, u64> {
    let verifier = Verifier::open(&data.join("history"), PARTITIONS).unwrap();
    verifier.finish(false).unwrap().into_iter().map(|t| (t.table, t.rows)).collect()
}

#[test]
fn killed_again_and_again_history_has_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut instance = Instance::new(folder.path(), PARTITIONS);
    let data = folder.path().join("data");
    assert_eq!(instance.code(&["history", "verify"]), Some(3), "there is no history yet");
    let records: Vec<(&str, Value)> = (0..VEHICLES).flat_map(traces).collect();
    let every = records.len() / KILLS;
    instance.start();
    for (i, (topic, record)) in records.iter().enumerate() {
        while !instance.ingest(topic, &record.to_string()) {
            instance.kill();
            instance.start();
        }
        if i % every == every - 1 {
            // Not at once after the record: history must have had the time to be in the middle of something.
            instance.wait_for("dead.letters", i / 3);
            instance.kill();
            instance.start();
        }
    }
    instance.wait_for("dead.letters", VEHICLES);
    instance.stop();

    assert_eq!(instance.code(&["history", "verify"]), Some(0), "each committed row is there once");
    let (found, said) = (rows(&data), |topic: &str| instance.tail(topic).len() as u64);
    assert_eq!((found["dead_letters"], found["gate_decisions"]), (said("dead.letters"), said("gate.decisions")), "{found:?}");
    assert!(found["sights"] >= VEHICLES as u64, "{found:?}");

    assert_eq!(instance.code(&["history", "compact"]), Some(0));
    assert_eq!(instance.code(&["history", "verify"]), Some(0), "compaction changes no row");
    assert_eq!(rows(&data), found);
    assert_eq!(instance.code(&["history", "vacuum", "--retention", "1s"]), Some(2), "the running writer's files are never taken");
    assert_eq!(instance.code(&["history", "vacuum", "--retention", "2h"]), Some(0));

    instance.start();
    assert!(instance.ingest("bookings", "\"still no object\""));
    instance.wait_for("dead.letters", VEHICLES + 1);
    assert_eq!(instance.code(&["history", "verify"]), Some(0), "a running instance's files and logs are checked");
    instance.stop();
    assert_eq!(rows(&data)["dead_letters"], VEHICLES as u64 + 1, "a clean stop writes what waits");

    let sights = data.join("history/sights");
    let day = std::fs::read_dir(&sights).unwrap().map(|e| e.unwrap().path()).find(|p| p.to_string_lossy().contains("date=")).unwrap();
    let lost = std::fs::read_dir(&day).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "parquet"))
        .max_by_key(|p| p.metadata().unwrap().modified().unwrap()).unwrap();
    std::fs::remove_file(lost).unwrap();
    assert_eq!(instance.code(&["history", "verify"]), Some(1), "a lost file is found");
}
