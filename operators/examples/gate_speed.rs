//! How long the gate takes to decide: bookings that are due and known plates as given, clean reads, misreads and strangers,
//! through the whole state machine from the decoded read to the decision and the command. Prints percentiles.
//!
//! `cargo run --release -p kezek-operators --example gate_speed [DUE] [KNOWN] [READS]` (5000, 1000000, 2000).

#![allow(clippy::disallowed_methods)] // a measurement has a clock

use std::time::Instant;

use kezek_operators::kernel::Refs;
use kezek_operators::matching::{KnownPlate, index};
use kezek_operators::world::World;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::{Input, Topic};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp, Zone};
use serde_json::{Value, json};

/// The first 300 are a fleet of consecutive numbers; the others are spread over the grammar.
fn plate(n: usize) -> String {
    if n < 300 { return format!("{n:03}ABC08"); }
    let x = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let letter = |k: u32| char::from(b'A' + ((x >> k) % 26) as u8);
    format!("{:03}{}{}{}{:02}", x % 1000, letter(10), letter(16), letter(22), 1 + (x >> 30) % 17)
}

fn input(topic: Topic, id: usize, at: &str, mut record: Value) -> Option<Input> {
    record["id"] = json!(format!("{topic:?}{id}"));
    record["at"] = json!(at);
    decode(topic, record.to_string().as_bytes(), Clock::Record).ok()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (due, known, reads) = (given.first().copied().unwrap_or(5_000), given.get(1).copied().unwrap_or(1_000_000), given.get(2).copied().unwrap_or(2_000));
    let refs = Refs::shipped()?;
    let zone = Zone::get("Asia/Almaty").ok_or("no zone")?;
    let mut world = World::new(&refs, 1);
    let put = |world: &mut World<'_>, topic: Topic, n: usize, at: &str, record: Value| {
        if let Some(i) = input(topic, n, at, record) { world.input(topic, &i); }
        world.fx.outputs.clear();
    };
    let (asked, answered) = ("2026-01-12T09:00:00+05:00", "2026-01-12T09:00:02+05:00");
    put(&mut world, Topic::Controls, 0, asked, json!({"checkpoint": "aisha-bibi", "actor": {"id": "p", "role": "planner"}, "type": "capacity_set", "date": "2026-01-15", "hour": 14, "capacity": due}));
    for n in 0..due {
        put(&mut world, Topic::Bookings, n, asked, json!({"type": "requested", "booking_id": format!("b{n}"), "account_id": format!("a{n}"), "scheme": "qorgan-2025",
            "checkpoint": "aisha-bibi", "slot": {"kind": "exact", "date": "2026-01-15", "hour": 14}, "vehicle": {"plate": plate(n), "country": "KZ", "category": "N3"},
            "owner": {"resident": false, "kind": "legal"}, "drivers": [{"resident": false, "document": "N1"}]}));
    }
    for n in 0..due {
        for (k, (check, subject)) in [("insurance", "vehicle"), ("accompanying_documents", "vehicle"), ("biometrics", "driver:0")].into_iter().enumerate() {
            put(&mut world, Topic::Checks, 3 * n + k, answered, json!({"booking_id": format!("b{n}"), "plate": plate(n), "check": check, "subject": subject, "result": "ok", "source": "t"}));
        }
    }
    let start = Timestamp::parse("2026-01-15T12:05:00+05:00").ok_or("no time")?;
    world.advance(start);
    world.fx.outputs.clear();
    for n in 0..known {
        let k = KnownPlate { plate: Plate::normalise(&plate(100_000 + n)), country: None, at: start };
        index::insert(&mut world.tables()[0].matching, k);
    }
    let (mut spent, mut opened) = (Vec::new(), 0);
    for n in 0..reads {
        // seven clean reads, two misreads, one stranger
        let mut text = plate((n * 7) % due);
        match n % 10 { 7 | 8 => text.replace_range(1..2, "?"), 9 => text = plate(50_000 + n), _ => {} }
        let at = (start + Span::seconds(2 * n as i64)).to_rfc3339(&zone);
        let record = json!({"checkpoint": "aisha-bibi", "camera": "aisha-bibi/gate-in", "plate": text, "country": "KZ", "confidence": 0.97});
        let Some(read) = input(Topic::AnprReads, n, &at, record) else { continue };
        world.advance(read.arrived);
        let before = Instant::now();
        world.input(Topic::AnprReads, &read);
        spent.push(before.elapsed());
        opened += world.fx.outputs.iter().filter(|o| o.topic == kezek_schemas::outputs::OutTopic::BarrierCommands).count();
        world.fx.outputs.clear();
    }
    spent.sort();
    let at = |share: f64| spent[((spent.len() - 1) as f64 * share) as usize];
    println!("{due} due, {known} known, {reads} reads, {opened} opened: p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}", at(0.5), at(0.99), at(0.999), at(1.0));
    Ok(())
}
