//! Stories for tests: records go into a country of one thread, published statuses and notifications come out.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use jiff::civil::Date;
use kezek_operators::kernel::Refs;
use kezek_operators::world::World;
use kezek_schemas::ids::CheckpointId;
use kezek_schemas::inputs::{
    Actor, AnprRead, Body, BookingEdit, BookingInput, BookingKind, BookingRequest, Check, CheckAnswer, CheckResult, Control,
    ControlKind, DateOnly, Driver, Input, Owner, PlateText, SlotWish, Subject, Topic, Vehicle,
};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::{Slot, Timestamp};
use serde_json::Value;

pub fn at(text: &str) -> Timestamp {
    let text = text.replace(' ', "T");
    let seconds = if text.len() == 16 { ":00" } else { "" };
    Timestamp::parse(&format!("{text}{seconds}+05:00")).unwrap()
}

pub fn slot(text: &str) -> Slot {
    let (date, hour) = text.split_once(' ').unwrap();
    Slot { date: date.parse::<Date>().unwrap(), hour: hour.parse().unwrap() }
}

pub fn driver(document: &str, resident: bool) -> Driver { Driver { resident, document: document.into(), name: None } }

/// A request under `seo-2023` at `cp` for a resident with one driver.
pub fn request(cp: &str, plate: &str, wish: SlotWish) -> BookingRequest {
    BookingRequest { scheme: "seo-2023".into(), checkpoint: cp.into(), slot: wish,
        vehicle: Vehicle { plate: PlateText::new(plate, Some("KZ")), vin: None, trailer: None, category: "N3".into() },
        owner: Owner { resident: true, kind: "legal".into(), id: None }, drivers: vec![driver("D0", true)], priority: None, fee: None }
}

pub const NEEDED: [(Check, Subject); 8] = [(Check::Account, Subject::Owner), (Check::VehicleRegistration, Subject::Vehicle),
    (Check::AgriRegistration, Subject::Vehicle), (Check::TransportPermit, Subject::Vehicle), (Check::Insurance, Subject::Vehicle),
    (Check::Wanted, Subject::Vehicle), (Check::Wanted, Subject::Driver(0)), (Check::DrivingLicence, Subject::Driver(0))];

pub struct Story<'a> { pub world: World<'a>, pub n: u32 }

impl<'a> Story<'a> {
    pub fn new(refs: &'a Refs) -> Self { Self { world: World::new(refs, 3), n: 0 } }
    pub fn put(&mut self, topic: Topic, when: &str, body: Body) { self.put_at(topic, at(when), body); }
    pub fn put_at(&mut self, topic: Topic, when: Timestamp, body: Body) {
        self.n += 1;
        let input = Input { id: format!("r{}", self.n).into(), at: when, arrived: when, body };
        self.world.input(topic, &input);
    }
    /// A record of `bookings`.
    pub fn book_record(&mut self, when: Timestamp, booking: &str, account: &str, kind: BookingKind) {
        self.put_at(Topic::Bookings, when, Body::Booking(BookingInput { booking_id: booking.into(), account_id: account.into(), kind }));
    }
    pub fn ask(&mut self, when: &str, booking: &str, request: BookingRequest) { self.ask_as(when, booking, &format!("acc-{booking}"), request); }
    pub fn ask_as(&mut self, when: &str, booking: &str, account: &str, request: BookingRequest) {
        self.book_record(at(when), booking, account, BookingKind::Requested(Box::new(request)));
    }
    pub fn answer(&mut self, when: &str, booking: &str, plate: &str, check: Check, subject: Subject, result: CheckResult) {
        self.answer_at(at(when), booking, plate, check, subject, result);
    }
    pub fn answer_at(&mut self, when: Timestamp, booking: &str, plate: &str, check: Check, subject: Subject, result: CheckResult) {
        self.put_at(Topic::Checks, when, Body::Check(CheckAnswer { booking_id: booking.into(), plate: PlateText::new(plate, Some("KZ")), check,
            subject, result, source: "t".into(), valid_until: None, detail: None }));
    }
    pub fn answers(&mut self, when: &str, booking: &str, plate: &str) {
        for (c, s) in NEEDED { self.answer(when, booking, plate, c, s, CheckResult::Ok); }
    }
    /// A confirmed booking.
    pub fn book(&mut self, when: &str, booking: &str, plate: &str, cp: &str, hour: &str) {
        self.book_as(when, booking, request(cp, plate, SlotWish::Exact(slot(hour))));
    }
    pub fn book_as(&mut self, when: &str, booking: &str, request: BookingRequest) {
        let plate = request.vehicle.plate.raw.clone();
        self.ask(when, booking, request);
        self.answers(when, booking, &plate);
    }
    pub fn edit(&mut self, when: &str, booking: &str, account: &str, kind: BookingKind) {
        self.book_record(at(when), booking, account, kind);
    }
    pub fn shift(&mut self, when: &str, booking: &str, to: &str) {
        let edit = BookingEdit { slot: Some(SlotWish::Exact(slot(to))), ..BookingEdit::default() };
        self.edit(when, booking, &format!("acc-{booking}"), BookingKind::Rescheduled(Box::new(edit)));
    }
    pub fn cancel(&mut self, when: &str, booking: &str) { self.edit(when, booking, &format!("acc-{booking}"), BookingKind::Cancelled); }
    pub fn control(&mut self, when: &str, cp: &str, kind: ControlKind) { self.control_at(at(when), cp, kind); }
    pub fn control_at(&mut self, when: Timestamp, cp: &str, kind: ControlKind) {
        let actor = Actor { id: "o1".into(), role: "officer".into() };
        self.put_at(Topic::Controls, when, Body::Control(Control { checkpoint: cp.into(), actor, kind }));
    }
    pub fn capacity(&mut self, when: &str, cp: &str, date: &str, hour: Option<i8>, capacity: u32) {
        self.control(when, cp, ControlKind::CapacitySet { date: DateOnly(date.parse().unwrap()), hour, capacity });
    }
    pub fn read(&mut self, when: &str, camera: &str, plate: &str) { self.read_at(at(when), camera, plate); }
    pub fn read_at(&mut self, when: Timestamp, camera: &str, plate: &str) {
        let checkpoint = CheckpointId::new(camera.split('/').next().unwrap());
        self.put_at(Topic::AnprReads, when, Body::Anpr(AnprRead { checkpoint, camera: camera.into(), plate: PlateText::new(plate, Some("KZ")),
            confidence: Some(0.97), char_confidence: Default::default(), candidates: Vec::new(), trailer: None, direction: None,
            retransmitted: false, image_ref: None }));
    }
    pub fn until(&mut self, when: &str) { self.world.advance(at(when)); }

    pub fn rows(&self, topic: OutTopic, booking: &str) -> Vec<Value> {
        self.world.fx.outputs.iter().filter(|o| o.topic == topic).map(|o| serde_json::from_str::<Value>(&o.json).unwrap())
            .filter(|v| v["booking_id"] == booking).collect()
    }
    pub fn statuses(&self, booking: &str) -> String {
        let rows = self.rows(OutTopic::BookingEvents, booking);
        for (n, row) in rows.iter().enumerate() { assert_eq!(row["seq"], n + 1, "events are numbered: {row}"); }
        rows.iter().map(|v| v["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    }
    pub fn last(&self, booking: &str, status: &str) -> Value {
        self.rows(OutTopic::BookingEvents, booking).into_iter().rfind(|v| v["status"] == status).unwrap_or(Value::Null)
    }
    /// `hour` of the last `status` with its number.
    pub fn place(&self, booking: &str, status: &str) -> String {
        let v = self.last(booking, status);
        format!("{} {} #{}", v["slot"]["date"].as_str().unwrap_or(""), v["slot"]["hour"], v["number"])
    }
    pub fn codes(&self, booking: &str) -> String { codes(&self.last(booking, "refused")) }
    /// Kinds of notifications with their time, `refused` with its code.
    pub fn told(&self, booking: &str) -> String {
        self.rows(OutTopic::Notifications, booking).iter().map(|v| {
            let code = codes(v);
            let kind = v["kind"].as_str().unwrap();
            if code.is_empty() { kind.to_owned() } else { format!("{kind}:{code}") }
        }).collect::<Vec<_>>().join(" ")
    }
    pub fn told_at(&self, booking: &str, kind: &str) -> Vec<String> {
        self.rows(OutTopic::Notifications, booking).iter().filter(|v| v["kind"] == kind)
            .map(|v| v["at"].as_str().unwrap()[..16].replace('T', " ")).collect()
    }
}

pub fn codes(v: &Value) -> String {
    v["reasons"].as_array().map_or_else(String::new, |r| r.iter().map(|r| r["code"].as_str().unwrap()).collect::<Vec<_>>().join(" "))
}

pub fn exact(hour: &str) -> SlotWish { SlotWish::Exact(slot(hour)) }
