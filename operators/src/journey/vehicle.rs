//! What is remembered of a vehicle, and its open journey.

use kezek_schemas::ids::{AlertId, BookingId, CheckpointId, Country, DeclarationId, DeviceId, JourneyId, RegionId, SealId};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// Sights that are remembered at most; those of the last 24 h, and never fewer than the last two.
pub const SIGHTS: usize = 12;

/// A vehicle at a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// Where.
    pub device: DeviceId,
    /// When it happened.
    pub at: Timestamp,
    /// The trailer read with it.
    pub trailer: Option<Plate>,
    /// Axles, where it was weighed.
    pub axles: Option<u8>,
}

/// Two sights that one vehicle cannot have made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The earlier.
    pub first: Sight,
    /// The later.
    pub second: Sight,
    /// Straight kilometres.
    pub km: f64,
    /// The sight that made it came late: nobody is sent.
    pub late: bool,
}

/// A vehicle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its country, where known.
    pub country: Option<Country>,
    /// The last sights, in the order of their time.
    pub sights: SmallVec<[Sight; 2]>,
    /// When it was last sighted on a road.
    pub last_road: Option<Timestamp>,
    /// Impossible pairs of healthy cameras, within 24 h.
    pub pairs: Vec<Pair>,
    /// A clone was told.
    pub clone_told: Option<Timestamp>,
    /// A booking given up after a road sight: where it went and when it was given up.
    pub given_up: Option<(CheckpointId, BookingId, Timestamp)>,
    /// The checkpoint that the last declaration names.
    pub declared: Option<(CheckpointId, Timestamp)>,
    /// The booking whose change of checkpoint was told.
    pub checkpoint_told: Option<BookingId>,
    /// Open transits: they end when they are closed, not with the journey.
    pub transits: Vec<Transit>,
}

/// A transit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transit {
    /// The declaration.
    pub declaration: DeclarationId,
    /// Its term.
    pub deadline: Option<Timestamp>,
    /// Where it goes.
    pub checkpoint: Option<CheckpointId>,
    /// The alert about the term.
    pub alert: Option<(AlertId, RegionId)>,
    /// It left the country unclosed.
    pub left: bool,
}

/// A seal as the journey knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealState {
    /// The seal.
    pub id: SealId,
    /// Last position and when.
    pub last: Option<(f64, f64, Timestamp)>,
    /// When it last said anything, or was put on.
    pub heard: Timestamp,
    /// Cameras that saw the vehicle far from its seal.
    pub apart: Vec<DeviceId>,
    /// What was told of it, and the region whose alert it is.
    pub told: Vec<(compact_str::CompactString, RegionId)>,
}

/// An open journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Deterministic: of the booking or declaration that opened it.
    pub id: JourneyId,
    /// Country of the plate.
    pub country: Option<Country>,
    /// The booking.
    pub booking: Option<BookingId>,
    /// Where it goes.
    pub checkpoint: Option<CheckpointId>,
    /// Start of the booked slot.
    pub slot_start: Option<Timestamp>,
    /// The booked trailer.
    pub trailer: Option<Plate>,
    /// Until when the insurance holds.
    pub insurance_until: Option<Timestamp>,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Its first road sight.
    pub first: Option<Sight>,
    /// Its last sight.
    pub last: Option<Sight>,
    /// Road sights in a row that no admissible way explains.
    pub strays: u8,
    /// The route alert: its id, region, when it was last told; cleared ones stay, there is one per journey.
    pub route: Option<(AlertId, RegionId, Timestamp, bool)>,
    /// The declaration of an open transit.
    pub transit: Option<DeclarationId>,
    /// The alert about missing sights, where it stands.
    pub overdue: Option<(AlertId, RegionId)>,
    /// A timer looks whether it is overdue.
    pub watched: bool,
    /// The seal.
    pub seal: Option<SealState>,
    /// Alerts that were told once: `trailer`, `insurance`, `seal_silence`, `checkpoint`.
    pub told: Vec<compact_str::CompactString>,
}
