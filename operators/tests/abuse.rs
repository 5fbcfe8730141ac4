//! Signs of abuse of the queue come out as T-QUEUE alerts at the booked checkpoint, and send nobody.

#![allow(clippy::unwrap_used)]

mod story;

use kezek_operators::kernel::Refs;
use kezek_schemas::inputs::{BookingEdit, BookingKind};
use kezek_schemas::outputs::OutTopic;
use story::{Story, exact, request};

fn alerts(s: &Story<'_>) -> Vec<String> {
    s.world.fx.outputs.iter().filter(|o| o.topic == OutTopic::RiskAlerts).map(|o| serde_json::from_str::<serde_json::Value>(&o.json).unwrap())
        .map(|v| {
            assert_eq!((v["kind"].as_str(), v["severity"].as_u64(), v["region"].as_str()), (Some("T-QUEUE"), Some(2), Some("zhetisu")), "{v}");
            v["evidence"][0]["sign"].as_str().unwrap_or("?").to_owned()
        }).collect()
}

#[test]
fn ten_lost_holds_of_an_account_and_day_are_one_alert() {
    let refs = Refs::shipped().unwrap();
    for (cancelled, expired, expect) in [(10, 0, 1), (9, 0, 0), (5, 7, 1), (0, 10, 1)] {
        let mut s = Story::new(&refs);
        for n in 0..cancelled + expired {
            let booking = format!("b{n}");
            s.ask_as("2026-01-12 09:00", &booking, "trader", request("dostyk", &format!("{}ABC02", 100 + n), exact("2026-01-15 14")));
            if n < cancelled { s.edit("2026-01-12 09:05", &booking, "trader", BookingKind::Cancelled); }
        }
        s.until("2026-01-12 10:00");
        assert_eq!(alerts(&s).len(), expect, "{cancelled} cancelled, {expired} expired");
    }
}

#[test]
fn transfers_strangers_vins_and_no_shows() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    let mut r = request("dostyk", "123ABC02", exact("2026-01-15 14"));
    r.vehicle.vin = Some("VIN1".into());
    s.book_as("2026-01-12 09:00", "a", r.clone());
    s.edit("2026-01-12 09:01", "a", "acc-x", BookingKind::Rescheduled(Box::new(BookingEdit { slot: Some(exact("2026-01-15 15")), ..BookingEdit::default() })));
    s.edit("2026-01-12 09:02", "a", "acc-x", BookingKind::Cancelled);
    r.vehicle.plate = kezek_schemas::inputs::PlateText::new("456KLM05", Some("KZ"));
    s.ask("2026-01-12 09:03", "b", r);
    assert_eq!(alerts(&s), ["transfer_forbidden", "cancelled_by_another_account", "vin_active"]);
    s.until("2026-01-16 00:00");
    s.book("2026-03-01 09:00", "c", "123ABC02", "dostyk", "2026-03-02 14");
    s.until("2026-03-03 00:00");
    assert_eq!(alerts(&s).last().map(String::as_str), Some("repeated_no_show"));
}

#[test]
fn lost_holds_are_counted_by_day_and_forgotten_after_it() {
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    for (day, n) in [(12, 9), (13, 9), (14, 10)] {
        for i in 0..n {
            let booking = format!("b{day}-{i}");
            s.ask_as(&format!("2026-01-{day} 09:00"), &booking, "trader", request("dostyk", &format!("{}ABC02", 100 + i), exact("2026-01-25 14")));
            // What was counted on the 12th at 09:05 is forgotten on the 14th at 09:05, between the ninth and the tenth of that day.
            let when = format!("2026-01-{day} 09:{}", match (day, i) { (14, 9) => "10", (14, _) => "01", _ => "05" });
            s.edit(&when, &booking, "trader", BookingKind::Cancelled);
        }
        assert_eq!(alerts(&s).len(), usize::from(day == 14), "{day}");
    }
}

#[test]
fn one_vehicle_under_two_look_alike_plates() {
    let refs = Refs::shipped().unwrap();
    type Change = fn(&mut kezek_schemas::inputs::BookingRequest);
    let table: [(&str, &str, Change, Option<&str>); 6] = [
        ("the same trailer", "123A8C02", |r| r.vehicle.trailer = Some(kezek_schemas::inputs::PlateText::new("77TTT02", Some("KZ"))), Some("look_alike_plate")),
        ("the same driver", "I23ABC02", |r| r.drivers = vec![story::driver("SAME", true)], Some("look_alike_plate")),
        ("the same VIN while the other is active", "123A8C02", |r| r.vehicle.vin = Some("VIN1".into()), Some("vin_active")),
        ("nothing in common", "123A8C02", |_| {}, None),
        ("two symbols apart", "I23A8C02", |r| r.drivers = vec![story::driver("SAME", true)], None),
        ("no look-alike", "124ABC02", |r| r.drivers = vec![story::driver("SAME", true)], None),
    ];
    for (what, plate, change, sign) in table {
        let mut s = Story::new(&refs);
        let mut first = request("dostyk", "123ABC02", exact("2026-01-15 14"));
        first.vehicle.vin = Some("VIN1".into());
        first.vehicle.trailer = Some(kezek_schemas::inputs::PlateText::new("77TTT02", Some("KZ")));
        first.drivers = vec![story::driver("SAME", true)];
        s.book_as("2026-01-12 09:00", "a", first);
        let mut second = request("dostyk", plate, exact("2026-01-16 14"));
        second.drivers = vec![story::driver("OTHER", true)];
        change(&mut second);
        s.ask("2026-01-12 10:00", "b", second);
        assert_eq!(alerts(&s), sign.into_iter().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn an_alert_stands_at_the_last_sight() {
    use kezek_schemas::inputs::{Body, PlateText, RoadHit, Topic};
    let refs = Refs::shipped().unwrap();
    let mut s = Story::new(&refs);
    s.book("2026-01-12 09:00", "a", "123ABC02", "dostyk", "2026-01-15 14");
    let camera = refs.catalogue.road_devices.values().find(|d| d.region.as_str() != "zhetisu").unwrap();
    s.put(Topic::RoadHits, "2026-01-13 09:00", Body::Road(RoadHit { camera: camera.id.clone(), plate: PlateText::new("123ABC02", Some("KZ")),
        confidence: Some(0.97), trailer: None, speed_kmh: None, vehicle_class: None, image_ref: None }));
    s.edit("2026-01-13 10:00", "a", "acc-x", BookingKind::Cancelled);
    let mut outputs = s.world.fx.outputs.iter().filter(|o| o.topic == OutTopic::RiskAlerts).map(|o| serde_json::from_str::<serde_json::Value>(&o.json).unwrap());
    let alert = outputs.rfind(|v| v["kind"] == "T-QUEUE").unwrap();
    assert_eq!((alert["region"].as_str(), alert["lat"].as_f64()), (Some(camera.region.as_str()), Some(camera.lat)));
}
