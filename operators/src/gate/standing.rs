//! How a booking stands at the gate: due, or why not.

use kezek_schemas::time::{Span, Timestamp};

use super::verdict::Reason;
use crate::queue::entry::{Stand, Status};

/// The standing of a booking at the gate, the most favourable first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// May enter.
    Due,
    /// An open named it and no passage was reported.
    Reopened,
    /// Called, but not released from the zone.
    NotFromZone,
    /// Not yet called, or its time is over.
    NotDue,
    /// Went in already.
    Consumed,
    /// Leave was taken back.
    Revoked,
    /// Cancelled or annulled: as good as none.
    Gone,
}

impl Standing {
    /// Why a booking that stands so is refused.
    #[must_use]
    pub const fn refusal(self) -> Reason {
        match self {
            Self::Due | Self::Reopened | Self::NotFromZone | Self::NotDue => Reason::NotDue,
            Self::Consumed => Reason::Consumed,
            Self::Revoked => Reason::Revoked,
            Self::Gone => Reason::NoBooking,
        }
    }
}

/// How a booking stands at a gate with or without a waiting zone.
#[must_use]
pub fn standing(entry: &Stand, waiting_zone: bool, now: Timestamp) -> Standing {
    match entry.status {
        Status::Admitted | Status::Crossed => Standing::Consumed,
        Status::Revoked => Standing::Revoked,
        Status::Cancelled | Status::Annulled | Status::Refused | Status::Requested | Status::WaitingSource => Standing::Gone,
        Status::AtGate => Standing::Reopened,
        Status::Released => Standing::Due,
        Status::Confirmed | Status::Rescheduled | Status::Notified | Status::InZone | Status::Called | Status::Late => {
            if waiting_zone {
                if entry.released { Standing::Due } else if entry.called { Standing::NotFromZone } else { Standing::NotDue }
            } else if entry.called && (entry.seen || now <= entry.slot_end() + Span::minutes(60)) { Standing::Due } else { Standing::NotDue }
        }
    }
}

/// Whether zone cameras take the booking as due: confirmed and not ended.
#[must_use]
pub const fn due_in_zone(entry: &Stand) -> bool {
    match entry.status {
        Status::Confirmed | Status::Rescheduled | Status::Notified | Status::InZone | Status::Called | Status::Released | Status::Late => true,
        Status::AtGate | Status::Admitted | Status::Crossed | Status::Requested | Status::WaitingSource | Status::Refused
        | Status::Annulled | Status::Cancelled | Status::Revoked => false,
    }
}
