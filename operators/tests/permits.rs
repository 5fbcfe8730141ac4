//! Permit blanks from outside: every record is answered, and says why only when it is turned down.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::PermitAction::{self, DutyPaid, Issued, Requested, Returned, StockAdded, Used};
use kezek_schemas::inputs::{Body, PermitEvent, Topic};
use kezek_schemas::outputs::OutTopic;
use serde_json::Value;
use story::Story;

struct Row(PermitAction, &'static str, Option<&'static str>, Option<&'static str>, &'static str);

/// The answers to these records, as `reason` or `stock N`.
fn answers(s: &mut Story<'_>, rows: &[Row]) -> Vec<String> {
    for (n, Row(action, country, booking, blank, count)) in rows.iter().enumerate() {
        let event = PermitEvent { action: *action, country: (*country).into(), kind: "transit".into(), blank: blank.map(Into::into),
            booking_id: booking.map(Into::into), count: count.parse().ok(), year: None };
        s.put(Topic::Permits, &format!("2026-01-12 10:{n:02}"), Body::Permit(event));
    }
    let outputs = s.world.fx.outputs.iter().filter(|o| o.topic == OutTopic::PermitEvents);
    outputs.map(|o| serde_json::from_str::<Value>(&o.json).unwrap())
        .map(|v| v["reason"].as_str().map_or_else(|| format!("stock {}", v["stock"]), ToOwned::to_owned)).collect()
}

#[test]
fn every_record_is_answered_and_a_reason_is_given_only_when_it_is_turned_down() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "b1", "123ABC02", "dostyk", "2026-01-15 14");
    s.book("2026-01-12 09:01", "b2", "456KLM05", "dostyk", "2026-01-15 14");
    s.cancel("2026-01-12 09:02", "b2");
    let table = [
        (Row(Requested, "CN", Some("b1"), None, ""), "no_stock"),
        (Row(StockAdded, "CN", None, None, "3"), "stock 3"),
        (Row(Requested, "CN", Some("b2"), None, ""), "no_active_booking"),
        (Row(Requested, "CN", Some("nobody"), None, ""), "no_active_booking"),
        (Row(Requested, "CN", Some("b1"), None, ""), "stock 3"),
        (Row(Issued, "CN", Some("b1"), Some("A1"), ""), "duty_not_paid"),
        (Row(DutyPaid, "CN", Some("b1"), None, ""), "stock 3"),
        (Row(Issued, "CN", Some("b1"), Some("A1"), ""), "stock 2"),
        (Row(Used, "UZ", Some("b1"), Some("A1"), ""), "country_mismatch"),
        (Row(Used, "CN", Some("b1"), Some("A1"), ""), "stock 2"),
        (Row(Used, "CN", Some("b1"), Some("A1"), ""), "blank_used"),
        (Row(Returned, "CN", Some("b1"), Some("A1"), ""), "blank_used"),
        (Row(Requested, "UZ", Some("b1"), None, ""), "no_stock"),
        (Row(DutyPaid, "CN", Some("b1"), None, ""), "stock 2"),
        (Row(Issued, "CN", Some("b1"), Some("A2"), ""), "stock 1"),
        (Row(DutyPaid, "CN", Some("b1"), None, ""), "stock 1"),
        (Row(Issued, "CN", Some("b1"), Some("A2"), ""), "blank_used"),
        (Row(Returned, "CN", Some("b1"), Some("A2"), ""), "stock 2"),
        (Row(Issued, "CN", Some("b1"), Some("A2"), ""), "stock 1"),
    ];
    let (rows, expected): (Vec<Row>, Vec<&str>) = table.into_iter().unzip();
    assert_eq!(answers(&mut s, &rows), expected);
}

#[test]
fn a_blank_belongs_to_the_country_it_was_stocked_for() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "b1", "123ABC02", "dostyk", "2026-01-15 14");
    let rows = [Row(StockAdded, "CN", None, Some("A1"), "1"), Row(StockAdded, "UZ", None, Some("U1"), "1"), Row(Requested, "UZ", Some("b1"), None, ""),
        Row(DutyPaid, "UZ", Some("b1"), None, ""), Row(Issued, "UZ", Some("b1"), Some("A1"), ""), Row(Issued, "UZ", Some("b1"), Some("U1"), "")];
    assert_eq!(answers(&mut s, &rows), ["stock 1", "stock 1", "stock 1", "stock 1", "country_mismatch", "stock 0"]);
}

#[test]
fn stock_is_kept_by_year() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "b1", "123ABC02", "dostyk", "2026-01-15 14");
    let last_year = PermitEvent { action: StockAdded, country: "CN".into(), kind: "transit".into(), blank: None, booking_id: None, count: Some(5), year: Some(2025) };
    s.put(Topic::Permits, "2026-01-12 09:30", Body::Permit(last_year));
    assert_eq!(answers(&mut s, &[Row(Requested, "CN", Some("b1"), None, "")]), ["stock 5", "no_stock"], "the year of `at` is the default");
}
