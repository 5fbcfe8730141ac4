//! Verdicts and edits from outside. Each test is a table or a short story; what a row expects is a sentence of the rules.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::{BookingEdit, BookingKind, BookingRequest, Check, CheckResult, ControlKind, PlateText, Subject};
use kezek_schemas::outputs::OutTopic;
use story::{Story, at, driver, exact, request};

#[test]
fn every_cause_of_refusal_is_told_in_order() {
    let refs = Refs::shipped().unwrap();
    type Change = fn(&mut BookingRequest);
    let table: [(&str, &str, Change, &str); 8] = [
        ("beyond the horizon", "2026-04-13 10", |_| {}, "horizon_exceeded"),
        ("the last day", "2026-04-12 10", |_| {}, ""),
        ("thirty days only", "2026-02-12 10", |r| r.scheme = "dostyk-2022".into(), "horizon_exceeded"),
        ("begun", "2026-01-12 09", |_| {}, "slot_in_past"),
        ("a bus", "2026-04-13 10", |r| r.vehicle.category = "M3".into(), "not_freight horizon_exceeded"),
        ("nowhere", "2026-04-13 10", |r| { r.checkpoint = "atlantis".into(); r.vehicle.category = "L1".into(); }, "unknown_checkpoint not_freight"),
        ("full", "2026-01-15 14", |_| {}, "slot_full"),
        ("all at once", "2026-01-15 14", |r| { r.vehicle.category = "M1".into(); r.vehicle.plate = PlateText::new("111AAA02", Some("KZ")); },
            "not_freight slot_full already_active"),
    ];
    for (what, hour, change, codes) in table {
        let mut s = Story::new(&refs);
        s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", Some(14), 1);
        s.book("2026-01-12 08:30", "first", "111AAA02", "dostyk", "2026-01-15 14");
        let mut r = request("dostyk", "123ABC02", exact(hour));
        change(&mut r);
        s.ask("2026-01-12 09:00", "b", r);
        assert_eq!(s.codes("b"), codes, "{what}");
        if codes.contains("slot_full") {
            let offered = &s.last("b", "refused")["alternatives"];
            assert_eq!(offered.as_array().unwrap().iter().map(|a| a["hour"].as_i64().unwrap()).collect::<Vec<_>>(), [15, 16, 17], "{what}");
        }
    }
}

#[test]
fn a_vin_is_booked_under_one_plate() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    let with_vin = |plate: &str| { let mut r = request("dostyk", plate, exact("2026-01-15 14")); r.vehicle.vin = Some("VIN1".into()); r };
    s.book_as("2026-01-12 09:00", "a", with_vin("123ABC02"));
    s.ask("2026-01-12 09:01", "b", with_vin("456KLM05"));
    s.ask("2026-01-12 09:02", "c", with_vin("123ABC02"));
    s.cancel("2026-01-12 09:03", "a");
    s.book_as("2026-01-12 09:04", "d", with_vin("456KLM05"));
    assert_eq!((s.codes("b"), s.codes("c")), ("vin_active".into(), "already_active".into()));
    assert_eq!((s.statuses("a"), s.statuses("d")), ("requested confirmed cancelled".into(), "requested confirmed".into()));
}

#[test]
fn a_booking_id_is_used_once() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "a", "456KLM05", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:02", "a", "123ABC02", "dostyk", "2026-01-15 15");
    assert_eq!(s.statuses("a"), "requested confirmed");
}

#[test]
fn answers_that_came_before_wait_a_quarter_of_an_hour() {
    let refs = Refs::shipped().unwrap();
    for (early, statuses) in [("2026-01-12 09:00", "requested confirmed"), ("2026-01-12 08:40", "requested")] {
        let mut s = Story::new(&refs);
        s.answers(early, "a", "123ABC02");
        s.ask("2026-01-12 09:05", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
        assert_eq!(s.statuses("a"), statuses, "{early}");
    }
}

#[test]
fn checks_decide() {
    use CheckResult::{Fail, Ok, Unavailable};
    let refs = Refs::shipped().unwrap();
    type Answers = &'static [(&'static str, Check, Subject, CheckResult)];
    let table: [(&str, Answers, &str, &str); 6] = [
        ("silence is told after a minute", &[], "requested waiting_source", "2026-01-12 09:01"),
        ("and the request falls after a quarter of an hour", &[], "requested waiting_source refused", "2026-01-12 09:15"),
        ("unavailable is told at once, once", &[("09:00:05", Check::Insurance, Subject::Vehicle, Unavailable),
            ("09:00:06", Check::Account, Subject::Owner, Unavailable)], "requested waiting_source", "2026-01-12 09:14"),
        ("an advisory failure refuses nothing", &[("09:00:05", Check::TaxDebt, Subject::Vehicle, Fail)], "requested waiting_source", "2026-01-12 09:14"),
        ("a blocking one does at once", &[("09:00:05", Check::Wanted, Subject::Driver(0), Fail)], "requested refused", "2026-01-12 09:00:05"),
        ("a later answer replaces the earlier", &[("09:00:05", Check::Insurance, Subject::Vehicle, Unavailable),
            ("09:00:07", Check::Insurance, Subject::Vehicle, Ok)], "requested waiting_source", "2026-01-12 09:00:08"),
    ];
    for (what, answers, statuses, until) in table {
        let mut s = Story::new(&refs);
        s.ask("2026-01-12 09:00", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
        for (when, check, subject, result) in answers { s.answer(&format!("2026-01-12 {when}"), "a", "123ABC02", *check, *subject, *result); }
        s.until(until);
        assert_eq!(s.statuses("a"), statuses, "{what}");
    }
}

#[test]
fn after_confirmation_only_wanted_and_insurance_revoke() {
    let refs = Refs::shipped().unwrap();
    for (check, subject, statuses) in [(Check::Wanted, Subject::Driver(0), "requested confirmed revoked"),
        (Check::Insurance, Subject::Vehicle, "requested confirmed revoked"), (Check::TransportPermit, Subject::Vehicle, "requested confirmed"),
        (Check::Wanted, Subject::Driver(7), "requested confirmed")] {
        let mut s = Story::new(&refs);
        s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", Some(14), 1);
        s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
        s.answer("2026-01-12 10:00", "a", "123ABC02", check, subject, CheckResult::Fail);
        assert_eq!(s.statuses("a"), statuses, "{check:?}");
        s.book("2026-01-12 10:01", "b", "456KLM05", "dostyk", "2026-01-15 14");
        assert_eq!(s.codes("b").is_empty(), statuses.ends_with("revoked"), "its place is free");
    }
}

#[test]
fn edits_are_judged_in_their_order() {
    let refs = Refs::shipped().unwrap();
    type Change = fn(&mut BookingEdit);
    let table: [(&str, &str, Change, &str); 9] = [
        ("another account", "acc-x", |e| e.checkpoint = Some("kordai".into()), "transfer_forbidden"),
        ("another VIN", "acc-a", |e| e.vin = Some("VIN2".into()), "transfer_forbidden"),
        ("the same VIN", "acc-a", |e| e.vin = Some("VIN1".into()), ""),
        ("a wholly other crew", "acc-a", |e| e.drivers = Some(vec![driver("X", true)]), "transfer_forbidden"),
        ("another plate", "acc-a", |e| e.plate = Some(PlateText::new("999ZZZ02", None)), "change_forbidden"),
        ("the same plate, spelled differently", "acc-a", |e| e.plate = Some(PlateText::new("123 авс 02", Some("KZ"))), ""),
        ("too far", "acc-a", |e| e.slot = Some(exact("2026-09-01 10")), "horizon_exceeded"),
        ("begun", "acc-a", |e| e.slot = Some(exact("2026-01-12 09")), "slot_in_past"),
        ("full", "acc-a", |e| e.slot = Some(exact("2026-01-15 20")), "slot_full"),
    ];
    for (what, account, change, code) in table {
        let mut s = Story::new(&refs);
        s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", Some(20), 0);
        let mut r = request("dostyk", "123ABC02", exact("2026-01-15 14"));
        r.vehicle.vin = Some("VIN1".into());
        s.book_as("2026-01-12 09:00", "a", r);
        let mut edit = BookingEdit { slot: Some(exact("2026-01-15 16")), ..BookingEdit::default() };
        change(&mut edit);
        s.edit("2026-01-12 09:10", "a", account, BookingKind::Rescheduled(Box::new(edit)));
        let (statuses, told) = if code.is_empty() { ("requested confirmed rescheduled", "confirmed retimed".to_owned()) } else { ("requested confirmed", format!("confirmed refused:{code}")) };
        assert_eq!((s.statuses("a").as_str(), s.told("a")), (statuses, told), "{what}");
    }
}

#[test]
fn cancellation_is_the_accounts_own_and_before_the_gate() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    s.edit("2026-01-12 09:10", "a", "acc-x", BookingKind::Cancelled);
    assert_eq!((s.statuses("a"), s.told("a")), ("requested confirmed".into(), "confirmed".into()), "a stranger's does nothing");
    s.cancel("2026-01-12 09:11", "a");
    s.cancel("2026-01-12 09:12", "a");
    s.cancel("2026-01-12 09:13", "nobody");
    assert_eq!((s.statuses("a"), s.told("a")), ("requested confirmed cancelled".into(), "confirmed refused:change_forbidden".into()));
}

#[test]
fn a_driver_is_added_when_the_answers_are_in() {
    let refs = Refs::shipped().unwrap();
    for (result, told) in [(Some(CheckResult::Ok), "confirmed confirmed"), (Some(CheckResult::Fail), "confirmed refused:check_failed"),
        (None, "confirmed refused:source_unavailable")] {
        let mut s = Story::new(&refs);
        s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
        let edit = BookingEdit { drivers: Some(vec![driver("D1", false)]), ..BookingEdit::default() };
        s.edit("2026-01-12 10:00", "a", "acc-a", BookingKind::DriverAdded(Box::new(edit)));
        if let Some(result) = result { s.answer("2026-01-12 10:01", "a", "123ABC02", Check::Wanted, Subject::Driver(1), result); }
        s.until("2026-01-12 10:20");
        assert_eq!((s.statuses("a").as_str(), s.told("a").as_str()), ("requested confirmed", told));
    }
}

#[test]
fn an_answer_is_found_by_its_booking_whatever_plate_it_names() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.ask("2026-01-12 09:00", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
    s.answers("2026-01-12 09:00", "a", "999ZZZ02");
    assert_eq!(s.statuses("a"), "requested confirmed");
}

/// Leaves each needed answer out in turn: the request waits for exactly that one; with all of them it is confirmed.
#[test]
fn which_answers_block() {
    use Check::{Account, AccompanyingDocuments, AgriRegistration, Biometrics, DrivingLicence, Insurance, TransportPermit, VehicleRegistration, Wanted};
    use Subject::{Driver, Owner, Vehicle};
    let refs = Refs::shipped().unwrap();
    let everybody = [(Account, Owner), (Insurance, Vehicle), (Wanted, Vehicle)];
    let resident = [(VehicleRegistration, Vehicle), (AgriRegistration, Vehicle), (TransportPermit, Vehicle)];
    let qorgan = vec![(Insurance, Vehicle), (AccompanyingDocuments, Vehicle), (Biometrics, Driver(0)), (Biometrics, Driver(1))];
    let seo = |parts: &[&[(Check, Subject)]]| parts.concat();
    type Row = (&'static str, bool, [bool; 2], Vec<(Check, Subject)>);
    let table: [Row; 6] = [
        ("seo-2023", true, [true, true], seo(&[&everybody, &resident, &[(Wanted, Driver(0)), (Wanted, Driver(1)), (DrivingLicence, Driver(0)), (DrivingLicence, Driver(1))]])),
        ("seo-2023", true, [false, true], seo(&[&everybody, &resident, &[(Wanted, Driver(0)), (Wanted, Driver(1)), (DrivingLicence, Driver(1))]])),
        ("seo-2023", false, [false, false], seo(&[&everybody, &[(Wanted, Driver(0)), (Wanted, Driver(1))]])),
        ("dostyk-2022", false, [true, false], seo(&[&everybody, &[(Wanted, Driver(0)), (Wanted, Driver(1)), (DrivingLicence, Driver(0))]])),
        ("qorgan-2025", true, [true, true], qorgan.clone()),
        ("qorgan-2025", false, [false, true], qorgan),
    ];
    for (scheme, owner, drivers, needed) in table {
        for left_out in (0..needed.len()).map(Some).chain([None]) {
            let mut s = Story::new(&refs);
            let mut r = request("dostyk", "123ABC02", exact("2026-01-15 14"));
            r.scheme = scheme.into();
            r.owner.resident = owner;
            r.drivers = drivers.iter().enumerate().map(|(n, resident)| driver(&format!("D{n}"), *resident)).collect();
            s.ask("2026-01-12 09:00", "a", r);
            for (n, (check, subject)) in needed.iter().enumerate() {
                if Some(n) != left_out { s.answer("2026-01-12 09:00:02", "a", "123ABC02", *check, *subject, CheckResult::Ok); }
            }
            s.until("2026-01-12 09:02");
            let Some(n) = left_out else {
                assert_eq!(s.statuses("a"), "requested confirmed", "{scheme}");
                continue;
            };
            assert_eq!(s.statuses("a"), "requested waiting_source", "{scheme} without {:?}", needed[n]);
            let v = s.last("a", "waiting_source");
            let reasons = v["reasons"].as_array().unwrap();
            assert_eq!((reasons.len(), reasons[0]["check"].as_str(), reasons[0]["subject"].as_str(), v["at"].as_str()),
                (1, Some(needed[n].0.name()), Some(needed[n].1.to_string().as_str()), Some("2026-01-12T09:01:00+05:00")), "{scheme}");
        }
    }
}

#[test]
fn advisories_ride_on_the_confirmed_booking() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.ask("2026-01-12 09:00", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
    for (check, result) in [(Check::TaxDebt, CheckResult::Fail), (Check::TollDebt, CheckResult::Unavailable), (Check::PhoneMatch, CheckResult::Ok)] {
        s.answer("2026-01-12 09:00:01", "a", "123ABC02", check, Subject::Owner, result);
    }
    s.answers("2026-01-12 09:00:02", "a", "123ABC02");
    let v = s.last("a", "confirmed");
    let notes: Vec<String> = v["advisories"].as_array().unwrap().iter().map(|n| format!("{} {} {}", n["check"], n["subject"], n["result"]).replace('"', "")).collect();
    assert_eq!(notes, ["tax_debt owner fail", "phone_match owner ok", "toll_debt owner unavailable"]);
}

#[test]
fn several_causes_come_in_the_order_of_the_codes() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.control("2026-01-12 08:00", "dostyk", ControlKind::Closed { until: Some(at("2026-01-20 00:00")), reason: "x".into() });
    let mut first = request("dostyk", "123ABC02", exact("2026-01-25 14"));
    first.vehicle.vin = Some("VIN1".into());
    s.book_as("2026-01-12 08:30", "first", first);
    type Change = fn(&mut BookingRequest);
    let table: [(&str, &str, Change, &str); 4] = [
        ("closed", "2026-01-15 14", |_| {}, "checkpoint_closed"),
        ("closed, and the same vehicle", "2026-01-15 14", |r| r.vehicle.plate = PlateText::new("123ABC02", Some("KZ")), "already_active checkpoint_closed"),
        ("begun, closed, the same VIN", "2026-01-12 09", |r| r.vehicle.vin = Some("VIN1".into()), "slot_in_past vin_active checkpoint_closed"),
        ("an unknown place skips its calendar", "2027-01-12 09", |r| { r.checkpoint = "atlantis".into(); r.vehicle.vin = Some("VIN1".into()); }, "unknown_checkpoint vin_active"),
    ];
    for (n, (what, hour, change, codes)) in table.into_iter().enumerate() {
        let mut r = request("dostyk", "777XYZ05", exact(hour));
        change(&mut r);
        let booking = format!("b{n}");
        s.ask("2026-01-12 09:00", &booking, r);
        assert_eq!(s.codes(&booking), codes, "{what}");
    }
    let offered = s.last("b0", "refused")["alternatives"].clone();
    assert_eq!(offered, serde_json::json!([{"date": "2026-01-20", "hour": 0}, {"date": "2026-01-20", "hour": 1}, {"date": "2026-01-20", "hour": 2}]));
}

#[test]
fn a_scheme_brings_its_own_clauses() {
    let refs = Refs::shipped().unwrap();
    for (scheme, check, clause, horizon) in [("seo-2023", Check::Insurance, "s001 п.11.7", "s001 п.15"), ("dostyk-2022", Check::Insurance, "s003 п.11.7", "s003 п.15"),
        ("qorgan-2025", Check::Insurance, "s002 п.17.1", "s002 п.20")] {
        let mut s = Story::new(&refs);
        let mut r = request("dostyk", "123ABC02", exact("2026-01-15 14"));
        r.scheme = scheme.into();
        s.ask("2026-01-12 09:00", "a", r.clone());
        s.answer("2026-01-12 09:00", "a", "123ABC02", check, Subject::Vehicle, CheckResult::Fail);
        assert_eq!(s.last("a", "refused")["reasons"][0]["clause"], clause);
        r.slot = exact("2026-06-15 14");
        s.ask("2026-01-12 09:01", "b", r);
        assert_eq!(s.last("b", "refused")["reasons"][0]["clause"], horizon);
    }
}

#[test]
fn before_confirmation_edits_are_judged_the_same() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.capacity("2026-01-12 08:00", "dostyk", "2026-01-15", Some(15), 0);
    s.ask("2026-01-12 09:00", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
    s.shift("2026-01-12 09:00:01", "a", "2026-01-15 15");
    let edit = BookingEdit { slot: Some(exact("2026-01-15 16")), ..BookingEdit::default() };
    s.edit("2026-01-12 09:00:02", "a", "acc-x", BookingKind::Rescheduled(Box::new(edit)));
    s.shift("2026-01-12 09:00:03", "a", "2026-01-15 16");
    let edit = BookingEdit { drivers: Some(vec![driver("D1", false)]), ..BookingEdit::default() };
    s.edit("2026-01-12 09:00:04", "a", "acc-a", BookingKind::DriverAdded(Box::new(edit)));
    s.answers("2026-01-12 09:00:10", "a", "123ABC02");
    s.until("2026-01-12 09:02");
    assert_eq!(s.statuses("a"), "requested rescheduled waiting_source", "the added driver is searched for too");
    s.answer("2026-01-12 09:02:10", "a", "123ABC02", Check::Wanted, Subject::Driver(1), CheckResult::Ok);
    assert_eq!((s.statuses("a"), s.place("a", "confirmed")), ("requested rescheduled waiting_source confirmed".into(), "2026-01-15 16 #1".into()));
    assert_eq!(s.told("a"), "refused:slot_full refused:transfer_forbidden retimed confirmed");
}

#[test]
fn a_refused_driver_leaves_the_numbers_as_they_were() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    let add = |document: &str| BookingKind::DriverAdded(Box::new(BookingEdit { drivers: Some(vec![driver(document, false)]), ..BookingEdit::default() }));
    s.edit("2026-01-12 10:00", "a", "acc-a", add("D1"));
    s.answer("2026-01-12 10:01", "a", "123ABC02", Check::Wanted, Subject::Driver(1), CheckResult::Fail);
    s.edit("2026-01-12 10:02", "a", "acc-a", add("D2"));
    assert_eq!(s.told("a"), "confirmed refused:check_failed", "what was said of the first is not said of the second");
    s.edit("2026-01-12 10:03", "a", "acc-a", add("D3"));
    s.answer("2026-01-12 10:04", "a", "123ABC02", Check::Wanted, Subject::Driver(2), CheckResult::Ok);
    s.answer("2026-01-12 10:05", "a", "123ABC02", Check::Wanted, Subject::Driver(1), CheckResult::Ok);
    assert_eq!((s.statuses("a").as_str(), s.told("a").as_str()), ("requested confirmed", "confirmed refused:check_failed confirmed confirmed"));
    s.answer("2026-01-12 11:00", "a", "123ABC02", Check::Wanted, Subject::Driver(2), CheckResult::Fail);
    assert!(s.statuses("a").ends_with("revoked"), "an added driver is one of the crew");
}

/// Kinds of notifications: when, until when, and what the text must say in every language.
#[test]
fn notifications_say_where_when_and_until_when() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "nur-zholy", "2026-01-15 14");
    s.shift("2026-01-12 10:00", "a", "2026-01-15 15");
    s.until("2026-01-15 18:00");
    s.book("2026-01-12 09:00", "b", "456KLM05", "nur-zholy", "2026-01-25 14");
    s.answer("2026-01-15 19:00", "b", "456KLM05", Check::Insurance, Subject::Vehicle, CheckResult::Fail);
    s.ask("2026-01-15 19:01", "c", request("nur-zholy", "789XYZ13", exact("2026-01-15 19")));
    let table = [
        ("a", "confirmed", "2026-01-12T09:00:00+05:00", Some("2026-01-15T14:00:00+05:00"), Some("14:00")),
        ("a", "retimed", "2026-01-12T10:00:00+05:00", Some("2026-01-15T15:00:00+05:00"), Some("15:00")),
        ("a", "arrive", "2026-01-14T15:00:00+05:00", Some("2026-01-15T15:00:00+05:00"), Some("15:00")),
        ("a", "call", "2026-01-15T13:00:00+05:00", Some("2026-01-15T15:00:00+05:00"), Some("15:00")),
        ("a", "late", "2026-01-15T16:00:00+05:00", Some("2026-01-15T17:00:00+05:00"), None),
        ("a", "annulled", "2026-01-15T17:00:00+05:00", None, None),
        ("b", "revoked", "2026-01-15T19:00:00+05:00", None, None),
        ("c", "refused", "2026-01-15T19:01:00+05:00", None, None),
    ];
    for (booking, kind, when, due_by, time) in table {
        let rows = s.rows(OutTopic::Notifications, booking);
        let found: Vec<_> = rows.iter().filter(|v| v["kind"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        let v = found[0];
        assert_eq!((v["at"].as_str(), v["due_by"].as_str(), v["account_id"].as_str()), (Some(when), due_by, Some(format!("acc-{booking}").as_str())), "{kind}");
        for (lang, name) in [("kk", "Нұр Жолы"), ("ru", "Нур Жолы"), ("en", "Nur Zholy")] {
            let text = v["text"][lang].as_str().unwrap();
            assert!(text.contains(name) && time.is_none_or(|t| text.contains(t)), "{kind}: {text}");
        }
    }
}
