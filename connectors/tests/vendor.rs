//! Payloads of plate cameras and the records they become, whole. Then each vendor's traps: one change to the payload, and
//! what changes in the record or why there is none.
#![allow(clippy::unwrap_used)]

use jiff::tz::TimeZone;
use kezek_connectors::ingest::{Camera, Reason, Vendor, decode_vendor};
use serde_json::{Value, json};

const HIKVISION: &str = include_str!("vendor/hikvision.xml");
const DAHUA: &str = include_str!("vendor/dahua.txt");
const AXIS: &str = include_str!("vendor/axis.json");
const PLATE_RECOGNIZER: &str = include_str!("vendor/plate_recognizer.json");
const GENETEC: &str = include_str!("vendor/genetec.json");
const OPENALPR: &str = include_str!("vendor/openalpr.json");

fn camera() -> Camera {
    Camera { checkpoint: "nur-zholy".into(), device: "nur-zholy/gate-in".into(), zone: TimeZone::get("Asia/Almaty").unwrap(), local_epoch: false }
}

fn read(more: Value) -> Value {
    let mut r = json!({"checkpoint": "nur-zholy", "camera": "nur-zholy/gate-in", "plate": "123ABC02"});
    for (k, v) in more.as_object().unwrap() { r[k] = v.clone(); }
    r
}

#[test]
fn whole_payloads() {
    for (name, payload, expected) in [
        ("hikvision", HIKVISION, vec![read(json!({"id": "hikvision:nur-zholy/gate-in:20260115124503a1", "at": "2026-01-15T07:45:03Z", "country": "KZ", "confidence": 0.97,
            "char_confidence": [0.99, 0.99, 0.42, 0.99, 0.99, 0.99, 0.98, 0.97], "direction": "forward", "image_ref": "scene-1"}))]),
        ("dahua", DAHUA, vec![read(json!({"id": "dahua:nur-zholy/gate-in:group-123:1768481103", "at": "2026-01-15T12:45:03.123Z", "trailer_plate": "77ABC02"}))]),
        ("axis", AXIS, vec![read(json!({"id": "axis:nur-zholy/gate-in:1144696:1768463103252", "at": "2026-01-15T07:45:03.252Z", "country": "KZ", "confidence": 0.719_034,
            "direction": "in", "image_ref": "/img/plate.jpg"}))]),
        ("plate-recognizer", PLATE_RECOGNIZER, vec![
            read(json!({"id": "plate-recognizer:nur-zholy/gate-in:2026-01-15T07:45:03.098000Z:1245_a.jpg:0", "at": "2026-01-15T07:45:03.098Z", "country": "KZ",
                "confidence": 0.903, "candidates": [{"plate": "128ABC02", "confidence": 0.864}, {"plate": "I23ABC02", "confidence": 0.593}], "image_ref": "1245_a.jpg"})),
            read(json!({"id": "plate-recognizer:nur-zholy/gate-in:2026-01-15T07:45:03.098000Z:1245_a.jpg:1", "at": "2026-01-15T07:45:03.098Z", "plate": "456KLM05",
                "confidence": 0.7, "image_ref": "1245_a.jpg"}))]),
        ("genetec", GENETEC, vec![read(json!({"id": "genetec:nur-zholy/gate-in:ccd6761e", "at": "2026-01-15T07:45:03Z", "confidence": 0.99, "direction": "Moving Away"}))]),
        ("openalpr", OPENALPR, vec![read(json!({"id": "openalpr:nur-zholy/gate-in:1768463103687:0", "at": "2026-01-15T07:45:03.687Z", "confidence": 0.815_823,
            "candidates": [{"plate": "128ABC02", "confidence": 0.860_384}]}))]),
    ] {
        let vendor = Vendor::named(name).unwrap();
        assert_eq!(decode_vendor(vendor, &camera(), payload.as_bytes()), Ok(expected), "{name}");
        // a resend is the same record
        assert_eq!(decode_vendor(vendor, &camera(), payload.as_bytes()), decode_vendor(vendor, &camera(), format!("\u{feff}{payload}").as_bytes()), "{name}");
    }
    assert_eq!(Vendor::named("anpr"), None);
}

/// One change to a payload: the field of the first record that shows it, or the reason.
#[test]
fn traps() {
    let field = |name: &'static str, value: Value| Ok(Some((name, value)));
    let none = || Ok(None);
    for (vendor, payload, from, to, expected) in [
        // late replay after the line was down
        (Vendor::Hikvision, HIKVISION, "Retransmission>false", "Retransmission>true", field("retransmitted", json!(true))),
        // no offset: the camera's own zone, not UTC
        (Vendor::Hikvision, HIKVISION, "12:45:03+05:00", "12:45:03", field("at", json!("2026-01-15T07:45:03Z"))),
        (Vendor::Hikvision, HIKVISION, "12:45:03+05:00", "25:45:03", Err(Reason::BadTime)),
        (Vendor::Hikvision, HIKVISION, ">KAZ<", ">NON<", field("country", json!("KZ"))),
        (Vendor::Hikvision, HIKVISION, "<licensePlate>123ABC02", "<licensePlate>unknown", Err(Reason::NoPlate)),
        (Vendor::Hikvision, HIKVISION, "<confidenceLevel>97", "<confidenceLevel>970", Err(Reason::Wrong("confidenceLevel"))),
        (Vendor::Hikvision, HIKVISION, "<eventType>ANPR", "<eventType>videoloss", none()),
        (Vendor::Hikvision, HIKVISION, "<UUID>20260115124503a1</UUID>", "", Err(Reason::Missing("UUID"))),
        (Vendor::Hikvision, HIKVISION, "</ANPR>", "", Err(Reason::NotXml)),
        (Vendor::Hikvision, HIKVISION, "<EventNotificationAlert version", "<!DOCTYPE x [<!ENTITY a \"b\">]><EventNotificationAlert version", Err(Reason::NotXml)),
        // RealUTC is right where UTC counts local seconds
        (Vendor::Dahua, DAHUA, "Events[0].UTCMS", "Events[0].RealUTC=1768463103\nEvents[0].UTCMS", field("at", json!("2026-01-15T07:45:03.123Z"))),
        // another picture of the same group is the same record
        (Vendor::Dahua, DAHUA, "IndexInGroup=1", "IndexInGroup=2", field("id", json!("dahua:nur-zholy/gate-in:group-123:1768481103"))),
        (Vendor::Dahua, DAHUA, "BackPlateNumber=77ABC02", "BackPlateNumber=123ABC02", field("trailer_plate", Value::Null)),
        (Vendor::Dahua, DAHUA, "Action=Pulse", "Action=Stop", none()),
        (Vendor::Dahua, DAHUA, "UTC=1768481103", "UTC=soon", Err(Reason::Wrong("UTC"))),
        (Vendor::Dahua, DAHUA, "GroupID=123", "GroupID", Err(Reason::NotForm)),
        // a car that is still in view
        (Vendor::Axis, AXIS, "\"lost\"", "\"new\"", none()),
        (Vendor::Axis, AXIS, "\"lost\"", "\"update\"", none()),
        (Vendor::Axis, AXIS, "\"lost\"", "\"gone\"", Err(Reason::Wrong("carState"))),
        (Vendor::Axis, AXIS, "0.719034", "", field("confidence", Value::Null)),
        (Vendor::Axis, AXIS, "\"KAZ\"", "\"???\"", field("country", Value::Null)),
        (Vendor::PlateRecognizer, PLATE_RECOGNIZER, "03.098000Z", "03.098", field("at", json!("2026-01-15T02:45:03.098Z"))),
        (Vendor::PlateRecognizer, PLATE_RECOGNIZER, "\"kz\"", "\"ru-mow\"", field("country", json!("RU"))),
        (Vendor::PlateRecognizer, PLATE_RECOGNIZER, "\"score\":0.903,\"cand", "\"score\":90.3,\"cand", Err(Reason::Wrong("results.score"))),
        // day and month could be exchanged
        (Vendor::Genetec, GENETEC, "\"DateUtc\":\"2026/01/15\"", "\"DateUtc\":\"01/02/2026\"", Err(Reason::BadTime)),
        (Vendor::Genetec, GENETEC, "\"DateUtc\":\"2026/01/15\",", "", Err(Reason::Missing("DateUtc"))),
        (Vendor::Genetec, GENETEC, "\"99\"", "\"high\"", Err(Reason::Wrong("ConfidenceScore"))),
        (Vendor::OpenAlpr, OPENALPR, "alpr_results", "heartbeat", none()),
        (Vendor::OpenAlpr, OPENALPR, "1768463103687", "\"late\"", Err(Reason::Wrong("epoch_time"))),
        (Vendor::OpenAlpr, OPENALPR, "{\"data_type\"", "[{\"data_type\"", Err(Reason::NotJson)),
    ] {
        assert!(payload.contains(from), "{from}");
        let got = decode_vendor(vendor, &camera(), payload.replacen(from, to, 1).as_bytes());
        match expected {
            Err(reason) => assert_eq!(got, Err(reason), "{vendor:?} {from} → {to}"),
            Ok(None) => assert_eq!(got, Ok(Vec::new()), "{vendor:?} {from} → {to}"),
            Ok(Some((name, value))) => assert_eq!(got.unwrap()[0].get(name).cloned().unwrap_or_default(), value, "{vendor:?} {from} → {to}"),
        }
    }
}

#[test]
fn clocks_groups_and_limits() {
    let local = Camera { local_epoch: true, ..camera() };
    let at = decode_vendor(Vendor::Dahua, &local, DAHUA.as_bytes()).unwrap()[0]["at"].clone();
    assert_eq!(at, "2026-01-15T07:45:03.123Z", "a clock that counts local seconds");
    let group = json!({"data_type": "alpr_group", "epoch_start": 1_768_463_000_000_i64, "epoch_end": 1_768_463_103_000_i64, "best_uuid": "u1", "country": "kz",
        "best_plate": {"plate": "123ABC02", "confidence": 90.0}, "candidates": [{"plate": "128ABC02", "confidence": 40.0}]});
    assert_eq!(decode_vendor(Vendor::OpenAlpr, &camera(), group.to_string().as_bytes()), Ok(vec![read(json!({"id": "openalpr:nur-zholy/gate-in:u1", "at": "2026-01-15T07:45:03Z",
        "country": "KZ", "confidence": 0.9, "candidates": [{"plate": "128ABC02", "confidence": 0.4}]}))]));
    assert_eq!(decode_vendor(Vendor::Axis, &camera(), &[0xff, 0xfe]), Err(Reason::NotUtf8));
    assert_eq!(decode_vendor(Vendor::Axis, &camera(), &vec![b' '; 300 * 1024]), Err(Reason::TooLarge));
    assert_eq!(Reason::Missing("UUID").to_string(), "missing_field:UUID");
}
