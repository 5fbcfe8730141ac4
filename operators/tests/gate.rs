//! The gate, sentence by sentence: records in, decisions and commands out. Every table below is a story at one
//! checkpoint; a read's expected decision stands beside it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod gate_story;

use gate_story::{GATE, GATE2, Story};
use kezek_schemas::inputs::Topic;
use kezek_schemas::outputs::OutTopic;
use serde_json::{Value, json};

/// Nine bookings due at a gate without a zone, and what single reads come to.
#[test]
fn which_reason() {
    let table = [
        ("900TTT05", json!({"country": "KZ"}), "refuse no_booking"),
        ("12?ABC08", json!({}), "ask_officer one_edit"),
        ("1?8ABC08", json!({}), "ask_officer low_confidence"),
        ("123ABC08", json!({"confidence": 0.4}), "ask_officer low_confidence"),
        ("123ABC08", json!({"country": "RU"}), "ask_officer country_conflict"),
        ("06302FGA", json!({}), "ask_officer low_confidence"),
        ("KZ456KLM05", json!({}), "ask_officer low_confidence"),
        ("55?AAA01", json!({}), "ask_officer ambiguous"),
        ("55?AAA01", json!({"trailer_plate": "11AAA01"}), "ask_officer ambiguous"),
        ("555AAA01", json!({"trailer_plate": "22BBB02"}), "ask_officer ambiguous"),
        ("129DDD09", json!({}), "refuse no_booking"),        // known: booked at another checkpoint
        ("128DDD09", json!({}), "refuse not_due"),           // known: booked here for tomorrow
        ("129DDD09", json!({"trailer_plate": "77DDD09"}), "ask_officer fleet_neighbour"),
        ("345WWW05", json!({}), "ask_officer watch_list"),
        ("063FGA02", json!({"retransmitted": true}), "recorded stale_read"),
        ("063FGA02", json!({"received_at": "2026-01-15T13:59:00+05:00"}), "recorded stale_read"),
        ("127DDD09", json!({"trailer_plate": "77DDD09"}), "open proof"),
        ("12BABC08", json!({"trailer_plate": "77ABC08"}), "open proof"),
        ("555AAA01", json!({}), "open clean"),
        ("01123ABC", json!({}), "open clean"),
        ("456-кlм 05", json!({"confidence": null}), "open clean"),
    ];
    let mut s = Story::default();
    for (booking, plate, more) in [("b1", "123ABC08", json!({"trailer": "77ABC08"})), ("b2", "456KLM05", json!({})), ("b4", "063FGA02", json!({})),
        ("s1", "555AAA01", json!({"trailer": "11AAA01"})), ("s2", "556AAA01", json!({"trailer": "22BBB02"})), ("u", "01123ABC", json!({"country": "UZ"})),
        ("d", "124DDD09", json!({"trailer": "77DDD09"})), ("w", "345WWW05", json!({})), ("later", "128DDD09", json!({"date": "2026-01-16"}))] {
        s.book(booking, plate, "aisha-bibi", more);
    }
    s.put(Topic::RiskProfiles, "12T08:00:00", json!({"profile_id": "w1", "kind": "watch_plate", "plate": "348WWW05", "country": "KZ"}));
    s.book("elsewhere", "129DDD09", "dostyk", json!({}));
    let ids: Vec<String> = table.iter().enumerate().map(|(i, (plate, more, _))| s.read(&format!("15T{:02}:{:02}:00", 12 + (1 + 3 * i) / 60, (1 + 3 * i) % 60), GATE, plate, more.clone())).collect();
    // more than two minutes lie between equal plates, so that each read is an arrival
    let out = s.tell("15T14:10:00");
    for ((plate, more, expected), id) in table.iter().zip(&ids) {
        assert_eq!(out.said(id).last().map_or("nothing", String::as_str), *expected, "{plate} {more}");
    }
    assert!(out.opens().iter().all(|c| c["epoch"] == 0 && c["decision"]["clause"] == "s002 п.22" && c["mode"] == "auto"));
}

#[test]
fn one_arrival() {
    // reads of one arrival by (seconds, camera, plate); the arrivals that come of them, by index of their first read
    for (reads, arrivals, opens) in [
        (vec![(0, GATE, "123ABC08"), (1, GATE2, "123ABC08"), (4, GATE, "128ABC08"), (119, GATE, "123ABC08")], vec![0], 1),
        (vec![(0, GATE, "128ABC08"), (1, GATE2, "123ABC08")], vec![0], 1),
        (vec![(0, GATE, "900TTT05"), (100, GATE, "900TTT05"), (219, GATE, "900TTT05"), (340, GATE, "900TTT05")], vec![0, 3], 0),
        (vec![(0, GATE, "900TTT05"), (29, GATE, "901TTT05"), (60, GATE, "902TTT05")], vec![0, 2], 0),
    ] {
        let mut s = Story::default();
        s.book("b1", "123ABC08", "aisha-bibi", json!({}));
        let ids: Vec<String> = reads.iter().map(|(t, camera, plate)| s.read(&format!("15T13:{:02}:{:02}", t / 60, t % 60), camera, plate, json!({}))).collect();
        let out = s.tell("15T13:30:00");
        let mut found: Vec<&str> = out.of(OutTopic::GateDecisions).iter().map(|d| d["arrival_id"].as_str().unwrap()).collect();
        found.dedup();
        assert_eq!(found, arrivals.iter().map(|i| ids[*i].as_str()).collect::<Vec<_>>(), "{reads:?}");
        assert_eq!(out.opens().len(), opens, "{reads:?}");
    }
}

#[test]
fn the_zone() {
    let mut s = Story::default();
    s.book("b1", "123ABC02", "nur-zholy", json!({}));
    s.book("b2", "456KLM05", "nur-zholy", json!({}));
    let near = s.read("15T11:00:00", "nur-zholy/zone-in", "128ABC02", json!({}));
    let nobody = s.read("15T11:10:00", "nur-zholy/zone-in", "900TTT05", json!({}));
    s.control("15T11:05:00", "nur-zholy", json!({"type": "read_resolved", "read_id": near, "booking_id": "b1"}));
    let uncalled = s.read("15T11:30:00", "nur-zholy/zone-out", "123ABC02", json!({}));
    let early = s.read("15T11:40:00", "nur-zholy/gate-in", "123ABC02", json!({}));
    let unreleased = s.read("15T12:40:00", "nur-zholy/gate-in", "123ABC02", json!({}));
    s.control("15T12:41:00", "nur-zholy", json!({"type": "read_resolved", "read_id": unreleased, "booking_id": "b1"}));
    let out = s.tell("15T13:00:00");
    for (id, expected) in [(&near, vec!["ask_officer one_edit", "recorded zone"]), (&nobody, vec!["recorded zone"]), (&uncalled, vec!["recorded left_uncalled"]),
        (&early, vec!["refuse not_due"]), (&unreleased, vec!["ask_officer not_from_zone", "refuse not_due"])] {
        assert_eq!(out.said(id), expected);
    }
    assert!(out.opens().is_empty());
    assert_eq!(out.statuses("b1"), ["requested", "confirmed", "notified", "in_zone", "called"]);
}

#[test]
fn modes_and_closure() {
    let mut s = Story::default();
    s.book("b1", "123ABC08", "aisha-bibi", json!({}));
    let mut expected = Vec::new();
    for (minute, order, plate, said) in [(1, json!({"type": "mode_set", "mode": "mixed"}), "900TTT05", "ask_officer live_lane"),
        (5, json!({"type": "mode_set", "mode": "offline"}), "123ABC08", "ask_officer offline"),
        (9, json!({"type": "mode_set", "mode": "mandatory"}), "901TTT05", "refuse no_booking"),
        (12, json!({"type": "closed", "reason": "x", "until": "2026-01-15T13:20:00+05:00"}), "123ABC08", "refuse checkpoint_closed"),
        (21, json!({"type": "barrier_hold", "barrier": "aisha-bibi/barrier-1", "reason": "x"}), "123ABC08", "ask_officer barrier_held"),
        (25, json!({"type": "barrier_release", "barrier": "aisha-bibi/barrier-1"}), "123ABC08", "open clean")] {
        s.control(&format!("15T13:{minute:02}:00"), "aisha-bibi", order);
        expected.push((s.read(&format!("15T13:{minute:02}:30"), GATE, plate, json!({})), said));
    }
    let out = s.tell("15T14:00:00");
    for (id, said) in expected { assert_eq!(out.said(&id), [said]); }
    let modes: Vec<&str> = out.of(OutTopic::Boards).iter().map(|b| b["mode"].as_str().unwrap()).collect();
    assert!(modes.contains(&"mixed") && modes.contains(&"offline") && modes.last() == Some(&"mandatory"));
}

#[test]
fn what_the_barrier_says() {
    let mut s = Story::default();
    for (b, p) in [("b1", "123ABC08"), ("b2", "456KLM05"), ("b3", "789XYZ13"), ("b4", "234DEF14")] { s.book(b, p, "aisha-bibi", json!({})); }
    s.barrier("15T12:30:00", "presence", None);
    let ids: Vec<String> = ["123ABC08", "456KLM05", "789XYZ13", "234DEF14"].iter().enumerate()
        .map(|(i, p)| s.read(&format!("15T13:{:02}:00", 5 * i), GATE, p, json!({}))).collect();
    let commands: Vec<Value> = s.tell("15T13:16:00").opens().into_iter().cloned().collect();
    assert_eq!(commands.iter().map(|c| (c["seq"].as_u64().unwrap(), c["nonce"].as_str().unwrap())).collect::<Vec<_>>(), [(1, "n1"), (2, "n1"), (3, "n1"), (4, "n1")]);
    s.barrier("15T13:00:02", "executed", Some(&commands[0]));                      // and nobody passes
    s.barrier("15T13:05:01", "received", Some(&commands[1]));                      // and no more
    s.barrier("15T13:10:01", "executed", Some(&commands[2]));
    s.barrier("15T13:10:09", "passed", Some(&commands[2]));
    s.barrier("15T13:15:01", "rejected", Some(&commands[3]));
    let again = s.read("15T13:20:00", GATE, "123ABC08", json!({}));
    s.control("15T13:21:00", "aisha-bibi", json!({"type": "barrier_open", "barrier": "aisha-bibi/barrier-1", "plate": "123ABC08", "reason": "x"}));
    let out = s.tell("15T14:00:00");
    for (id, said) in ids.iter().zip([vec!["open clean", "ask_officer barrier_failed"], vec!["open clean"], vec!["open clean"], vec!["open clean", "ask_officer barrier_failed"]]) {
        assert_eq!(out.said(id), said);
    }
    let failed = out.of(OutTopic::GateDecisions).into_iter().find(|d| d["reason"] == "barrier_failed" && d["arrival_id"] == ids[0]).unwrap();
    assert_eq!(failed["at"], "2026-01-15T13:01:02+05:00");
    assert_eq!(out.said(&again), ["ask_officer reopened", "open console"]);
    assert_eq!(out.statuses("b3").last().unwrap(), "admitted");
    assert_eq!(out.opens().len(), 5);
}

#[test]
fn the_officer() {
    let mut s = Story::default();
    for (b, p) in [("b1", "123ABC08"), ("b2", "456KLM05"), ("b3", "789XYZ13")] { s.book(b, p, "aisha-bibi", json!({})); }
    let open = |plate: Option<&str>| json!({"type": "barrier_open", "barrier": "aisha-bibi/barrier-1", "plate": plate, "reason": "x"});
    let nobody = s.control("15T13:00:00", "aisha-bibi", open(None));
    let asked = s.read("15T13:05:00", GATE, "128ABC08", json!({}));
    s.control("15T13:06:00", "aisha-bibi", open(None));
    let stranger = s.control("15T13:09:00", "aisha-bibi", open(Some("777ZZZ01")));
    let named = s.read("15T13:12:00", GATE, "459KLM05", json!({}));
    for second in [9, 12] { s.control(&format!("15T13:12:{second:02}"), "aisha-bibi", json!({"type": "read_resolved", "read_id": named, "booking_id": "b2"})); }
    let denied = s.read("15T14:30:00", GATE, "780XYZ13", json!({}));
    s.control("15T15:20:00", "aisha-bibi", json!({"type": "read_resolved", "read_id": denied}));
    let out = s.tell("15T18:00:00");
    let rules: Vec<(&str, Option<&str>, &str)> = out.opens().iter().map(|c| (c["arrival_id"].as_str().unwrap(), c["booking_id"].as_str(), c["decision"]["rule"].as_str().unwrap())).collect();
    assert_eq!(rules, [(nobody.as_str(), None, "Q-ORDER"), (asked.as_str(), Some("b1"), "G-MASTERS"), (stranger.as_str(), None, "Q-ORDER"), (named.as_str(), Some("b2"), "G-MASTERS")]);
    assert_eq!(out.said(&named), ["ask_officer one_edit", "open officer"]);
    assert_eq!(out.said(&denied), ["ask_officer one_edit", "refuse no_match"]);
    assert_eq!(out.statuses("b3").into_iter().rev().take(2).collect::<Vec<_>>(), ["annulled", "late"]);
}

#[test]
fn the_legacy_list() {
    let mut s = Story::default();
    s.control("15T12:00:00", "aisha-bibi", json!({"type": "legacy_list", "entries": [{"plate": "700LLL01", "country": "KZ", "position": 1}, {"plate": "800MMM02", "position": 2}]}));
    let ids: Vec<String> = [(40, "800MMM02"), (44, "700LLL01"), (50, "800MMM02"), (55, "700LLL01")].iter().map(|(m, p)| s.read(&format!("15T12:{m}:00"), GATE, p, json!({}))).collect();
    let command = s.tell("15T12:45:00").opens()[0].clone();
    s.barrier("15T12:44:09", "passed", Some(&command));
    let out = s.tell("15T13:00:00");
    for (id, said) in ids.iter().zip(["refuse not_due", "open clean", "open clean", "refuse consumed"]) { assert_eq!(out.said(id), [said]); }
}

#[test]
fn boards_are_written_once_a_second_and_stay_fresh() {
    let mut s = Story::default();
    for (b, p) in [("b1", "123ABC08"), ("b2", "456KLM05"), ("b3", "789XYZ13")] { s.book(b, p, "aisha-bibi", json!({})); }
    for (at, p) in [("15T12:00:10", "123ABC08"), ("15T12:00:10.400", "456KLM05"), ("15T12:00:10.700", "789XYZ13")] { s.read(at, GATE, p, json!({})); }
    let out = s.tell("15T13:00:00");
    let rows: Vec<(&str, usize)> = out.of(OutTopic::Boards).iter().map(|b| (b["at"].as_str().unwrap(), b["rows"].as_array().unwrap().len())).collect();
    assert_eq!(rows, [("2026-01-15T12:00:00+05:00", 3), ("2026-01-15T12:00:10+05:00", 2), ("2026-01-15T12:00:11+05:00", 0)]);

    let mut s = Story::default();
    s.book("b1", "123ABC08", "aisha-bibi", json!({}));
    s.control("15T12:02:10", "aisha-bibi", json!({"type": "device_state", "device": "aisha-bibi/board-1", "state": "off"}));
    let out = s.tell("15T12:10:00");
    let times: Vec<&str> = out.of(OutTopic::Boards).iter().map(|b| &b["at"].as_str().unwrap()[11..19]).collect();
    assert_eq!(times, ["12:00:00", "12:00:30", "12:01:00", "12:01:30", "12:02:00"]);
    assert_eq!(out.of(OutTopic::Boards)[0]["rows"][0], json!({"number": 1, "plate": "123***08", "lane": "turn", "state": "called"}));
}
