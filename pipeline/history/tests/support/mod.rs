//! A journal made of numbers: what a shard's commit holds follows from the shard and the commit's number alone.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must say so")]

use std::path::Path;

use kezek_history::{Finding, History, Options, Pseudonyms, Verified, Verifier};
use kezek_schemas::tables::{BookingRow, DeadLetterRow, GateDecisionRow, SightRow, ViewRow, WeighingRow};
use kezek_schemas::time::Timestamp;

/// Shards of the tests.
pub const SHARDS: u32 = 3;
/// 30 June 2025, 18:00 UTC: an hour before the day ends in Kazakhstan.
pub const BEGIN: &str = "2025-06-30T18:00:00Z";

/// The rows of a commit: none to three of history, on two days, and one that is not kept.
pub fn rows(shard: u32, number: u64) -> Vec<ViewRow> {
    let at = Timestamp(Timestamp::parse(BEGIN).unwrap().0 + (number as i64 * 60_000_000) + i64::from(shard));
    let plate = format!("{:03}ABC{:02}", number * 7 % 1000, shard);
    let mut rows = vec![booking(at)];
    if !number.is_multiple_of(5) {
        rows.push(ViewRow::SightRow(Box::new(SightRow { plate: plate.as_str().into(), country: number.is_multiple_of(2).then(|| "KZ".into()),
            camera: "a4/km-112".into(), at, speed_kmh: Some(number as f64), lat: Some(43.25), lon: None })));
    }
    if number.is_multiple_of(3) {
        rows.push(ViewRow::GateDecisionRow(Box::new(GateDecisionRow { arrival_id: format!("r-{shard}-{number}").into(), revision: 1,
            checkpoint: if number.is_multiple_of(2) { "nur-zholy" } else { "dostyk" }.into(), camera: "nur-zholy/gate-in".into(), outcome: "open".into(),
            reason: "clean".into(), rule: "G-MATCH".into(), booking_id: Some(format!("b-{number}").into()), plate: plate.as_str().into(),
            country: Some("KZ".into()), posterior: number.is_multiple_of(2).then_some(0.999), decided_at: at })));
    }
    if number.is_multiple_of(7) {
        // The same row from every shard: equal rows are rows all the same.
        rows.push(ViewRow::WeighingRow(Box::new(WeighingRow { station: "a2/km-40".into(), plate: None, country: None,
            at: Timestamp::parse(BEGIN).unwrap(), gross_kg: 38_000.0, axles: 5, limit_kg: 38_000.0, over_pct: 0.0 })));
    }
    if number.is_multiple_of(11) {
        rows.push(ViewRow::DeadLetterRow(Box::new(DeadLetterRow { topic: "bookings".into(), at, reason: "not_json".into(), detail: "«no»".into() })));
    }
    rows
}

fn booking(at: Timestamp) -> ViewRow {
    ViewRow::BookingRow(Box::new(BookingRow { booking_id: "b".into(), account_id: "a".into(), checkpoint: "dostyk".into(), scheme: "seo-2023".into(),
        plate: "1".into(), country: "KZ".into(), vin: None, status: "confirmed".into(), lane: "turn".into(), number: None, slot_start: None,
        slot_end: None, seen: false, updated_at: at }))
}

/// Options of a folder.
pub fn options(root: &Path) -> Options { Options { root: root.to_owned(), shards: SHARDS, pseudonyms: None } }

/// Options with pseudonyms.
pub fn pseudonymous(root: &Path) -> Options { Options { pseudonyms: Some(Pseudonyms::new(&[7; 32]).unwrap()), ..options(root) } }

/// Applies the commits that are wanted, up to `to` of each shard.
pub fn apply(history: &mut History, to: u64) {
    for (shard, next) in (0..SHARDS).zip(history.next_commits()) {
        for number in next..=to { history.apply(shard, number, rows(shard, number)).unwrap(); }
    }
}

/// Verifies a folder against the journal of `to` commits a shard.
pub fn verified(root: &Path, to: u64) -> Vec<Verified> {
    let mut verifier = Verifier::open(root, SHARDS).unwrap();
    for shard in 0..SHARDS {
        for number in 1..=to { verifier.offer(shard, number, rows(shard, number)).unwrap(); }
    }
    verifier.finish(true).unwrap()
}

/// What was found, by table.
pub fn findings(root: &Path, to: u64) -> Vec<(&'static str, Finding)> {
    verified(root, to).into_iter().flat_map(|v| v.findings.into_iter().map(move |f| (v.table, f))).collect()
}

/// Rows of a table that `to` commits a shard make.
pub fn expected(table: &str, to: u64) -> u64 {
    let all = (0..SHARDS).flat_map(|s| (1..=to).flat_map(move |n| rows(s, n)));
    all.filter(|row| match row {
        ViewRow::SightRow(_) => table == "sights",
        ViewRow::GateDecisionRow(_) => table == "gate_decisions",
        ViewRow::WeighingRow(_) => table == "weighings",
        ViewRow::DeadLetterRow(_) => table == "dead_letters",
        _ => false,
    }).count() as u64
}

/// Parquet files under a folder.
pub fn files(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("_delta_log") { folders.push(path); }
            else if path.extension().is_some_and(|e| e == "parquet") { found.push(path); }
        }
    }
    found.sort();
    found
}
