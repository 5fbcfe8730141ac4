//! Refusal codes, in the order in which several of them are told.

use serde::{Deserialize, Serialize};

/// Why a request or an edit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Code {
    UnknownCheckpoint, NotFreight, HorizonExceeded, SlotInPast, SlotFull, AlreadyActive, VinActive, CheckFailed,
    SourceUnavailable, CheckpointClosed, TransferForbidden, ChangeForbidden,
}

impl Code {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownCheckpoint => "unknown_checkpoint", Self::NotFreight => "not_freight",
            Self::HorizonExceeded => "horizon_exceeded", Self::SlotInPast => "slot_in_past",
            Self::SlotFull => "slot_full", Self::CheckpointClosed => "checkpoint_closed",
            Self::AlreadyActive => "already_active", Self::VinActive => "vin_active",
            Self::CheckFailed => "check_failed", Self::SourceUnavailable => "source_unavailable",
            Self::TransferForbidden => "transfer_forbidden", Self::ChangeForbidden => "change_forbidden",
        }
    }
    /// The rule it comes from.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::UnknownCheckpoint | Self::SlotFull => "Q-CAPACITY",
            Self::NotFreight => "Q-CLASS",
            Self::HorizonExceeded | Self::SlotInPast => "Q-HORIZON",
            Self::CheckpointClosed => "Q-DEGRADED",
            Self::AlreadyActive | Self::VinActive => "Q-ONE-ACTIVE",
            Self::CheckFailed => "Q-CHECKS",
            Self::SourceUnavailable => "Q-UNAVAILABLE",
            Self::TransferForbidden => "Q-TRANSFER",
            Self::ChangeForbidden => "Q-EDIT",
        }
    }
}
