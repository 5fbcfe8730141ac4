//! What the console told a checkpoint's gate: its mode, whether it is closed, and the legacy list of e-border.kz.

use kezek_schemas::ids::{CheckpointId, Country};
use kezek_schemas::inputs::{LegacyEntry, Mode};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::standing::Standing;
use crate::kernel::Cx;

/// A checkpoint's gate as the console left it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// How the checkpoint works.
    pub mode: Mode,
    /// Closed; until then, or until `opened`.
    pub closed: Option<Option<Timestamp>>,
    /// The legacy list in its order.
    pub legacy: Vec<Legacy>,
}

/// One vehicle of the legacy list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Legacy {
    /// Plate.
    pub plate: Plate,
    /// Country, where the list gives one.
    pub country: Option<Country>,
    /// Place on the list.
    pub position: u32,
    /// How far it has come.
    pub state: LegacyState,
}

/// How far a legacy vehicle has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegacyState {
    /// On the list.
    Waiting,
    /// The barrier was opened for it.
    Opened,
    /// It went in.
    Admitted,
}

impl Site {
    /// Whether the checkpoint is closed now.
    #[must_use]
    pub fn closed_at(&self, now: Timestamp) -> bool { self.closed.is_some_and(|until| until.is_none_or(|u| now < u)) }

    /// Takes a new list; vehicles that went in stay gone.
    pub fn set_legacy(&mut self, entries: &[LegacyEntry]) {
        let mut list: Vec<Legacy> = entries.iter().map(|e| {
            let state = self.legacy.iter().find(|l| l.plate == e.plate.plate).map_or(LegacyState::Waiting, |l| l.state);
            Legacy { plate: e.plate.plate.clone(), country: e.plate.country.clone(), position: e.position, state }
        }).collect();
        list.sort_by(|a, b| (a.position, &a.plate).cmp(&(b.position, &b.plate)));
        self.legacy = list;
    }

    /// How a vehicle of the list stands: due once all before it went in.
    #[must_use]
    pub fn legacy_standing(&self, index: usize) -> Standing {
        match self.legacy[index].state {
            LegacyState::Admitted => Standing::Consumed,
            LegacyState::Opened => Standing::Reopened,
            LegacyState::Waiting if self.legacy[..index].iter().all(|l| l.state == LegacyState::Admitted) => Standing::Due,
            LegacyState::Waiting => Standing::NotDue,
        }
    }

    /// Marks a legacy vehicle.
    pub fn mark(&mut self, plate: &Plate, state: LegacyState) {
        if let Some(l) = self.legacy.iter_mut().find(|l| l.plate == *plate) { l.state = state; }
    }
}

/// Vehicles of the legacy list that have not gone in, in order.
#[must_use]
pub fn legacy_waiting<'a>(cx: &'a Cx<'_>, checkpoint: &CheckpointId) -> Vec<&'a Legacy> {
    cx.tables.gate.sites.get(checkpoint).map_or_else(Vec::new, |s| s.legacy.iter().filter(|l| l.state != LegacyState::Admitted).collect())
}

/// How a checkpoint works now.
#[must_use]
pub fn mode(cx: &Cx<'_>, checkpoint: &CheckpointId) -> Mode { cx.tables.gate.sites.get(checkpoint).map_or(Mode::Mandatory, |s| s.mode) }
