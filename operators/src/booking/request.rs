//! A request on its way: its id is claimed, `requested` is published, class, horizon and past are judged, the VIN and
//! the place are asked for. All causes are found before it is refused, and all are told.

use kezek_schemas::ids::BookingId;
use kezek_schemas::inputs::{BookingInput, BookingKind, CheckAnswer, Input, SlotWish};
use kezek_schemas::time::{Slot, Timestamp};

use super::publish::{self, Key, Kind, More, Reason};
use super::{Booking, Code, Phase, abuse, checks, edits};
use crate::directory;
use crate::kernel::{Cx, Message, Owner, TimerKind};
use crate::queue::entry::{Lane, QueueEntry, Status};
use crate::queue::{Msg as QueueMsg, Place};

/// How long an ended booking stays known to edits.
pub const KEEP_ENDED: kezek_schemas::time::Span = kezek_schemas::time::Span::days(30);

/// A `requested` record.
pub fn requested(cx: &mut Cx<'_>, _input: &Input, record: &BookingInput) {
    let BookingKind::Requested(request) = &record.kind else { return };
    let vehicle = request.vehicle.plate.plate.skeleton();
    let key = (vehicle.clone(), record.booking_id.clone());
    if cx.tables.booking.bookings.contains(&key) { return cx.count("duplicate_bookings"); }
    let checkpoint = cx.refs.catalogue.checkpoint(&request.checkpoint).map(|c| c.id.clone());
    let row = Booking::new(record.booking_id.clone(), record.account_id.clone(), (**request).clone(), checkpoint, cx.now);
    cx.tables.booking.bookings.insert(key, row);
    let claim = directory::Msg::Claim { booking: record.booking_id.clone(), vehicle };
    cx.send(Owner::Booking(record.booking_id.clone()), Message::Directory(claim));
}

/// The id is another vehicle's.
pub fn duplicate(cx: &mut Cx<'_>, key: &Key) {
    if cx.tables.booking.bookings.get(key).is_some_and(|b| b.phase == Phase::Claiming) {
        cx.tables.booking.bookings.remove(key);
        cx.count("duplicate_bookings");
    }
}

/// Whether a wish is beyond the horizon or already begun, with the calendar of the booking's checkpoint.
pub fn judge_time(cx: &Cx<'_>, b: &Booking, wish: &SlotWish) -> Vec<Code> {
    let Some(place) = b.checkpoint.as_ref().and_then(|id| cx.refs.catalogue.checkpoints.get(id)) else { return Vec::new() };
    let days = kezek_schemas::time::days_since_epoch;
    let last = days(place.zone.date_hour(cx.now).0) + cx.refs.rules.of(&b.request.scheme).horizon_days;
    let (date, past) = match wish {
        SlotWish::Exact(slot) => (slot.date, slot.start(&place.zone) <= cx.now),
        SlotWish::FirstFree { not_before } => (place.zone.date_hour(not_before.unwrap_or(cx.now)).0, false),
    };
    let mut causes = Vec::new();
    if days(date) > last { causes.push(Code::HorizonExceeded); }
    if past { causes.push(Code::SlotInPast); }
    causes
}

fn is_freight(category: &str) -> bool { category.trim_start().chars().next().is_some_and(|c| matches!(c.to_ascii_uppercase(), 'N' | 'O' | 'T')) }

/// The id is this vehicle's: the booking begins.
pub fn claimed(cx: &mut Cx<'_>, key: &Key, answers: Vec<CheckAnswer>) {
    let now = cx.now;
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase == Phase::Claiming) else { return };
    b.requested_at = now;
    b.phase = Phase::AskingVin;
    for a in &answers { checks::keep(b, a); }
    let b = b.clone();
    publish::event(cx, key, Status::Requested, "Q-HOLD", More::default());
    crate::journey::booking_requested(cx, &publish::facts(&b));
    abuse::look_alike(cx, &b);
    let mut causes = Vec::new();
    if b.checkpoint.is_none() { causes.push(Code::UnknownCheckpoint); }
    if !is_freight(&b.request.vehicle.category) { causes.push(Code::NotFreight); }
    causes.extend(judge_time(cx, &b, &b.request.slot));
    let same = |o: &Booking| o.booking_id != b.booking_id && o.active() && o.plate() == b.plate() && o.country() == b.country();
    if super::of_vehicle(cx, &key.0).any(same) { causes.push(Code::AlreadyActive); }
    let only_judge = !causes.is_empty();
    if let Some(row) = cx.tables.booking.bookings.get_mut(key) { row.causes = causes; }
    match b.request.vehicle.vin.clone() {
        Some(vin) => {
            let ask = directory::Msg::ClaimVin { booking: b.booking_id.clone(), vehicle: key.0.clone(), plate: b.plate().clone(),
                country: b.request.vehicle.plate.country.clone().unwrap_or_default(), only_judge };
            cx.send(Owner::Vin(vin), Message::Directory(ask));
        }
        None => ask_place(cx, key),
    }
}

/// The VIN's owner answered.
pub fn vin_answered(cx: &mut Cx<'_>, key: &Key, taken: bool) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase == Phase::AskingVin) else { return };
    if taken {
        b.causes.push(Code::VinActive);
        let b = b.clone();
        abuse::raise(cx, &b, "vin", Code::VinActive.name());
    } else {
        b.vin_held = b.causes.is_empty();
    }
    ask_place(cx, key);
}

fn ask_place(cx: &mut Cx<'_>, key: &Key) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key) else { return };
    b.phase = Phase::AskingPlace;
    let b = b.clone();
    let Some(cp) = b.checkpoint.clone() else { return refuse_place(cx, key, Vec::new(), Vec::new()) };
    let vehicle = &b.request.vehicle;
    let entry = QueueEntry { booking_id: b.booking_id.clone(), checkpoint: cp.clone(), scheme: b.request.scheme.clone(),
        account_id: b.account_id.clone(), plate: b.plate().clone(), plate_raw: vehicle.plate.raw.clone(), vehicle: key.0.clone(),
        country: vehicle.plate.country.clone().unwrap_or_default(), trailer: vehicle.trailer.as_ref().map(|t| t.plate.clone()),
        vin: vehicle.vin.clone(), slot: Slot { date: jiff::civil::Date::ZERO, hour: 0 }, slot_start: Timestamp::MIN, number: 0,
        lane: Lane::Turn, status: Status::Requested, called: false, seen: false, accepted: false, in_zone: false, noticed: false,
        stranded: false, held_at: cx.now, quota: None, released_at: None, ended_at: None };
    let ask = QueueMsg::Ask { entry: Box::new(entry), wish: b.request.slot.clone(), only_judge: !b.causes.is_empty() };
    cx.send(Owner::Checkpoint(cp), Message::Queue(ask));
}

/// A place is held: the checks decide.
pub fn place_held(cx: &mut Cx<'_>, key: &Key, place: Place) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase == Phase::AskingPlace) else { return };
    b.phase = Phase::Checking;
    b.place = place;
    let rules = cx.refs.rules.of(&b.request.scheme);
    let at = b.requested_at;
    cx.arm(at + rules.source_deadline(), key.0.as_str(), TimerKind::SourceDeadline, key.1.as_str());
    cx.arm(at + rules.hold(), key.0.as_str(), TimerKind::HoldExpiry, key.1.as_str());
    checks::judge(cx, key);
    edits::resume(cx, key);
}

/// There is no place, or it was only asked for beside other causes: refused.
pub fn refuse_place(cx: &mut Cx<'_>, key: &Key, causes: Vec<Code>, alternatives: Vec<Slot>) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key).filter(|b| b.phase == Phase::AskingPlace) else { return };
    b.causes.extend(causes);
    b.causes.sort_unstable();
    b.causes.dedup();
    b.alternatives = alternatives;
    let b = b.clone();
    let reasons = b.causes.iter().map(|code| publish::reason(cx, &b, *code)).collect();
    refuse(cx, key, b.causes.first().map_or("Q-CHECKS", |c| c.rule()), reasons);
}

/// Refuses an undecided request; a place it holds is free.
pub fn refuse(cx: &mut Cx<'_>, key: &Key, cause: &'static str, reasons: Vec<Reason>) {
    let Some(b) = cx.tables.booking.bookings.get(key).cloned() else { return };
    if let (Some(_), Some(cp)) = (b.place.slot, b.checkpoint.clone()) {
        cx.send(Owner::Checkpoint(cp), Message::Queue(QueueMsg::Drop(b.booking_id.clone())));
    }
    let offered = b.causes.iter().any(|c| matches!(c, Code::SlotFull | Code::CheckpointClosed));
    let alternatives = offered.then(|| b.alternatives.clone());
    publish::event(cx, key, Status::Refused, cause, More { reasons: reasons.clone(), alternatives, ..More::default() });
    publish::notify(cx, key, Kind::Refused, reasons);
    finish(cx, key, Status::Refused);
}

/// The booking's life is over: its VIN is free, its id is remembered for a while.
pub fn finish(cx: &mut Cx<'_>, key: &Key, status: Status) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key) else { return };
    b.phase = Phase::Ended;
    b.added.clear();
    let b = b.clone();
    if let (true, Some(vin)) = (b.vin_held, b.request.vehicle.vin.clone()) {
        cx.send(Owner::Vin(vin), Message::Directory(directory::Msg::ReleaseVin(b.booking_id.clone())));
    }
    let id: BookingId = b.booking_id.clone();
    cx.send(Owner::Booking(id.clone()), Message::Directory(directory::Msg::Ended(id)));
    cx.arm(cx.now + KEEP_ENDED, key.0.as_str(), TimerKind::BookingPurge, key.1.as_str());
    crate::risk::wanted::unbooked(cx, b.plate(), &b.booking_id);
    crate::journey::booking_ended(cx, &publish::facts(&b), status);
    edits::resume(cx, key);
}
