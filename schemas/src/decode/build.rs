//! From a judged tape to the domain types. Every accessor gives `None` only where the shape allows absence; what
//! the shapes promise is not looked into again.

use std::borrow::Cow;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::json::{Tape, Token};
use super::plan::{Plan, Slots};
use super::shape::{Shape, date, subject};
use super::shapes;
use crate::ids::{CheckpointId, Country, DeviceId, Vin};
use crate::inputs::*;
use crate::time::{Slot, Timestamp};

/// The fields of one judged object.
#[derive(Clone, Copy)]
pub(super) struct Fields<'t, 'a> {
    tape: &'t Tape<'a>,
    plan: &'static Plan,
    slots: Slots,
}

impl<'t, 'a> Fields<'t, 'a> {
    pub(super) const fn new(tape: &'t Tape<'a>, plan: &'static Plan, slots: Slots) -> Self { Self { tape, plan, slots } }

    #[inline(always)]
    fn value(&self, name: &str) -> Option<u32> { self.slots.get(self.plan.slot(name)?) }
    #[inline(always)]
    fn token(&self, name: &str) -> Option<Token<'a>> { self.value(name).map(|i| self.tape.token(i)) }
    #[inline(always)]
    fn text(&self, name: &str) -> Option<Cow<'a, str>> { self.token(name)?.text() }
    /// The text of a field, as an id keeps it.
    #[inline(always)]
    pub(super) fn id(&self, name: &str) -> Option<CompactString> { match self.token(name)? {
        Token::Text { raw, escaped: false } => Some(CompactString::new(raw)),
        other => other.text().map(CompactString::from),
    } }
    #[inline(always)]
    fn flag(&self, name: &str) -> Option<bool> {
        if let Some(Token::Bool(b)) = self.token(name) { Some(b) } else { None }
    }
    #[inline(always)]
    fn number(&self, name: &str) -> Option<f64> {
        if let Some(Token::Number { value, .. }) = self.token(name) { Some(value) } else { None }
    }
    #[inline(always)]
    fn single(&self, name: &str) -> Option<f32> { self.number(name).map(|n| n as f32) }
    #[inline(always)]
    fn count(&self, name: &str) -> Option<u32> { self.number(name).map(|n| n as u32) }
    #[inline(always)]
    fn time(&self, name: &str) -> Option<Timestamp> { Timestamp::parse(&self.text(name)?) }
    fn inside(tape: &'t Tape<'a>, shape: &'static Shape, object: u32) -> Self {
        let plan = shape.plan();
        Self { tape, plan, slots: plan.slots(tape, object).0 }
    }
    fn object(&self, name: &str, shape: &'static Shape) -> Option<Self> {
        let i = self.value(name)?;
        matches!(self.tape.token(i), Token::Object { .. }).then(|| Self::inside(self.tape, shape, i))
    }
    fn list(&self, name: &str) -> Option<impl Iterator<Item = u32> + 't> {
        let i = self.value(name)?;
        let tape = self.tape;
        matches!(tape.token(i), Token::List { .. }).then(|| tape.items(i))
    }
    fn objects(&self, name: &str, shape: &'static Shape) -> Option<impl Iterator<Item = Self> + 't> where 'a: 't {
        let tape = self.tape;
        Some(self.list(name)?.map(move |object| Self::inside(tape, shape, object)))
    }
    fn checkpoint(&self) -> Option<CheckpointId> { self.id("checkpoint").map(CheckpointId) }
    fn device(&self, name: &str) -> Option<DeviceId> { self.id(name).map(DeviceId) }
    fn country(&self) -> Option<Country> { Country::read(&self.text("country")?) }
    /// The plate with the country beside it.
    fn plate(&self) -> Option<PlateText> {
        Some(PlateText::new(&self.text("plate")?, self.text("country").as_deref()))
    }
    fn trailer(&self) -> Option<PlateText> {
        Some(PlateText::new(&self.text("trailer_plate")?, None)).filter(|p| !p.plate.is_empty())
    }
    fn vin(&self) -> Option<Vin> { Some(Vin(self.text("vin")?.trim().to_uppercase().into())) }

    /// The body of a record of that topic.
    pub(super) fn body(&self, topic: Topic) -> Option<Body> {
        Some(match topic {
            Topic::AnprReads => Body::Anpr(self.anpr()?),
            Topic::RoadHits => Body::Road(self.road()?),
            Topic::WeighHits => Body::Weigh(self.weigh()?),
            Topic::Bookings => Body::Booking(self.booking()?),
            Topic::Checks => Body::Check(self.check()?),
            Topic::Declarations => Body::Declaration(self.declaration()?),
            Topic::Crossings => Body::Crossing(self.crossing()?),
            Topic::Seals => Body::Seal(self.seal()?),
            Topic::Permits => Body::Permit(self.permit()?),
            Topic::Controls => Body::Control(self.control()?),
            Topic::BarrierEvents => Body::Barrier(self.barrier()?),
            Topic::Groups => Body::Group(self.group()?),
            Topic::RiskProfiles => Body::Profile(self.profile()?),
        })
    }

    fn anpr(&self) -> Option<AnprRead> {
        let tape = self.tape;
        Some(AnprRead {
            checkpoint: self.checkpoint()?,
            camera: self.device("camera")?,
            plate: self.plate()?,
            confidence: self.single("confidence"),
            char_confidence: self.list("char_confidence").map_or_else(SmallVec::new, |list| list.filter_map(|i| {
                if let Token::Number { value, .. } = tape.token(i) { Some(value as f32) } else { None }
            }).collect()),
            candidates: self.objects("candidates", &shapes::CANDIDATE).map_or_else(Vec::new, |list| list.filter_map(|c| {
                Some(Candidate { plate: c.plate()?, confidence: c.single("confidence")? })
            }).collect()),
            trailer: self.trailer(),
            direction: self.id("direction"),
            retransmitted: self.flag("retransmitted").unwrap_or(false),
            image_ref: self.id("image_ref"),
        })
    }

    fn road(&self) -> Option<RoadHit> {
        Some(RoadHit {
            camera: self.device("camera")?,
            plate: self.plate()?,
            confidence: self.single("confidence"),
            trailer: self.trailer(),
            speed_kmh: self.single("speed_kmh"),
            vehicle_class: self.id("vehicle_class"),
            image_ref: self.id("image_ref"),
        })
    }

    fn weigh(&self) -> Option<WeighHit> {
        Some(WeighHit {
            station: self.device("station")?,
            plate: self.plate().filter(|p| !p.plate.is_empty()),
            axles: self.objects("axles", &shapes::AXLE)?.filter_map(|a| {
                Some(Axle { load_kg: a.number("load_kg")?, spacing_m: a.number("spacing_m")? })
            }).collect(),
            gross_kg: self.number("gross_kg")?,
            speed_kmh: self.single("speed_kmh"),
            device_class: self.id("device_class"),
        })
    }

    fn seal(&self) -> Option<SealEvent> {
        Some(SealEvent {
            seal_id: self.id("seal_id")?.into(),
            plate: self.plate().filter(|p| !p.plate.is_empty()),
            lat: self.number("lat")?,
            lon: self.number("lon")?,
            kind: match &*self.text("type")? {
                "position" => SealKind::Position,
                "locked" => SealKind::Locked,
                "unlocked" => SealKind::Unlocked,
                "tamper" => SealKind::Tamper,
                "low_battery" => SealKind::LowBattery,
                _ => return None,
            },
        })
    }

    fn group(&self) -> Option<GroupEvent> {
        Some(GroupEvent {
            region: self.id("region")?.into(),
            group: self.id("group")?.into(),
            kind: match &*self.text("type")? {
                "position" => GroupKind::Position { lat: self.number("lat")?, lon: self.number("lon")? },
                "status" => GroupKind::Status { status: self.id("status")? },
                "seen" => GroupKind::Seen { alert_id: self.id("alert_id")?.into() },
                "accepted" => GroupKind::Accepted { alert_id: self.id("alert_id")?.into() },
                "declined" => GroupKind::Declined { alert_id: self.id("alert_id")?.into() },
                "stop_started" => GroupKind::StopStarted { alert_id: self.id("alert_id").map(Into::into), plate: self.plate()? },
                "stop_finished" => GroupKind::StopFinished { outcome: self.id("outcome")? },
                _ => return None,
            },
        })
    }

    fn profile(&self) -> Option<Profile> {
        Some(Profile {
            profile_id: self.id("profile_id")?.into(),
            kind: match &*self.text("kind")? {
                "watch_plate" => ProfileKind::WatchPlate { plate: self.plate()? },
                "watch_vin" => ProfileKind::WatchVin { vin: self.vin()? },
                "watch_driver" => ProfileKind::WatchDriver { document: self.id("document")? },
                "road_closed" => ProfileKind::RoadClosed { from: self.id("from")?.into(), to: self.id("to")?.into() },
                "rule" => ProfileKind::Rule {
                    expression: self.id("expression").unwrap_or_default(),
                    severity: self.number("severity").map(|n| n as u8),
                },
                _ => return None,
            },
            valid_from: self.time("valid_from"),
            valid_until: self.time("valid_until"),
        })
    }

    fn booking(&self) -> Option<BookingInput> {
        Some(BookingInput {
            booking_id: self.id("booking_id")?.into(),
            account_id: self.id("account_id")?.into(),
            kind: match &*self.text("type")? {
                "requested" => BookingKind::Requested(Box::new(self.request()?)),
                "rescheduled" => BookingKind::Rescheduled(Box::new(self.edit())),
                "cancelled" => BookingKind::Cancelled,
                "driver_added" => BookingKind::DriverAdded(Box::new(self.edit())),
                _ => return None,
            },
        })
    }

    fn request(&self) -> Option<BookingRequest> {
        let (vehicle, owner) = (self.object("vehicle", &shapes::VEHICLE)?, self.object("owner", &shapes::OWNER)?);
        Some(BookingRequest {
            scheme: self.id("scheme")?.into(),
            checkpoint: self.checkpoint()?,
            slot: self.slot()?,
            vehicle: Vehicle {
                plate: vehicle.plate()?,
                vin: vehicle.vin(),
                trailer: vehicle.trailer(),
                category: vehicle.id("category")?,
            },
            owner: Owner { resident: owner.flag("resident")?, kind: owner.id("kind")?, id: owner.id("id") },
            drivers: self.drivers()?,
            priority: self.text("priority").and_then(|p| Some(match &*p {
                "animals" => Priority::Animals,
                "perishable" => Priority::Perishable,
                "dangerous" => Priority::Dangerous,
                "humanitarian" => Priority::Humanitarian,
                _ => return None,
            })),
            fee: self.text("fee").and_then(|f| Some(match &*f {
                "turn" => Fee::Turn,
                "out_of_turn" => Fee::OutOfTurn,
                "accelerated" => Fee::Accelerated,
                _ => return None,
            })),
        })
    }

    fn edit(&self) -> BookingEdit {
        let vehicle = self.object("vehicle", &shapes::VEHICLE);
        BookingEdit {
            checkpoint: self.checkpoint(),
            slot: self.slot(),
            plate: vehicle.as_ref().and_then(Self::plate),
            vin: vehicle.as_ref().and_then(Self::vin),
            drivers: self.drivers(),
        }
    }

    fn slot(&self) -> Option<SlotWish> {
        let slot = self.object("slot", &shapes::SLOT)?;
        Some(match &*slot.text("kind")? {
            "exact" => SlotWish::Exact(Slot { date: date(&slot.text("date")?)?, hour: slot.number("hour")? as i8 }),
            "first_free" => SlotWish::FirstFree { not_before: slot.time("not_before") },
            _ => return None,
        })
    }

    fn drivers(&self) -> Option<Vec<Driver>> {
        Some(self.objects("drivers", &shapes::DRIVER)?.filter_map(|d| {
            Some(Driver { resident: d.flag("resident")?, document: d.id("document")?, name: d.id("name") })
        }).collect())
    }

    fn check(&self) -> Option<CheckAnswer> {
        Some(CheckAnswer {
            booking_id: self.id("booking_id")?.into(),
            plate: self.plate()?,
            check: Check::of_name(&self.text("check")?)?,
            subject: subject(&self.text("subject")?)?,
            result: match &*self.text("result")? {
                "ok" => CheckResult::Ok,
                "fail" => CheckResult::Fail,
                "unavailable" => CheckResult::Unavailable,
                _ => return None,
            },
            source: self.id("source")?,
            valid_until: self.time("valid_until"),
            detail: self.id("detail"),
        })
    }

    fn declaration(&self) -> Option<Declaration> {
        Some(Declaration {
            kind: match &*self.text("type")? {
                "registered" => DeclarationKind::Registered,
                "released" => DeclarationKind::Released,
                "transit_opened" => DeclarationKind::TransitOpened,
                "transit_closed" => DeclarationKind::TransitClosed,
                "waybill" => DeclarationKind::Waybill,
                _ => return None,
            },
            declaration_id: self.id("declaration_id")?.into(),
            plate: self.plate()?,
            trailer: self.trailer(),
            checkpoint: self.checkpoint(),
            gross_kg: self.number("gross_kg"),
            corridor: self.id("corridor"),
            deadline: self.time("deadline"),
            seal_id: self.id("seal_id").map(Into::into),
            origin: self.id("origin"),
        })
    }

    fn crossing(&self) -> Option<Crossing> {
        Some(Crossing {
            checkpoint: self.checkpoint()?,
            direction: match &*self.text("direction")? {
                "exit" => Direction::Exit,
                "entry" => Direction::Entry,
                _ => return None,
            },
            plate: self.plate()?,
        })
    }

    fn permit(&self) -> Option<PermitEvent> {
        Some(PermitEvent {
            action: match &*self.text("type")? {
                "stock_added" => PermitAction::StockAdded,
                "requested" => PermitAction::Requested,
                "duty_paid" => PermitAction::DutyPaid,
                "issued" => PermitAction::Issued,
                "returned" => PermitAction::Returned,
                "used" => PermitAction::Used,
                _ => return None,
            },
            country: self.country()?,
            kind: self.id("kind")?,
            blank: self.id("blank"),
            booking_id: self.id("booking_id").map(Into::into),
            count: self.count("count"),
            year: self.number("year").map(|n| n as i16),
        })
    }

    fn control(&self) -> Option<Control> {
        let actor = self.object("actor", &shapes::ACTOR)?;
        Some(Control {
            checkpoint: self.checkpoint()?,
            actor: Actor { id: actor.id("id")?, role: actor.id("role")? },
            kind: match &*self.text("type")? {
                "capacity_set" => ControlKind::CapacitySet {
                    date: DateOnly(date(&self.text("date")?)?),
                    hour: self.number("hour").map(|n| n as i8),
                    capacity: self.count("capacity")?,
                },
                "closed" => ControlKind::Closed { until: self.time("until"), reason: self.id("reason")? },
                "opened" => ControlKind::Opened,
                "mode_set" => ControlKind::ModeSet { mode: match &*self.text("mode")? {
                    "mandatory" => Mode::Mandatory,
                    "mixed" => Mode::Mixed,
                    "offline" => Mode::Offline,
                    _ => return None,
                } },
                "read_resolved" => ControlKind::ReadResolved {
                    read_id: self.id("read_id")?.into(),
                    booking_id: self.id("booking_id").map(Into::into),
                },
                "booking_revoked" => ControlKind::BookingRevoked {
                    booking_id: self.id("booking_id")?.into(),
                    reason: self.id("reason")?,
                },
                "barrier_open" => ControlKind::BarrierOpen {
                    barrier: self.device("barrier")?,
                    plate: self.plate().filter(|p| !p.plate.is_empty()),
                    reason: self.id("reason")?,
                },
                "barrier_hold" => ControlKind::BarrierHold { barrier: self.device("barrier")?, reason: self.id("reason")? },
                "barrier_release" => ControlKind::BarrierRelease { barrier: self.device("barrier")? },
                "legacy_list" => ControlKind::LegacyList { entries: self.objects("entries", &shapes::LEGACY_ENTRY)?.filter_map(|e| {
                    Some(LegacyEntry { plate: e.plate()?, position: e.count("position")? })
                }).collect() },
                "device_state" => ControlKind::DeviceState { device: self.device("device")?, state: self.id("state")? },
                _ => return None,
            },
        })
    }

    fn barrier(&self) -> Option<BarrierEvent> {
        Some(BarrierEvent {
            checkpoint: self.checkpoint()?,
            barrier: self.device("barrier")?,
            kind: match &*self.text("type")? {
                "presence" => BarrierEventKind::Presence,
                "received" => BarrierEventKind::Received,
                "executed" => BarrierEventKind::Executed,
                "rejected" => BarrierEventKind::Rejected,
                "expired" => BarrierEventKind::Expired,
                "failed" => BarrierEventKind::Failed,
                "passed" => BarrierEventKind::Passed,
                "not_passed" => BarrierEventKind::NotPassed,
                "state" => BarrierEventKind::State,
                _ => return None,
            },
            command_id: self.id("command_id").map(Into::into),
            nonce: self.id("nonce"),
            reason: self.id("reason"),
        })
    }
}
