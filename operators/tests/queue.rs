//! Places, calls, cuts and closures from outside. What a row expects is a sentence of the rules.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::ids::BookingId;
use kezek_schemas::inputs::{Body, Check, CheckResult, ControlKind, Crossing, Direction, Fee, PlateText, Priority, SlotWish, Subject, Topic};
use kezek_schemas::outputs::OutTopic;
use story::{Story, at, exact, request};

#[test]
fn places_by_default_and_numbers_by_date() {
    let refs = Refs::shipped().unwrap();
    // dostyk: 250 a day = 10 an hour and one more until 10:00.
    for (hour, places) in [("2026-01-15 09", 11), ("2026-01-15 10", 10)] {
        let mut s = Story::new(&refs);
        for n in 0..12 { s.book("2026-01-12 09:00", &format!("b{n}"), &format!("{}ABC02", 100 + n), "dostyk", hour); }
        assert_eq!((0..12).filter(|n| s.codes(&format!("b{n}")).is_empty()).count(), places, "{hour}");
    }
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "b", "456KLM05", "dostyk", "2026-01-15 15");
    s.cancel("2026-01-12 09:02", "b");
    s.book("2026-01-12 09:03", "c", "789XYZ13", "dostyk", "2026-01-15 15");
    s.book("2026-01-12 09:04", "d", "111AAA02", "dostyk", "2026-01-16 10");
    s.shift("2026-01-12 09:05", "a", "2026-01-15 16");
    assert_eq!(s.place("a", "rescheduled"), "2026-01-15 16 #1", "the same date, the same number");
    s.shift("2026-01-12 09:06", "a", "2026-01-16 16");
    assert_eq!((s.place("c", "confirmed"), s.place("a", "rescheduled")), ("2026-01-15 15 #3".into(), "2026-01-16 16 #2".into()));
}

#[test]
fn notice_and_call_come_once_and_anew_for_a_new_slot() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-15 12:30", "late", "123ABC02", "dostyk", "2026-01-15 14");
    assert_eq!((s.statuses("late"), s.told("late")), ("requested confirmed notified called".into(), "confirmed arrive call".into()), "booked after both");
    s.book("2026-01-12 09:00", "moved", "456KLM05", "dostyk", "2026-01-16 14");
    s.until("2026-01-15 15:00");
    s.shift("2026-01-15 15:10", "moved", "2026-01-18 14");
    s.until("2026-01-18 13:00");
    assert_eq!(s.statuses("moved"), "requested confirmed notified rescheduled notified called");
    assert_eq!(s.told_at("moved", "arrive"), ["2026-01-15 14:00", "2026-01-17 14:00"]);
    assert_eq!(s.told_at("moved", "call"), ["2026-01-18 12:00"]);
    let call = s.rows(OutTopic::Notifications, "moved").into_iter().rfind(|v| v["kind"] == "call").unwrap();
    assert_eq!(call["due_by"], "2026-01-18T14:00:00+05:00");
    for (lang, name) in [("kk", "Достық"), ("ru", "Достык"), ("en", "Dostyk")] {
        let text = call["text"][lang].as_str().unwrap();
        assert!(text.contains(name) && text.contains("14:00"), "{text}");
    }
}

#[test]
fn in_the_zone_before_and_after_the_call() {
    let refs = Refs::shipped().unwrap();
    for (read, statuses) in [("2026-01-15 11:00", "requested confirmed notified in_zone called"),
        ("2026-01-15 12:30", "requested confirmed notified called in_zone"), ("2026-01-15 15:30", "requested confirmed notified called late in_zone")] {
        let mut s = Story::new(&refs);
        s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
        s.read(read, "dostyk/zone-in", "123ABC02");
        s.until("2026-01-15 18:00");
        assert_eq!(s.statuses("a"), statuses, "{read}");
        s.read("2026-01-15 18:01", "dostyk/zone-out", "123ABC02");
        assert!(s.statuses("a").ends_with("released"), "an earlier call stands: {}", s.statuses("a"));
    }
}

#[test]
fn closures_move_everybody_and_nobody_back() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "b", "456KLM05", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:02", "c", "789XYZ13", "dostyk", "2026-01-15 18");
    s.control("2026-01-15 13:20", "dostyk", ControlKind::Closed { until: Some(at("2026-01-15 16:30")), reason: "праздник".into() });
    assert_eq!((s.place("a", "rescheduled"), s.place("b", "rescheduled")), ("2026-01-15 17 #1".into(), "2026-01-15 17 #2".into()));
    s.ask("2026-01-15 13:30", "d", request("dostyk", "111AAA02", exact("2026-01-15 16")));
    assert_eq!(s.codes("d"), "checkpoint_closed");
    s.control("2026-01-15 13:40", "dostyk", ControlKind::Opened);
    s.book("2026-01-15 13:50", "e", "222BBB02", "dostyk", "2026-01-15 16");
    assert_eq!((s.codes("e"), s.statuses("c").contains("rescheduled")), (String::new(), false));
    assert_eq!(s.rows(OutTopic::BookingEvents, "a").iter().filter(|v| v["status"] == "rescheduled").count(), 1);
}

#[test]
fn without_an_hour_up_to_the_horizon_a_closed_booking_waits() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "past", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "ahead", "456KLM05", "dostyk", "2026-01-20 14");
    s.control("2026-01-13 10:00", "dostyk", ControlKind::Closed { until: None, reason: "x".into() });
    s.until("2026-01-16 12:00");
    assert_eq!(s.statuses("past"), "requested confirmed", "neither called nor late");
    s.control("2026-01-16 12:10", "dostyk", ControlKind::Opened);
    s.until("2026-01-16 12:30");
    assert_eq!((s.place("past", "rescheduled"), s.statuses("ahead")), ("2026-01-16 13 #1".into(), "requested confirmed".into()));
    assert_eq!(s.statuses("past"), "requested confirmed rescheduled notified called");
    s.until("2026-01-20 12:00");
    assert_eq!(s.statuses("ahead"), "requested confirmed notified called");
}

#[test]
fn who_leaves_when_places_are_cut() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.capacity("2026-06-01 08:00", "kordai", "2026-06-05", Some(12), 2);
    for (n, plate) in ["100AAA08", "200BBB08", "300CCC08"].iter().enumerate() {
        s.book("2026-06-02 09:00", &format!("b{n}"), plate, "kordai", "2026-06-05 11");
    }
    let mut first = request("kordai", "400DDD08", exact("2026-06-05 11"));
    first.fee = Some(Fee::OutOfTurn);
    s.book_as("2026-06-02 09:01", "prio", first);
    s.ask("2026-06-05 09:30", "held", request("kordai", "500EEE08", exact("2026-06-05 11")));
    s.read("2026-06-05 09:31", "kordai/zone-in", "300CCC08");
    s.capacity("2026-06-05 09:32", "kordai", "2026-06-05", Some(11), 2);
    for (booking, place) in [("b0", "2026-06-05 12 #1"), ("b1", "2026-06-05 12 #2"), ("b2", " null #null"), ("prio", " null #null"),
        ("held", "2026-06-05 13 #null")] {
        assert_eq!(s.place(booking, "rescheduled"), place, "{booking}");
    }
    assert_eq!(s.told("b0"), "confirmed arrive retimed arrive");
}

#[test]
fn the_priority_lane_needs_proof_or_fee_and_a_place_in_its_quota() {
    let refs = Refs::shipped().unwrap();
    // A day of 30: two with proof, one for each fee.
    let mut s = Story::new(&refs);
    s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", None, 30);
    type Row = (&'static str, Option<Priority>, Option<Fee>, Option<Check>, &'static str, &'static str);
    let table: [Row; 8] = [
        ("unproven", Some(Priority::Perishable), None, None, "turn", "priority_not_proven"),
        ("by another proof", Some(Priority::Dangerous), None, Some(Check::VetPhyto), "turn", "priority_not_proven"),
        ("proven", Some(Priority::Animals), None, Some(Check::VetPhyto), "priority", ""),
        ("proven too", Some(Priority::Humanitarian), None, Some(Check::CustomsDeclaration), "priority", ""),
        ("one too many", Some(Priority::Dangerous), None, Some(Check::DangerousGoodsPermit), "turn", "priority_quota"),
        ("fee", None, Some(Fee::OutOfTurn), None, "priority", ""),
        ("second fee", None, Some(Fee::OutOfTurn), None, "turn", "priority_quota"),
        ("the other fee", None, Some(Fee::Accelerated), None, "priority", ""),
    ];
    for (n, (what, priority, fee, proof, lane, note)) in table.into_iter().enumerate() {
        let (booking, plate) = (format!("b{n}"), format!("{}ABC02", 100 + n));
        let mut r = request("dostyk", &plate, exact(&format!("2026-01-15 {}", 10 + n)));
        (r.priority, r.fee) = (priority, fee);
        s.ask("2026-01-12 09:00", &booking, r);
        if let Some(proof) = proof { s.answer("2026-01-12 09:00", &booking, &plate, proof, Subject::Vehicle, CheckResult::Ok); }
        s.answers("2026-01-12 09:00", &booking, &plate);
        let v = s.last(&booking, "confirmed");
        let notes: Vec<&str> = v["advisories"].as_array().unwrap().iter().filter_map(|a| a["code"].as_str()).collect();
        assert_eq!((v["lane"].as_str().unwrap(), notes.join(" ").as_str()), (lane, note), "{what}");
    }
}

#[test]
fn crossing_records_and_orders_of_officials() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:00", "b", "456KLM05", "dostyk", "2026-01-15 14");
    s.read("2026-01-15 11:00", "dostyk/zone-in", "123ABC02");
    for (when, direction) in [("2026-01-15 15:00", Direction::Entry), ("2026-01-15 15:01", Direction::Exit)] {
        s.put(Topic::Crossings, when, Body::Crossing(Crossing { checkpoint: "dostyk".into(), direction, plate: PlateText::new("123ABC02", Some("KZ")) }));
    }
    let v = s.last("a", "crossed");
    assert_eq!((v["by"].as_str(), v["at"].as_str()), (Some("crossings"), Some("2026-01-15T15:01:00+05:00")));
    s.control("2026-01-15 15:02", "dostyk", ControlKind::BookingRevoked { booking_id: BookingId::new("b"), reason: "подделка".into() });
    assert!(s.statuses("b").ends_with("revoked"), "{}", s.statuses("b"));
    assert!(s.told("b").contains("revoked"));
}

#[test]
fn the_first_free_hour() {
    let refs = Refs::shipped().unwrap();
    for (now, not_before, place) in [("2026-05-13 16:20", None, "2026-05-13 17 #1"), ("2026-05-13 17:00", None, "2026-05-13 18 #1"),
        ("2026-05-13 17:10", Some("2026-05-14 18:30"), "2026-05-14 20 #1"), ("2026-05-13 17:10", Some("2026-05-14 18:00"), "2026-05-14 18 #1")] {
        let mut s = Story::new(&refs);
        s.capacity("2026-05-12 08:00", "shagan", "2026-05-14", Some(19), 0);
        s.book_as(now, "a", request("shagan", "123ABC07", SlotWish::FirstFree { not_before: not_before.map(at) }));
        assert_eq!(s.place("a", "confirmed"), place, "{now}");
    }
}

#[test]
fn a_sight_that_was_another_vehicle_does_not_hold() {
    let refs = Refs::shipped().unwrap();
    for (resolved, statuses) in [("2026-01-15 14:45", "late annulled"), ("2026-01-15 15:20", "late annulled"), ("2026-01-15 16:20", "annulled")] {
        let mut s = Story::new(&refs);
        s.book("2026-01-12 09:00", "a", "742BTP08", "aisha-bibi", "2026-01-15 14");
        s.read("2026-01-15 14:40", "aisha-bibi/gate-in", "749BTP08");
        let read_id = format!("r{}", s.n);
        s.until(resolved);
        assert_eq!(s.statuses("a"), "requested confirmed notified called", "asked about in time");
        s.control(resolved, "aisha-bibi", ControlKind::ReadResolved { read_id: read_id.as_str().into(), booking_id: None });
        if resolved > "2026-01-15 15:00" { assert_eq!(s.rows(OutTopic::BookingEvents, "a").last().unwrap()["at"], format!("{}:00+05:00", resolved.replace(' ', "T"))); }
        s.until("2026-01-15 17:00");
        assert_eq!(s.statuses("a"), format!("requested confirmed notified called {statuses}"), "{resolved}");
    }
}

#[test]
fn a_called_booking_in_the_zone_keeps_its_call_when_it_is_moved() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "in", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "early", "456KLM05", "dostyk", "2026-01-15 18");
    s.read("2026-01-15 12:30", "dostyk/zone-in", "123ABC02");
    s.read("2026-01-15 12:31", "dostyk/zone-in", "456KLM05");
    s.control("2026-01-15 13:00", "dostyk", ControlKind::Closed { until: Some(at("2026-01-15 20:00")), reason: "x".into() });
    s.until("2026-01-15 21:00");
    assert_eq!(s.statuses("in"), "requested confirmed notified called in_zone rescheduled");
    assert_eq!(s.statuses("early"), "requested confirmed notified in_zone rescheduled notified called");
    s.read("2026-01-15 21:01", "dostyk/zone-out", "123ABC02");
    assert!(s.statuses("in").ends_with("released"));
}

#[test]
fn from_the_gate_on_nothing_about_it_moves() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", Some(14), 1);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.read("2026-01-15 11:00", "dostyk/zone-in", "123ABC02");
    s.read("2026-01-15 12:30", "dostyk/zone-out", "123ABC02");
    s.read("2026-01-15 12:45", "dostyk/gate-in", "123ABC02");
    let before = "requested confirmed notified in_zone called released at_gate";
    assert_eq!(s.statuses("a"), before);
    s.shift("2026-01-15 12:46", "a", "2026-01-16 14");
    s.cancel("2026-01-15 12:47", "a");
    s.capacity("2026-01-15 12:48", "dostyk", "2026-01-15", Some(14), 0);
    s.control("2026-01-15 12:49", "dostyk", ControlKind::Closed { until: None, reason: "x".into() });
    s.until("2026-01-15 20:00");
    assert_eq!(s.statuses("a"), before);
    assert_eq!(s.told("a"), "confirmed arrive call refused:change_forbidden refused:change_forbidden");
}

#[test]
fn a_held_place_moves_with_a_cut_and_is_confirmed_there() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.ask("2026-01-15 09:00", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
    s.capacity("2026-01-15 09:00:10", "dostyk", "2026-01-15", Some(14), 0);
    s.answers("2026-01-15 09:00:20", "a", "123ABC02");
    assert_eq!(s.statuses("a"), "requested rescheduled confirmed notified");
    assert_eq!(s.place("a", "confirmed"), "2026-01-15 15 #1");
}

#[test]
fn the_tables_are_rebuilt_from_their_rows() {
    use kezek_operators::kernel::{TableSet, Tables};
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.ask("2026-01-12 09:01", "b", request("kordai", "456KLM05", SlotWish::FirstFree { not_before: None }));
    s.answers("2026-01-12 09:01", "early", "789XYZ13");
    s.control("2026-01-12 09:02", "kordai", ControlKind::Closed { until: None, reason: "x".into() });
    s.read("2026-01-15 12:30", "dostyk/zone-in", "123ABC02");
    for tables in s.world.tables() {
        let rows = tables.dump();
        let mut again = Tables::default();
        again.apply_changes(&rows).unwrap();
        assert!(again.dump() == rows, "what was written is what is read");
    }
}

#[test]
fn civil_time_follows_the_zones_history() {
    let refs = Refs::shipped().unwrap();
    // On 1 March 2024 the clocks of Almaty went from +06 to +05: 23:00 came twice.
    let mut s = Story::new(&refs);
    s.book("2024-02-25 09:00", "after", "123ABC02", "nur-zholy", "2024-03-01 14");
    s.book("2024-02-25 09:00", "fold", "456KLM05", "nur-zholy", "2024-02-29 23");
    s.until("2024-03-02 00:00");
    for (booking, status, when) in [("after", "confirmed", "2024-02-25T10:00:00+06:00"), ("after", "notified", "2024-02-29T15:00:00+06:00"),
        ("after", "called", "2024-03-01T12:00:00+05:00"), ("after", "late", "2024-03-01T15:00:00+05:00"), ("fold", "called", "2024-02-29T21:00:00+06:00"),
        ("fold", "late", "2024-02-29T23:00:00+05:00"), ("fold", "annulled", "2024-03-01T00:00:00+05:00")] {
        assert_eq!(s.last(booking, status)["at"], when, "{booking} {status}");
    }
    assert_eq!(s.last("after", "confirmed")["interval"], serde_json::json!({"from": "2024-03-01T14:00:00+05:00", "to": "2024-03-01T15:00:00+05:00"}));
}

#[test]
fn the_season_is_that_of_the_slots_date() {
    let refs = Refs::shipped().unwrap();
    for (asked, hour, called) in [("2026-03-28 09:00", "2026-03-31 23", "2026-03-31 21:00"), ("2026-03-28 09:00", "2026-04-01 00", "2026-03-31 23:00"),
        ("2026-10-28 09:00", "2026-10-31 23", "2026-10-31 22:00"), ("2026-10-28 09:00", "2026-11-01 01", "2026-10-31 23:00")] {
        let mut s = Story::new(&refs);
        s.book(asked, "a", "123ABC02", "dostyk", hour);
        s.until(&format!("{} 23:59", &hour[..10]));
        assert_eq!(s.told_at("a", "call"), [called], "{hour}");
    }
}

#[test]
fn what_closes_a_booking_as_crossed() {
    let refs = Refs::shipped().unwrap();
    let crossing = |s: &mut Story<'_>, when: &str, happened: &str| {
        s.n += 1;
        let body = Body::Crossing(Crossing { checkpoint: "dostyk".into(), direction: Direction::Exit, plate: PlateText::new("123ABC02", Some("KZ")) });
        let input = kezek_schemas::inputs::Input { id: format!("x{}", s.n).into(), at: at(happened), arrived: at(when), body };
        s.world.input(Topic::Crossings, &input);
    };
    // The border service's word counts at any stage after confirmation, but not about an earlier trip.
    for (when, happened, last) in [("2026-01-15 13:00", "2026-01-15 13:00", "crossed"), ("2026-01-13 09:00", "2026-01-13 08:30", "crossed"),
        ("2026-01-13 09:00", "2026-01-12 08:59", "confirmed")] {
        let mut s = Story::new(&refs);
        s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
        crossing(&mut s, when, happened);
        assert!(s.statuses("a").ends_with(last), "{when}: {}", s.statuses("a"));
    }
    // The exit camera closes what was called, the clock what was let in.
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.read("2026-01-13 09:00", "dostyk/gate-out", "123ABC02");
    assert_eq!(s.statuses("a"), "requested confirmed");
    s.read("2026-01-15 13:00", "dostyk/gate-out", "123ABC02");
    assert_eq!((s.last("a", "crossed")["by"].as_str(), s.statuses("a").as_str()), (Some("gate_out"), "requested confirmed notified called crossed"));
}

#[test]
fn held_requests_leave_first_the_latest_first() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.capacity("2026-01-15 08:00", "dostyk", "2026-01-15", Some(15), 1);
    s.capacity("2026-01-15 08:00", "dostyk", "2026-01-15", Some(16), 1);
    s.book("2026-01-15 09:00", "booked", "123ABC02", "dostyk", "2026-01-15 14");
    for (n, plate) in ["456KLM05", "789XYZ13", "314DEF08"].iter().enumerate() {
        s.ask(&format!("2026-01-15 09:0{}", n + 1), &format!("held{n}"), request("dostyk", plate, exact("2026-01-15 14")));
    }
    s.capacity("2026-01-15 09:05", "dostyk", "2026-01-15", Some(14), 2);
    for (booking, place) in [("booked", " null #null"), ("held0", " null #null"), ("held1", "2026-01-15 15 #null"), ("held2", "2026-01-15 16 #null")] {
        assert_eq!(s.place(booking, "rescheduled"), place, "{booking}");
    }
    assert_eq!(s.last("held1", "rescheduled")["cause"], "Q-CAPACITY");
}

#[test]
fn several_closed_hours_move_in_the_order_of_the_queue() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    for hour in 11..18 { s.capacity("2026-06-01 08:00", "kordai", "2026-06-05", Some(hour), if hour < 13 { 2 } else { 1 }); }
    for (n, (plate, hour)) in [("100AAA08", 11), ("101BBB08", 12), ("102CCC08", 11), ("103DDD08", 12), ("104EEE08", 14)].iter().enumerate() {
        s.book(&format!("2026-06-02 09:0{n}"), &format!("b{n}"), plate, "kordai", &format!("2026-06-05 {hour}"));
    }
    // Any part of an hour closes it; the hour that starts at the end is open.
    s.control("2026-06-05 11:59", "kordai", ControlKind::Closed { until: Some(at("2026-06-05 13:00")), reason: "x".into() });
    for (booking, place) in [("b0", "2026-06-05 13 #1"), ("b2", "2026-06-05 15 #3"), ("b1", "2026-06-05 16 #2"), ("b3", "2026-06-05 17 #4"), ("b4", " null #null")] {
        assert_eq!(s.place(booking, "rescheduled"), place, "{booking}");
    }
}

#[test]
fn a_shorter_closure_sets_free_whoever_waited_for_its_end() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "ahead", "123ABC02", "dostyk", "2026-01-20 14");
    s.book("2026-01-12 09:00", "under", "456KLM05", "dostyk", "2026-01-15 14");
    s.control("2026-01-13 10:00", "dostyk", ControlKind::Closed { until: None, reason: "x".into() });
    s.control("2026-01-13 11:00", "dostyk", ControlKind::Closed { until: Some(at("2026-01-18 00:00")), reason: "x".into() });
    assert_eq!(s.place("under", "rescheduled"), "2026-01-18 0 #1");
    s.until("2026-01-19 15:00");
    assert_eq!((s.statuses("ahead"), s.told_at("ahead", "arrive")), ("requested confirmed notified".into(), vec!["2026-01-19 14:00".to_owned()]));
}

#[test]
fn a_called_booking_is_told_when_it_will_enter() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    // Ten an hour: six minutes each. The second one is behind one other, and both are in the zone.
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "b", "456KLM05", "dostyk", "2026-01-15 14");
    s.read("2026-01-15 12:10", "dostyk/zone-in", "123ABC02");
    s.read("2026-01-15 12:20", "dostyk/zone-in", "456KLM05");
    let expected = |booking: &str, status: &str| {
        let v = s.last(booking, status)["expected"].clone();
        ["from", "at", "to"].map(|k| v[k].as_str().map_or_else(String::new, |t| t[11..16].to_owned())).join(" ")
    };
    assert_eq!((expected("a", "notified"), expected("a", "called")), ("  ".into(), "14:00 14:00 15:00".into()), "not seen yet: its hour");
    assert_eq!((expected("a", "in_zone"), expected("b", "in_zone")), ("12:10 12:14 12:23".into(), "12:23 12:30 12:43".into()));
}
