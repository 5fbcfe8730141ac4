//! What a decision says: outcome, reason, the rule it rests on. Closed lists of the contract.

use kezek_schemas::ids::BookingId;
use kezek_schemas::plate::Plate;
use serde::{Deserialize, Serialize};

/// Outcomes of `gate.decisions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Outcome { Open, AskOfficer, Refuse, Recorded }

impl Outcome {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self { Self::Open => "open", Self::AskOfficer => "ask_officer", Self::Refuse => "refuse", Self::Recorded => "recorded" }
    }
}

/// Reasons of `gate.decisions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Reason {
    Clean, Proof, Officer, Console,
    Ambiguous, OneEdit, FleetNeighbour, NotFromZone, LiveLane, BarrierHeld, LowConfidence, CountryConflict, WatchList, Reopened, BarrierFailed, Offline,
    NoBooking, NotDue, Consumed, Revoked, CheckpointClosed, NoMatch,
    StaleRead, LeftUncalled, Zone,
}

impl Reason {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean", Self::Proof => "proof", Self::Officer => "officer", Self::Console => "console",
            Self::Ambiguous => "ambiguous", Self::OneEdit => "one_edit", Self::FleetNeighbour => "fleet_neighbour",
            Self::NotFromZone => "not_from_zone", Self::LiveLane => "live_lane", Self::BarrierHeld => "barrier_held",
            Self::LowConfidence => "low_confidence", Self::CountryConflict => "country_conflict", Self::WatchList => "watch_list",
            Self::Reopened => "reopened", Self::BarrierFailed => "barrier_failed", Self::Offline => "offline",
            Self::NoBooking => "no_booking", Self::NotDue => "not_due", Self::Consumed => "consumed", Self::Revoked => "revoked",
            Self::CheckpointClosed => "checkpoint_closed", Self::NoMatch => "no_match",
            Self::StaleRead => "stale_read", Self::LeftUncalled => "left_uncalled", Self::Zone => "zone",
        }
    }
    /// The rule behind it.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Clean | Self::NoBooking | Self::NotDue | Self::Consumed | Self::Revoked | Self::NotFromZone => "G-BOOKED",
            Self::Proof | Self::Ambiguous | Self::OneEdit | Self::FleetNeighbour | Self::LowConfidence | Self::CountryConflict | Self::NoMatch => "G-MATCH",
            Self::Officer | Self::Console | Self::BarrierHeld => "G-MASTERS",
            Self::LiveLane | Self::Offline | Self::CheckpointClosed => "Q-DEGRADED",
            Self::WatchList => "T-WANTED",
            Self::Reopened => "G-ONCE",
            Self::BarrierFailed => "G-SAFE",
            Self::StaleRead => "G-TTL",
            Self::LeftUncalled => "Q-ORDER",
            Self::Zone => "Q-SEEN",
        }
    }
    /// Whether more evidence within the fusion window may still change it.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Ambiguous | Self::OneEdit | Self::FleetNeighbour | Self::LowConfidence | Self::CountryConflict)
    }
}

/// The vehicle a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A booking.
    Booking(BookingId),
    /// A vehicle of the legacy list, by its plate.
    Legacy(Plate),
}

/// A candidate as the officer sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its booking.
    pub booking: Option<BookingId>,
    /// Its plate.
    pub plate: Plate,
    /// Its posterior.
    pub posterior: f64,
    /// Places of the plate where the read differs, from 0.
    pub differs: Vec<usize>,
}

/// What shall happen beside publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// The barrier opens.
    Open,
    /// The vehicle is in the zone.
    EnterZone,
    /// The vehicle is released from the zone.
    LeaveZone,
    /// The booking was seen (a violation, a late read).
    Seen,
}

/// A verdict over an arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// About whom.
    pub target: Option<Target>,
    /// The most likely first.
    pub candidates: Vec<Candidate>,
    /// What to do.
    pub act: Act,
}

impl Verdict {
    /// A verdict that only says something.
    #[must_use]
    pub fn says(outcome: Outcome, reason: Reason, candidates: Vec<Candidate>) -> Self { Self { outcome, reason, target: None, candidates, act: Act::Nothing } }
    /// About that vehicle.
    #[must_use]
    pub fn about(mut self, target: Target) -> Self { self.target = Some(target); self }
    /// And do that.
    #[must_use]
    pub const fn and(mut self, act: Act) -> Self { self.act = act; self }
}
