//! `road.hits`, `weigh.hits`, `seals`, `groups` and `risk.profiles`: what moves on the roads.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::PlateText;
use crate::ids::{AlertId, DeviceId, GroupId, NodeId, ProfileId, RegionId, SealId, Vin};
use crate::time::Timestamp;

/// A record of `road.hits`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoadHit {
    /// Camera.
    pub camera: DeviceId,
    /// The plate read.
    pub plate: PlateText,
    /// 0–1.
    pub confidence: Option<f32>,
    /// The trailer's plate.
    pub trailer: Option<PlateText>,
    /// Speed, km/h.
    pub speed_kmh: Option<f32>,
    /// Class as given.
    pub vehicle_class: Option<CompactString>,
    /// Where the picture is.
    pub image_ref: Option<CompactString>,
}

/// A record of `weigh.hits`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeighHit {
    /// Station.
    pub station: DeviceId,
    /// Plate, where one was read.
    pub plate: Option<PlateText>,
    /// Axles from the front.
    pub axles: SmallVec<[Axle; 8]>,
    /// Gross mass, kg.
    pub gross_kg: f64,
    /// Speed, km/h.
    pub speed_kmh: Option<f32>,
    /// Accuracy class as given with the hit (`B(10)`); absent = the registry's.
    pub device_class: Option<CompactString>,
}

/// One axle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axle {
    /// Load, kg.
    pub load_kg: f64,
    /// Metres to the axle in front; 0 for the first.
    pub spacing_m: f64,
}

/// A record of `seals`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealEvent {
    /// The seal.
    pub seal_id: SealId,
    /// Plate, where the seal knows it.
    pub plate: Option<PlateText>,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// What it says.
    pub kind: SealKind,
}

/// What a seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SealKind { Position, Locked, Unlocked, Tamper, LowBattery }

/// A record of `groups`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupEvent {
    /// The region.
    pub region: RegionId,
    /// The group.
    pub group: GroupId,
    /// What it says.
    pub kind: GroupKind,
}

/// What a mobile group says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum GroupKind {
    Position { lat: f64, lon: f64 },
    Status { status: CompactString },
    Seen { alert_id: AlertId },
    Accepted { alert_id: AlertId },
    Declined { alert_id: AlertId },
    StopStarted { alert_id: Option<AlertId>, plate: PlateText },
    StopFinished { outcome: CompactString },
}

/// A record of `risk.profiles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The profile; a newer record replaces the older.
    pub profile_id: ProfileId,
    /// What it looks for.
    pub kind: ProfileKind,
    /// In force from; absent = at once.
    pub valid_from: Option<Timestamp>,
    /// In force until; absent = for ever.
    pub valid_until: Option<Timestamp>,
}

/// What a profile looks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ProfileKind {
    WatchPlate { plate: PlateText },
    WatchVin { vin: Vin },
    WatchDriver { document: CompactString },
    RoadClosed { from: NodeId, to: NodeId },
    Rule { expression: CompactString, severity: Option<u8> },
}
