//! `anpr.reads`, `controls` and `barrier.events`: what is seen, ordered and done at a checkpoint.

use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::PlateText;
use crate::ids::{BookingId, CheckpointId, CommandId, DeviceId, RecordId};
use crate::time::Timestamp;

/// A record of `anpr.reads`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnprRead {
    /// Checkpoint.
    pub checkpoint: CheckpointId,
    /// Camera; its role comes from the device registry.
    pub camera: DeviceId,
    /// The plate read.
    pub plate: PlateText,
    /// 0–1; absent = the reader gives none.
    pub confidence: Option<f32>,
    /// Per symbol, 0–1.
    pub char_confidence: SmallVec<[f32; 12]>,
    /// The vendor's other readings.
    pub candidates: Vec<Candidate>,
    /// The trailer's plate.
    pub trailer: Option<PlateText>,
    /// Direction as given.
    pub direction: Option<CompactString>,
    /// Sent again after an outage.
    pub retransmitted: bool,
    /// Where the picture is.
    pub image_ref: Option<CompactString>,
}

/// One of a vendor's readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The reading.
    pub plate: PlateText,
    /// The vendor's score, 0–1.
    pub confidence: f32,
}

/// A record of `controls`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Checkpoint.
    pub checkpoint: CheckpointId,
    /// Who orders.
    pub actor: Actor,
    /// What.
    pub kind: ControlKind,
}

/// A person at a console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Service id of the person.
    pub id: CompactString,
    /// Role.
    pub role: CompactString,
}

/// What a control orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ControlKind {
    /// Capacity of one hour, or of the whole day when `hour` is absent.
    CapacitySet { date: DateOnly, hour: Option<i8>, capacity: u32 },
    Closed { until: Option<Timestamp>, reason: CompactString },
    Opened,
    ModeSet { mode: Mode },
    ReadResolved { read_id: RecordId, booking_id: Option<BookingId> },
    BookingRevoked { booking_id: BookingId, reason: CompactString },
    BarrierOpen { barrier: DeviceId, plate: Option<PlateText>, reason: CompactString },
    BarrierHold { barrier: DeviceId, reason: CompactString },
    BarrierRelease { barrier: DeviceId },
    LegacyList { entries: Vec<LegacyEntry> },
    DeviceState { device: DeviceId, state: CompactString },
}

/// A civil date (kept as days since 1970-01-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateOnly(pub Date);

impl Serialize for DateOnly {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        crate::time::days_since_epoch(self.0).serialize(s)
    }
}
impl<'de> Deserialize<'de> for DateOnly {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::time::date_of_days(i32::deserialize(d)?).map(Self).ok_or_else(|| serde::de::Error::custom("day out of range"))
    }
}

/// One vehicle of the e-border.kz list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegacyEntry {
    /// Plate and country.
    pub plate: PlateText,
    /// Place on the list.
    pub position: u32,
}

/// How a checkpoint works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only with a booking.
    #[default]
    Mandatory,
    /// A live lane beside the bookings.
    Mixed,
    /// Everything asks the officer.
    Offline,
}

/// A record of `barrier.events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BarrierEvent {
    /// Checkpoint.
    pub checkpoint: CheckpointId,
    /// The barrier.
    pub barrier: DeviceId,
    /// What happened.
    pub kind: BarrierEventKind,
    /// The command it answers.
    pub command_id: Option<CommandId>,
    /// The controller's nonce.
    pub nonce: Option<CompactString>,
    /// Why, for `rejected` and `failed`.
    pub reason: Option<CompactString>,
}

/// What a barrier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum BarrierEventKind { Presence, Received, Executed, Rejected, Expired, Failed, Passed, NotPassed, State }
