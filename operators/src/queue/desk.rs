//! Whether a checkpoint is closed. A closure takes every hour it overlaps; one without an
//! end lasts until `opened`.

use kezek_schemas::ids::CheckpointId;
use kezek_schemas::time::{Slot, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kernel::Cx;

/// One closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` = until `opened`.
    pub until: Option<Timestamp>,
}

impl Closure {
    /// Whether it stands at that moment.
    #[must_use]
    pub fn lasts_at(self, at: Timestamp) -> bool { self.from <= at && self.until.is_none_or(|u| at < u) }
    /// Whether it takes something of the hour that starts then.
    #[must_use]
    pub fn overlaps(self, start: Timestamp) -> bool {
        start + Span::hours(1) > self.from && self.until.is_none_or(|u| start < u)
    }
}

/// State of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// The closure that stands; a newer one replaces it.
    pub closure: Option<Closure>,
}

/// Whether an hour is closed.
pub fn hour_is_closed(cx: &Cx<'_>, checkpoint: &CheckpointId, start: Timestamp) -> bool {
    cx.tables.queue.desks.get(checkpoint).is_some_and(|d| d.closure.is_some_and(|c| c.overlaps(start)))
}

/// A slot with its start at a checkpoint.
pub fn started(cx: &Cx<'_>, checkpoint: &CheckpointId, slot: Slot) -> Option<Timestamp> {
    cx.refs.catalogue.checkpoints.get(checkpoint).map(|c| slot.start(&c.zone))
}
