//! A booking as its checkpoint sees it, from the held slot to the crossing. The checkpoint is the authority on the
//! life of a confirmed booking; the vehicle's side is told by messages and publishes the events.

use compact_str::CompactString;
use kezek_schemas::ids::{AccountId, BookingId, CheckpointId, Country, SchemeId, Vin};
use kezek_schemas::plate::{Plate, Skeleton};
use kezek_schemas::time::{Slot, Timestamp};
use serde::{Deserialize, Serialize};

/// Statuses of `booking.events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Status {
    Requested, WaitingSource, Confirmed, Refused, Rescheduled, Notified, InZone, Called, Released, AtGate, Admitted,
    Crossed, Late, Annulled, Cancelled, Revoked,
}

impl Status {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested", Self::WaitingSource => "waiting_source", Self::Confirmed => "confirmed",
            Self::Refused => "refused", Self::Rescheduled => "rescheduled", Self::Notified => "notified",
            Self::InZone => "in_zone", Self::Called => "called", Self::Released => "released", Self::AtGate => "at_gate",
            Self::Admitted => "admitted", Self::Crossed => "crossed", Self::Late => "late", Self::Annulled => "annulled",
            Self::Cancelled => "cancelled", Self::Revoked => "revoked",
        }
    }
    /// The booking's life is over.
    #[must_use]
    pub const fn ended(self) -> bool {
        matches!(self, Self::Crossed | Self::Refused | Self::Cancelled | Self::Annulled | Self::Revoked)
    }
}

/// The lane of a booking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Before the others.
    Priority,
    /// In turn.
    #[default]
    Turn,
}

impl Lane {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Turn => "turn",
        }
    }
}

/// The quotas of the priority lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Quota { Proof, OutOfTurn, Accelerated }

/// A booking in the queue of a checkpoint. Kept for a while after its end, so that the gate knows why it says no.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The booking.
    pub booking_id: BookingId,
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Rule set of the booking.
    pub scheme: SchemeId,
    /// The account.
    pub account_id: AccountId,
    /// The plate, normal form.
    pub plate: Plate,
    /// The plate as the portal wrote it.
    pub plate_raw: CompactString,
    /// The owner key of the vehicle's side.
    pub vehicle: Skeleton,
    /// The country.
    pub country: Country,
    /// The booked trailer's plate.
    pub trailer: Option<Plate>,
    /// VIN.
    pub vin: Option<Vin>,
    /// Slot.
    pub slot: Slot,
    /// When the slot starts.
    pub slot_start: Timestamp,
    /// Number of the day; 0 while only held.
    pub number: u32,
    /// Lane.
    pub lane: Lane,
    /// Status; `Requested` and `WaitingSource` = only held.
    pub status: Status,
    /// Called for its slot (a call stands also after `in_zone`).
    pub called: bool,
    /// Accepted at a zone or gate camera, or named in an `ask_officer` decision that is not resolved against it.
    pub seen: bool,
    /// Accepted at a zone or gate camera: nothing takes that back.
    pub accepted: bool,
    /// In the zone now (read at its entry and not yet released).
    pub in_zone: bool,
    /// Told to come, for its slot.
    pub noticed: bool,
    /// Found no free hour under a closure: neither called nor late while that lasts.
    pub stranded: bool,
    /// When its place was taken.
    pub held_at: Timestamp,
    /// Which quota its priority lane uses.
    pub quota: Option<Quota>,
    /// When it was released at the zone's exit.
    pub released_at: Option<Timestamp>,
    /// When its life ended.
    pub ended_at: Option<Timestamp>,
}

/// What the gate asks of an entry before it knows whether it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    /// When the slot starts.
    pub slot_start: Timestamp,
    /// Status.
    pub status: Status,
    /// Called for its slot.
    pub called: bool,
    /// Counts as seen.
    pub seen: bool,
    /// It was released at the zone's exit once.
    pub released: bool,
}

impl Stand {
    /// When the slot ends.
    #[must_use]
    pub fn slot_end(&self) -> Timestamp { self.slot_start + kezek_schemas::time::Span::hours(1) }
}

impl QueueEntry {
    /// How it stands.
    #[must_use]
    pub const fn stand(&self) -> Stand {
        Stand { slot_start: self.slot_start, status: self.status, called: self.called, seen: self.seen, released: self.released_at.is_some() }
    }
    /// When the slot ends.
    #[must_use]
    pub fn slot_end(&self) -> Timestamp { self.slot_start + kezek_schemas::time::Span::hours(1) }
    /// It holds a place but is not confirmed yet.
    #[must_use]
    pub const fn held(&self) -> bool { matches!(self.status, Status::Requested | Status::WaitingSource) }
    /// Confirmed and not ended.
    #[must_use]
    pub const fn confirmed(&self) -> bool { !self.held() && !self.status.ended() }
    /// From `at_gate` on nothing about it moves.
    #[must_use]
    pub const fn fixed(&self) -> bool { matches!(self.status, Status::AtGate | Status::Admitted) || self.status.ended() }
    /// Called, and standing in the zone or released from it: a move leaves it that.
    #[must_use]
    pub fn keeps_its_call(&self) -> bool { self.status == Status::Released || (self.called && self.in_zone) }
    /// The order of a queue: priority lane, slot, number.
    #[must_use]
    pub fn order(&self) -> (Lane, Timestamp, u32) { (self.lane, self.slot_start, self.number) }
}
