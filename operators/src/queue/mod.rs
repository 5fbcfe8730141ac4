//! Slots, numbers, calls and the order of a checkpoint. The checkpoint's owner is the one writer of places: a place
//! is held before a booking is confirmed, and freed by what ends it. What happens to a booking here is told to the
//! vehicle's side as a [`Step`], which alone publishes it.

mod calls;
mod cut;
mod desk;
pub mod entry;
pub mod estimate;
pub mod life;
mod places;
mod requests;
pub mod roster;

use compact_str::CompactString;
use kezek_schemas::ids::{BookingId, CheckpointId};
use kezek_schemas::inputs::{ControlKind, Fee, SlotWish};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Slot, Timestamp};
use serde::{Deserialize, Serialize};

pub use desk::Desk;
pub use places::Places;

use entry::{Lane, QueueEntry};
use roster::Entries;
use crate::booking::Code;
use crate::kernel::{Cx, Message, Owner, TimerKey, TimerKind, table_set};

table_set! {
    /// Rows of this family.
    pub struct QueueTables {
        /// Every booking with a place here, and those ended lately.
        entries: Tracked<BookingId, QueueEntry, Entries> = 0x30,
        /// Who uses a place in an hour.
        by_slot: OrderedTable<(CheckpointId, Slot, BookingId), ()> = 0x32,
        /// The same entries by plate: what a clean read is compared with.
        by_plate: OrderedTable<(CheckpointId, Plate, BookingId), ()> = 0x33,
        /// Called and not yet in, in queue order: boards and the order of the zone.
        called: OrderedTable<(CheckpointId, Lane, Timestamp, u32, BookingId), ()> = 0x34,
        /// Places in use.
        places: Table<(CheckpointId, Slot), Places> = 0x35,
        /// Capacity that was set; the default is computed.
        capacity: OrderedTable<(CheckpointId, Slot), u32> = 0x36,
        /// The last number of a day (days since 1970-01-01).
        numbers: Table<(CheckpointId, i32), u32> = 0x37,
        /// Priority places used on a day.
        quotas: Table<(CheckpointId, i32, entry::Quota), u32> = 0x38,
        /// Closures.
        desks: Table<CheckpointId, Desk> = 0x39,
        /// Bookings that found no free hour under a closure.
        stranded: OrderedTable<(CheckpointId, BookingId), ()> = 0x3a,
        /// When vehicles went in, lately.
        entered: Table<CheckpointId, Vec<Timestamp>> = 0x3b,
    }
}

/// Messages to this family: what the vehicle's side asks of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// Judge the wished slot and, unless it only asks, hold a place in it.
    Ask {
        /// The entry to be, its slot still open.
        entry: Box<QueueEntry>,
        /// The slot wished for.
        wish: SlotWish,
        /// The request is refused anyway: only say what the place would have been.
        only_judge: bool,
    },
    /// The request waits for a source: its status here is shown only.
    Waiting(BookingId),
    /// All blocking checks are in.
    Confirm {
        /// The booking.
        booking: BookingId,
        /// The priority was proven.
        proven: bool,
        /// The fee that asks for the priority lane.
        fee: Option<Fee>,
    },
    /// An undecided request was refused: its place is free.
    Drop(BookingId),
    /// The user gives it up.
    Cancel(BookingId),
    /// A blocking check failed after confirmation.
    Revoke {
        /// The booking.
        booking: BookingId,
        /// Why.
        reason: Revocation,
    },
    /// The user wants another slot.
    Move {
        /// The booking.
        booking: BookingId,
        /// Where to.
        wish: SlotWish,
    },
    /// The border service has it on the other side.
    Crossing(BookingId),
}

/// Why a booking was revoked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Revocation {
    /// A blocking check failed.
    Check(kezek_schemas::inputs::Check, kezek_schemas::inputs::Subject),
    /// An official's order.
    Order {
        /// Who.
        actor: CompactString,
        /// Their reason.
        reason: CompactString,
    },
}

/// What happened to a booking at its checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Step {
    /// A place is held.
    Held,
    /// No place (or none asked for): the causes, and the next free slots.
    NoPlace { causes: Vec<Code>, alternatives: Vec<Slot> },
    Confirmed { quota_used_up: bool },
    /// Moved, `by_user` or by a cut; `status` is what it has after that (a kept call keeps it).
    Rescheduled { by_user: bool, status: entry::Status },
    /// `status`: the notice is also a status.
    Noticed { status: bool },
    Called,
    InZone,
    Released,
    AtGate,
    Admitted,
    Crossed(life::CrossedBy),
    Late,
    Annulled,
    Cancelled,
    Revoked(Revocation),
    /// The edit cannot be done.
    EditRefused(Code),
    /// It counts as seen, or no longer.
    Seen,
}

/// A booking's place as the vehicle's side mirrors it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Slot and its start; none before one is held.
    pub slot: Option<(Slot, Timestamp)>,
    /// Number of the day; 0 while only held.
    pub number: u32,
    /// Lane.
    pub lane: Lane,
    /// Counts as seen.
    pub seen: bool,
    /// When it will enter, once it is called.
    pub expected: Option<estimate::Expected>,
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    let Owner::Checkpoint(cp) = owner else { return cx.count("misaddressed") };
    match msg {
        Msg::Ask { entry, wish, only_judge } => requests::ask(cx, cp, *entry, &wish, only_judge),
        Msg::Waiting(booking) => requests::waiting(cx, &booking),
        Msg::Confirm { booking, proven, fee } => requests::confirm(cx, &booking, proven, fee),
        Msg::Drop(booking) => requests::drop_hold(cx, &booking),
        Msg::Cancel(booking) => requests::cancel(cx, &booking),
        Msg::Revoke { booking, reason } => requests::revoke(cx, &booking, reason),
        Msg::Move { booking, wish } => requests::move_to(cx, &booking, &wish),
        Msg::Crossing(booking) => life::crossed(cx, &booking, life::CrossedBy::Crossings),
    }
}

/// Handles a control of a planner or console (capacity, closure, revocation).
pub fn on_control(cx: &mut Cx<'_>, input: &kezek_schemas::inputs::Input, control: &kezek_schemas::inputs::Control) {
    let Some(place) = cx.refs.catalogue.checkpoint(&control.checkpoint) else { return cx.count("unknown_checkpoint") };
    let cp = place.id.clone();
    if cp != control.checkpoint {
        // Named by an alias: its owner is another.
        let control = kezek_schemas::inputs::Control { checkpoint: cp.clone(), ..control.clone() };
        let input = kezek_schemas::inputs::Input { body: kezek_schemas::inputs::Body::Control(control), ..input.clone() };
        return cx.send(Owner::Checkpoint(cp), Message::Forwarded(Box::new(input)));
    }
    match &control.kind {
        ControlKind::CapacitySet { date, hour, capacity } => cut::capacity_set(cx, &cp, date.0, *hour, *capacity),
        ControlKind::Closed { until, .. } => cut::closed(cx, &cp, *until),
        ControlKind::Opened => cut::opened(cx, &cp),
        ControlKind::BookingRevoked { booking_id, reason } => {
            let here = cx.tables.queue.entries.get(booking_id).is_some_and(|e| e.checkpoint == cp);
            if !here { return cx.count("revocation_of_unknown_booking") }
            let reason = Revocation::Order { actor: control.actor.id.clone(), reason: reason.clone() };
            requests::revoke(cx, booking_id, reason);
        }
        // The gate's business.
        ControlKind::ModeSet { .. } | ControlKind::LegacyList { .. } | ControlKind::ReadResolved { .. } | ControlKind::BarrierOpen { .. } | ControlKind::BarrierHold { .. }
        | ControlKind::BarrierRelease { .. } | ControlKind::DeviceState { .. } => {}
    }
}

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    let booking = BookingId(timer.subject.clone());
    match timer.kind {
        TimerKind::Reopen => cut::closure_over(cx, &CheckpointId(timer.key.clone())),
        TimerKind::Notice => calls::on_notice(cx, &booking, timer.due),
        TimerKind::Call => calls::on_call(cx, &booking, timer.due),
        TimerKind::Late => calls::on_late(cx, &booking, timer.due),
        TimerKind::Annul => calls::on_annul(cx, &booking, timer.due),
        TimerKind::CrossTimeout => life::crossed(cx, &booking, life::CrossedBy::Timeout),
        TimerKind::QueuePurge => requests::purge(cx, &booking),
        TimerKind::SourceDeadline | TimerKind::HoldExpiry | TimerKind::EarlyAnswerExpiry | TimerKind::BookingPurge
        | TimerKind::FusionEnd | TimerKind::NotPassed | TimerKind::BoardRefresh | TimerKind::BoardPublish
        | TimerKind::ArrivalPurge | TimerKind::BarrierExpiry | TimerKind::JourneyTimeout | TimerKind::TransitNear
        | TimerKind::TransitDue | TimerKind::SealSilence | TimerKind::Overdue | TimerKind::InsuranceEnd
        | TimerKind::BypassCheck | TimerKind::JourneyPurge | TimerKind::AcceptTimeout | TimerKind::StopWarning
        | TimerKind::StopOverrun | TimerKind::GroupStale | TimerKind::DirectoryPurge | TimerKind::ProfileFrom
        | TimerKind::ProfileUntil | TimerKind::AccountPurge | TimerKind::SourceSilence => cx.count("misaddressed"),
    }
}

/// Tells the vehicle's side of a booking what happened, and whoever follows the queue.
fn tell(cx: &mut Cx<'_>, booking: &BookingId, step: Step) {
    let Some(e) = cx.tables.queue.entries.get(booking) else { return };
    let place = Place { slot: Some((e.slot, e.slot_start)), number: e.number, lane: e.lane, seen: e.seen, expected: estimate::expected(cx, e) };
    let (to, booking_id) = (Owner::Vehicle(e.vehicle.clone()), e.booking_id.clone());
    cx.send(to, Message::Booking(crate::booking::Msg::Step { booking: booking_id, step, place }));
    places::show_entry(cx, booking);
}
