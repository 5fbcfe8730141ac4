//! The life of a booking as a table: every status × everything that can happen → the statuses that follow. The table in the
//! documentation is the expectation.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::ids::BookingId;
use kezek_schemas::inputs::{BarrierEvent, BarrierEventKind, Body, Check, CheckResult, ControlKind, Crossing, Direction, PlateText, Subject, Topic};
use kezek_schemas::outputs::OutTopic;
use story::{Story, exact, request};

const DOC: &str = include_str!("../../pipeline/docs/BOOKING.md");
const PLATE: &str = "123ABC02";
const SLOT: &str = "2026-01-15 14";

const STATUSES: [&str; 16] = ["requested", "waiting_source", "confirmed", "refused", "rescheduled", "notified", "in_zone", "called", "released",
    "at_gate", "admitted", "crossed", "late", "annulled", "cancelled", "revoked"];
const EVENTS: [&str; 13] = ["answers ok", "wanted fails", "user moves", "user cancels", "places cut", "closed", "official revokes", "zone entry",
    "zone exit", "gate", "passed", "crossing", "time"];

fn passed(s: &mut Story<'_>, when: &str) {
    let commands = s.rows(OutTopic::BarrierCommands, "a");
    let Some(command) = commands.last() else { return };
    let event = BarrierEvent { checkpoint: "dostyk".into(), barrier: "dostyk/barrier-1".into(), kind: BarrierEventKind::Passed,
        command_id: Some(command["command_id"].as_str().unwrap().into()), nonce: None, reason: None };
    s.put(Topic::BarrierEvents, when, Body::Barrier(event));
}

fn crossing(s: &mut Story<'_>, when: &str) {
    let crossing = Crossing { checkpoint: "dostyk".into(), direction: Direction::Exit, plate: PlateText::new(PLATE, Some("KZ")) };
    s.put(Topic::Crossings, when, Body::Crossing(crossing));
}

/// Brings a booking to a status; returns the hour and minute at which it stands there.
fn reach(s: &mut Story<'_>, status: &str) -> &'static str {
    if matches!(status, "requested" | "waiting_source" | "refused") {
        s.ask("2026-01-12 09:00", "a", request("dostyk", PLATE, exact(SLOT)));
        match status {
            "refused" => s.answer("2026-01-12 09:00", "a", PLATE, Check::Account, Subject::Owner, CheckResult::Fail),
            "waiting_source" => s.until("2026-01-12 09:01"),
            _ => {}
        }
        return if status == "requested" { "2026-01-12 09:00:30" } else { "2026-01-12 09:01" };
    }
    s.book("2026-01-12 09:00", "a", PLATE, "dostyk", if status == "rescheduled" { "2026-01-15 13" } else { SLOT });
    let zone = |s: &mut Story<'_>| {
        s.read("2026-01-15 11:00", "dostyk/zone-in", PLATE);
        s.read("2026-01-15 12:30", "dostyk/zone-out", PLATE);
    };
    match status {
        "confirmed" => "2026-01-12 09:01",
        "rescheduled" => { s.shift("2026-01-12 09:01", "a", SLOT); "2026-01-12 09:02" }
        "cancelled" => { s.cancel("2026-01-12 09:01", "a"); "2026-01-12 09:02" }
        "revoked" => { s.answer("2026-01-12 09:01", "a", PLATE, Check::Insurance, Subject::Vehicle, CheckResult::Fail); "2026-01-12 09:02" }
        "notified" => { s.until("2026-01-14 14:00"); "2026-01-14 14:01" }
        "in_zone" => { s.read("2026-01-15 11:00", "dostyk/zone-in", PLATE); "2026-01-15 11:10" }
        "called" => { s.until("2026-01-15 12:00"); "2026-01-15 12:01" }
        "late" => { s.until("2026-01-15 15:00"); "2026-01-15 15:01" }
        "annulled" => { s.until("2026-01-15 16:00"); "2026-01-15 16:01" }
        "released" => { zone(s); "2026-01-15 12:40" }
        _ => {
            zone(s);
            s.read("2026-01-15 12:45", "dostyk/gate-in", PLATE);
            if status != "at_gate" { passed(s, "2026-01-15 12:46"); }
            if status == "crossed" { crossing(s, "2026-01-15 12:47"); }
            "2026-01-15 12:50"
        }
    }
}

fn happen(s: &mut Story<'_>, event: &str, when: &str) {
    match event {
        "answers ok" => s.answers(when, "a", PLATE),
        "wanted fails" => s.answer(when, "a", PLATE, Check::Wanted, Subject::Driver(0), CheckResult::Fail),
        "user moves" => s.shift(when, "a", "2026-01-20 10"),
        "user cancels" => s.cancel(when, "a"),
        "places cut" => s.capacity(when, "dostyk", "2026-01-15", Some(14), 0),
        "closed" => s.control(when, "dostyk", ControlKind::Closed { until: Some(story::at("2026-01-18 10:00")), reason: "x".into() }),
        "official revokes" => s.control(when, "dostyk", ControlKind::BookingRevoked { booking_id: BookingId::new("a"), reason: "x".into() }),
        "zone entry" => s.read(when, "dostyk/zone-in", PLATE),
        "zone exit" => s.read(when, "dostyk/zone-out", PLATE),
        "gate" => s.read(when, "dostyk/gate-in", PLATE),
        "passed" => passed(s, when),
        "crossing" => crossing(s, when),
        _ => s.until("2026-01-20 00:00"),
    }
}

#[test]
fn every_status_and_everything_that_can_happen() {
    let refs = Refs::shipped().unwrap();
    let mut table = format!("| | {} |\n|---|{}\n", EVENTS.join(" | "), "---|".repeat(EVENTS.len()));
    for status in STATUSES {
        let cells = EVENTS.map(|event| {
            let mut s = Story::new(&refs);
            let when = reach(&mut s, status);
            let before = s.statuses("a");
            assert!(before.ends_with(status), "{status}: {before}");
            happen(&mut s, event, when);
            let after = s.statuses("a");
            let follows = after[before.len()..].trim();
            if follows.is_empty() { "–".to_owned() } else { follows.replace(' ', ", ") }
        });
        table += &format!("| **{status}** | {} |\n", cells.join(" | "));
    }
    assert!(DOC.contains(&table), "the table in pipeline/docs/BOOKING.md should be:\n{table}");
}

/// Every sentence of the documentation names tests that exist.
#[test]
fn the_documentation_names_tests_that_exist() {
    let tests = [include_str!("booking.rs"), include_str!("queue.rs"), include_str!("abuse.rs"), include_str!("permits.rs"), include_str!("queue_boards.rs"),
        include_str!("booking_sources.rs"), include_str!("../src/queue/estimate.rs"), include_str!("booking_model.rs"), include_str!("booking_life.rs")].concat();
    let rows: Vec<&str> = DOC.lines().skip_while(|l| !l.starts_with("| Sentence")).skip(2).take_while(|l| l.starts_with('|')).collect();
    assert!(rows.len() > 40, "the table of sentences is there");
    for row in rows {
        let named: Vec<&str> = row.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test in: {row}");
        for name in named { assert!(tests.contains(&format!("fn {name}(")), "{name} in: {row}"); }
    }
}
