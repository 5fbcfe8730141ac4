//! The gate's finer sentences, each a table: what a held or closed checkpoint says, when a decision is made, which reads
//! are one arrival, what is too late to move a barrier, who may answer what, and what a large fleet does to clean reads.
#![allow(clippy::unwrap_used, clippy::panic)]

mod gate_story;

use gate_story::{GATE, GATE2, Story, Told};
use kezek_schemas::outputs::OutTopic;
use serde_json::{Value, json};

const ZONE: &str = "nur-zholy";

/// The last word about an arrival.
fn last(out: &Told, arrival: &str) -> String { out.said(arrival).last().cloned().unwrap_or_else(|| "nothing".into()) }

/// A held barrier only asks, whatever the engine would have said; a closed checkpoint lets nobody in that is booked.
#[test]
fn held_and_closed() {
    let hold = json!({"type": "barrier_hold", "barrier": "aisha-bibi/barrier-1", "reason": "x"});
    let closed = json!({"type": "closed", "reason": "x", "until": "2026-01-15T16:00:00+05:00"});
    let mixed = json!({"type": "mode_set", "mode": "mixed"});
    let offline = json!({"type": "mode_set", "mode": "offline"});
    // read, then the decision while held, closed, closed and mixed, offline and held
    let table = [
        ("123ABC08", ["ask_officer barrier_held", "refuse checkpoint_closed", "refuse checkpoint_closed", "ask_officer offline"]),
        ("459KLM05", ["ask_officer barrier_held", "refuse no_booking", "refuse checkpoint_closed", "ask_officer offline"]),
        ("900TTT05", ["ask_officer barrier_held", "refuse no_booking", "refuse checkpoint_closed", "ask_officer offline"]),
        ("789XYZ13", ["ask_officer barrier_held", "refuse checkpoint_closed", "refuse checkpoint_closed", "ask_officer offline"]),
    ];
    for (column, orders) in [vec![&hold], vec![&closed], vec![&closed, &mixed], vec![&offline, &hold]].into_iter().enumerate() {
        let mut s = Story::default();
        for (b, p, date) in [("b1", "123ABC08", "2026-01-15"), ("b2", "456KLM05", "2026-01-15"), ("later", "789XYZ13", "2026-01-16")] { s.book(b, p, "aisha-bibi", json!({"date": date})); }
        for order in orders { s.control("15T12:30:00", "aisha-bibi", order.clone()); }
        let ids: Vec<String> = table.iter().enumerate().map(|(i, (p, _))| s.read(&format!("15T13:{:02}:00", 5 * i), GATE, p, json!({}))).collect();
        let out = s.tell("15T13:30:00");
        for ((plate, expected), id) in table.iter().zip(&ids) { assert_eq!(out.said(id), [expected[column]], "{plate} {column}"); }
        assert!(out.opens().is_empty());
    }
}

/// A decision is made as soon as the evidence suffices, otherwise 1.5 s after the first read; later evidence revises it.
#[test]
fn when_a_decision_is_made() {
    // (seconds, camera, plate) of one arrival, and its decisions with their time
    for (reads, expected) in [
        (vec![(0.0, GATE, "123ABC08")], vec![("00.000", "open clean")]),
        (vec![(0.0, GATE, "128ABC08")], vec![("01.500", "ask_officer one_edit")]),
        (vec![(0.0, GATE, "128ABC08"), (1.0, GATE2, "123ABC08")], vec![("01.000", "open proof")]),
        (vec![(0.0, GATE, "128ABC08"), (1.0, GATE2, "128ABC08")], vec![("01.500", "ask_officer one_edit")]),
        (vec![(0.0, GATE, "128ABC08"), (9.0, GATE2, "123ABC08")], vec![("01.500", "ask_officer one_edit"), ("09.000", "open proof")]),
        (vec![(0.0, GATE2, "12?ABC08"), (0.5, GATE2, "12*ABC08"), (1.4, GATE, "123ABC08")], vec![("01.400", "open proof")]),
        (vec![(0.0, GATE, "900TTT05")], vec![("00.000", "refuse no_booking")]),
        (vec![(0.0, GATE, "????????")], vec![("01.500", "ask_officer low_confidence")]),
    ] {
        let mut s = Story::default();
        s.book("b1", "123ABC08", "aisha-bibi", json!({}));
        let ids: Vec<String> = reads.iter().map(|(t, camera, plate)| s.read(&format!("15T13:00:{t:06.3}"), camera, plate, json!({}))).collect();
        let out = s.tell("15T13:10:00");
        let said: Vec<(String, String)> = out.of(OutTopic::GateDecisions).iter().map(|d| {
            assert_eq!((d["arrival_id"].as_str(), d["camera"].as_str()), (Some(ids[0].as_str()), Some(GATE)));
            let at = d["at"].as_str().unwrap().trim_start_matches("2026-01-15T13:00:").trim_end_matches("+05:00");
            (format!("{:06.3}", at.parse::<f64>().unwrap()), format!("{} {}", d["outcome"].as_str().unwrap(), d["reason"].as_str().unwrap()))
        }).collect();
        assert_eq!(said, expected.iter().map(|(t, d)| ((*t).to_owned(), (*d).to_owned())).collect::<Vec<_>>(), "{reads:?}");
    }
}

/// More than 20 s late, or sent again: recorded and seen, no command; such reads are arrivals of their own, by `at`.
#[test]
fn late_reads() {
    let mut s = Story::default();
    for (b, p) in [("b1", "123ABC08"), ("b2", "456KLM05"), ("b3", "789XYZ13")] { s.book(b, p, "aisha-bibi", json!({})); }
    let received = |at: &str| json!({"received_at": format!("2026-01-15T{at}+05:00")});
    let in_time = s.read("15T13:00:00", GATE, "123ABC08", received("13:00:20"));
    let late = s.read("15T13:05:00", GATE, "456KLM05", received("13:05:20.001"));
    let live = s.read("15T13:05:21", GATE, "456KLM05", json!({}));
    let hours = s.read("15T13:00:05", GATE, "789XYZ13", received("16:30:00"));
    let with_it = s.read("15T13:01:40", GATE2, "789XYZ13", received("16:31:00"));
    let again = s.read("15T16:32:00", GATE, "789XYZ13", json!({"retransmitted": true}));
    let out = s.tell("15T18:00:00");
    for (id, expected) in [(&in_time, vec!["open clean"]), (&late, vec!["recorded stale_read"]), (&live, vec!["open clean"]), (&hours, vec!["recorded stale_read"]),
        (&with_it, vec![]), (&again, vec!["recorded stale_read"])] { assert_eq!(out.said(id), expected); }
    assert_eq!(out.opens().len(), 2);
    assert_eq!(out.of(OutTopic::GateDecisions).iter().find(|d| d["arrival_id"] == hours.as_str()).unwrap()["rule"], "G-TTL");
    // b3 was late at 15:00 and annulled at 16:00: a sight that was sent later does not bring it back
    assert_eq!(out.statuses("b3").last().unwrap(), "annulled");
}

/// Every field of a command that the controller and the auditor rely on.
#[test]
fn what_a_command_says() {
    let mut s = Story::default();
    for (b, p) in [("b1", "123ABC08"), ("b2", "456KLM05")] { s.book(b, p, "aisha-bibi", json!({"trailer": format!("77{b}08")})); }
    s.barrier("15T12:30:00", "presence", None);
    let first = s.read("15T13:00:00", GATE, "128ABC08", json!({}));
    let second = s.read("15T13:00:00.700", GATE2, "123ABC08", json!({}));
    let control = s.control("15T13:05:00", "aisha-bibi", json!({"type": "barrier_open", "barrier": "aisha-bibi/barrier-1", "plate": "456 klm 05", "reason": "Живой груз"}));
    let out = s.tell("15T13:10:00");
    let commands = out.of(OutTopic::BarrierCommands);
    for (c, expected) in commands.iter().zip([
        json!({"arrival_id": first, "booking_id": "b1", "plate": "123ABC08", "issued_at": "2026-01-15T13:00:00.700+05:00", "not_after": "2026-01-15T13:00:20.700+05:00",
            "epoch": 0, "seq": 1, "nonce": "n1", "mode": "auto", "barrier": "aisha-bibi/barrier-1", "checkpoint": "aisha-bibi"}),
        json!({"arrival_id": control, "booking_id": "b2", "plate": "456KLM05", "seq": 2, "nonce": "n1", "mode": "manual", "reason": "Живой груз",
            "actor": {"id": "officer-1", "role": "officer"}, "not_after": "2026-01-15T13:05:20+05:00"}),
    ]) {
        for (field, value) in expected.as_object().unwrap() { assert_eq!(c[field], *value, "{field}"); }
    }
    let d = &commands[0]["decision"];
    assert_eq!((d["outcome"].as_str(), d["reads"].as_array().unwrap().len(), &d["reads"][1], d["rule"].as_str(), d["clause"].as_str()),
        (Some("open"), 2, &json!(second), Some("G-MATCH"), Some("s002 п.22")));
    assert!((0.99..=1.0).contains(&d["posterior"].as_f64().unwrap()));
    let decision = out.of(OutTopic::GateDecisions)[0];
    assert_eq!((&decision["candidates"][0]["booking_id"], &decision["candidates"][0]["plate"]), (&json!("b1"), &json!("123ABC08")));
}

/// The officer's answers: about a failed barrier, about two arrivals of one truck, about a truck that is not due.
#[test]
fn what_the_officer_may_answer() {
    let resolve = |read: &str, booking: Option<&str>| json!({"type": "read_resolved", "read_id": read, "booking_id": booking});
    let mut s = Story::default();
    for (b, p) in [("b1", "123ABC08"), ("b2", "456KLM05"), ("b3", "789XYZ13")] { s.book(b, p, "aisha-bibi", json!({})); }
    let jammed = s.read("15T12:10:00", GATE, "123ABC08", json!({}));
    let command: Value = s.tell("15T12:11:00").opens()[0].clone();
    s.barrier("15T12:10:03", "failed", Some(&command));
    s.control("15T12:12:00", "aisha-bibi", resolve(&jammed, Some("b1")));     // one open per arrival
    s.control("15T12:13:00", "aisha-bibi", resolve(&jammed, None));
    s.control("15T12:14:00", "aisha-bibi", resolve(&jammed, None));
    // two arrivals of one truck, both asked about, both answered
    let front = s.read("15T12:20:00", GATE, "459KLM05", json!({}));
    let other = s.read("15T12:20:40", GATE, "466KLM05", json!({}));
    s.control("15T12:20:50", "aisha-bibi", resolve(&front, Some("b2")));
    s.control("15T12:20:55", "aisha-bibi", resolve(&other, Some("b2")));
    s.control("15T12:21:40", "aisha-bibi", resolve(&other, Some("b2")));      // nothing is under way any more
    let unlike = s.read("15T12:30:00", GATE, "900TTT05", json!({}));
    s.control("15T12:31:00", "aisha-bibi", resolve(&unlike, Some("nobody")));
    let out = s.tell("15T13:00:00");
    for (id, expected) in [(&jammed, vec!["open clean", "ask_officer barrier_failed", "refuse no_match"]), (&front, vec!["ask_officer one_edit", "open officer"]),
        (&other, vec!["ask_officer one_edit", "open officer"]), (&unlike, vec!["refuse no_booking", "refuse no_booking"])] { assert_eq!(out.said(id), expected); }
    let opened: Vec<&str> = out.opens().iter().map(|c| &c["issued_at"].as_str().unwrap()[11..19]).collect();
    assert_eq!(opened, ["12:10:00", "12:20:50", "12:21:40"]);
}

/// Zone cameras ask about near matches, record strangers, and release only who was called; where there is a zone, a
/// booking is due once it was released.
#[test]
fn from_the_zone_to_the_gate() {
    let table = [
        ("10:00", "zone-in", "456KLM05", json!({}), "recorded zone"),
        ("10:10", "zone-in", "128ABC02", json!({}), "ask_officer one_edit"),
        ("10:15", "zone-in", "123ABC02", json!({"confidence": 0.2}), "ask_officer low_confidence"),
        ("10:20", "zone-in", "900TTT05", json!({}), "recorded zone"),
        ("10:25", "zone-in", "123ABC02", json!({"country": "RU"}), "ask_officer country_conflict"),
        ("10:30", "zone-out", "456KLM05", json!({}), "recorded left_uncalled"),
        ("11:00", "gate-in", "456KLM05", json!({}), "refuse not_due"),
        ("12:05", "gate-in", "123ABC02", json!({}), "ask_officer not_from_zone"),
        ("12:10", "zone-out", "123ABC02", json!({}), "recorded zone"),
        ("12:15", "gate-in", "321CBA02", json!({}), "refuse no_booking"),   // only cancelled
        ("12:20", "gate-in", "777RRR02", json!({}), "refuse revoked"),
        ("12:25", "gate-in", "123ABC02", json!({}), "open clean"),
        ("12:30", "gate-in", "123ABC02", json!({}), "ask_officer reopened"),
        ("12:35", "gate-in", "128ABC02", json!({}), "ask_officer reopened"),
    ];
    let mut s = Story::default();
    for (b, p, date) in [("b1", "123ABC02", "2026-01-15"), ("b2", "456KLM05", "2026-01-20"), ("cancelled", "321CBA02", "2026-01-15"), ("revoked", "777RRR02", "2026-01-15")] { s.book(b, p, ZONE, json!({"date": date})); }
    s.put(kezek_schemas::inputs::Topic::Bookings, "13T09:00:00", json!({"type": "cancelled", "booking_id": "cancelled", "account_id": "acc-cancelled"}));
    s.control("13T09:00:00", ZONE, json!({"type": "booking_revoked", "booking_id": "revoked", "reason": "x"}));
    let ids: Vec<String> = table.iter().map(|(at, camera, plate, more, _)| s.read(&format!("15T{at}:00"), &format!("{ZONE}/{camera}"), plate, more.clone())).collect();
    let out = s.tell("15T13:00:00");
    for ((at, _, plate, _, expected), id) in table.iter().zip(&ids) { assert_eq!(last(&out, id), *expected, "{at} {plate}"); }
    let arrivals: std::collections::BTreeSet<&str> = out.of(OutTopic::GateDecisions).iter().map(|d| d["arrival_id"].as_str().unwrap()).collect();
    assert_eq!(arrivals.len(), table.len(), "one decision per arrival");
    assert_eq!(out.statuses("b2"), ["requested", "confirmed", "in_zone"]);
}

/// A fleet of 300 consecutive numbers: clean reads of due trucks open, trucks of the fleet that are not due, booked
/// elsewhere or nowhere never do, and one symbol misread asks.
#[test]
fn a_fleet_of_consecutive_numbers() {
    // who of the fleet is due; the others are booked here for another day, or elsewhere
    for (due, elsewhere) in [((|_| true) as fn(usize) -> bool, "aisha-bibi"), (|n| n < 150, "aisha-bibi"), (|n| n % 2 == 0, "dostyk"), (|n| n == 123, "dostyk")] {
        let mut s = Story::default();
        for cp in ["aisha-bibi", "dostyk"] { for day in [15, 16] {
            s.control("11T09:00:00", cp, json!({"type": "capacity_set", "date": format!("2026-01-{day}"), "hour": 14, "capacity": 400}));
        } }
        for n in 0..300 {
            let (cp, date) = if due(n) { ("aisha-bibi", "2026-01-15") } else { (elsewhere, "2026-01-16") };
            s.book(&format!("f{n}"), &format!("{n:03}ABC08"), cp, json!({"date": date}));
        }
        // every seventh truck comes, far enough apart that each is an arrival
        let reads: Vec<(usize, String)> = (0..300).step_by(7).chain([123]).enumerate().map(|(i, n)| {
            let second = 31 * i;
            (n, s.read(&format!("15T12:{:02}:{:02}", 10 + second / 60, second % 60), GATE, &format!("{n:03}ABC08"), json!({"country": "KZ"})))
        }).collect();
        let stranger = s.read("15T12:50:00", GATE, "123ABD08", json!({}));
        let out = s.tell("15T13:00:00");
        for (n, id) in &reads {
            let expected = if due(*n) { "open clean" } else if elsewhere == "dostyk" { "refuse no_booking" } else { "refuse not_due" };
            assert_eq!(last(&out, id), expected, "{n} {elsewhere}");
        }
        assert!(last(&out, &stranger).starts_with("ask_officer") || !due(123), "{}", last(&out, &stranger));
        assert_eq!(out.opens().len(), reads.iter().filter(|(n, _)| due(*n)).count());
    }
}
