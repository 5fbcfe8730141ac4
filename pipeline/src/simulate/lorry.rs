//! One truck of the national simulation from its booking to its crossing, with what it may have done on the way.

use fastrand::Rng;
use kezek_operators::dispatch::roads::straight_km;
use kezek_operators::journey::overdue;
use kezek_operators::kernel::Refs;
use kezek_operators::risk::{bypass, place};
use kezek_schemas::ids::DeviceId;
use kezek_schemas::inputs::{Direction, Topic};
use kezek_schemas::reference::{Checkpoint, DeviceRole};
use kezek_schemas::time::{Slot, Span, Timestamp};
use serde_json::{Value, json};

use super::country::Country;
use super::crime::Crime;
use super::drive::Drive;
use super::maker::{Incident, Maker};
use super::plates;
use super::roads::Post;

/// How the trip goes when nothing is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course { Crosses, Cancels, NoShow, WalkIn }

/// A truck.
pub struct Lorry<'a> {
    pub refs: &'a Refs,
    pub checkpoint: &'a Checkpoint,
    pub serial: String,
    pub plate: String,
    pub country: &'static str,
    pub trailer: String,
    pub vin: String,
    /// True gross mass, kg.
    pub mass: f64,
    pub drive: Drive,
    pub slot: Slot,
    /// The hour it booked first, when it was moved.
    pub moved_from: Option<Slot>,
    pub transit: bool,
    pub declares: bool,
    pub course: Course,
    pub crime: Option<Crime>,
}

/// What came of it.
pub struct Trip<'a> { pub maker: Maker<'a>, pub incidents: Vec<Incident>, pub gate: Option<Timestamp> }

const MISSED: u8 = 5;
const MISREAD: u8 = 3;

impl<'a> Lorry<'a> {
    fn start(&self) -> Timestamp { self.slot.start(&self.checkpoint.zone) }
    fn cameras(&self) -> Vec<&Post> { self.drive.posts.iter().filter(|p| p.role == DeviceRole::RoadCamera).collect() }
    fn scales(&self) -> Vec<&Post> { self.drive.posts.iter().filter(|p| p.role == DeviceRole::Scale).collect() }

    /// Whether what is planted can be seen on this way.
    pub fn fits(&self, crime: Crime) -> bool {
        let (cameras, scales, hours) = (self.cameras(), self.scales().len(), (self.drive.arrives() - self.drive.departs).as_hours());
        match crime {
            Crime::Stray | Crime::SameVin => true,
            Crime::Rebook | Crime::WantedPlate | Crime::WantedVin | Crime::WantedDriver | Crime::Trailer | Crime::Insurance => cameras.len() >= 3,
            Crime::Vanish => cameras.len() >= 4 && overdue::missed(self.refs, &cameras[0].device, &self.checkpoint.id, Span::hours(40)),
            Crime::Clone => cameras.len() >= 3,
            Crime::Overload | Crime::FalseMass => scales >= 1,
            Crime::ChangedLoad => scales >= 2,
            Crime::Bypass => self.avoidable().is_some(),
            Crime::Tamper | Crime::UnlockedAway | Crime::LeftUnclosed | Crime::TermOver => hours > 4.0,
            Crime::SealSilent => hours > 10.0,
            Crime::SealElsewhere => self.far_from_seal().len() >= 3,
        }
    }

    /// A scale that the sights around it show to be passed.
    fn avoidable(&self) -> Option<(DeviceId, DeviceId)> {
        let cameras = self.cameras();
        self.scales().into_iter().find_map(|s| {
            let before = cameras.iter().rfind(|c| c.km < s.km)?;
            let beyond = cameras.iter().find(|c| c.km > s.km)?;
            bypass::owed(self.refs, &before.device, &beyond.device, &[]).contains(&s.device).then(|| (s.device.clone(), beyond.device.clone()))
        })
    }

    /// When cameras see it far from where its seal stayed: the seal is thrown out after a fifth of the way.
    fn far_from_seal(&self) -> Vec<Timestamp> {
        let catalogue = &self.refs.catalogue;
        let length = self.drive.arrives() - self.drive.departs;
        let stays = self.drive.place_of(catalogue, 0.0);
        self.drive.posts.iter().filter(|p| {
            let here = place::of_device(catalogue, &p.device);
            matches!((stays, here), (Some(a), Some(b)) if straight_km(a, (b.lat, b.lon)) >= 100.0) && self.drive.at(p.km) > self.drive.departs + Span(length.0 / 5)
        }).map(|p| self.drive.at(p.km)).collect()
    }

    /// All records of the trip.
    pub fn trip(&self, rng: &mut Rng, country: &Country<'a>) -> Trip<'a> {
        let mut trip = Trip { maker: Maker::new(self.serial.clone(), &self.checkpoint.zone), incidents: Vec::new(), gate: None };
        let start = self.start();
        let booked = self.drive.departs - Span::minutes(rng.i64(120..1800));
        if self.course != Course::WalkIn { self.books(rng, &mut trip, booked); }
        if matches!(self.crime, Some(Crime::WantedPlate | Crime::WantedVin | Crime::WantedDriver)) { self.is_wanted(&mut trip, booked - Span::hours(1)); }
        match self.course {
            Course::NoShow => return trip,
            Course::Cancels => {
                let at = booked + Span::minutes(rng.i64(20..100));
                trip.maker.put(at, Topic::Bookings, json!({"type": "cancelled", "booking_id": self.booking(), "account_id": self.account()}));
                return trip;
            }
            Course::Crosses | Course::WalkIn => {}
        }
        let gate = start + Span::minutes(rng.i64(-25..40));
        let ends = self.ends_early(rng, &mut trip, country);
        if self.declares || matches!(self.crime, Some(Crime::FalseMass | Crime::Bypass)) { self.declared(rng, &mut trip); }
        if self.transit { self.sealed(rng, &mut trip, ends.unwrap_or(gate), gate, ends.is_none()); }
        self.drives(rng, &mut trip, country, ends);
        if ends.is_none() { self.crosses(rng, &mut trip, gate); }
        if self.crime == Some(Crime::Clone) { self.cloned(rng, &mut trip, country); }
        trip
    }

    fn booking(&self) -> String { format!("B-{}", self.serial) }
    fn account(&self) -> String { format!("A-{}", self.serial) }
    fn document(&self) -> String { format!("D{}", self.serial) }

    fn incident(&self, trip: &mut Trip<'_>, from: Timestamp, until: Timestamp) {
        let Some(crime) = self.crime else { return };
        trip.incidents.push(Incident { kind: crime.kind(), cause: crime.cause(), plate: self.plate.clone(), country: self.country.into(), from, until });
    }

    fn request(&self, id: &str, checkpoint: &Checkpoint, slot: Slot, plate: &str) -> Value {
        let resident = self.country == "KZ";
        json!({"type": "requested", "booking_id": id, "account_id": self.account(), "scheme": checkpoint.scheme, "checkpoint": checkpoint.id,
            "slot": {"kind": "exact", "date": slot.date.to_string(), "hour": slot.hour},
            "vehicle": {"plate": plate, "country": self.country, "category": "N3", "vin": self.vin, "trailer_plate": self.trailer},
            "owner": {"resident": resident, "kind": "legal"}, "drivers": [{"resident": resident, "document": self.document()}]})
    }

    fn answers(&self, rng: &mut Rng, trip: &mut Trip<'_>, id: &str, at: Timestamp, insured: Option<Timestamp>) {
        let mut checks = vec![("account", "owner"), ("insurance", "vehicle"), ("wanted", "vehicle"), ("wanted", "driver:0")];
        if self.checkpoint.scheme.as_str().starts_with("qorgan") {
            checks = vec![("insurance", "vehicle"), ("biometrics", "driver:0"), ("accompanying_documents", "vehicle")];
        } else if self.country == "KZ" {
            checks.extend([("vehicle_registration", "vehicle"), ("agri_registration", "vehicle"), ("transport_permit", "vehicle"), ("driving_licence", "driver:0")]);
        }
        for (check, subject) in checks {
            let until = insured.filter(|_| check == "insurance").map(|t| t.to_rfc3339(&self.checkpoint.zone));
            trip.maker.put(at + Span::millis(rng.i64(200..4000)), Topic::Checks, json!({"booking_id": id, "plate": self.plate, "check": check,
                "subject": subject, "result": "ok", "source": "simulated", "valid_until": until}));
        }
    }

    fn books(&self, rng: &mut Rng, trip: &mut Trip<'_>, at: Timestamp) {
        let id = self.booking();
        trip.maker.put(at, Topic::Bookings, self.request(&id, self.checkpoint, self.moved_from.unwrap_or(self.slot), &self.plate));
        let middle = self.drive.departs + Span((self.drive.arrives() - self.drive.departs).0 / 2);
        let insured = if self.crime == Some(Crime::Insurance) { middle } else { at + Span::days(200) };
        self.answers(rng, trip, &id, at, Some(insured));
        if self.crime == Some(Crime::Insurance) { self.incident(trip, middle, self.start()); }
        if self.moved_from.is_some() {
            trip.maker.put(at + Span::minutes(rng.i64(30..100)), Topic::Bookings, json!({"type": "rescheduled", "booking_id": id, "account_id": self.account(),
                "slot": {"kind": "exact", "date": self.slot.date.to_string(), "hour": self.slot.hour}}));
        }
        if self.crime == Some(Crime::SameVin) {
            let (other, _) = plates::plate(rng);
            let later = at + Span::minutes(rng.i64(10..100));
            trip.maker.put(later, Topic::Bookings, self.request(&format!("{id}-vin"), self.checkpoint, self.slot, &other));
            trip.incidents.push(Incident { kind: "T-QUEUE", cause: "same_vin", plate: other, country: self.country.into(), from: later, until: later + Span::hours(1) });
        }
    }

    fn is_wanted(&self, trip: &mut Trip<'_>, at: Timestamp) {
        let id = format!("W-{}", self.serial);
        let record = match self.crime {
            Some(Crime::WantedPlate) => json!({"profile_id": id, "kind": "watch_plate", "plate": self.plate, "country": self.country}),
            Some(Crime::WantedVin) => json!({"profile_id": id, "kind": "watch_vin", "vin": self.vin}),
            _ => json!({"profile_id": id, "kind": "watch_driver", "document": self.document()}),
        };
        trip.maker.put(at, Topic::RiskProfiles, record);
        if let Some(first) = self.drive.posts.first() { self.incident(trip, self.drive.at(first.km), self.start() + Span::hours(2)); }
    }

    fn declared(&self, rng: &mut Rng, trip: &mut Trip<'_>) {
        let false_mass = self.crime == Some(Crime::FalseMass);
        let gross = self.mass * if false_mass { 0.6 } else { 0.98 + rng.f64() * 0.04 };
        trip.maker.put(self.drive.departs - Span::minutes(50), Topic::Declarations, json!({"type": "registered", "declaration_id": format!("G-{}", self.serial),
            "plate": self.plate, "checkpoint": self.checkpoint.id, "gross_kg": gross.round()}));
    }

    /// Plants what ends the trip before the checkpoint; gives when it is not seen on its way any more.
    fn ends_early(&self, rng: &mut Rng, trip: &mut Trip<'_>, country: &Country<'a>) -> Option<Timestamp> {
        let cameras = self.cameras();
        match self.crime? {
            Crime::Stray => {
                let (_, first) = country.stray(self)?;
                self.incident(trip, first, self.start() + Span::hours(2));
                Some(self.drive.arrives())
            }
            Crime::Vanish => {
                let last = self.drive.at(cameras.first()?.km) + Span::minutes(10);
                self.incident(trip, last, self.start() + Span::hours(2));
                Some(last)
            }
            Crime::Rebook => {
                let at = self.drive.at(cameras.get(1)?.km) + Span::minutes(20);
                let (other, slot) = country.another(rng, self, at)?;
                trip.maker.put(at, Topic::Bookings, json!({"type": "cancelled", "booking_id": self.booking(), "account_id": self.account()}));
                let again = at + Span::minutes(rng.i64(5..60));
                let id = format!("{}-again", self.booking());
                trip.maker.put(again, Topic::Bookings, self.request(&id, other, slot, &self.plate));
                self.answers(rng, trip, &id, again, None);
                self.incident(trip, again, again + Span::hours(2));
                Some(at)
            }
            _ => None,
        }
    }

    fn read(&self, rng: &mut Rng) -> (String, f64) {
        if rng.u8(..100) < MISREAD { (plates::misread(rng, &self.plate), 0.71) } else { (self.plate.clone(), 0.97) }
    }

    fn drives(&self, rng: &mut Rng, trip: &mut Trip<'_>, country: &Country<'a>, ends: Option<Timestamp>) {
        let posts = if self.crime == Some(Crime::Stray) { country.stray(self).map(|(d, _)| d) } else { None };
        let drive = posts.as_ref().unwrap_or(&self.drive);
        let skipped = (self.crime == Some(Crime::Bypass)).then(|| self.avoidable()).flatten();
        let mut weighed = 0;
        for post in &drive.posts {
            let at = drive.at(post.km) + Span::millis(rng.i64(-3000..3000));
            if self.crime != Some(Crime::Stray) && ends.is_some_and(|e| at > e) { break; }
            if post.role == DeviceRole::Scale {
                if skipped.as_ref().is_some_and(|(s, _)| *s == post.device) { continue; }
                self.weighed(rng, trip, country, &post.device, at, weighed);
                weighed += 1;
            } else if rng.u8(..100) >= MISSED {
                self.hit(rng, trip, country, &post.device, at);
            }
        }
        if let Some((_, beyond)) = skipped && let Some(post) = drive.posts.iter().find(|p| p.device == beyond) {
            self.incident(trip, drive.at(post.km), self.start() + Span::hours(2));
        }
    }

    fn hit(&self, rng: &mut Rng, trip: &mut Trip<'_>, country: &Country<'a>, camera: &DeviceId, at: Timestamp) {
        let (plate, confidence) = self.read(rng);
        let false_trailer = self.crime == Some(Crime::Trailer);
        let trailer = (rng.u8(..100) < 60).then(|| match (false_trailer, rng.u8(..100)) {
            (true, _) => "88XX99".to_owned(),
            (false, 0..3) => plates::misread(rng, &self.trailer),
            (false, _) => self.trailer.clone(),
        });
        if false_trailer && trailer.is_some() && trip.incidents.is_empty() { self.incident(trip, at, self.start() + Span::hours(2)); }
        let arrives = country.arrives(camera, at);
        let body = json!({"camera": camera, "plate": plate, "confidence": confidence, "country": self.country, "trailer_plate": trailer, "speed_kmh": self.drive.kmh.round()});
        if rng.u8(..100) < 2 { trip.maker.put_late(at + Span::seconds(20), arrives.max(at + Span::seconds(20)), Topic::RoadHits, body.clone()); }
        trip.maker.put_late(at, arrives, Topic::RoadHits, body);
    }

    fn weighed(&self, rng: &mut Rng, trip: &mut Trip<'_>, country: &Country<'a>, station: &DeviceId, at: Timestamp, before: u32) {
        let factor = match self.crime { Some(Crime::ChangedLoad) if before > 0 => 0.55, _ => 1.0 };
        // Three draws make a bell that no device class exceeds.
        let error = (rng.f64() + rng.f64() + rng.f64() - 1.5) * 0.04;
        let gross = self.mass * factor * (1.0 + error);
        let axles: Vec<Value> = [(0.18, 0.0), (0.26, 3.7), (0.187, 5.6), (0.187, 1.31), (0.186, 1.31)].iter()
            .map(|(share, m)| json!({"load_kg": (gross * share).round(), "spacing_m": m})).collect();
        let (plate, _) = self.read(rng);
        trip.maker.put_late(at, country.arrives(station, at), Topic::WeighHits, json!({"station": station, "plate": plate, "country": self.country,
            "axles": axles, "gross_kg": gross.round(), "speed_kmh": 70}));
        let told = matches!(self.crime, Some(Crime::Overload | Crime::FalseMass)) || (self.crime == Some(Crime::ChangedLoad) && before == 1);
        if told && trip.incidents.is_empty() { self.incident(trip, at, self.start() + Span::hours(2)); }
    }

    /// A transit under seal: positions every hour, closed and unlocked at the checkpoint, unless something is planted.
    fn sealed(&self, rng: &mut Rng, trip: &mut Trip<'_>, until: Timestamp, gate: Timestamp, closes: bool) {
        let (seal, id, departs) = (format!("S-{}", self.serial), format!("T-{}", self.serial), self.drive.departs);
        let length = self.drive.arrives() - departs;
        let middle = departs + Span(length.0 / 2);
        let deadline = if self.crime == Some(Crime::TermOver) { middle } else { gate + Span::days(6) };
        let opened = departs - Span::minutes(30);
        trip.maker.put(opened, Topic::Declarations, json!({"type": "transit_opened", "declaration_id": id, "plate": self.plate, "checkpoint": self.checkpoint.id,
            "seal_id": seal, "deadline": deadline.to_rfc3339(&self.checkpoint.zone)}));
        if self.crime == Some(Crime::TermOver) { self.incident(trip, (deadline - Span::hours(24)).max(opened), gate + Span::hours(2)); }
        let catalogue = &self.refs.catalogue;
        let mut at = departs;
        while at < until {
            let away = self.crime == Some(Crime::SealElsewhere) && at > departs + Span(length.0 / 5);
            let here = if away { self.drive.place(catalogue, departs) } else { self.drive.place(catalogue, at) };
            if self.crime == Some(Crime::SealSilent) && at > departs + Span(length.0 / 4) {
                self.incident(trip, at - Span::hours(1) + Span::hours(6), gate + Span::hours(2));
                break;
            }
            if let Some((lat, lon)) = here { trip.maker.put(at, Topic::Seals, json!({"seal_id": seal, "lat": lat, "lon": lon, "type": "position"})); }
            at = at + Span::minutes(55 + rng.i64(0..10));
        }
        let event = match self.crime { Some(Crime::Tamper) => Some("tamper"), Some(Crime::UnlockedAway) => Some("unlocked"), _ => None };
        if let (Some(kind), Some((lat, lon))) = (event, self.drive.place(catalogue, middle)) {
            trip.maker.put(middle, Topic::Seals, json!({"seal_id": seal, "lat": lat, "lon": lon, "type": kind}));
            self.incident(trip, middle, middle + Span::hours(2));
        }
        if self.crime == Some(Crime::SealElsewhere) {
            // It can be told from the second camera that is far from where the seal stayed.
            if let Some(second) = self.far_from_seal().get(1) { self.incident(trip, *second, gate + Span::hours(2)); }
        }
        if !closes { return; }
        if self.crime == Some(Crime::LeftUnclosed) {
            self.incident(trip, gate + Span::minutes(20), gate + Span::hours(3));
        } else {
            trip.maker.put(gate - Span::minutes(4), Topic::Seals, json!({"seal_id": seal, "lat": self.checkpoint.lat, "lon": self.checkpoint.lon, "type": "unlocked"}));
            trip.maker.put(gate - Span::minutes(2), Topic::Declarations, json!({"type": "transit_closed", "declaration_id": id, "plate": self.plate}));
        }
    }

    fn reads(&self, rng: &mut Rng, trip: &mut Trip<'_>, camera: &str, at: Timestamp, frames: i64) {
        for frame in 0..frames {
            let (plate, confidence) = self.read(rng);
            trip.maker.put(at + Span::millis(frame * 350), Topic::AnprReads, json!({"checkpoint": self.checkpoint.id, "camera": self.checkpoint.id.device(camera),
                "plate": plate, "country": self.country, "confidence": confidence}));
        }
    }

    fn crosses(&self, rng: &mut Rng, trip: &mut Trip<'_>, gate: Timestamp) {
        let zone_in = self.drive.arrives();
        if self.checkpoint.waiting_zone {
            self.reads(rng, trip, "zone-in", zone_in, 1);
            self.reads(rng, trip, "zone-out", gate - Span::minutes(10), 1);
        }
        let frames = rng.i64(1..5);
        self.reads(rng, trip, "gate-in", gate, frames);
        let out = gate + Span::minutes(rng.i64(25..50));
        if self.checkpoint.waiting_zone { self.reads(rng, trip, "gate-out", out, 1); }
        let direction = match self.refs.rules.of(&self.checkpoint.scheme).direction { Direction::Exit => "exit", Direction::Entry => "entry" };
        trip.maker.put(gate + Span::minutes(55), Topic::Crossings, json!({"checkpoint": self.checkpoint.id, "direction": direction, "plate": self.plate,
            "country": self.country}));
        trip.gate = Some(gate);
    }

    /// Another truck with this plate, so far away that nobody drives there in the time.
    fn cloned(&self, rng: &mut Rng, trip: &mut Trip<'_>, country: &Country<'a>) {
        let mine = self.cameras();
        let Some(first) = mine.first() else { return };
        let begins = self.drive.at(first.km);
        let Some(other) = country.far_drive(rng, self, begins) else { return };
        let cameras: Vec<_> = other.posts.iter().filter(|p| p.role == DeviceRole::RoadCamera).take(4).collect();
        for post in &cameras { self.hit(rng, trip, country, &post.device, other.at(post.km)); }
        let second = |d: &Drive, posts: &[&Post]| posts.get(1).map_or(begins, |p| d.at(p.km));
        self.incident(trip, second(&self.drive, &mine).max(second(&other, &cameras)), self.start() + Span::hours(2));
    }
}
