//! Vacuum: files that no version needs any more leave the disk once they are old enough: what was compacted or forgotten,
//! and files of a crash that have no commit. Versions older than the retention can no longer be read afterwards.

use std::path::Path;
use std::time::Duration;

use deltalake_core::operations::vacuum::VacuumMode;

use crate::delta::Delta;
use crate::error::HistoryError;
use crate::history::runtime;
use crate::tables::specs;

/// A file younger than this may be on its way into a commit and is never taken.
pub const LEAST_RETENTION: Duration = Duration::from_secs(3_600);

/// What a vacuum did to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vacuumed {
    /// The table.
    pub table: &'static str,
    /// The files that went, or would go.
    pub files: Vec<String>,
}

/// Removes files that no version within the retention needs.
///
/// # Errors
/// The retention is too short, a table is missing or a file cannot be removed.
pub fn vacuum(root: &Path, shards: u32, retention: Duration, dry_run: bool) -> Result<Vec<Vacuumed>, HistoryError> {
    if retention < LEAST_RETENTION {
        return Err(HistoryError::Argument(format!("a retention under {} s could take files of the running writer", LEAST_RETENTION.as_secs())));
    }
    let retention = chrono::Duration::from_std(retention).map_err(|e| HistoryError::Argument(e.to_string()))?;
    let runtime = runtime()?;
    specs().iter().map(|spec| {
        let delta = runtime.block_on(Delta::open(spec, &root.join(spec.name), shards))?;
        let vacuum = delta.table().vacuum().with_mode(VacuumMode::Full).with_retention_period(retention)
            .with_enforce_retention_duration(false).with_dry_run(dry_run);
        let (_, done) = runtime.block_on(vacuum.into_future()).map_err(|e| HistoryError::storage(spec.name, e))?;
        Ok(Vacuumed { table: spec.name, files: done.files_deleted })
    }).collect()
}
