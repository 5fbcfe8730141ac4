//! Rows as one Arrow batch in the order of the table, ready to be written.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, Date32Array, RecordBatch};
use arrow::compute::{SortColumn, cast, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::Timestamp;

use crate::pseudonym::Pseudonyms;
use crate::tables::{Days, Spec};

/// The column of plates, where a table has one.
const PLATE: &str = "plate";

/// Rows of one table as a sorted batch with `date`; rows of other tables are left out.
pub(crate) fn of_rows<'a>(spec: &Spec, days: &Days, pseudonyms: Option<&Pseudonyms>, rows: impl Iterator<Item = &'a ViewRow>)
    -> Result<RecordBatch, ArrowError> {
    let mut builders: Vec<_> = spec.columns.iter().map(|c| c.ty.builder()).collect();
    let dates: Vec<i32> = rows.filter_map(|row| (spec.put)(row, &mut builders)).map(|at| days.of(at)).collect();
    let mut arrays: Vec<ArrayRef> = builders.iter_mut().map(|b| b.finish()).collect();
    if let (Some(pseudonyms), Ok(plate)) = (pseudonyms, spec.schema.index_of(PLATE))
        && let Some(column) = arrays.get_mut(plate)
    {
        *column = pseudonyms.column(column);
    }
    arrays.push(Arc::new(Date32Array::from(dates)));
    sorted(spec, &RecordBatch::try_new(Arc::clone(&spec.schema), arrays)?)
}

/// The batch in the table's order.
pub(crate) fn sorted(spec: &Spec, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<SortColumn> = spec.sort.iter().filter_map(|name| batch.column_by_name(name))
        .map(|values| SortColumn { values: Arc::clone(values), options: None }).collect();
    if batch.num_rows() < 2 || columns.is_empty() { return Ok(batch.clone()); }
    take_record_batch(batch, &lexsort_to_indices(&columns, None)?)
}

/// Whether the batch is in the table's order.
pub(crate) fn is_sorted(spec: &Spec, batch: &RecordBatch) -> Result<bool, ArrowError> {
    let columns: Vec<SortColumn> = spec.sort.iter().filter_map(|name| batch.column_by_name(name))
        .map(|values| SortColumn { values: Arc::clone(values), options: None }).collect();
    let order = arrow::compute::LexicographicalComparator::try_new(&columns)?;
    Ok((1..batch.num_rows()).all(|i| order.compare(i - 1, i).is_le()))
}

/// Batches as one.
pub(crate) fn joined(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> { concat_batches(schema, batches) }

/// The day of each row, from its time.
pub(crate) fn days(spec: &Spec, days: &Days, batch: &RecordBatch) -> Vec<i32> {
    batch.column_by_name(spec.time).and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>())
        .map_or_else(Vec::new, |times| times.values().iter().map(|at| days.of(Timestamp(*at))).collect())
}

/// The rows of a file, which lacks its partition column, with it and with the table's own types.
pub(crate) fn with_date(spec: &Spec, batch: &RecordBatch, days: i32) -> Result<RecordBatch, ArrowError> {
    let mut arrays = Vec::with_capacity(spec.columns.len() + 1);
    for column in &spec.columns {
        let found = batch.column_by_name(column.name)
            .ok_or_else(|| ArrowError::SchemaError(format!("a file of {} lacks column {}", spec.name, column.name)))?;
        arrays.push(cast(found, &column.ty.arrow())?);
    }
    arrays.push(Arc::new(Date32Array::from(vec![days; batch.num_rows()])));
    RecordBatch::try_new(Arc::clone(&spec.schema), arrays)
}
