//! The real process is killed (SIGKILL) while it works, fifty times, and started again. What it has said in the end is what
//! `replay` says of the recorded input: nothing lost, nothing doubled, nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must say so")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::trips::{self, trip};
use support::{INPUTS, Instance, OUTPUTS, by_id, kezek, lines};

const KILLS: usize = 50;
const TRUCKS: usize = 60;

/// Feeds all trucks to a service that is killed again and again; gives it back, stopped.
fn killed(folder: &Path, partitions: u32, kills: usize) -> Instance {
    let mut instance = Instance::new(folder, partitions);
    let mut rng = fastrand::Rng::with_seed(u64::from(partitions));
    let records: Vec<(&str, Value)> = (0..TRUCKS).flat_map(trip).collect();
    let mut killed = 0;
    instance.start();
    for (i, (topic, record)) in records.iter().enumerate() {
        // A record that was sent when the process died is sent again: its id makes that harmless.
        while !instance.ingest(topic, &record.to_string()) {
            instance.kill();
            instance.start();
        }
        let left = records.len() - i;
        if killed < kills && rng.usize(..left) < kills - killed {
            killed += 1;
            instance.kill();
            instance.start();
        }
    }
    assert_eq!(killed, kills);
    // The last record of each truck is no object: when all dead letters are there, everything before them was handled.
    instance.wait_for("dead.letters", TRUCKS);
    instance.stop();
    assert_eq!(instance.code(&["audit", "verify"]), Some(0), "the chain is whole");
    instance
}

#[test]
fn killed_fifty_times_it_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let instance = killed(folder.path(), 1, KILLS);
    let input = folder.path().join("input");
    let output = folder.path().join("output");
    fs::create_dir_all(&input).unwrap();
    let mut taken = 0;
    for topic in INPUTS {
        let mut rows = instance.tail(topic);
        rows.sort_by_key(|r| (r["received_at"].as_str().and_then(|t| t.parse::<jiff::Timestamp>().ok()), r["offset"].as_u64()));
        let text: String = rows.iter().map(|r| {
            let mut value = r["value"].clone();
            if let Value::Object(fields) = &mut value { fields.insert("received_at".into(), r["received_at"].clone()); }
            format!("{value}\n")
        }).collect();
        taken += rows.len();
        if !text.is_empty() { fs::write(input.join(format!("{topic}.ndjson")), text).unwrap(); }
    }
    assert!(taken >= TRUCKS * trip(0).len(), "every acknowledged record is in the log: {taken}");
    let status = kezek().args(["replay", "--input"]).arg(&input).arg("--output").arg(&output).status().unwrap();
    assert!(status.success());

    let mut compared = 0;
    for topic in OUTPUTS.into_iter().filter(|t| *t != "dead.letters" && *t != "boards") {
        let said: Vec<Value> = instance.tail(topic).into_iter().map(|r| r["value"].clone()).collect();
        let (n, ours, theirs) = (said.len(), by_id(said), by_id(lines(&output, topic)));
        assert_eq!(n, ours.len(), "{topic}: an id came twice");
        for (id, record) in &theirs { assert_eq!(ours.get(id), Some(record), "{topic} {id}: replay says it"); }
        for id in ours.keys() { assert!(theirs.contains_key(id), "{topic} {id}: only the service said it"); }
        compared += n;
    }
    assert!(compared > TRUCKS, "the trucks caused something to compare: {compared}");
}

/// With several shards records of one truck meet on different shards, so what is decided depends on who is first. What must
/// hold whoever is: nothing twice, no gap, one verdict, one opening.
#[test]
fn on_four_shards_nothing_is_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let instance = killed(folder.path(), 4, 12);
    trips::nothing_lost_or_doubled(TRUCKS, |topic| instance.tail(topic).into_iter().map(|r| r["value"].clone()).collect());
}

/// An id is of the topic, not of the owner that a record names: what it says the second time is nobody's business, also when
/// that belongs to another shard, and after a restart.
#[test]
fn an_id_resent_for_another_owner_is_a_duplicate() {
    let folder = tempfile::tempdir().unwrap();
    let mut instance = Instance::new(folder.path(), 4);
    let hold = |id: &str, place: &str| json!({"id": id, "at": "2026-01-15T12:00:00+05:00", "checkpoint": place, "actor": {"id": "o", "role": "officer"},
        "type": "barrier_hold", "barrier": format!("{place}/barrier-1"), "reason": "x"}).to_string();
    let places = ["dostyk", "kordai", "nur-zholy", "syrym", "tazhen", "kairak"];
    instance.start();
    for place in places { assert!(instance.ingest("controls", &hold("one", place))); }
    instance.wait_for("barrier.commands", 1);
    instance.kill();
    instance.start();
    for place in places.into_iter().rev() { assert!(instance.ingest("controls", &hold("one", place))); }
    for place in places { assert!(instance.ingest("controls", &hold(place, place))); }
    instance.wait_for("barrier.commands", 1 + places.len());
    instance.stop();
    let mut held: Vec<String> = instance.tail("barrier.commands").iter().map(|c| c["value"]["checkpoint"].as_str().unwrap().to_owned()).collect();
    held.sort_unstable();
    let mut expect = [&places[..], &["dostyk"]].concat();
    expect.sort_unstable();
    assert_eq!(held, expect, "the first holds its barrier, its repetitions none");
    assert_eq!(instance.tail("controls").len(), 3 * places.len(), "and all of them were taken");
}
