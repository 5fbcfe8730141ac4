//! Journeys of vehicles over the roads: opened by a confirmed booking or a transit, followed by sights, closed by a crossing,
//! the booking's or the transit's end, or seven days after the last sight.

mod cameras;
mod clone;
pub mod graph;
mod hooks;
pub mod overdue;
mod papers;
mod route;
mod seals;
mod sights;
mod timers;
mod vehicle;

use kezek_schemas::ids::{AccountId, BookingId, CheckpointId, Country, DeviceId, SealId, Vin};
use kezek_schemas::inputs::{Crossing, Declaration, Input, PlateText, RoadHit, SealEvent, WeighHit};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use cameras::CameraHealth;
pub use hooks::{booking_confirmed, booking_ended, booking_requested};
pub use route::closed_throughout;
pub use seals::SealRow;
pub use sights::{TOO_LATE, believed};
pub use vehicle::{Journey, Pair, Sight, Transit, Vehicle};

use crate::kernel::{Cx, Owner, TimerKey, table_set};

table_set! {
    /// Rows of this family.
    pub struct JourneyTables {
        /// Vehicles that were seen or booked.
        vehicles: Table<Plate, Vehicle> = 0x70,
        /// Open journeys.
        journeys: OrderedTable<Plate, Journey> = 0x71,
        /// Seals and whose they are, at the seal's owner.
        seals: OrderedTable<SealId, SealRow> = 0x72,
        /// Impossible pairs and passes of a camera, at the camera's owner.
        cameras: OrderedTable<DeviceId, CameraHealth> = 0x73,
        /// Cameras whose clocks cannot be believed now, on every shard.
        unhealthy: OrderedTable<DeviceId, ()> = 0x74,
    }
}

/// Messages to this family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// A plate read at a checkpoint camera, sent by the gate to the vehicle that was read.
    CheckpointSight {
        /// Camera.
        camera: DeviceId,
        /// The plate read.
        plate: PlateText,
        /// The trailer read with it.
        trailer: Option<PlateText>,
        /// When it happened.
        at: Timestamp,
        /// 0-1.
        confidence: Option<f32>,
    },
    /// To a seal: whose it is.
    BindSeal {
        /// The plate of the declaration.
        plate: Plate,
        /// Its country.
        country: Option<Country>,
    },
    /// To a vehicle: its seal says something.
    Seal {
        /// The vehicle.
        plate: Plate,
        /// What.
        event: SealEvent,
        /// When it happened.
        at: Timestamp,
    },
    /// To a camera: a vehicle cannot have been here and there. The second camera answers the vehicle.
    Impossible {
        /// The vehicle.
        plate: Plate,
        /// The pair.
        pair: Pair,
        /// The first camera was asked and its clock is healthy.
        first_healthy: Option<bool>,
    },
    /// To a vehicle: whether both cameras of a pair are healthy.
    PairJudged {
        /// The vehicle.
        plate: Plate,
        /// The pair.
        pair: Pair,
        /// Both are healthy.
        healthy: bool,
    },
    /// To a camera: a vehicle passed.
    Pass,
    /// To a camera: did it work since a vehicle should have come? Goes on to the rest, then back to the vehicle.
    WorkedSince {
        /// The vehicle.
        plate: Plate,
        /// Its last sight.
        since: Timestamp,
        /// Cameras still to ask.
        rest: Vec<DeviceId>,
        /// Those that worked.
        working: Vec<DeviceId>,
    },
    /// To a vehicle: the cameras that worked.
    Working {
        /// The vehicle.
        plate: Plate,
        /// The sight it was asked for.
        since: Timestamp,
        /// Those that worked.
        working: Vec<DeviceId>,
    },
}

/// What journeys need to know of a booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BookingFacts {
    pub booking_id: BookingId,
    pub account_id: AccountId,
    pub checkpoint: CheckpointId,
    pub plate: Plate,
    pub country: Country,
    pub vin: Option<Vin>,
    pub trailer: Option<Plate>,
    /// Documents of the drivers: personal data, for watch lists only.
    pub documents: Vec<compact_str::CompactString>,
    pub slot_start: Option<Timestamp>,
    /// Until when the insurance holds, where a check said so.
    pub insurance_until: Option<Timestamp>,
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    match (owner, msg) {
        (_, Msg::CheckpointSight { camera, plate, trailer, at, confidence }) => {
            sights::on_sight(cx, &sights::Seen { plate: &plate, device: &camera, at, trailer: trailer.as_ref(), speed_kmh: None, axles: None, confidence });
            left_by_gate(cx, &camera, &plate, confidence);
        }
        (Owner::Seal(seal), Msg::BindSeal { plate, country }) => seals::bind(cx, seal, plate, country),
        (_, Msg::Seal { plate, event, at }) => seals::on_vehicle(cx, &plate, &event, at),
        (Owner::Device(camera), Msg::Impossible { plate, pair, first_healthy }) => cameras::on_impossible(cx, camera, plate, pair, first_healthy),
        (_, Msg::PairJudged { plate, pair, healthy }) => clone::on_judged(cx, &plate, pair, healthy),
        (Owner::Device(camera), Msg::Pass) => cameras::on_pass(cx, camera),
        (Owner::Device(camera), Msg::WorkedSince { plate, since, rest, working }) => cameras::on_asked(cx, camera, plate, since, rest, working),
        (_, Msg::Working { plate, since, working }) => overdue::on_working(cx, &plate, since, &working),
        (_, Msg::BindSeal { .. } | Msg::Impossible { .. } | Msg::Pass | Msg::WorkedSince { .. }) => cx.count("misaddressed"),
    }
}

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) { timers::on_timer(cx, timer); }

/// Handles a road camera's hit at the vehicle's owner.
pub fn on_hit(cx: &mut Cx<'_>, input: &Input, hit: &RoadHit) {
    sights::on_sight(cx, &sights::Seen { plate: &hit.plate, device: &hit.camera, at: input.at, trailer: hit.trailer.as_ref(), speed_kmh: hit.speed_kmh, axles: None,
        confidence: hit.confidence });
}

/// Handles a weighing at the vehicle's owner (or the station's, where no plate was read).
pub fn on_weighing(cx: &mut Cx<'_>, input: &Input, hit: &WeighHit) {
    let Some(plate) = &hit.plate else { return };
    sights::on_sight(cx, &sights::Seen { plate, device: &hit.station, at: input.at, trailer: None, speed_kmh: hit.speed_kmh, axles: Some(hit.axles.len() as u8),
        confidence: None });
}

/// Handles a declaration at the vehicle's owner.
pub fn on_declaration(cx: &mut Cx<'_>, _input: &Input, declaration: &Declaration) { papers::on_declaration(cx, declaration); }
/// Handles a seal's event at the seal's owner.
pub fn on_seal(cx: &mut Cx<'_>, input: &Input, seal: &SealEvent) { seals::on_event(cx, input, seal); }
/// Handles a border crossing at the vehicle's owner.
pub fn on_crossing(cx: &mut Cx<'_>, _input: &Input, crossing: &Crossing) { papers::on_crossing(cx, crossing); }
/// Whether a camera's clock can be believed, on every shard.
pub fn on_camera_clock(cx: &mut Cx<'_>, camera: DeviceId, healthy: bool) {
    if healthy { cx.tables.journey.unhealthy.remove(&camera); } else { cx.tables.journey.unhealthy.insert(camera, ()); }
}

/// An exact read behind the gate: the vehicle has left the country.
fn left_by_gate(cx: &mut Cx<'_>, camera: &DeviceId, plate: &PlateText, confidence: Option<f32>) {
    let Some((cp, kezek_schemas::reference::DeviceRole::GateExit)) = cx.refs.catalogue.checkpoint_device(camera) else { return };
    let id = cp.id.clone();
    if sights::believed(confidence) { papers::left(cx, &plate.plate, &id); }
}

/// The way a vehicle is expected to take from a place: to the checkpoint of its journey, else of its booking; empty when unknown.
#[must_use]
pub fn expected_way(cx: &Cx<'_>, plate: &Plate, place: &crate::risk::place::Place) -> Vec<(kezek_schemas::ids::NodeId, f64)> {
    let journey = cx.tables.journey.journeys.get(plate).and_then(|j| j.checkpoint.clone());
    let goal = journey.or_else(|| cx.tables.risk.subjects.get(plate).map(|s| s.checkpoint.clone()));
    goal.map(|cp| crate::dispatch::roads::way(cx, place, &cp)).unwrap_or_default()
}

/// Where a vehicle was seen last, whichever journey it was on.
#[must_use]
pub fn last_place(cx: &Cx<'_>, plate: &Plate) -> Option<crate::risk::place::Place> {
    let sight = cx.tables.journey.vehicles.get(plate)?.sights.last()?;
    crate::risk::place::of_device(&cx.refs.catalogue, &sight.device)
}
