//! What the world is told of a booking: events with their numbers, notifications with their texts, the row people
//! query. An event's `at` is the time of its cause, with the checkpoint's offset.

use kezek_schemas::ids::BookingId;
use kezek_schemas::inputs::{Check, CheckResult, Subject};
use kezek_schemas::outputs::{OutTopic, Text};
use kezek_schemas::plate::Skeleton;
use kezek_schemas::reference::Checkpoint;
use kezek_schemas::reference::rules::Facts;
use kezek_schemas::tables::{BookingRow, ViewRow};
use kezek_schemas::time::{Slot, Span, Timestamp, Zone};
use serde::Serialize;

use super::{Booking, Code};
use crate::journey::BookingFacts;
use crate::kernel::Cx;
use crate::queue::entry::Status;

/// A booking's key.
pub type Key = (Skeleton, BookingId);

/// One reason of a verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    clause: String,
}

/// Something that rides on a booking and refuses nothing.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Advisory {
    /// A note of our own.
    Code { /// Its code.
        code: &'static str },
    /// An answer.
    Answer { /// Check.
        check: &'static str, /// Subject.
        subject: String, /// Result.
        result: CheckResult },
}

#[derive(Clone, Debug, Serialize)]
struct SlotOut { date: String, hour: i8 }

impl From<Slot> for SlotOut {
    fn from(slot: Slot) -> Self { Self { date: slot.date.to_string(), hour: slot.hour } }
}

#[derive(Serialize)]
struct Interval { from: String, to: String }

/// When it will enter; the interval holds four out of five.
#[derive(Serialize)]
struct ExpectedOut { at: String, from: String, to: String }

/// What an event says beyond the booking itself.
#[derive(Default)]
pub struct More {
    /// Reasons.
    pub reasons: Vec<Reason>,
    /// Advisories (`confirmed`).
    pub advisories: Option<Vec<Advisory>>,
    /// Free slots offered instead.
    pub alternatives: Option<Vec<Slot>>,
    /// By what a crossing became known, or who ordered.
    pub by: Option<String>,
}

#[derive(Serialize)]
struct Event<'a> {
    id: String,
    at: String,
    booking_id: &'a BookingId,
    account_id: &'a str,
    checkpoint: &'a str,
    scheme: &'a str,
    plate: &'a str,
    country: &'a str,
    seq: u32,
    status: &'static str,
    cause: &'static str,
    clause: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<SlotOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<ExpectedOut>,
    reasons: Vec<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advisories: Option<Vec<Advisory>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternatives: Option<Vec<SlotOut>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// The kinds of notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind { Arrive, Call, Late, Annulled, Refused, Confirmed, Retimed, Revoked }

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Arrive => "arrive", Self::Call => "call", Self::Late => "late", Self::Annulled => "annulled",
            Self::Refused => "refused", Self::Confirmed => "confirmed", Self::Retimed => "retimed", Self::Revoked => "revoked",
        }
    }
}

#[derive(Serialize)]
struct Notification<'a> {
    id: String,
    at: String,
    account_id: &'a str,
    booking_id: &'a BookingId,
    checkpoint: &'a str,
    kind: &'static str,
    due_by: Option<String>,
    text: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
}

fn place<'a>(cx: &Cx<'a>, b: &Booking) -> Option<&'a Checkpoint> {
    b.checkpoint.as_ref().and_then(|id| cx.refs.catalogue.checkpoints.get(id))
}

fn local(cx: &Cx<'_>, b: &Booking, at: Timestamp) -> String {
    let zone: Option<&Zone> = place(cx, b).or_else(|| cx.refs.catalogue.checkpoints.values().next()).map(|c| &c.zone);
    zone.map_or_else(String::new, |z| at.to_rfc3339(z))
}

/// The reason of a code.
pub fn reason(cx: &Cx<'_>, b: &Booking, code: Code) -> Reason {
    let clause = cx.refs.rules.of(&b.request.scheme).clause(code.name()).to_owned();
    Reason { code: code.name(), check: None, subject: None, text: None, clause }
}

/// The reason of a check.
pub fn check_reason(cx: &Cx<'_>, b: &Booking, code: Code, check: Check, subject: Subject) -> Reason {
    let clause = cx.refs.rules.of(&b.request.scheme).check_clause(check).to_owned();
    Reason { code: code.name(), check: Some(check.name()), subject: Some(subject.to_string()), text: None, clause }
}

/// The reason of an official's order.
pub fn order_reason(cx: &Cx<'_>, b: &Booking, text: &str) -> Reason {
    let clause = cx.refs.rules.of(&b.request.scheme).clause("G-BOOKED").to_owned();
    Reason { code: "revoked", check: None, subject: None, text: Some(text.to_owned()), clause }
}

/// Publishes a status.
pub fn event(cx: &mut Cx<'_>, key: &Key, status: Status, cause: &'static str, more: More) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key) else { return };
    b.seq += 1;
    b.status = status;
    let b = b.clone();
    let asked = match &b.request.slot {
        kezek_schemas::inputs::SlotWish::Exact(slot) => Some(*slot),
        kezek_schemas::inputs::SlotWish::FirstFree { .. } => None,
    };
    let slot = b.place.slot.map(|(slot, _)| slot).or(asked);
    let record = Event { id: format!("{}/{}", b.booking_id, b.seq), at: local(cx, &b, cx.now), booking_id: &b.booking_id,
        account_id: b.account_id.as_str(), checkpoint: b.checkpoint.as_ref().unwrap_or(&b.request.checkpoint).as_str(),
        scheme: b.request.scheme.as_str(), plate: b.plate().as_str(), country: &b.country(), seq: b.seq, status: status.name(), cause,
        clause: cx.refs.rules.of(&b.request.scheme).clause(cause), number: Some(b.place.number).filter(|n| *n > 0),
        slot: slot.map(SlotOut::from),
        interval: b.place.slot.map(|(_, start)| Interval { from: local(cx, &b, start), to: local(cx, &b, start + Span::hours(1)) }),
        lane: (b.place.number > 0).then(|| b.place.lane.name()),
        expected: b.place.expected.map(|e| ExpectedOut { at: local(cx, &b, e.at), from: local(cx, &b, e.from), to: local(cx, &b, e.to) }), reasons: more.reasons, advisories: more.advisories,
        alternatives: more.alternatives.map(|a| a.into_iter().map(SlotOut::from).collect()), by: more.by };
    cx.emit(OutTopic::BookingEvents, key.0.as_str(), &record);
    show(cx, key);
}

/// Sends a notification.
pub fn notify(cx: &mut Cx<'_>, key: &Key, kind: Kind, reasons: Vec<Reason>) {
    let Some(b) = cx.tables.booking.bookings.get_mut(key) else { return };
    b.told += 1;
    let b = b.clone();
    let start = b.place.slot.map(|(_, start)| start);
    let grace = cx.refs.rules.of(&b.request.scheme).grace();
    let due_by = match kind {
        Kind::Confirmed | Kind::Arrive | Kind::Call | Kind::Retimed => start,
        Kind::Late => start.map(|s| s + Span::hours(1) + grace),
        Kind::Annulled | Kind::Refused | Kind::Revoked => None,
    };
    let at = place(cx, &b);
    let template = if kind == Kind::Arrive && at.is_some_and(|p| !p.waiting_zone) { "arrive_no_zone" } else { kind.name() };
    let text = cx.refs.rules.text(template, &Facts {
        checkpoint: b.checkpoint.as_ref(),
        name_ru: at.map_or(b.request.checkpoint.as_str(), |p| p.name_ru.as_str()),
        date: b.place.slot.map_or_else(String::new, |(s, _)| s.date.to_string()),
        time: b.place.slot.map_or_else(String::new, |(s, _)| format!("{:02}:00", s.hour)),
        number: b.place.number.to_string(),
        reason: reasons.first().map_or("", |r| r.code),
    });
    let record = Notification { id: format!("{}/n{}", b.booking_id, b.told), at: local(cx, &b, cx.now), account_id: b.account_id.as_str(),
        booking_id: &b.booking_id, checkpoint: b.checkpoint.as_ref().unwrap_or(&b.request.checkpoint).as_str(), kind: kind.name(),
        due_by: due_by.map(|t| local(cx, &b, t)), text, reasons };
    cx.emit(OutTopic::Notifications, key.0.as_str(), &record);
}

/// Shows the booking's row.
pub fn show(cx: &mut Cx<'_>, key: &Key) {
    cx.view(|cx| {
        let Some(b) = cx.tables.booking.bookings.get(key) else {
            return ViewRow::Delete { table: "bookings".into(), key: vec![key.1.0.clone()] };
        };
        let start = b.place.slot.map(|(_, start)| start);
        ViewRow::BookingRow(Box::new(BookingRow { booking_id: b.booking_id.0.clone(), account_id: b.account_id.0.clone(),
            checkpoint: b.checkpoint.as_ref().unwrap_or(&b.request.checkpoint).0.clone(), scheme: b.request.scheme.0.clone(),
            plate: b.plate().as_str().into(), country: b.country(), vin: b.request.vehicle.vin.as_ref().map(|v| v.0.clone()),
            status: b.status.name().into(), lane: b.place.lane.name().into(), number: Some(b.place.number).filter(|n| *n > 0),
            slot_start: start, slot_end: start.map(|s| s + Span::hours(1)), seen: b.place.seen, updated_at: cx.now }))
    });
}

/// What journeys need to know of it.
pub fn facts(b: &Booking) -> BookingFacts {
    let insurance = b.answers.iter().find(|a| a.check == Check::Insurance && a.subject == Subject::Vehicle);
    BookingFacts { booking_id: b.booking_id.clone(), account_id: b.account_id.clone(),
        checkpoint: b.checkpoint.clone().unwrap_or_else(|| b.request.checkpoint.clone()), plate: b.plate().clone(),
        country: b.request.vehicle.plate.country.clone().unwrap_or_default(), vin: b.request.vehicle.vin.clone(),
        trailer: b.request.vehicle.trailer.as_ref().map(|t| t.plate.clone()),
        documents: b.crew.iter().map(|(_, d)| d.document.clone()).collect(), slot_start: b.place.slot.map(|(_, s)| s),
        insurance_until: insurance.and_then(|a| a.valid_until) }
}

/// A confirmed or changed booking: journeys follow it, wanted lists look for it.
pub fn confirmed_on_the_road(cx: &mut Cx<'_>, b: &Booking) {
    let facts = facts(b);
    crate::risk::wanted::booked(cx, b.plate(), crate::risk::wanted::Subject { booking_id: facts.booking_id.clone(), checkpoint: facts.checkpoint.clone(),
        country: facts.country.clone(), vin: facts.vin.clone(), documents: facts.documents.clone() });
    crate::journey::booking_confirmed(cx, &facts);
}
