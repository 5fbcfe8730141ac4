//! How source systems are told to be, from their answers alone.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::{Body, Check, CheckAnswer, CheckResult, PlateText, Subject, Topic};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::{Span, Timestamp};
use story::{Story, at, exact, request};

fn answer(s: &mut Story<'_>, when: Timestamp, source: &str, booking: &str, result: CheckResult) {
    s.put_at(Topic::Checks, when, Body::Check(CheckAnswer { booking_id: booking.into(), plate: PlateText::new("123ABC02", Some("KZ")), check: Check::Insurance,
        subject: Subject::Vehicle, result, source: source.into(), valid_until: None, detail: None }));
}

fn state(s: &Story<'_>, source: &str) -> (String, Option<f64>) {
    s.world.fx.views.iter().rev().find_map(|v| match v { ViewRow::SourceRow(r) if r.source == source => Some((r.state.to_string(), r.lag_s)), _ => None }).unwrap()
}

fn notices(s: &Story<'_>) -> Vec<String> {
    s.world.fx.outputs.iter().filter(|o| o.topic == OutTopic::RiskAlerts).map(|o| serde_json::from_str::<serde_json::Value>(&o.json).unwrap())
        .filter(|v| v["kind"] == "DEVICE").map(|v| format!("{} {} {}", v["state"], v["evidence"][0]["source"], v["evidence"][0]["what"]).replace('"', "")).collect()
}

#[test]
fn the_share_of_unavailable_answers_tells_the_state() {
    let refs = Refs::shipped().unwrap();
    // (answers, every n-th unavailable) → state.
    for (answers, every, expect, told) in [(100, 0, "ok", 0), (100, 20, "ok", 0), (100, 5, "degraded", 0), (100, 1, "down", 1), (19, 1, "ok", 0)] {
        let mut s = Story::new(&refs);
        s.world.fx.wants_views = true;
        for n in 0..answers {
            let bad = every > 0 && n % every == 0;
            answer(&mut s, at("2026-01-12 09:00") + Span::seconds(n), "esbd", "none", if bad { CheckResult::Unavailable } else { CheckResult::Ok });
        }
        assert_eq!((state(&s, "esbd").0.as_str(), notices(&s).len()), (expect, told), "{answers} answers, one of {every} unavailable");
    }
}

#[test]
fn a_notice_is_raised_once_and_cleared() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.world.fx.wants_views = true;
    let start = at("2026-01-12 09:00");
    for n in 0..60 { answer(&mut s, start + Span::seconds(n), "esbd", "none", CheckResult::Unavailable); }
    for n in 0..60 { answer(&mut s, start + Span::minutes(30) + Span::seconds(n), "esbd", "none", CheckResult::Ok); }
    assert_eq!((notices(&s), state(&s, "esbd").0.as_str()), (vec!["raised esbd down".to_owned(), "cleared esbd ok".to_owned()], "ok"));
    for n in 0..60 { answer(&mut s, start + Span::hours(1) + Span::seconds(n), "nobody knows it", "none", CheckResult::Unavailable); }
    assert_eq!((notices(&s).len(), state(&s, "nobody knows it").0.as_str()), (2, "down"), "shown, not watched");
}

#[test]
fn silence_is_measured_against_the_usual_rhythm() {
    let refs = Refs::shipped().unwrap();
    for (gap_s, silent_after, still_ok_after) in [(10, 31, 29), (300, 101, 99)] {
        let mut s = Story::new(&refs);
        s.world.fx.wants_views = true;
        let mut now = at("2026-01-12 09:00");
        for _ in 0..600 { now = now + Span::seconds(gap_s); answer(&mut s, now, "esbd", "none", CheckResult::Ok); }
        s.world.advance(now + Span::minutes(still_ok_after));
        assert_eq!(state(&s, "esbd").0, "ok", "{gap_s}");
        s.world.advance(now + Span::minutes(silent_after));
        assert_eq!((state(&s, "esbd").0.as_str(), notices(&s)), ("silent", vec!["raised esbd silent".to_owned()]), "{gap_s}");
        answer(&mut s, now + Span::minutes(silent_after + 1), "esbd", "none", CheckResult::Ok);
        assert_eq!((state(&s, "esbd").0.as_str(), notices(&s).len()), ("ok", 2), "{gap_s}");
    }
}

#[test]
fn the_time_to_answer_is_since_the_request() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.world.fx.wants_views = true;
    s.ask("2026-01-12 09:00", "a", request("dostyk", "123ABC02", exact("2026-01-15 14")));
    answer(&mut s, at("2026-01-12 09:00:04"), "esbd", "a", CheckResult::Ok);
    assert_eq!(state(&s, "esbd"), ("ok".into(), Some(4.0)));
}
