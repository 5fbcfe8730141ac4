//! Forgetting a vehicle: in every row with its plate the plate becomes [`FORGOTTEN`] and the booking is emptied; the row
//! itself stays, counts and times are not wrong afterwards. The rewritten files replace the old ones in one commit a
//! table; the old ones leave the disk when they are vacuumed, and with them the versions before.
//!
//! The journal is not history's: what it keeps of the plate goes with its own retention.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::error::ArrowError;
use deltalake_core::kernel::Action;
use deltalake_core::protocol::DeltaOperation;

use crate::batch;
use crate::delta::Delta;
use crate::error::HistoryError;
use crate::history::runtime;
use crate::pseudonym::Pseudonyms;
use crate::tables::{Spec, specs};

/// What stands where a plate was.
pub const FORGOTTEN: &str = "-";

/// What forgetting did to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The table.
    pub table: &'static str,
    /// Rows that had the plate.
    pub rows: usize,
    /// Files that were rewritten.
    pub files: usize,
}

/// Forgets a plate in normal form. With pseudonyms, rows with the plate's pseudonym are meant too.
///
/// # Errors
/// A table is missing, a file cannot be read or written, or another process rewrote the same files.
pub fn forget(root: &Path, shards: u32, plate: &str, pseudonyms: Option<&Pseudonyms>) -> Result<Vec<Forgotten>, HistoryError> {
    let runtime = runtime()?;
    let mut known = vec![plate.to_owned()];
    known.extend(pseudonyms.map(|p| p.of(plate)));
    specs().iter().filter(|spec| !spec.personal.is_empty()).map(|spec| runtime.block_on(table(spec, root, shards, &known))).collect()
}

async fn table(spec: &'static Spec, root: &Path, shards: u32, known: &[String]) -> Result<Forgotten, HistoryError> {
    let mut delta = Delta::open(spec, &root.join(spec.name), shards).await?;
    let mut done = Forgotten { table: spec.name, rows: 0, files: 0 };
    let mut actions = Vec::new();
    for file in delta.files()? {
        let batch = delta.read(&file, delta.bytes(&file)?)?;
        let failed = |e| HistoryError::storage(spec.name, e);
        let Some((batch, rows)) = emptied(spec, &batch, known).map_err(failed)? else { continue };
        done.rows += rows;
        done.files += 1;
        actions.extend(delta.write(batch::sorted(spec, &batch).map_err(failed)?).await?.into_iter().map(Action::Add));
        actions.push(file.removal(true));
    }
    if !actions.is_empty() { delta.commit(actions, &[], DeltaOperation::Update { predicate: None }).await?; }
    Ok(done)
}

/// The batch with the personal columns of the plate's rows emptied, and how many rows; none if it has none.
fn emptied(spec: &Spec, batch: &RecordBatch, known: &[String]) -> Result<Option<(RecordBatch, usize)>, ArrowError> {
    let Some(plates) = batch.column_by_name("plate").and_then(|c| c.as_string_opt::<i32>()) else { return Ok(None) };
    let meant: Vec<bool> = plates.iter().map(|p| p.is_some_and(|p| known.iter().any(|k| k == p))).collect();
    let rows = meant.iter().filter(|m| **m).count();
    if rows == 0 { return Ok(None); }
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for name in spec.personal {
        let at = batch.schema().index_of(name)?;
        let instead = (*name == "plate").then_some(FORGOTTEN);
        let Some(values) = columns.get(at).and_then(|c| c.as_string_opt::<i32>()) else { continue };
        let emptied: StringArray = values.iter().zip(&meant).map(|(value, meant)| if *meant { instead } else { value }).collect();
        debug_assert_eq!(emptied.len(), batch.num_rows(), "a value for each row");
        if let Some(column) = columns.get_mut(at) { *column = Arc::new(emptied); }
    }
    Ok(Some((RecordBatch::try_new(batch.schema(), columns)?, rows)))
}
