//! Where a booking lives: edits, cancellations, permits and controls name a booking by its id only. Beside it what
//! else is known by a key that is no vehicle and no place: who books a VIN, how an account treats its holds, and
//! answers that came before their booking, and how the source systems are.

pub mod sources;

use compact_str::CompactString;
use kezek_schemas::ids::{AccountId, AlertId, BookingId, Country, Vin};
use kezek_schemas::inputs::{BookingInput, CheckAnswer, CheckResult, Input};
use kezek_schemas::plate::{Plate, Skeleton};
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::booking::Position;
use crate::kernel::{Cx, Message, Owner, TimerKey, TimerKind, table_set};
use crate::risk::Alert;
use crate::risk::alert::{self, AlertState};

/// How long an answer waits for its booking.
const EARLY: Span = Span::minutes(15);
/// So many of one booking wait at most; the oldest goes first.
const EARLY_MOST: usize = 128;
/// How long an ended booking's id is remembered.
const REMEMBERED: Span = Span::days(30);
/// Holds dropped or expired in a day that make an alert.
const HOARDING: u32 = 10;
/// When an account's lost holds are forgotten: after the day they are counted for, wherever it was.
const FORGOTTEN: Span = Span::days(2);

table_set! {
    /// Rows of this family.
    pub struct DirectoryTables {
        /// Bookings by id.
        located: Table<BookingId, Located> = 0x10,
        /// Answers that came before their booking.
        early: Table<BookingId, Vec<(Timestamp, CheckAnswer)>> = 0x11,
        /// Who books a VIN.
        vins: Table<Vin, VinHolder> = 0x12,
        /// Holds an account lost on a day.
        accounts: Table<AccountId, AccountDay> = 0x13,
        /// The health of source systems.
        sources: Table<CompactString, sources::SourceHealth> = 0x14,
    }
}

/// Where a booking lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located {
    /// Its vehicle.
    pub vehicle: Skeleton,
    /// It is not over.
    pub active: bool,
}

/// Who books a VIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VinHolder {
    /// The booking.
    pub booking: BookingId,
    /// Under this plate.
    pub plate: Plate,
    /// Of this country.
    pub country: Country,
}

/// Holds an account lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDay {
    /// On this day (since 1970-01-01, local to the checkpoint).
    pub day: i32,
    /// So many.
    pub lost: u32,
    /// When the last one was.
    pub last: Timestamp,
}

/// Messages to this family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// To a booking's id: it is this vehicle's.
    Claim {
        /// The booking.
        booking: BookingId,
        /// The vehicle.
        vehicle: Skeleton,
    },
    /// To a booking's id: an answer that was not found by its plate.
    Answer(Box<CheckAnswer>),
    /// To a booking's id: it is over.
    Ended(BookingId),
    /// To a booking's id: is it active? Asked by a permit stock.
    IsActive {
        /// The stock, `country/kind`.
        stock: compact_str::CompactString,
        /// The input that waits for the answer.
        input: kezek_schemas::ids::RecordId,
    },
    /// To a VIN: a booking wants it.
    ClaimVin {
        /// The booking.
        booking: BookingId,
        /// Who shall have the answer.
        vehicle: Skeleton,
        /// The plate it is booked under.
        plate: Plate,
        /// The plate's country.
        country: Country,
        /// The request is refused anyway.
        only_judge: bool,
    },
    /// To a VIN: the booking is over.
    ReleaseVin(BookingId),
    /// To a source system: it answered.
    Answered {
        /// Its name.
        source: CompactString,
        /// What.
        result: CheckResult,
        /// Since it was asked.
        waited: Option<Span>,
    },
    /// To an account: a hold was dropped or expired.
    HoldLost {
        /// Local day.
        day: i32,
        /// Where.
        at: Position,
        /// Which booking.
        booking: BookingId,
        /// Its plate.
        plate: Plate,
        /// The plate's country.
        country: Option<Country>,
    },
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    match (owner, msg) {
        (Owner::Booking(_), Msg::Claim { booking, vehicle }) => claim(cx, booking, vehicle),
        (Owner::Booking(id), Msg::Answer(answer)) => keep_or_forward(cx, id, answer),
        (Owner::Booking(_), Msg::Ended(booking)) => {
            if let Some(l) = cx.tables.directory.located.get_mut(&booking) { l.active = false; }
            cx.arm(cx.now + REMEMBERED, booking.as_str(), TimerKind::DirectoryPurge, booking.as_str());
        }
        (Owner::Booking(id), Msg::IsActive { stock, input }) => {
            let vehicle = cx.tables.directory.located.get(id).filter(|l| l.active).map(|l| l.vehicle.clone());
            cx.send(Owner::Permit(stock), Message::Permits(crate::permits::Msg::Active { input, vehicle }));
        }
        (Owner::Vin(vin), Msg::ClaimVin { booking, vehicle, plate, country, only_judge }) => {
            let holder = cx.tables.directory.vins.get(vin);
            let taken = holder.is_some_and(|h| h.booking != booking && (h.plate != plate || h.country != country));
            if holder.is_none() && !only_judge {
                cx.tables.directory.vins.insert(vin.clone(), VinHolder { booking: booking.clone(), plate, country });
            }
            cx.send(Owner::Vehicle(vehicle), Message::Booking(crate::booking::Msg::Vin { booking, taken }));
        }
        (Owner::Vin(vin), Msg::ReleaseVin(booking)) => {
            if cx.tables.directory.vins.get(vin).is_some_and(|h| h.booking == booking) { cx.tables.directory.vins.remove(vin); }
        }
        (Owner::Account(account), Msg::HoldLost { day, at, booking, plate, country }) => {
            hold_lost(cx, account, day, at, booking, plate, country);
        }
        (Owner::Device(_), Msg::Answered { source, result, waited }) => sources::count(cx, &source, result, waited),
        (_, Msg::Answered { .. } | Msg::IsActive { .. } | Msg::Claim { .. } | Msg::Answer(_) | Msg::Ended(_) | Msg::ClaimVin { .. } | Msg::ReleaseVin(_) | Msg::HoldLost { .. }) => {
            cx.count("misaddressed");
        }
    }
}

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    if timer.kind == TimerKind::SourceSilence {
        sources::silence(cx, &timer.subject);
    } else if timer.kind == TimerKind::AccountPurge {
        let account = AccountId(timer.subject.clone());
        let over = cx.tables.directory.accounts.get(&account).is_some_and(|a| a.last + FORGOTTEN <= cx.now);
        if over { cx.tables.directory.accounts.remove(&account); }
    } else {
        let booking = BookingId(timer.subject.clone());
        if cx.tables.directory.located.get(&booking).is_some_and(|l| !l.active) { cx.tables.directory.located.remove(&booking); }
    }
}

/// Handles an edit or cancellation, which carry no plate: forwards it to the vehicle that has the booking.
pub fn on_booking(cx: &mut Cx<'_>, input: &Input, booking: &BookingInput) {
    let Some(l) = cx.tables.directory.located.get(&booking.booking_id) else { return cx.count("edits_of_unknown_bookings") };
    let to = Owner::Vehicle(l.vehicle.clone());
    cx.send(to, Message::Booking(crate::booking::Msg::Edit(Box::new(input.clone()))));
}

fn claim(cx: &mut Cx<'_>, booking: BookingId, vehicle: Skeleton) {
    let known = cx.tables.directory.located.contains(&booking);
    let body = if known {
        crate::booking::Msg::Duplicate(booking)
    } else {
        cx.tables.directory.located.insert(booking.clone(), Located { vehicle: vehicle.clone(), active: true });
        let early = cx.tables.directory.early.remove(&booking).unwrap_or_default();
        let since = cx.now - EARLY;
        let answers = early.into_iter().filter(|(at, _)| *at > since).map(|(_, a)| a).collect();
        crate::booking::Msg::Claimed { booking, answers }
    };
    cx.send(Owner::Vehicle(vehicle), Message::Booking(body));
}

fn keep_or_forward(cx: &mut Cx<'_>, id: &BookingId, answer: Box<CheckAnswer>) {
    if let Some(l) = cx.tables.directory.located.get(id) {
        let to = Owner::Vehicle(l.vehicle.clone());
        return cx.send(to, Message::Booking(crate::booking::Msg::Answer(answer)));
    }
    let now = cx.now;
    let waiting = cx.tables.directory.early.entry(id);
    waiting.retain(|(_, a)| a.check != answer.check || a.subject != answer.subject);
    if waiting.len() >= EARLY_MOST { waiting.remove(0); }
    waiting.push((now, *answer));
    cx.arm(now + EARLY, id.as_str(), TimerKind::EarlyAnswerExpiry, id.as_str());
}

/// Answers whose booking did not come are forgotten.
pub fn early_expired(cx: &mut Cx<'_>, booking: &BookingId) {
    let since = cx.now - EARLY;
    let Some(answers) = cx.tables.directory.early.get_mut(booking) else { return };
    answers.retain(|(at, _)| *at > since);
    if answers.is_empty() { cx.tables.directory.early.remove(booking); }
}

fn hold_lost(cx: &mut Cx<'_>, account: &AccountId, day: i32, at: Position, booking: BookingId, plate: Plate, country: Option<Country>) {
    let now = cx.now;
    let row = cx.tables.directory.accounts.entry(account);
    if row.day != day { *row = AccountDay { day, lost: 0, last: now }; }
    row.last = now;
    row.lost += 1;
    let lost = row.lost;
    cx.arm(now + FORGOTTEN, account.as_str(), TimerKind::AccountPurge, account.as_str());
    if lost != HOARDING { return; }
    let evidence = serde_json::json!({ "rule": "T-QUEUE", "sign": "holds_hoarding", "account_id": account, "holds": lost }).to_string();
    alert::raise(cx, Alert { alert_id: AlertId::from(format!("T-QUEUE:{account}:{day}:holds")), kind: CompactString::const_new("T-QUEUE"),
        severity: 2, state: AlertState::Raised, plate: Some(plate), country, region: at.region, lat: at.lat, lon: at.lon,
        score: 1.0, evidence: vec![evidence], journey_id: None, booking_id: Some(booking), desk_only: false, way: Vec::new() });
}
