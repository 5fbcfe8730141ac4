//! A table whose newest row of a key stands.
//!
//! Rows live in chunks of fixed places; a changed row marks its chunk, and publishing rebuilds only marked chunks.
//! A deleted row's place is used again.

use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use datafusion::arrow::error::ArrowError;
use hashbrown::HashMap;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::Timestamp;
use rustc_hash::FxBuildHasher;

use crate::catalogue::TableSpec;
use crate::chunk::Chunk;
use crate::columns::{Cell, ColumnType};
use crate::limits::KEYED_CHUNK_ROWS;

/// Separates the parts of a key.
const SEPARATOR: char = '\u{1f}';

struct Places {
    rows: Vec<Option<ViewRow>>,
    /// The chunk as last built; none when a row changed since.
    built: Option<Arc<Chunk>>,
}

/// The rows of a keyed table.
pub(crate) struct KeyedTable {
    spec: &'static TableSpec,
    key: Vec<usize>,
    places: HashMap<CompactString, u32, FxBuildHasher>,
    chunks: Vec<Places>,
    free: Vec<u32>,
    changed: bool,
}

impl KeyedTable {
    pub(crate) fn new(spec: &'static TableSpec) -> Self {
        let key = spec.key.iter().filter_map(|k| spec.column(k)).collect();
        Self { spec, key, places: HashMap::default(), chunks: Vec::new(), free: Vec::new(), changed: false }
    }

    pub(crate) fn upsert(&mut self, row: &ViewRow) {
        let key = self.key_of(row);
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                let place = self.free.pop().unwrap_or_else(|| self.grow());
                self.places.insert(key, place);
                place
            }
        };
        self.put(place, Some(row.clone()));
    }

    pub(crate) fn delete(&mut self, key: &[CompactString]) {
        let key = self.key_of_parts(key);
        if let Some(place) = self.places.remove(&key) {
            self.put(place, None);
            self.free.push(place);
        }
    }

    /// The chunks, if any row changed since the last time.
    pub(crate) fn publish(&mut self) -> Result<Option<Vec<Arc<Chunk>>>, ArrowError> {
        if !self.changed { return Ok(None); }
        let mut out = Vec::with_capacity(self.chunks.len());
        for chunk in &mut self.chunks {
            let built = match &chunk.built {
                Some(built) => built.clone(),
                None => {
                    let rows: Vec<(&ViewRow, i32)> = chunk.rows.iter().flatten().map(|r| (r, 0)).collect();
                    let built = Arc::new(Chunk::build(self.spec, &rows)?);
                    chunk.built = Some(built.clone());
                    built
                }
            };
            if built.rows() > 0 { out.push(built); }
        }
        self.changed = false;
        Ok(Some(out))
    }

    fn grow(&mut self) -> u32 {
        if self.chunks.last().is_none_or(|c| c.rows.len() == KEYED_CHUNK_ROWS) {
            self.chunks.push(Places { rows: Vec::new(), built: None });
        }
        let full = (self.chunks.len() - 1) * KEYED_CHUNK_ROWS;
        let last = self.chunks.last_mut().map_or(0, |c| { c.rows.push(None); c.rows.len() - 1 });
        (full + last) as u32
    }

    fn put(&mut self, place: u32, row: Option<ViewRow>) {
        let (chunk, slot) = (place as usize / KEYED_CHUNK_ROWS, place as usize % KEYED_CHUNK_ROWS);
        if let Some(chunk) = self.chunks.get_mut(chunk)
            && let Some(slot) = chunk.rows.get_mut(slot)
        {
            *slot = row;
            chunk.built = None;
            self.changed = true;
        }
    }

    fn key_of(&self, row: &ViewRow) -> CompactString {
        let mut key = CompactString::default();
        for column in self.key.iter().filter_map(|n| self.spec.columns.get(*n)) {
            match (column.get)(row, 0) {
                Cell::Null => {}
                Cell::Text(s) => key.push_str(s),
                Cell::Int(n) => key.push_str(&format_compact!("{n}")),
                Cell::BigInt(n) | Cell::Time(n) => key.push_str(&format_compact!("{n}")),
                Cell::Double(n) => key.push_str(&format_compact!("{n}")),
                Cell::Bool(b) => key.push_str(if b { "t" } else { "f" }),
            }
            key.push(SEPARATOR);
        }
        key
    }

    /// The key of a deletion; a time may be written as microseconds or as RFC 3339.
    fn key_of_parts(&self, parts: &[CompactString]) -> CompactString {
        let mut key = CompactString::default();
        for (column, part) in self.key.iter().filter_map(|n| self.spec.columns.get(*n)).zip(parts) {
            match (column.ty, Timestamp::parse(part)) {
                (ColumnType::Time, Some(at)) => key.push_str(&format_compact!("{}", at.0)),
                _ => key.push_str(part),
            }
            key.push(SEPARATOR);
        }
        key
    }
}
