//! Golden vectors of what a right record becomes: one line of each topic, and the decoded body as JSON.

use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::Topic;
use serde_json::Value;

#[test]
fn bodies() {
    for (topic, fields, expect) in [
        (Topic::AnprReads, r#""checkpoint":"dostyk","camera":"dostyk/gate-in","plate":"251-сах-08","country":" kz ","confidence":0.5,"char_confidence":[0.5,1],"candidates":[{"plate":"251CAX08","confidence":0.25}],"trailer_plate":"45-aaa-02","direction":"in","retransmitted":true,"image_ref":"i""#,
            r#"{"Anpr":{"camera":"dostyk/gate-in","candidates":[{"confidence":0.25,"plate":{"country":null,"plate":"251CAX08","raw":"251CAX08"}}],"char_confidence":[0.5,1.0],"checkpoint":"dostyk","confidence":0.5,"direction":"in","image_ref":"i","plate":{"country":"KZ","plate":"251CAX08","raw":"251-сах-08"},"retransmitted":true,"trailer":{"country":null,"plate":"45AAA02","raw":"45-aaa-02"}}}"#),
        (Topic::RoadHits, r#""camera":"road/tmt-kgd","plate":"12?abc*2","speed_kmh":70,"vehicle_class":"truck""#,
            r#"{"Road":{"camera":"road/tmt-kgd","confidence":null,"image_ref":null,"plate":{"country":null,"plate":"12?ABC?2","raw":"12?abc*2"},"speed_kmh":70.0,"trailer":null,"vehicle_class":"truck"}}"#),
        (Topic::WeighHits, r#""station":"scale/ast-tmt","axles":[{"load_kg":6000,"spacing_m":0},{"load_kg":8200.5,"spacing_m":1.25}],"gross_kg":14200.5,"device_class":"B(10)""#,
            r#"{"Weigh":{"axles":[{"load_kg":6000.0,"spacing_m":0.0},{"load_kg":8200.5,"spacing_m":1.25}],"device_class":"B(10)","gross_kg":14200.5,"plate":null,"speed_kmh":null,"station":"scale/ast-tmt"}}"#),
        (Topic::Bookings, r#""type":"requested","booking_id":"b1","account_id":"a1","scheme":"qorgan-2025","checkpoint":"aisha-bibi","slot":{"kind":"exact","date":"2026-01-15","hour":14},"vehicle":{"plate":"123ABC02","country":"KZ","vin":"wdb96340310112233","trailer_plate":"45AAA02","category":"N3"},"owner":{"resident":true,"kind":"legal","id":"123456789012"},"drivers":[{"resident":false,"document":"N1","name":"\u0410\n"}],"priority":"animals","fee":"out_of_turn""#,
            r#"{"Booking":{"account_id":"a1","booking_id":"b1","kind":{"Requested":{"checkpoint":"aisha-bibi","drivers":[{"document":"N1","name":"А\n","resident":false}],"fee":"out_of_turn","owner":{"id":"123456789012","kind":"legal","resident":true},"priority":"animals","scheme":"qorgan-2025","slot":{"Exact":[20468,14]},"vehicle":{"category":"N3","plate":{"country":"KZ","plate":"123ABC02","raw":"123ABC02"},"trailer":{"country":null,"plate":"45AAA02","raw":"45AAA02"},"vin":"WDB96340310112233"}}}}}"#),
        (Topic::Bookings, r#""type":"rescheduled","booking_id":"b1","account_id":"a1","slot":{"kind":"first_free","not_before":"2026-01-15T00:00:00Z"},"vehicle":{"plate":"1"}"#,
            r#"{"Booking":{"account_id":"a1","booking_id":"b1","kind":{"Rescheduled":{"checkpoint":null,"drivers":null,"plate":{"country":null,"plate":"1","raw":"1"},"slot":{"FirstFree":{"not_before":1768435200000000}},"vin":null}}}}"#),
        (Topic::Checks, r#""booking_id":"b1","plate":"123ABC02","check":"driving_licence","subject":"driver:1","result":"unavailable","source":"test","valid_until":"2026-02-01T00:00:00Z""#,
            r#"{"Check":{"booking_id":"b1","check":"driving_licence","detail":null,"plate":{"country":null,"plate":"123ABC02","raw":"123ABC02"},"result":"unavailable","source":"test","subject":{"Driver":1},"valid_until":1769904000000000}}"#),
        (Topic::Declarations, r#""type":"transit_opened","declaration_id":"d1","plate":"1","checkpoint":"dostyk","gross_kg":12000,"deadline":"2026-01-20T00:00:00Z","seal_id":"S1""#,
            r#"{"Declaration":{"checkpoint":"dostyk","corridor":null,"deadline":1768867200000000,"declaration_id":"d1","gross_kg":12000.0,"kind":"transit_opened","origin":null,"plate":{"country":null,"plate":"1","raw":"1"},"seal_id":"S1","trailer":null}}"#),
        (Topic::Crossings, r#""checkpoint":"dostyk","direction":"entry","plate":"1","country":"UZ""#,
            r#"{"Crossing":{"checkpoint":"dostyk","direction":"entry","plate":{"country":"UZ","plate":"1","raw":"1"}}}"#),
        (Topic::Seals, r#""seal_id":"S1","lat":44.5,"lon":77.25,"type":"low_battery""#,
            r#"{"Seal":{"kind":"low_battery","lat":44.5,"lon":77.25,"plate":null,"seal_id":"S1"}}"#),
        (Topic::Permits, r#""type":"stock_added","country":"uz","kind":"transit","count":10,"year":2026"#,
            r#"{"Permit":{"action":"stock_added","blank":null,"booking_id":null,"count":10,"country":"UZ","kind":"transit","year":2026}}"#),
        (Topic::Controls, r#""checkpoint":"dostyk","actor":{"id":"o","role":"officer"},"type":"capacity_set","date":"2026-01-15","hour":14,"capacity":3"#,
            r#"{"Control":{"actor":{"id":"o","role":"officer"},"checkpoint":"dostyk","kind":{"CapacitySet":{"capacity":3,"date":20468,"hour":14}}}}"#),
        (Topic::Controls, r#""checkpoint":"dostyk","actor":{"id":"o","role":"officer"},"type":"legacy_list","entries":[{"plate":"1","country":"KZ","position":1}]"#,
            r#"{"Control":{"actor":{"id":"o","role":"officer"},"checkpoint":"dostyk","kind":{"LegacyList":{"entries":[{"plate":{"country":"KZ","plate":"1","raw":"1"},"position":1}]}}}}"#),
        (Topic::BarrierEvents, r#""checkpoint":"dostyk","barrier":"dostyk/barrier-1","type":"not_passed","command_id":"c1","nonce":"n""#,
            r#"{"Barrier":{"barrier":"dostyk/barrier-1","checkpoint":"dostyk","command_id":"c1","kind":"not_passed","nonce":"n","reason":null}}"#),
        (Topic::Groups, r#""region":"zhetisu","group":"zhetisu/group-1","type":"stop_started","plate":"1""#,
            r#"{"Group":{"group":"zhetisu/group-1","kind":{"StopStarted":{"alert_id":null,"plate":{"country":null,"plate":"1","raw":"1"}}},"region":"zhetisu"}}"#),
        (Topic::RiskProfiles, r#""profile_id":"p","kind":"road_closed","from":"ALA","to":"KPG","valid_until":"2026-01-16T00:00:00Z""#,
            r#"{"Profile":{"kind":{"RoadClosed":{"from":"ALA","to":"KPG"}},"profile_id":"p","valid_from":null,"valid_until":1768521600000000}}"#),
    ] {
        let line = format!(r#"{{"id":"1","at":"2026-01-15T12:00:00+05:00",{fields}}}"#);
        let input = decode(topic, line.as_bytes(), Clock::Record).unwrap();
        assert_eq!((input.id.as_str(), input.at, input.at), ("1", input.arrived, input.arrived));
        assert_eq!(input.body.topic(), topic);
        let body = serde_json::to_value(&input.body).unwrap();
        assert_eq!(body, serde_json::from_str::<Value>(expect).unwrap_or_default(), "{line}\n{body}");
    }
}
