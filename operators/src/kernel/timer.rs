//! Timers are rows. They fire in the order of (due time, key, kind, subject), which is the order of this key.

use compact_str::CompactString;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A timer. Setting the same key twice is setting it once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerKey {
    /// When it fires.
    pub due: Timestamp,
    /// The text of its owner's key: checkpoint, plate skeleton, region, ….
    pub key: CompactString,
    /// What it is for.
    pub kind: TimerKind,
    /// Which row of the owner it is about (booking id, arrival id, …).
    pub subject: CompactString,
}

/// What timers are for; their order here is the order among timers of one key and instant. Append only within a
/// family's block: the numbers are in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TimerKind {
    // queue (owner: checkpoint)
    Reopen, Notice, Call, Late, Annul, CrossTimeout, QueuePurge,
    // booking (owner: vehicle)
    SourceDeadline, HoldExpiry, EarlyAnswerExpiry, BookingPurge,
    // gate (owner: checkpoint)
    FusionEnd, NotPassed, BoardRefresh, BoardPublish, ArrivalPurge, BarrierExpiry,
    // journey (owner: vehicle)
    JourneyTimeout, TransitNear, TransitDue, SealSilence, Overdue, InsuranceEnd, BypassCheck, JourneyPurge,
    // dispatch (owner: region)
    AcceptTimeout, StopWarning, StopOverrun, GroupStale,
    // directory and others
    DirectoryPurge, ProfileFrom, ProfileUntil, AccountPurge, SourceSilence,
}
