//! The queue: rows in the order in which vehicles go, numbered from 1 at each checkpoint.
//!
//! The order is the law's: priority lane first, then slot, then number. A checkpoint's queue is one chunk, rebuilt
//! when anybody joins, leaves or moves there.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use datafusion::arrow::error::ArrowError;
use hashbrown::HashMap;
use kezek_schemas::tables::{QueueRow, ViewRow};
use kezek_schemas::time::Timestamp;
use rustc_hash::FxBuildHasher;

use crate::catalogue::TableSpec;
use crate::chunk::Chunk;
use crate::limits::LOG_CHUNK_ROWS;

/// (not priority, slot, number, booking)
type Place = (bool, Timestamp, u32, CompactString);

#[derive(Default)]
struct Line {
    rows: BTreeMap<Place, ViewRow>,
    built: Option<Vec<Arc<Chunk>>>,
}

/// The queues of all checkpoints.
pub(crate) struct QueueTable {
    spec: &'static TableSpec,
    lines: BTreeMap<CompactString, Line>,
    places: HashMap<CompactString, (CompactString, Place), FxBuildHasher>,
    changed: bool,
}

fn place(row: &QueueRow) -> Place { (row.lane != "priority", row.slot_start, row.number, row.booking_id.clone()) }

impl QueueTable {
    pub(crate) fn new(spec: &'static TableSpec) -> Self {
        Self { spec, lines: BTreeMap::new(), places: HashMap::default(), changed: false }
    }

    pub(crate) fn upsert(&mut self, row: &ViewRow) {
        let ViewRow::QueueRow(queued) = row else { return };
        self.leave(&queued.booking_id);
        let place = place(queued);
        let line = self.lines.entry(queued.checkpoint.clone()).or_default();
        line.rows.insert(place.clone(), row.clone());
        line.built = None;
        self.places.insert(queued.booking_id.clone(), (queued.checkpoint.clone(), place));
        self.changed = true;
    }

    pub(crate) fn delete(&mut self, key: &[CompactString]) {
        if let [booking_id] = key { self.leave(booking_id); }
    }

    fn leave(&mut self, booking_id: &str) {
        let Some((checkpoint, place)) = self.places.remove(booking_id) else { return };
        if let Some(line) = self.lines.get_mut(&checkpoint) {
            line.rows.remove(&place);
            line.built = None;
        }
        self.changed = true;
    }

    /// The chunks, if a queue changed since the last time.
    pub(crate) fn publish(&mut self) -> Result<Option<Vec<Arc<Chunk>>>, ArrowError> {
        if !self.changed { return Ok(None); }
        self.lines.retain(|_, line| !line.rows.is_empty());
        let mut out = Vec::with_capacity(self.lines.len());
        for line in self.lines.values_mut() {
            let built = match &line.built {
                Some(built) => built.clone(),
                None => {
                    let rows: Vec<(&ViewRow, i32)> = line.rows.values().zip(1..).collect();
                    let built: Vec<_> = rows.chunks(LOG_CHUNK_ROWS)
                        .map(|rows| Chunk::build(self.spec, rows).map(Arc::new)).collect::<Result<_, _>>()?;
                    line.built = Some(built.clone());
                    built
                }
            };
            out.extend(built);
        }
        self.changed = false;
        Ok(Some(out))
    }
}
