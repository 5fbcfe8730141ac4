//! A table that only grows, and forgets its oldest rows beyond its bound.
//!
//! Full chunks are sealed: their rows exist only as Arrow from then on. Only the open chunk is rebuilt.

use std::collections::VecDeque;
use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use kezek_schemas::tables::ViewRow;

use crate::catalogue::TableSpec;
use crate::chunk::Chunk;
use crate::limits::{LOG_CHUNK_ROWS, LOG_ROWS};

/// The rows of an append-only table.
pub(crate) struct LogTable {
    spec: &'static TableSpec,
    sealed: VecDeque<Arc<Chunk>>,
    open: Vec<ViewRow>,
    changed: bool,
}

impl LogTable {
    pub(crate) fn new(spec: &'static TableSpec) -> Self {
        Self { spec, sealed: VecDeque::new(), open: Vec::new(), changed: false }
    }

    pub(crate) fn append(&mut self, row: &ViewRow) {
        self.open.push(row.clone());
        self.changed = true;
    }

    /// The chunks, if rows came since the last time.
    pub(crate) fn publish(&mut self) -> Result<Option<Vec<Arc<Chunk>>>, ArrowError> {
        if !self.changed { return Ok(None); }
        while self.open.len() >= LOG_CHUNK_ROWS {
            let chunk = self.build(LOG_CHUNK_ROWS)?;
            self.open.drain(..LOG_CHUNK_ROWS);
            self.sealed.push_back(chunk);
            if self.sealed.len() * LOG_CHUNK_ROWS > LOG_ROWS { self.sealed.pop_front(); }
        }
        let mut out: Vec<_> = self.sealed.iter().cloned().collect();
        if !self.open.is_empty() { out.push(self.build(self.open.len())?); }
        self.changed = false;
        Ok(Some(out))
    }

    fn build(&self, rows: usize) -> Result<Arc<Chunk>, ArrowError> {
        let rows: Vec<(&ViewRow, i32)> = self.open.iter().take(rows).map(|r| (r, 0)).collect();
        Ok(Arc::new(Chunk::build(self.spec, &rows)?))
    }
}
