//! Messages between owners. They travel through the log's `internal` topic in the same commit as what caused them,
//! and carry the time of that cause; in `replay` they run to quiescence before the next input.

use kezek_schemas::inputs::Input;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Owner;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Who shall have it; `None` = every shard (a broadcast).
    pub to: Option<Owner>,
    /// The time of the input or timer that caused it.
    pub at: Timestamp,
    /// What it says.
    pub body: Message,
}

/// What one owner tells another, by the family that understands it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Message {
    /// An input that arrived on another shard than its owner's.
    Forwarded(Box<Input>),
    Directory(crate::directory::Msg),
    Booking(crate::booking::Msg),
    Queue(crate::queue::Msg),
    Gate(crate::gate::Msg),
    Journey(crate::journey::Msg),
    Risk(crate::risk::Msg),
    Dispatch(crate::dispatch::Msg),
    Permits(crate::permits::Msg),
    Broadcast(Broadcast),
}

/// What every shard must know: small, versioned, bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Broadcast {
    /// A risk profile or closure (a newer record of an id replaces the older).
    Profile(Box<kezek_schemas::inputs::Profile>),
    /// A plate that exists: the gate's alternatives.
    KnownPlate(crate::matching::KnownPlate),
    /// Anything a family adds.
    Risk(crate::risk::Notice),
}
