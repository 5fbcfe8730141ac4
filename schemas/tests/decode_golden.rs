//! Golden vectors of the wire: one line of input, and the reason it is refused for, or none.

use kezek_schemas::decode::{Clock, arrival_of, decode};
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::Timestamp;

/// Decodes under the replay clock; `ok` or the stable code.
fn verdict(topic: Topic, line: &[u8]) -> String {
    match decode(topic, line, Clock::Record) {
        Ok(_) => "ok".to_owned(),
        Err(rejection) => rejection.reason.to_string(),
    }
}

const E: &str = r#""id":"1","at":"2026-01-15T12:00:00+05:00""#;

fn check(topic: Topic, rows: &[(&str, &str)]) {
    for (fields, expect) in rows {
        let line = format!("{{{E},{fields}}}");
        assert_eq!(verdict(topic, line.as_bytes()), *expect, "{} {line}", topic.name());
    }
}

#[test]
fn what_is_no_record() {
    for (line, expect) in [
        (&b"{\"id\":\"r0\",\"plate\":\"\xff\"}"[..], "not_utf8"),
        (b"{not json", "not_json"),
        (b"", "not_json"),
        (b"{} {}", "not_json"),
        (b"{\"a\":1,}", "not_json"),
        (b"[1,]", "not_json"),
        (b"{\"a\":01}", "not_json"),
        (b"{\"a\":\"\\ud800\"}", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"[1, 2]", "not_object"),
        (b"null", "not_object"),
        (b"{}", "missing_field:id"),
        (b"{\"id\":7}", "wrong_type:id"),
        (b"{\"id\":\"\"}", "wrong_type:id"),
        (b"{\"id\":\"1\"}", "missing_field:at"),
        (b"{\"id\":\"1\",\"at\":1}", "wrong_type:at"),
        (b"{\"id\":\"1\",\"at\":\"tomorrow\"}", "bad_time"),
        (b"{\"id\":\"1\",\"id\":\"1\"}", "not_json"),
    ] {
        assert_eq!(verdict(Topic::RoadHits, line), expect, "{}", String::from_utf8_lossy(line));
    }
    let deep = "[".repeat(100_000);
    assert_eq!(verdict(Topic::RoadHits, deep.as_bytes()), "not_json");
    let deep = format!("{{{E},\"camera\":\"c\",\"plate\":\"p\",\"more\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(verdict(Topic::RoadHits, deep.as_bytes()), "ok");
    let line = |n: usize| {
        let head = format!("{{{E},\"camera\":\"c\",\"plate\":\"p\",\"note\":\"");
        format!("{head}{}\"}}", "x".repeat(n - head.len() - 2))
    };
    assert_eq!(verdict(Topic::RoadHits, line(262_144).as_bytes()), "ok");
    assert_eq!(verdict(Topic::RoadHits, line(262_145).as_bytes()), "too_large");
}

#[test]
fn road_hits() {
    check(Topic::RoadHits, &[
        (r#""camera":"road/tmt-kgd","plate":"123ABC02""#, "ok"),
        (r#""camera":"road/tmt-kgd""#, "missing_field:plate"),
        (r#""plate":7"#, "missing_field:camera"),
        (r#""camera":"c","plate":"p","confidence":1.5"#, "wrong_type:confidence"),
        (r#""camera":"c","plate":"p","confidence":null"#, "ok"),
        (r#""camera":"c","plate":null"#, "wrong_type:plate"),
        (r#""camera":"c","plate":"p","plate":"q""#, "not_json"),
        (r#""camera":"c","plate":"p","pl\u0061te":"q""#, "not_json"),
        (r#""camera":"c","plate":"p","note":1,"note":2"#, "ok"),
    ]);
}

#[test]
fn the_clock() {
    let line = |at: &str, received: &str| {
        format!(r#"{{"id":"1","at":{at},"received_at":{received},"camera":"c","plate":"p"}}"#)
    };
    let rows = [
        (r#""2026-01-15T12:00:00+05:00""#, "null", "ok", Some("2026-01-15T12:00:00+05:00")),
        (r#""2026-01-15T12:00:00+05:00""#, r#""2026-01-15T07:00:05Z""#, "ok", Some("2026-01-15T12:00:05+05:00")),
        (r#""2026-01-16T12:00:05+05:00""#, r#""2026-01-15T07:00:05Z""#, "ok", Some("2026-01-15T12:00:05+05:00")),
        (r#""2026-01-16T12:00:05.001+05:00""#, r#""2026-01-15T07:00:05Z""#, "bad_time", Some("2026-01-15T12:00:05+05:00")),
        (r#""2026-01-15T12:00:00+05:00""#, r#""soon""#, "bad_time", None),
        (r#""2026-01-15T12:00:00+05:00""#, "5", "bad_time", None),
        (r#""tomorrow""#, r#""2026-01-15T07:00:05Z""#, "bad_time", Some("2026-01-15T12:00:05+05:00")),
        (r#""2026-01-15T12:00:00""#, "null", "bad_time", None),
        (r#""2026-01-15T12:00:60Z""#, "null", "ok", Some("2026-01-15T12:01:00Z")),
        ("null", "null", "wrong_type:at", None),
    ];
    for (at, received, expect, arrival) in rows {
        let line = line(at, received);
        let arrival = arrival.and_then(Timestamp::parse);
        let (got, arrived) = match decode(Topic::RoadHits, line.as_bytes(), Clock::Record) {
            Ok(input) => ("ok".to_owned(), Some(input.arrived)),
            Err(rejection) => (rejection.reason.to_string(), rejection.arrival),
        };
        assert_eq!((got.as_str(), arrived), (expect, arrival), "{line}");
        assert_eq!(arrival_of(line.as_bytes()), arrival, "{line}");
    }
    // In the running service the log's time counts, and `received_at` is not looked at.
    let log = Timestamp::parse("2026-01-15T12:00:09+05:00").unwrap();
    for (at, received, expect) in [
        (r#""2026-01-15T12:00:00+05:00""#, r#""soon""#, "ok"),
        (r#""2026-01-16T12:00:10+05:00""#, r#""2026-01-16T12:00:10+05:00""#, "bad_time"),
    ] {
        let got = decode(Topic::RoadHits, line(at, received).as_bytes(), Clock::Log(log));
        let (got, arrived) = got.map_or_else(|r| (r.reason.to_string(), r.arrival), |i| ("ok".to_owned(), Some(i.arrived)));
        assert_eq!((got.as_str(), arrived), (expect, Some(log)));
    }
}

#[test]
fn anpr_reads() {
    let to = |rest: &str| format!(r#""checkpoint":"dostyk","camera":"dostyk/zone-in","plate":"123ABC02"{rest}"#);
    for (rest, expect) in [
        ("", "ok"),
        (r#","char_confidence":[0.9,2]"#, "wrong_type:char_confidence.1"),
        (r#","candidates":[{"plate":"1","confidence":1},{"plate":"2"}]"#, "missing_field:candidates.1.confidence"),
        (r#","candidates":[3]"#, "wrong_type:candidates.0"),
        (r#","retransmitted":"true""#, "wrong_type:retransmitted"),
        (r#","confidence":-0.01"#, "wrong_type:confidence"),
        (r#","confidence":"0.9""#, "wrong_type:confidence"),
        (r#","confidence":1e999"#, "wrong_type:confidence"),
        (r#","confidence":1"#, "ok"),
    ] {
        check(Topic::AnprReads, &[(&to(rest), expect)]);
    }
    check(Topic::AnprReads, &[(r#""camera":"nur-zholy/gate-in""#, "missing_field:checkpoint"),
        (r#""checkpoint":" ","camera":"nur-zholy/gate-in""#, "wrong_type:checkpoint")]);
}

#[test]
fn weigh_hits() {
    check(Topic::WeighHits, &[
        (r#""station":"s","axles":[],"gross_kg":0"#, "ok"),
        (r#""station":"s","axles":5,"gross_kg":1"#, "wrong_type:axles"),
        (r#""station":"s","axles":[{"load_kg":1,"spacing_m":0},{"load_kg":-1,"spacing_m":0}],"gross_kg":1"#, "wrong_type:axles.1.load_kg"),
        (r#""station":"s","axles":[{"spacing_m":0}],"gross_kg":-1"#, "missing_field:axles.0.load_kg"),
        (r#""station":"s","axles":[{"load_kg":1,"load_kg":1,"spacing_m":0}],"gross_kg":-1"#, "not_json"),
        (r#""station":"s","axles":[],"gross_kg":-1"#, "wrong_type:gross_kg"),
        (r#""station":"s","plate":7,"axles":[],"gross_kg":-1"#, "wrong_type:plate"),
    ]);
}

#[test]
fn bookings() {
    const HEAD: &str = r#""booking_id":"b1","account_id":"a1""#;
    const VEHICLE: &str = r#""vehicle":{"plate":"123ABC02","country":"kz","category":"N3"}"#;
    const OWNER: &str = r#""owner":{"resident":true,"kind":"legal"}"#;
    const SLOT: &str = r#""slot":{"kind":"exact","date":"2026-01-15","hour":14}"#;
    const CREW: &str = r#""drivers":[{"resident":true,"document":"N1"}]"#;
    let full = [r#""type":"requested""#, HEAD, r#""scheme":"seo-2023""#, r#""checkpoint":"dostyk""#, SLOT, VEHICLE, OWNER, CREW];
    let with = |place: usize, field: &str| {
        let mut fields = full;
        fields[place] = field;
        fields.into_iter().filter(|f| !f.is_empty()).collect::<Vec<_>>().join(",")
    };
    for (place, field, expect) in [
        (0, full[0], "ok"),
        (0, "", "missing_field:type"),
        (0, r#""type":"wanted""#, "unknown_type"),
        (0, r#""type":7"#, "wrong_type:type"),
        (1, r#""account_id":"a1""#, "missing_field:booking_id"),
        (2, r#""scheme":"seo-2019""#, "wrong_type:scheme"),
        (2, "", "missing_field:scheme"),
        (4, r#""slot":{"kind":"any"}"#, "wrong_type:slot.kind"),
        (4, r#""slot":{"kind":"exact","date":"2026-02-30","hour":14}"#, "wrong_type:slot.date"),
        (4, r#""slot":{"kind":"exact","date":"2026-01-15","hour":24}"#, "wrong_type:slot.hour"),
        (4, r#""slot":{"kind":"exact","date":"2026-01-15","hour":14.0}"#, "wrong_type:slot.hour"),
        (4, r#""slot":{"kind":"exact","hour":14}"#, "missing_field:slot.date"),
        (4, r#""slot":{"kind":"first_free"}"#, "ok"),
        (4, r#""slot":{"kind":"first_free","not_before":"soon"}"#, "wrong_type:slot.not_before"),
        (4, "\"slot\":[]", "wrong_type:slot"),
        (5, r#""vehicle":{"country":"KZ","category":"N3"}"#, "missing_field:vehicle.plate"),
        (5, r#""vehicle":{"plate":"-","country":"KZ","category":"N3"}"#, "wrong_type:vehicle.plate"),
        (5, r#""vehicle":{"plate":"1","country":"KZ","category":"N3","vin":7}"#, "wrong_type:vehicle.vin"),
        (5, r#""vehicle":{"plate":"1","plate":"1","country":"KZ","category":"N3"}"#, "not_json"),
        (6, r#""owner":{"resident":"yes","kind":"legal"}"#, "wrong_type:owner.resident"),
        (7, r#""drivers":[{"resident":true,"document":"N1"},{"resident":1,"document":"N2"}]"#, "wrong_type:drivers.1.resident"),
        (7, r#""drivers":[{"resident":true,"document":"N1"}],"fee":"free""#, "wrong_type:fee"),
        (7, r#""drivers":[{"resident":true,"document":"N1"}],"priority":null"#, "ok"),
    ] {
        check(Topic::Bookings, &[(&with(place, field), expect)]);
    }
    for (kind, rest, expect) in [
        ("cancelled", "", "ok"),
        ("cancelled", r#","slot":7"#, "ok"),
        ("cancelled", r#","slot":{"kind":1,"kind":1}"#, "not_json"),
        ("rescheduled", r#","drivers":7,"vehicle":{"category":"N3","category":"N3"}"#, "not_json"),
        ("rescheduled", "", "ok"),
        ("rescheduled", r#","slot":{"kind":"exact","date":"2026-01-15"}"#, "missing_field:slot.hour"),
        ("rescheduled", r#","vehicle":{"vin":"V"}"#, "ok"),
        ("rescheduled", r#","vehicle":"V""#, "wrong_type:vehicle"),
        ("rescheduled", r#","drivers":{}"#, "wrong_type:drivers"),
        ("driver_added", "", "missing_field:drivers"),
        ("driver_added", r#","drivers":[{"resident":false,"document":"N2"}]"#, "ok"),
    ] {
        check(Topic::Bookings, &[(&format!(r#""type":"{kind}",{HEAD}{rest}"#), expect)]);
    }
}

#[test]
fn checks() {
    let to = |check: &str, subject: &str, result: &str| {
        format!(r#""booking_id":"b","plate":"1","check":"{check}","subject":"{subject}","result":"{result}","source":"s""#)
    };
    for (name, subject, result, expect) in [
        ("account", "owner", "ok", "ok"),
        ("accompanying_documents", "driver:10", "unavailable", "ok"),
        ("horoscope", "owner", "ok", "wrong_type:check"),
        ("account", "driver", "ok", "wrong_type:subject"),
        ("account", "driver:-1", "ok", "wrong_type:subject"),
        ("account", "driver:01", "ok", "wrong_type:subject"),
        ("account", "owner", "OK", "wrong_type:result"),
    ] {
        check(Topic::Checks, &[(&to(name, subject, result), expect)]);
    }
}

#[test]
fn papers_seals_and_crossings() {
    check(Topic::Declarations, &[
        (r#""type":"transit_opened","declaration_id":"d","plate":"1","deadline":"2026-01-20T00:00:00+05:00""#, "ok"),
        (r#""type":"transit_opened","declaration_id":"d","plate":"1","deadline":"later""#, "wrong_type:deadline"),
        (r#""declaration_id":"d","plate":"1""#, "missing_field:type"),
        (r#""type":"lost","plate":"1""#, "unknown_type"),
        (r#""type":"waybill","declaration_id":"d","plate":"1","gross_kg":-5"#, "wrong_type:gross_kg"),
    ]);
    check(Topic::Crossings, &[
        (r#""checkpoint":"dostyk","direction":"exit","plate":"1""#, "ok"),
        (r#""checkpoint":"dostyk","direction":"out","plate":"1""#, "wrong_type:direction"),
    ]);
    check(Topic::Seals, &[
        (r#""seal_id":"S","lat":90,"lon":-180,"type":"position""#, "ok"),
        (r#""seal_id":"S","lat":90.1,"lon":-180,"type":"position""#, "wrong_type:lat"),
        (r#""seal_id":"S","lat":9,"type":"melted""#, "missing_field:lon"),
        (r#""seal_id":"S","lat":9,"lon":9,"type":"melted""#, "unknown_type"),
    ]);
    check(Topic::Permits, &[
        (r#""type":"stock_added","country":"uz","kind":"transit","count":10"#, "ok"),
        (r#""type":"stock_added","country":"uz","kind":"transit","count":-1"#, "wrong_type:count"),
        (r#""type":"stock_added","country":"uz","kind":"transit","count":1.0"#, "wrong_type:count"),
        (r#""type":"sold","country":"uz""#, "unknown_type"),
        (r#""type":"used","kind":"transit""#, "missing_field:country"),
    ]);
}

#[test]
fn controls_barriers_groups_and_profiles() {
    let control = |rest: &str| format!(r#""checkpoint":"dostyk","actor":{{"id":"o","role":"officer"}},{rest}"#);
    for (rest, expect) in [
        (r#""type":"melt""#, "unknown_type"),
        (r#""type":"capacity_set","date":"2026-01-15","capacity":0"#, "ok"),
        (r#""type":"capacity_set","date":"2026-01-15","capacity":-1"#, "wrong_type:capacity"),
        (r#""type":"capacity_set","date":"2026-01-15","hour":24,"capacity":1"#, "wrong_type:hour"),
        (r#""type":"capacity_set","date":"15.01.2026","capacity":1"#, "wrong_type:date"),
        (r#""type":"closed""#, "missing_field:reason"),
        (r#""type":"closed","until":null,"reason":"storm""#, "ok"),
        (r#""type":"opened""#, "ok"),
        (r#""type":"mode_set","mode":"wild""#, "wrong_type:mode"),
        (r#""type":"read_resolved""#, "missing_field:read_id"),
        (r#""type":"barrier_open","barrier":"dostyk/barrier-1","reason":"x""#, "ok"),
        (r#""type":"legacy_list","entries":[{"plate":"1","position":1},{"plate":"2"}]"#, "missing_field:entries.1.position"),
        (r#""type":"device_state","device":"d","state":"off""#, "ok"),
    ] {
        check(Topic::Controls, &[(&control(rest), expect)]);
    }
    check(Topic::Controls, &[
        (r#""checkpoint":"dostyk","type":"melt""#, "missing_field:actor"),
        (r#""checkpoint":"dostyk","actor":{"id":"o"},"type":"melt""#, "missing_field:actor.role"),
    ]);
    check(Topic::BarrierEvents, &[
        (r#""checkpoint":"dostyk","barrier":"b","type":"passed""#, "ok"),
        (r#""checkpoint":"dostyk","barrier":"b","type":"broken""#, "unknown_type"),
        (r#""checkpoint":"dostyk","type":"passed""#, "missing_field:barrier"),
    ]);
    check(Topic::Groups, &[
        (r#""region":"r","group":"g","type":"position","lat":1,"lon":2"#, "ok"),
        (r#""region":"r","group":"g","type":"position","lat":1"#, "missing_field:lon"),
        (r#""region":"r","group":"g","type":"accepted""#, "missing_field:alert_id"),
        (r#""region":"r","group":"g","type":"stop_started","plate":"1""#, "ok"),
    ]);
    check(Topic::RiskProfiles, &[
        (r#""profile_id":"p","kind":"watch_plate","plate":"1","country":"KZ""#, "ok"),
        (r#""profile_id":"p","kind":"hunch""#, "wrong_type:kind"),
        (r#""profile_id":"p","kind":"road_closed","from":"ALA""#, "missing_field:to"),
        (r#""profile_id":"p","kind":"watch_vin","vin":"V","valid_until":"x""#, "wrong_type:valid_until"),
        (r#""profile_id":"p","kind":"rule","anything":1"#, "ok"),
    ]);
}
