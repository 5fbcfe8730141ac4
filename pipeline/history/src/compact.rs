//! Compaction: the small files of a day become few. Rows stay what they are, so readers and the running writer see nothing
//! but fewer files: the commit says that no data changed, and it is no conflict with an append.

use std::path::Path;

use deltalake_core::kernel::Action;
use deltalake_core::protocol::DeltaOperation;

use crate::batch;
use crate::delta::{Delta, Stored};
use crate::error::HistoryError;
use crate::history::runtime;
use crate::tables::{Spec, specs};

/// A file of this size is left as it is, and files are merged up to it.
const TARGET_BYTES: u64 = 64 << 20;
/// Rows of one file at most: they are sorted in memory.
const TARGET_ROWS: u64 = 2_000_000;

/// What a compaction did to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// The table.
    pub table: &'static str,
    /// Files before.
    pub before: usize,
    /// Files after.
    pub after: usize,
    /// The version; the one before, if nothing was to be done.
    pub version: u64,
}

/// Merges small files, day by day; one commit a day, so that what is done is kept when it is stopped.
///
/// # Errors
/// A table is missing, a file cannot be read or written, or another compaction ran at the same time.
pub fn compact(root: &Path, shards: u32) -> Result<Vec<Compacted>, HistoryError> {
    let runtime = runtime()?;
    specs().iter().map(|spec| runtime.block_on(table(spec, root, shards))).collect()
}

async fn table(spec: &'static Spec, root: &Path, shards: u32) -> Result<Compacted, HistoryError> {
    let mut delta = Delta::open(spec, &root.join(spec.name), shards).await?;
    let mut files = delta.files()?;
    let before = files.len();
    files.sort_by(|a, b| (&a.date, &a.path).cmp(&(&b.date, &b.path)));
    for day in files.chunk_by(|a, b| a.date == b.date) {
        let mut actions = Vec::new();
        for group in groups(day) {
            let batches = group.iter().map(|file| delta.read(file, delta.bytes(file)?)).collect::<Result<Vec<_>, _>>()?;
            let failed = |e| HistoryError::storage(spec.name, e);
            let merged = batch::sorted(spec, &batch::joined(&spec.schema, &batches).map_err(failed)?).map_err(failed)?;
            for mut add in delta.write(merged).await? {
                add.data_change = false;
                actions.push(Action::Add(add));
            }
            actions.extend(group.iter().map(|file| file.removal(false)));
        }
        if actions.is_empty() { continue; }
        delta.commit(actions, &[], DeltaOperation::Optimize { predicate: None, target_size: TARGET_BYTES as i64 }).await?;
    }
    Ok(Compacted { table: spec.name, before, after: delta.files()?.len(), version: delta.version() })
}

/// The files of a day that become one each: small ones, two or more, up to the target.
fn groups(day: &[Stored]) -> Vec<Vec<&Stored>> {
    let mut groups: Vec<(u64, u64, Vec<&Stored>)> = Vec::new();
    for file in day.iter().filter(|f| f.bytes < TARGET_BYTES) {
        // A file that does not say how many rows it has is left to whoever wrote it.
        let Some(rows) = file.rows else { continue };
        match groups.last_mut() {
            Some((bytes, n, group)) if *bytes + file.bytes <= TARGET_BYTES && *n + rows <= TARGET_ROWS => {
                *bytes += file.bytes;
                *n += rows;
                group.push(file);
            }
            Some(_) | None => groups.push((file.bytes, rows, vec![file])),
        }
    }
    groups.into_iter().map(|(_, _, group)| group).filter(|group| group.len() > 1).collect()
}
