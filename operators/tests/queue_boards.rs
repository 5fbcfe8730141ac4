//! Boards from outside: who is on them, in which order, how often, and until when they are to be believed.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::{ControlKind, Fee, LegacyEntry, Mode, PlateText};
use kezek_schemas::outputs::OutTopic;
use serde_json::Value;
use story::{Story, at, exact, request};

fn boards(s: &Story<'_>, cp: &str) -> Vec<Value> {
    s.world.fx.outputs.iter().filter(|o| o.topic == OutTopic::Boards).map(|o| serde_json::from_str::<Value>(&o.json).unwrap())
        .filter(|v| v["board"] == format!("{cp}/board-1")).collect()
}

fn rows(v: &Value) -> Vec<String> {
    v["rows"].as_array().unwrap().iter().map(|r| format!("{} {} {} {}", r["number"], r["plate"], r["lane"], r["state"]).replace('"', "")).collect()
}

/// Seconds of the day at which records were written from `since` on.
fn written(s: &Story<'_>, cp: &str, since: &str) -> Vec<String> {
    let since = at(since).to_rfc3339(&kezek_schemas::time::Zone::get("Asia/Almaty").unwrap());
    boards(s, cp).iter().map(|v| v["at"].as_str().unwrap().to_owned()).filter(|t| *t >= since).map(|t| t[11..19].to_owned()).collect()
}

#[test]
fn called_and_released_in_order_with_masked_plates() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "first", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "earlier", "456KLM05", "dostyk", "2026-01-15 13");
    let mut pays = request("dostyk", "789XYZ13", exact("2026-01-15 14"));
    pays.fee = Some(Fee::OutOfTurn);
    s.book_as("2026-01-12 09:02", "prio", pays);
    s.book("2026-01-12 09:03", "not called", "314DEF08", "dostyk", "2026-01-15 18");
    s.read("2026-01-15 10:00", "dostyk/zone-in", "314DEF08");
    s.read("2026-01-15 10:30", "dostyk/zone-in", "123ABC02");
    s.until("2026-01-15 12:00:01");
    let all = ["3 789***13 priority called", "2 456***05 turn called", "1 123***02 turn called"];
    assert_eq!(rows(boards(&s, "dostyk").last().unwrap()), all, "in the zone and called shows as called; not called does not show");
    s.read("2026-01-15 12:30", "dostyk/zone-out", "123ABC02");
    s.until("2026-01-15 12:30:02");
    assert_eq!(rows(boards(&s, "dostyk").last().unwrap())[2], "1 123***02 turn released");
    s.read("2026-01-15 12:35", "dostyk/gate-in", "123ABC02");
    s.until("2026-01-15 12:35:02");
    assert_eq!(rows(boards(&s, "dostyk").last().unwrap()).len(), 2, "at the gate it leaves the board");
}

#[test]
fn at_most_twenty_rows() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", Some(14), 30);
    for n in 0..25 { s.book("2026-01-12 09:00", &format!("b{n:02}"), &format!("{}ABC02", 100 + n), "dostyk", "2026-01-15 14"); }
    s.until("2026-01-15 12:00:05");
    let last = boards(&s, "dostyk").pop().unwrap();
    assert_eq!((rows(&last).len(), rows(&last)[19].starts_with("20 ")), (20, true));
}

#[test]
fn once_a_second_again_every_thirty_and_valid_for_a_minute() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    for (booking, plate) in [("a", "123ABC02"), ("b", "456KLM05"), ("c", "789XYZ13")] { s.book("2026-01-12 09:00", booking, plate, "dostyk", "2026-01-15 14"); }
    s.read("2026-01-15 11:00", "dostyk/zone-in", "123ABC02");
    s.read("2026-01-15 11:00:05", "dostyk/zone-in", "456KLM05");
    s.until("2026-01-15 12:00:20");
    assert_eq!(written(&s, "dostyk", "2026-01-15 11:00"), ["12:00:00"], "three calls of one instant are one record");
    s.read("2026-01-15 12:00:20", "dostyk/zone-out", "123ABC02");
    s.read("2026-01-15 12:00:20.4", "dostyk/zone-out", "456KLM05");
    s.until("2026-01-15 12:01:30");
    assert_eq!(written(&s, "dostyk", "2026-01-15 12:00:10"), ["12:00:20", "12:00:21", "12:00:51", "12:01:21"]);
    let last = boards(&s, "dostyk").pop().unwrap();
    assert_eq!(last["valid_until"], "2026-01-15T12:02:21+05:00");
    s.control("2026-01-15 12:01:40", "dostyk", ControlKind::DeviceState { device: "dostyk/board-1".into(), state: "off".into() });
    s.until("2026-01-15 12:05:00");
    assert_eq!(written(&s, "dostyk", "2026-01-15 12:01:30"), [] as [&str; 0], "a board that is off is not written again");
}

#[test]
fn the_mode_is_on_the_board() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    for (when, mode) in [("2026-01-15 10:00", Mode::Mixed), ("2026-01-15 10:01", Mode::Mixed), ("2026-01-15 10:02", Mode::Offline)] {
        s.control(when, "dostyk", ControlKind::ModeSet { mode });
    }
    s.until("2026-01-15 10:05");
    let shown: Vec<String> = boards(&s, "dostyk").iter().map(|v| format!("{} {} {}", &v["at"].as_str().unwrap()[11..16], v["mode"], v["rows"])).collect();
    assert_eq!(shown, ["10:00 \"mixed\" []", "10:02 \"offline\" []"]);
}

#[test]
fn the_legacy_list_and_the_bookings_alternate() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "nur-zholy", "2026-01-15 14");
    s.book("2026-01-12 09:00", "b", "456KLM05", "nur-zholy", "2026-01-15 14");
    let entry = |plate: &str, position| LegacyEntry { plate: PlateText::new(plate, Some("KZ")), position };
    let entries = vec![entry("333CCC02", 3), entry("111AAA02", 1), entry("222BBB02", 2)];
    s.control("2026-01-15 11:00", "nur-zholy", ControlKind::LegacyList { entries });
    s.until("2026-01-15 12:00:05");
    assert_eq!(rows(boards(&s, "nur-zholy").last().unwrap()), ["1 111***02 legacy called", "1 123***02 turn called", "2 222***02 legacy called",
        "2 456***05 turn called", "3 333***02 legacy called"]);
}
