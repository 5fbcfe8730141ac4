//! Matching plate reads to bookings: likelihoods, hypotheses and posteriors. Nothing here decides: the gate does.

pub mod edit;
pub mod index;
pub mod known;
pub mod model;
pub mod pattern;
pub mod posterior;
pub mod variants;

use kezek_schemas::ids::Country;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kernel::{Cx, table_set};
use known::{KnownPlates, PlateKey};
pub use model::ReaderModel;

table_set! {
    /// Known plates: the gate's alternatives.
    pub struct MatchingTables {
        /// When a plate of a country was last heard of.
        known: Tracked<PlateKey, Timestamp, KnownPlates> = 0x50,
    }
}

/// A plate that exists (a booking, a declaration, a watched plate, a confirmed sight).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownPlate {
    /// The plate.
    pub plate: Plate,
    /// Its country, where known.
    pub country: Option<Country>,
    /// When it was last heard of.
    pub at: Timestamp,
}

/// A plate became known (sent to every shard).
pub fn on_known(cx: &mut Cx<'_>, known: KnownPlate) {
    if !known.plate.is_empty() && !known.plate.has_erasure() { index::insert(&mut cx.tables.matching, known); }
}
