//! What a set of rows holds, in a few bytes: how many rows, and a sum of their hashes that does not depend on order. Two
//! sets with the same tally hold the same rows the same number of times. Personal columns are left out, so that the journal
//! and a pseudonymised or forgetting history can still be compared.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};

use crate::tables::{DATE, Spec};

/// Rows and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub rows: u64,
    sum: u128,
}

/// The tallies of days.
pub(crate) type Tallies = BTreeMap<i32, Tally>;

/// Adds the rows of a batch to the tallies of their days.
pub(crate) fn add(spec: &Spec, batch: &RecordBatch, days: &[i32], into: &mut Tallies) -> Result<(), ArrowError> {
    let columns: Vec<_> = batch.schema().fields().iter().zip(batch.columns())
        .filter(|(field, _)| field.name() != DATE && !spec.personal.contains(&field.name().as_str()))
        .map(|(_, column)| column.clone()).collect();
    let converter = RowConverter::new(columns.iter().map(|c| SortField::new(c.data_type().clone())).collect())?;
    let rows = converter.convert_columns(&columns)?;
    for (row, day) in rows.iter().zip(days) {
        let hash = blake3::hash(row.as_ref());
        let mut low = [0; 16];
        low.copy_from_slice(&hash.as_bytes()[..16]);
        let tally = into.entry(*day).or_default();
        tally.rows += 1;
        tally.sum = tally.sum.wrapping_add(u128::from_le_bytes(low));
    }
    Ok(())
}
