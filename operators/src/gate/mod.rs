//! Arrivals, decisions and barrier commands of a checkpoint.
//!
//! A read joins or begins an arrival ([`reads`], [`arrival`]); the arrival is judged ([`judge`]) and the verdict is made
//! known and done ([`decide`]); the controller's answers and the console change what follows ([`barrier`], [`console`]).
//! Nothing here repeats an `open`, and nothing late ever moves a barrier.

pub mod arrival;
mod barrier;
pub mod command;
mod console;
mod decide;
pub mod devices;
pub mod grounds;
pub mod judge;
mod reads;
mod sights;
pub mod site;
pub mod standing;
pub mod verdict;

use kezek_schemas::ids::{ArrivalId, BookingId, CheckpointId, CommandId, DeviceId, RecordId};
use kezek_schemas::inputs::{BarrierEvent, Control, Input};
use serde::{Deserialize, Serialize};

use crate::kernel::{Cx, Owner, TimerKey, TimerKind, table_set};
use arrival::{Arrival, Line};
use command::{Barrier, Command};
use devices::Device;
use site::Site;

pub use reads::on_read;

table_set! {
    /// Rows of this family.
    pub struct GateTables {
        /// Arrivals of the last days.
        arrivals: Table<ArrivalId, Arrival> = 0x40,
        /// Read → its arrival.
        reads: Table<RecordId, ArrivalId> = 0x41,
        /// The recent arrivals of a line, live and stale apart, the newest last.
        lines: Table<(CheckpointId, Line, bool), Vec<ArrivalId>> = 0x42,
        /// Barriers.
        barriers: Table<DeviceId, Barrier> = 0x43,
        /// Commands and what became of them.
        commands: Table<CommandId, Command> = 0x44,
        /// What the console told the gates.
        sites: Table<CheckpointId, Site> = 0x45,
        /// By which arrivals a booking is seen; true = for good.
        sights: OrderedTable<(BookingId, ArrivalId), bool> = 0x46,
        /// Devices.
        devices: Table<DeviceId, Device> = 0x47,
    }
}

/// Messages to this family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {}

/// Handles a message to `owner`.
pub fn on_message(_cx: &mut Cx<'_>, _owner: &Owner, msg: Msg) { match msg {} }

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    match timer.kind {
        TimerKind::FusionEnd => decide::settle(cx, &ArrivalId(timer.subject.clone()), true),
        TimerKind::NotPassed => barrier::not_passed(cx, &CommandId(timer.subject.clone())),
        TimerKind::ArrivalPurge => reads::forget(cx, &ArrivalId(timer.subject.clone())),
        TimerKind::BarrierExpiry => { cx.tables.gate.commands.remove(&CommandId(timer.subject.clone())); }
        TimerKind::Reopen | TimerKind::Notice | TimerKind::Call | TimerKind::Late | TimerKind::Annul | TimerKind::CrossTimeout | TimerKind::QueuePurge
        | TimerKind::SourceDeadline | TimerKind::HoldExpiry | TimerKind::EarlyAnswerExpiry | TimerKind::BookingPurge | TimerKind::BoardRefresh
        | TimerKind::BoardPublish | TimerKind::JourneyTimeout | TimerKind::TransitNear | TimerKind::TransitDue | TimerKind::SealSilence
        | TimerKind::Overdue | TimerKind::InsuranceEnd | TimerKind::BypassCheck | TimerKind::JourneyPurge | TimerKind::AcceptTimeout
        | TimerKind::StopWarning | TimerKind::StopOverrun | TimerKind::GroupStale | TimerKind::DirectoryPurge | TimerKind::ProfileFrom
        | TimerKind::ProfileUntil | TimerKind::AccountPurge | TimerKind::SourceSilence => cx.count("misaddressed"),
    }
}

/// Handles a barrier controller's event.
pub fn on_barrier(cx: &mut Cx<'_>, input: &Input, event: &BarrierEvent) { barrier::on_event(cx, input, event); }

/// Handles a control of the officials' console (resolve, open, hold, release, device state; mode changes redraw boards).
pub fn on_control(cx: &mut Cx<'_>, input: &Input, control: &Control) { console::on_control(cx, input, control); }
