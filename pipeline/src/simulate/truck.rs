//! One truck's trip: a booking, its checks, the road, the zone, the gate, and how it ends.

use fastrand::Rng;
use kezek_schemas::inputs::Topic;
use kezek_schemas::reference::{Catalogue, Checkpoint, DeviceRole};
use kezek_schemas::time::{Slot, Span, Timestamp};
use serde_json::{Value, json};

use super::{Made, Roads, plates};

/// How a trip ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Through the gate.
    Crosses,
    /// Never comes.
    NoShow,
    /// Gives the booking up.
    Cancels,
    /// Comes without a booking.
    WalkIn,
}

/// A simulated truck with a trip to one checkpoint.
#[derive(Clone, Debug)]
pub struct Truck {
    /// Unique within the simulation.
    pub serial: String,
    /// Plate.
    pub plate: String,
    /// Country of the plate.
    pub country: &'static str,
    /// The slot it asks for.
    pub slot: Slot,
    /// How it ends.
    pub fate: Fate,
}

impl Truck {
    /// A truck for a slot.
    pub fn new(rng: &mut Rng, serial: String, slot: Slot) -> Self {
        let (plate, country) = plates::plate(rng);
        let fate = match rng.u8(..100) {
            0..6 => Fate::NoShow,
            6..12 => Fate::Cancels,
            12..15 => Fate::WalkIn,
            _ => Fate::Crosses,
        };
        Self { serial, plate, country, slot, fate }
    }

    /// All records of the trip; `ahead` is how long before the slot it books.
    pub fn trip(&self, rng: &mut Rng, catalogue: &Catalogue, roads: &Roads, checkpoint: &Checkpoint, ahead: Span) -> Vec<Made> {
        let mut trip = Trip { truck: self, checkpoint, made: Vec::new(), count: 0 };
        let start = self.slot.start(&checkpoint.zone);
        if self.fate != Fate::WalkIn { trip.books(rng, start - ahead); }
        match self.fate {
            Fate::NoShow => {}
            Fate::Cancels => {
                let at = start - Span::minutes(rng.i64(60..300));
                trip.put(at, Topic::Bookings, json!({"type": "cancelled", "booking_id": self.booking(), "account_id": self.account()}));
            }
            Fate::Crosses | Fate::WalkIn => {
                // Called two hours (winter) or one hour ahead: everybody is in the zone before and leaves it well after.
                let zone_in = start - Span::minutes(rng.i64(135..200));
                if ahead > Span::hours(12) { trip.drives(rng, catalogue, roads, zone_in); }
                let gate = start + Span::minutes(rng.i64(-30..40));
                trip.crosses(rng, zone_in, gate);
            }
        }
        trip.made
    }

    fn booking(&self) -> String { format!("B-{}", self.serial) }
    fn account(&self) -> String { format!("A-{}", self.serial) }
}

struct Trip<'a> {
    truck: &'a Truck,
    checkpoint: &'a Checkpoint,
    made: Vec<Made>,
    count: u32,
}

impl Trip<'_> {
    fn put(&mut self, at: Timestamp, topic: Topic, mut body: Value) {
        self.count += 1;
        if let Value::Object(fields) = &mut body {
            fields.insert("id".into(), format!("{}-{}", self.truck.serial, self.count).into());
            fields.insert("at".into(), at.to_rfc3339(&self.checkpoint.zone).into());
        }
        self.made.push(Made { arrives: at, topic, json: body.to_string() });
    }

    fn books(&mut self, rng: &mut Rng, at: Timestamp) {
        let t = self.truck;
        let resident = t.country == "KZ";
        let qorgan = self.checkpoint.scheme.as_str().starts_with("qorgan");
        self.put(at, Topic::Bookings, json!({"type": "requested", "booking_id": t.booking(), "account_id": t.account(),
            "scheme": self.checkpoint.scheme, "checkpoint": self.checkpoint.id,
            "slot": {"kind": "exact", "date": t.slot.date.to_string(), "hour": t.slot.hour},
            "vehicle": {"plate": t.plate, "country": t.country, "category": "N3"},
            "owner": {"resident": resident, "kind": "legal"}, "drivers": [{"resident": resident, "document": format!("D{}", t.serial)}]}));
        let mut checks = if qorgan {
            vec![("insurance", "vehicle"), ("biometrics", "driver:0"), ("accompanying_documents", "vehicle")]
        } else {
            vec![("account", "owner"), ("insurance", "vehicle"), ("wanted", "vehicle"), ("wanted", "driver:0")]
        };
        if resident && !qorgan {
            checks.extend([("vehicle_registration", "vehicle"), ("agri_registration", "vehicle"), ("transport_permit", "vehicle"),
                ("driving_licence", "driver:0")]);
        }
        let failing = rng.u8(..100) < 2;
        for (i, (check, subject)) in checks.into_iter().enumerate() {
            let result = if failing && i == 0 { "fail" } else { "ok" };
            self.put(at + Span::millis(rng.i64(200..4000)), Topic::Checks, json!({"booking_id": t.booking(), "plate": t.plate, "check": check,
                "subject": subject, "result": result, "source": "simulated"}));
        }
        self.made.sort_by_key(|m| m.arrives);
    }

    fn drives(&mut self, rng: &mut Rng, catalogue: &Catalogue, roads: &Roads, arrives: Timestamp) {
        let centres: Vec<_> = catalogue.regions.values().map(|r| r.centre.clone()).collect();
        let way = roads.way(&centres[rng.usize(..centres.len())], &self.checkpoint.node);
        let Some((_, total)) = way.last().cloned() else { return };
        for post in roads.posts(&way).into_iter().filter(|p| p.role == DeviceRole::RoadCamera) {
            if rng.u8(..100) < 5 || total - post.km > 600.0 { continue; }
            let at = arrives - Span::seconds(((total - post.km) / 68.0 * 3600.0) as i64);
            let (plate, confidence) = self.as_read(rng);
            self.put(at, Topic::RoadHits, json!({"camera": post.device, "plate": plate, "confidence": confidence, "country": self.truck.country}));
        }
    }

    /// The plate as a camera reads it: about one in twenty is wrong somewhere.
    fn as_read(&self, rng: &mut Rng) -> (String, f64) {
        if rng.u8(..100) < 5 { (plates::misread(rng, &self.truck.plate), 0.71) } else { (self.truck.plate.clone(), 0.97) }
    }

    fn reads(&mut self, rng: &mut Rng, camera: &str, at: Timestamp, frames: i64) {
        let device = self.checkpoint.id.device(camera);
        for frame in 0..frames {
            let (plate, confidence) = self.as_read(rng);
            self.put(at + Span::millis(frame * 350), Topic::AnprReads, json!({"checkpoint": self.checkpoint.id, "camera": device, "plate": plate,
                "country": self.truck.country, "confidence": confidence}));
        }
    }

    fn crosses(&mut self, rng: &mut Rng, zone_in: Timestamp, gate: Timestamp) {
        if self.checkpoint.waiting_zone {
            self.reads(rng, "zone-in", zone_in, 1);
            self.reads(rng, "zone-out", gate - Span::minutes(10), 1);
        }
        let frames = rng.i64(1..5);
        self.reads(rng, "gate-in", gate, frames);
        if self.checkpoint.waiting_zone {
            let out = gate + Span::minutes(rng.i64(25..50));
            self.reads(rng, "gate-out", out, 1);
        }
        self.put(gate + Span::minutes(55), Topic::Crossings, json!({"checkpoint": self.checkpoint.id, "direction": "exit", "plate": self.truck.plate,
            "country": self.truck.country}));
    }
}
