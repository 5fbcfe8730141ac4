//! A chunk: some rows of a table as one immutable Arrow batch, with what a scan needs to leave it out: a hash
//! index of the columns that people look things up by, and the range of every time column.
//!
//! Both only narrow; the engine still compares the values, so a hash collision costs time, never an answer.

use std::hash::Hasher;

use datafusion::arrow::array::{Array, StringArray, TimestampMicrosecondArray, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use kezek_schemas::tables::ViewRow;
use rustc_hash::FxHasher;

use crate::catalogue::{INDEXED, TableSpec};
use crate::columns::ColumnType;

/// Rows as Arrow, with their index.
#[derive(Debug)]
pub struct Chunk {
    batch: RecordBatch,
    /// Per indexed column: (hash, row), sorted.
    hashes: Vec<(usize, Vec<(u32, u16)>)>,
    /// Per time column: the least and the greatest instant; none where every value is null.
    ranges: Vec<(usize, Option<(i64, i64)>)>,
}

/// What a filter asks of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// The column equals one of these texts.
    Text {
        /// Column.
        column: usize,
        /// Hashes of the texts.
        hashes: Vec<u32>,
    },
    /// The column lies within these instants, ends included.
    Time {
        /// Column.
        column: usize,
        /// Not before.
        from: i64,
        /// Not after.
        to: i64,
    },
}

/// The hash of a text in the index.
#[must_use]
pub fn hash(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.write_usize(text.len());
    (hasher.finish() >> 16) as u32
}

impl Chunk {
    /// The rows as a chunk.
    pub fn build(spec: &TableSpec, rows: &[(&ViewRow, i32)]) -> Result<Self, ArrowError> {
        let arrays: Vec<_> = spec.columns.iter().map(|c| c.array(rows)).collect();
        let mut hashes = Vec::new();
        let mut ranges = Vec::new();
        for (number, (column, array)) in spec.columns.iter().zip(&arrays).enumerate() {
            match column.ty {
                ColumnType::Text if INDEXED.contains(&column.name) => {
                    let Some(texts) = array.as_any().downcast_ref::<StringArray>() else { continue };
                    let mut index: Vec<(u32, u16)> =
                        texts.iter().enumerate().filter_map(|(row, t)| t.map(|t| (hash(t), row as u16))).collect();
                    index.sort_unstable();
                    hashes.push((number, index));
                }
                ColumnType::Time => {
                    let Some(times) = array.as_any().downcast_ref::<TimestampMicrosecondArray>() else { continue };
                    let range = times.iter().flatten().fold(None, |range: Option<(i64, i64)>, t| {
                        Some(range.map_or((t, t), |(from, to)| (from.min(t), to.max(t))))
                    });
                    ranges.push((number, range));
                }
                _ => {}
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(Self { batch: RecordBatch::try_new_with_options(spec.schema.clone(), arrays, &options)?, hashes, ranges })
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize { self.batch.num_rows() }

    /// All rows.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch { &self.batch }

    /// The rows that may be wanted; none if there is none.
    pub fn narrowed(&self, wanted: &[Wanted]) -> Result<Option<RecordBatch>, ArrowError> {
        let mut rows: Option<Vec<u16>> = None;
        for want in wanted {
            match want {
                Wanted::Time { column, from, to } => {
                    if let Some((_, range)) = self.ranges.iter().find(|(c, _)| c == column)
                        && range.is_none_or(|(least, greatest)| greatest < *from || least > *to)
                    {
                        return Ok(None);
                    }
                }
                Wanted::Text { column, hashes } => {
                    let Some((_, index)) = self.hashes.iter().find(|(c, _)| c == column) else { continue };
                    let mut found: Vec<u16> = hashes.iter().flat_map(|h| {
                        let from = index.partition_point(|(x, _)| x < h);
                        index[from..].iter().take_while(move |(x, _)| x == h).map(|(_, row)| *row)
                    }).collect();
                    found.sort_unstable();
                    found.dedup();
                    let both = match rows.take() {
                        None => found,
                        Some(before) => before.into_iter().filter(|r| found.binary_search(r).is_ok()).collect(),
                    };
                    if both.is_empty() { return Ok(None); }
                    rows = Some(both);
                }
            }
        }
        match rows {
            None => Ok(Some(self.batch.clone())),
            Some(rows) => {
                let rows = UInt32Array::from_iter_values(rows.into_iter().map(u32::from));
                take_record_batch(&self.batch, &rows).map(Some)
            }
        }
    }
}
