//! A booking as the vehicle's owner keeps it.

use compact_str::CompactString;
use kezek_schemas::ids::{AccountId, BookingId, CheckpointId};
use kezek_schemas::inputs::{BookingRequest, Check, CheckResult, Driver, Input, Subject};
use kezek_schemas::plate::{Plate, Skeleton};
use kezek_schemas::reference::rules::RuleSet;
use kezek_schemas::time::{Slot, Timestamp};
use serde::{Deserialize, Serialize};

use super::Code;
use crate::queue::Place;
use crate::queue::entry::Status;

/// What a booking waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The owner of its id: nothing is published yet.
    Claiming,
    /// The owner of its VIN.
    AskingVin,
    /// The checkpoint: is there a place.
    AskingPlace,
    /// The state systems; it holds a place.
    Checking,
    /// The checkpoint: number and lane.
    Confirming,
    /// Nothing: it lives.
    Confirmed,
    /// It is over.
    Ended,
}

/// An answer of a state system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Which check.
    pub check: Check,
    /// Of whom.
    pub subject: Subject,
    /// What it said.
    pub result: CheckResult,
    /// Until when that holds.
    pub valid_until: Option<Timestamp>,
}

/// Drivers asked for after confirmation, until their answers are in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Addition {
    /// Numbered on from the crew.
    pub drivers: Vec<(u16, Driver)>,
    /// When they are refused for want of answers.
    pub until: Timestamp,
}

/// A booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub booking_id: BookingId,
    /// Whose it is.
    pub account_id: AccountId,
    /// As it was asked.
    pub request: Box<BookingRequest>,
    /// The checkpoint's own id; none if it is unknown.
    pub checkpoint: Option<CheckpointId>,
    /// What it waits for.
    pub phase: Phase,
    /// The last published status.
    pub status: Status,
    /// Events published.
    pub seq: u32,
    /// Notifications sent.
    pub told: u32,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// Answers in order of arrival; a newer one of the same check and subject replaces the older.
    pub answers: Vec<Answer>,
    /// Its place.
    pub place: Place,
    /// Causes of refusal found so far.
    pub causes: Vec<Code>,
    /// Free slots offered instead.
    pub alternatives: Vec<Slot>,
    /// `waiting_source` was published.
    pub waiting_told: bool,
    /// The VIN is claimed for it.
    pub vin_held: bool,
    /// The crew with its numbers.
    pub crew: Vec<(u16, Driver)>,
    /// Drivers that wait for their answers.
    pub added: Vec<Addition>,
    /// The proof of priority was `ok` when the checks were in.
    pub proven: bool,
    /// Edits that came while the booking waited for another owner.
    pub deferred: Vec<Input>,
    /// A revocation is on its way to the checkpoint.
    pub revoking: bool,
}

impl Booking {
    /// A new one.
    pub fn new(booking_id: BookingId, account_id: AccountId, request: BookingRequest, checkpoint: Option<CheckpointId>, now: Timestamp) -> Self {
        let crew: Vec<(u16, Driver)> = (0..).zip(request.drivers.iter().cloned()).collect();
        Self { booking_id, account_id, checkpoint, phase: Phase::Claiming, status: Status::Requested, seq: 0, told: 0, requested_at: now,
            answers: Vec::new(), place: Place::default(), causes: Vec::new(), alternatives: Vec::new(), waiting_told: false, vin_held: false,
            crew, added: Vec::new(), proven: false, deferred: Vec::new(), revoking: false,
            request: Box::new(request) }
    }
    /// The plate in normal form.
    #[must_use]
    pub const fn plate(&self) -> &Plate { &self.request.vehicle.plate.plate }
    /// The owner's key.
    #[must_use]
    pub fn vehicle(&self) -> Skeleton { self.plate().skeleton() }
    /// The country, as text.
    #[must_use]
    pub fn country(&self) -> CompactString { self.request.vehicle.plate.country.clone().unwrap_or_default().0 }
    /// The number of the next driver: on from the crew and those who are asked for. A refused driver leaves no gap.
    #[must_use]
    pub fn next_driver(&self) -> u16 {
        let asked = self.added.iter().flat_map(|a| &a.drivers);
        self.crew.iter().chain(asked).map(|(n, _)| n + 1).max().unwrap_or(0)
    }
    /// From `requested` until its end.
    #[must_use]
    pub fn active(&self) -> bool { !matches!(self.phase, Phase::Claiming | Phase::Ended) }
    /// The blocking checks of its owner, vehicle and crew.
    #[must_use]
    pub fn needed(&self, rules: &RuleSet) -> Vec<(Check, Subject)> {
        let mut pairs = rules.needed(self.request.owner.resident, &[]);
        pairs.extend(needed_of(rules, &self.crew));
        pairs
    }
    /// The answer to a check.
    #[must_use]
    pub fn answer(&self, check: Check, subject: Subject) -> Option<CheckResult> {
        self.answers.iter().find(|a| a.check == check && a.subject == subject).map(|a| a.result)
    }
}

/// The blocking checks of numbered drivers.
#[must_use]
pub fn needed_of(rules: &RuleSet, drivers: &[(u16, Driver)]) -> Vec<(Check, Subject)> {
    drivers.iter().flat_map(|(n, d)| rules.needed_of_added(*n, core::slice::from_ref(d))).collect()
}
