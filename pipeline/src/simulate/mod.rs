//! A country of trucks, from a seed: the same seed gives the same records. `kezek simulate` writes them as files for
//! `replay`; the demo feeds them to the running service on an accelerated clock.
//!
//! Synthetic by design: fractions are the ones of the load model (no-shows 6 %, cancellations 25 %, reschedules 20 %, walk-ins
//! 3 %), plates are made up, coordinates are the catalogue's.

mod country;
mod crime;
mod drive;
mod files;
mod lorry;
mod maker;
mod plates;
mod roads;
mod truck;

pub use files::{Options, simulate};
pub use roads::Roads;
pub use truck::{Fate, Truck};

use kezek_schemas::inputs::Topic;
use kezek_schemas::time::Timestamp;

/// One record on its way into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// When it arrives.
    pub arrives: Timestamp,
    /// Its topic.
    pub topic: Topic,
    /// The JSON object.
    pub json: String,
}
