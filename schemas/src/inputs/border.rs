//! `declarations`, `crossings` and `permits`: papers and the line itself.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::PlateText;
use crate::ids::{BookingId, CheckpointId, Country, DeclarationId, SealId};
use crate::time::Timestamp;

/// A record of `declarations`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// What happened to it.
    pub kind: DeclarationKind,
    /// The declaration.
    pub declaration_id: DeclarationId,
    /// The vehicle.
    pub plate: PlateText,
    /// The trailer.
    pub trailer: Option<PlateText>,
    /// The checkpoint it names.
    pub checkpoint: Option<CheckpointId>,
    /// Declared gross mass, kg.
    pub gross_kg: Option<f64>,
    /// Corridor as given.
    pub corridor: Option<CompactString>,
    /// Transit term.
    pub deadline: Option<Timestamp>,
    /// The seal on the cargo.
    pub seal_id: Option<SealId>,
    /// Origin as given.
    pub origin: Option<CompactString>,
}

/// What happened to a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum DeclarationKind { Registered, Released, TransitOpened, TransitClosed, Waybill }

/// A record of `crossings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Which way.
    pub direction: Direction,
    /// The vehicle.
    pub plate: PlateText,
}

/// Which way over the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Direction { Exit, Entry }

/// A record of `permits`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermitEvent {
    /// What is asked or done.
    pub action: PermitAction,
    /// The country of the blank.
    pub country: Country,
    /// The kind of the blank.
    pub kind: CompactString,
    /// The blank's number.
    pub blank: Option<CompactString>,
    /// The booking it is for.
    pub booking_id: Option<BookingId>,
    /// How many blanks.
    pub count: Option<u32>,
    /// The year of the blanks; absent = the year of `at`.
    pub year: Option<i16>,
}

/// What is asked or done with a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PermitAction { StockAdded, Requested, DutyPaid, Issued, Returned, Used }
