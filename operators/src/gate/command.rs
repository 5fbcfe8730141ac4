//! Barrier commands. An id is made of what the command is for and holds no epoch, so that a replay gives the same ids;
//! numbers grow by one per barrier; a command dies 20 s after its issue and is never repeated.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{ArrivalId, BookingId, CheckpointId, CommandId, DeviceId, RecordId};
use kezek_schemas::inputs::Actor;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::plate::Plate;
use kezek_schemas::tables::{BarrierCommandRow, ViewRow};
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::verdict::Target;
use crate::kernel::{Cx, TimerKind};

/// Time to live of a command.
pub const TTL: Span = Span::seconds(20);
/// How long a command is remembered.
const KEPT: Span = Span::hours(48);

/// A barrier as the gate knows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Barrier {
    /// Number of the last command.
    pub seq: u64,
    /// The controller's last nonce.
    pub nonce: Option<CompactString>,
    /// The console holds it.
    pub held: bool,
}

/// What a command orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Action { Open, Hold, Release }

impl Action {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str { match self { Self::Open => "open", Self::Hold => "hold", Self::Release => "release" } }
}

/// A command that was given, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Its id.
    pub id: CommandId,
    /// Where.
    pub checkpoint: CheckpointId,
    /// Which barrier.
    pub barrier: DeviceId,
    /// What.
    pub action: Action,
    /// For which arrival.
    pub arrival: Option<ArrivalId>,
    /// For whom.
    pub target: Option<Target>,
    /// Who ordered it at the console.
    pub actor: Option<CompactString>,
    /// When.
    pub issued_at: Timestamp,
    /// Its number.
    pub seq: u64,
    /// When the controller says it was done.
    pub executed_at: Option<Timestamp>,
    /// The vehicle went in.
    pub passed: bool,
    /// It came to nothing.
    pub failed: bool,
    /// The last word of the controller.
    pub result: Option<CompactString>,
}

/// What the decision behind a command says.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Grounds {
    pub outcome: &'static str,
    pub reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posterior: Option<f64>,
    pub reads: Vec<RecordId>,
    pub rule: &'static str,
    pub clause: &'static str,
}

/// An order to a barrier.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Order {
    pub id: CommandId,
    pub checkpoint: CheckpointId,
    pub barrier: DeviceId,
    pub action: Action,
    pub arrival: Option<ArrivalId>,
    pub target: Option<Target>,
    pub plate: Option<Plate>,
    pub actor: Option<Actor>,
    pub reason: Option<CompactString>,
    pub grounds: Grounds,
}

#[derive(Serialize)]
struct Record<'a> {
    id: &'a CommandId,
    at: String,
    command_id: &'a CommandId,
    checkpoint: &'a CheckpointId,
    barrier: &'a DeviceId,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrival_id: Option<&'a ArrivalId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<&'a BookingId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<&'a Plate>,
    issued_at: String,
    not_after: String,
    epoch: u64,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a CompactString>,
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a CompactString>,
    decision: &'a Grounds,
}

/// The id of a command: what, at which barrier, caused by which record.
#[must_use]
pub fn id(action: Action, barrier: &DeviceId, cause: &str, by_control: bool) -> CommandId {
    let place = barrier.as_str().replace('/', ".");
    CommandId(format_compact!("{}-{place}-{}{cause}", action.name(), if by_control { "c." } else { "" }))
}

/// The barrier of a checkpoint's gate.
#[must_use]
pub fn barrier_of(checkpoint: &CheckpointId) -> DeviceId { checkpoint.device("barrier-1") }

/// Whether the console holds the barrier.
#[must_use]
pub fn held(cx: &Cx<'_>, checkpoint: &CheckpointId) -> bool { cx.tables.gate.barriers.get(&barrier_of(checkpoint)).is_some_and(|b| b.held) }

/// Whether an open may still let its vehicle in: it lives, or was executed and neither passage nor failure is reported.
#[must_use]
pub fn under_way(command: &Command, now: Timestamp) -> bool {
    !command.passed && !command.failed && (command.executed_at.is_some() || now <= command.issued_at + TTL)
}

/// Gives a command. A command of that id that was given already is not given again.
pub fn give(cx: &mut Cx<'_>, order: Order) -> bool {
    if cx.tables.gate.commands.contains(&order.id) { return false; }
    let refs = cx.refs;
    let Some(place) = refs.catalogue.checkpoints.get(&order.checkpoint) else { return false };
    let barrier = cx.tables.gate.barriers.entry(&order.barrier);
    barrier.seq += 1;
    let (seq, nonce) = (barrier.seq, barrier.nonce.clone());
    let booking = match &order.target { Some(Target::Booking(b)) => Some(b), Some(Target::Legacy(_)) | None => None };
    let record = Record {
        id: &order.id, at: cx.local(&place.zone), command_id: &order.id, checkpoint: &order.checkpoint, barrier: &order.barrier,
        action: order.action.name(), arrival_id: order.arrival.as_ref(), booking_id: booking, plate: order.plate.as_ref(),
        issued_at: cx.local(&place.zone), not_after: (cx.now + TTL).to_rfc3339(&place.zone), epoch: cx.epoch, seq, nonce: nonce.as_ref(),
        mode: if order.actor.is_some() { "manual" } else { "auto" }, actor: order.actor.as_ref(), reason: order.reason.as_ref(), decision: &order.grounds,
    };
    cx.emit(OutTopic::BarrierCommands, order.checkpoint.as_str(), &record);
    let command = Command { id: order.id.clone(), checkpoint: order.checkpoint, barrier: order.barrier, action: order.action, arrival: order.arrival,
        target: order.target, actor: order.actor.map(|a| a.id), issued_at: cx.now, seq, executed_at: None, passed: false, failed: false, result: None };
    show(cx, &command);
    cx.arm(cx.now + KEPT, command.checkpoint.as_str(), TimerKind::BarrierExpiry, command.id.as_str());
    cx.tables.gate.commands.insert(order.id, command);
    true
}

/// Shows a command's row.
pub fn show(cx: &mut Cx<'_>, command: &Command) {
    cx.view(|_| ViewRow::BarrierCommandRow(Box::new(BarrierCommandRow {
        command_id: command.id.0.clone(), checkpoint: command.checkpoint.0.clone(), barrier: command.barrier.0.clone(), action: command.action.name().into(),
        mode: if command.actor.is_some() { "manual" } else { "auto" }.into(), actor: command.actor.clone(),
        booking_id: match &command.target { Some(Target::Booking(b)) => Some(b.0.clone()), Some(Target::Legacy(_)) | None => None },
        issued_at: command.issued_at, not_after: command.issued_at + TTL, seq: command.seq, result: command.result.clone(),
    })));
}
