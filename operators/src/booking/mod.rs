//! The booking's verdict and life as its vehicle sees it. The vehicle's owner keeps the request, its answers and the
//! mirror of its place, judges what needs no calendar of places, and alone publishes `booking.events` and
//! `notifications`. The checkpoint's owner keeps the place and is the authority after confirmation.
//!
//! A request asks one owner after the other (its id, its VIN, its place); each wait is a [`Phase`]. Records that come
//! while one of these answers is on its way wait with the booking.

mod abuse;
mod checks;
mod code;
mod edits;
mod publish;
mod request;
mod row;
mod steps;

use kezek_schemas::ids::BookingId;
use kezek_schemas::inputs::{Body, BookingInput, CheckAnswer, Crossing, Input};
use kezek_schemas::plate::{Plate, Skeleton};
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use abuse::Position;
pub use code::Code;
pub use row::{Answer, Booking, Phase};

use crate::kernel::{Cx, Message, Owner, TimerKey, TimerKind, table_set};
use crate::queue::{Msg as QueueMsg, Place, Step};

table_set! {
    /// Rows of this family.
    pub struct BookingTables {
        /// Bookings by vehicle.
        bookings: OrderedTable<(Skeleton, BookingId), Booking> = 0x20,
        /// When a vehicle did not come, lately.
        no_shows: Table<(Plate, kezek_schemas::ids::Country), Vec<Timestamp>> = 0x21,
    }
}

/// Messages to this family, to a vehicle's owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// The booking's id is this vehicle's; these answers came before it.
    Claimed {
        /// The booking.
        booking: BookingId,
        /// In order of arrival.
        answers: Vec<CheckAnswer>,
    },
    /// The booking's id was seen before, with another vehicle.
    Duplicate(BookingId),
    /// Whether the VIN is booked under another plate.
    Vin {
        /// The booking.
        booking: BookingId,
        /// It is.
        taken: bool,
    },
    /// An answer of a state system, found by the booking's id.
    Answer(Box<CheckAnswer>),
    /// An edit or cancellation, found by the booking's id.
    Edit(Box<Input>),
    /// Something happened at the checkpoint.
    Step {
        /// The booking.
        booking: BookingId,
        /// What.
        step: Step,
        /// Its place now.
        place: Place,
    },
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    let Owner::Vehicle(vehicle) = owner else { return cx.count("misaddressed") };
    match msg {
        Msg::Claimed { booking, answers } => request::claimed(cx, &(vehicle.clone(), booking), answers),
        Msg::Duplicate(booking) => request::duplicate(cx, &(vehicle.clone(), booking)),
        Msg::Vin { booking, taken } => request::vin_answered(cx, &(vehicle.clone(), booking), taken),
        Msg::Answer(answer) => checks::answered(cx, &(vehicle.clone(), answer.booking_id.clone()), &answer),
        Msg::Edit(input) => {
            let Body::Booking(edit) = &input.body else { return };
            edits::edited(cx, &(vehicle.clone(), edit.booking_id.clone()), &input, edit);
        }
        Msg::Step { booking, step, place } => steps::stepped(cx, &(vehicle.clone(), booking), step, place),
    }
}

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    let booking = BookingId(timer.subject.clone());
    let key = (Skeleton(timer.key.clone()), booking.clone());
    if timer.kind == TimerKind::SourceDeadline { return checks::source_deadline(cx, &key, timer.due); }
    if timer.kind == TimerKind::HoldExpiry { return checks::hold_expired(cx, &key); }
    if timer.kind == TimerKind::EarlyAnswerExpiry { return crate::directory::early_expired(cx, &booking); }
    if timer.kind == TimerKind::BookingPurge && cx.tables.booking.bookings.get(&key).is_some_and(|b| b.phase == Phase::Ended) {
        cx.tables.booking.bookings.remove(&key);
    }
}

/// Handles a `requested` record at the vehicle's owner.
pub fn on_booking(cx: &mut Cx<'_>, input: &Input, booking: &BookingInput) { request::requested(cx, input, booking); }

/// Handles a record of `checks` at the vehicle's owner: found by the plate, else through the directory by the booking.
pub fn on_check(cx: &mut Cx<'_>, _input: &Input, answer: &CheckAnswer) {
    let key = (answer.plate.plate.skeleton(), answer.booking_id.clone());
    let waited = cx.tables.booking.bookings.get(&key).filter(|b| b.phase == Phase::Checking).map(|b| cx.now - b.requested_at);
    crate::directory::sources::answered(cx, &answer.source, answer.result, waited);
    if cx.tables.booking.bookings.contains(&key) { return checks::answered(cx, &key, answer); }
    let to = Owner::Booking(answer.booking_id.clone());
    cx.send(to, Message::Directory(crate::directory::Msg::Answer(Box::new(answer.clone()))));
}

/// Handles a record of `crossings` at the vehicle's owner: it ends the booking of that plate at that checkpoint.
pub fn on_crossing(cx: &mut Cx<'_>, input: &Input, crossing: &Crossing) {
    let refs = cx.refs;
    let Some(place) = refs.catalogue.checkpoint(&crossing.checkpoint) else { return cx.count("unknown_checkpoint") };
    let vehicle = crossing.plate.plate.skeleton();
    let ended: Vec<BookingId> = of_vehicle(cx, &vehicle).filter(|b| {
        // A record of an earlier trip, told late, ends no booking that was asked for after it.
        b.phase == Phase::Confirmed && b.requested_at <= input.at && b.checkpoint.as_ref() == Some(&place.id) && b.plate() == &crossing.plate.plate
            && crossing.plate.country.as_ref().is_none_or(|c| b.request.vehicle.plate.country.as_ref() == Some(c))
            && refs.rules.of(&b.request.scheme).direction == crossing.direction
    }).map(|b| b.booking_id.clone()).collect();
    for booking in ended { cx.send(Owner::Checkpoint(place.id.clone()), Message::Queue(QueueMsg::Crossing(booking))); }
}

/// The bookings of a vehicle's skeleton.
pub fn of_vehicle<'a>(cx: &'a Cx<'_>, vehicle: &Skeleton) -> impl Iterator<Item = &'a Booking> + use<'a> {
    let vehicle = vehicle.clone();
    cx.tables.booking.bookings.range((vehicle.clone(), BookingId::default())..)
        .take_while(move |((v, _), _)| *v == vehicle).map(|(_, b)| b)
}
