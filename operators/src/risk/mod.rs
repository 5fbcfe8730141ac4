//! Risks worth a stop, and the profiles they are judged by. One file per risk; each ends in [`raise`], which sends the
//! alert to the region that publishes it.

pub mod alert;
pub mod bypass;
pub mod closure;
pub mod docs;
pub mod place;
pub mod profiles;
pub mod task_claim;
pub mod wanted;
pub mod weight;

use kezek_schemas::ids::{AlertId, DeviceId, ProfileId, RegionId};
use kezek_schemas::inputs::Profile;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use alert::{Alert, AlertState, raise, tell};
pub use profiles::{Watched, closures, on_profile, on_profile_broadcast, watched};

use crate::kernel::{Cx, Owner, TimerKey, table_set};

table_set! {
    /// Rows of this family.
    pub struct RiskTables {
        /// Profiles, on every shard.
        profiles: OrderedTable<ProfileId, Profile> = 0x80,
        /// Watched plates by deletion key: the look-up of exact and near reads.
        watched: OrderedTable<(compact_str::CompactString, ProfileId), Plate> = 0x81,
        /// Watched VINs.
        watched_vins: OrderedTable<(kezek_schemas::ids::Vin, ProfileId), ()> = 0x82,
        /// Watched driver documents.
        watched_drivers: OrderedTable<(compact_str::CompactString, ProfileId), ()> = 0x83,
        /// When a wanted vehicle was last told, by profile and plate, and the region whose alert it is.
        told: OrderedTable<(ProfileId, Plate), (Timestamp, RegionId)> = 0x84,
        /// What a booked vehicle is looked for by.
        subjects: OrderedTable<Plate, wanted::Subject> = 0x85,
        /// The last weighing of a vehicle, and what was declared.
        weighed: OrderedTable<Plate, weight::Weighed> = 0x86,
        /// The alert that has this vehicle's task, and those that wait.
        tasks: OrderedTable<Plate, task_claim::Claims> = 0x87,
        /// Road closures among the profiles.
        closures: OrderedTable<ProfileId, ()> = 0x88,
        /// The time of the newest record of a profile, at its owner.
        newest: OrderedTable<ProfileId, Timestamp> = 0x89,
        /// Who was weighed lately, at the station's owner.
        stations: OrderedTable<DeviceId, Vec<(Timestamp, Plate)>> = 0x8a,
    }
}

/// Messages to the owner of a vehicle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// A region wants to send a group after a vehicle.
    ClaimTask {
        /// The vehicle.
        plate: Plate,
        /// For this alert.
        alert_id: AlertId,
        /// The region that asks.
        region: RegionId,
    },
    /// A permit blank was used for the second time, by this booking.
    BlankUsedTwice {
        /// The booking.
        booking: kezek_schemas::ids::BookingId,
        /// The blank.
        blank: compact_str::CompactString,
    },
    /// To a station: somebody was weighed.
    Weighed {
        /// The vehicle.
        plate: Plate,
        /// When.
        at: Timestamp,
    },
    /// To a station: was the vehicle weighed between these?
    WasWeighed {
        /// The vehicle.
        plate: Plate,
        /// Its sight before the station.
        from: Timestamp,
        /// Its sight beyond.
        until: Timestamp,
    },
    /// To a vehicle: the station works and did not weigh it.
    NotWeighed {
        /// The vehicle.
        plate: Plate,
        /// The station.
        station: DeviceId,
        /// The sight before.
        from: Timestamp,
        /// The sight beyond.
        until: Timestamp,
    },
    /// The task is over.
    ReleaseTask {
        /// The vehicle.
        plate: Plate,
        /// The alert whose task it was.
        alert_id: AlertId,
        /// Another alert that waits may have it.
        next: bool,
    },
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    match (owner, msg) {
        (_, Msg::ClaimTask { plate, alert_id, region }) => task_claim::claim(cx, plate, alert_id, region),
        (Owner::Vehicle(vehicle), Msg::BlankUsedTwice { booking, blank }) => docs::blank_used_twice(cx, vehicle, &booking, &blank),
        (_, Msg::ReleaseTask { plate, alert_id, next }) => task_claim::release(cx, &plate, &alert_id, next),
        (Owner::Device(station), Msg::Weighed { plate, at }) => bypass::on_weighed(cx, station, plate, at),
        (Owner::Device(station), Msg::WasWeighed { plate, from, until }) => bypass::on_asked(cx, station, plate, from, until),
        (_, Msg::NotWeighed { plate, station, from, until }) => bypass::on_missed(cx, &plate, &station, from, until),
        (_, Msg::BlankUsedTwice { .. } | Msg::Weighed { .. } | Msg::WasWeighed { .. }) => cx.count("misaddressed"),
    }
}

/// Handles a timer of this family: a closure begins or ends. Other profiles are judged at use.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) { closure::on_timer(cx, timer); }

/// Notices that every shard must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// Whether a camera's clock can be believed from now on.
    CameraClock {
        /// The camera.
        camera: kezek_schemas::ids::DeviceId,
        /// It can.
        healthy: bool,
    },
}

/// A notice on every shard.
pub fn on_notice(cx: &mut Cx<'_>, notice: Notice) {
    match notice {
        Notice::CameraClock { camera, healthy } => crate::journey::on_camera_clock(cx, camera, healthy),
    }
}

/// The local time of a region: that of one of its checkpoints, else of Almaty.
#[must_use]
pub fn zone_of(cx: &Cx<'_>, region: &RegionId) -> Option<kezek_schemas::time::Zone> {
    let local = cx.refs.catalogue.checkpoints.values().find(|c| c.region == *region).map(|c| c.zone.clone());
    local.or_else(|| kezek_schemas::time::Zone::get("Asia/Almaty"))
}
