//! History as it is written: rows wait in memory until a flush, which commits them table by table.
//!
//! A flush that fails leaves its rows waiting. One whose outcome is unknown is decided by the table: if its log names our
//! commits, they are in it. Several writers of one table may meet (instances of one group on one folder): the log lets one
//! of two commits of the same shard through, the other looks again and drops what is there already.

use std::collections::BTreeMap;
use std::path::PathBuf;

use deltalake_core::kernel::Action;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use kezek_schemas::tables::ViewRow;
use tokio::runtime::Runtime;

use crate::batch;
use crate::delta::{Delta, Range};
use crate::error::HistoryError;
use crate::pin::Pinned;
use crate::pseudonym::Pseudonyms;
use crate::tables::{DATE, Days, Spec, spec_of, specs};

/// Attempts of one commit when others write the same table.
const ATTEMPTS: u32 = 8;
/// A table without new rows is told how far the journal was read once in so many commits of a shard, so that a restart
/// does not read all of the journal for its sake.
const IDLE_COMMITS: u64 = 100_000;

/// Where history is and how it is written.
#[derive(Clone)]
pub struct Options {
    /// The folder; each table is a folder in it.
    pub root: PathBuf,
    /// Shards of the deployment.
    pub shards: u32,
    /// Replaces plates by pseudonyms.
    pub pseudonyms: Option<Pseudonyms>,
}

/// A row that waits.
struct Waiting {
    shard: u32,
    number: u64,
    row: ViewRow,
}

struct Table {
    delta: Delta,
    waiting: Vec<Waiting>,
}

/// The writer.
pub struct History {
    runtime: Runtime,
    days: Days,
    pseudonyms: Option<Pseudonyms>,
    tables: Vec<Table>,
    /// Per shard the number of the last commit that was applied.
    applied: Vec<u64>,
}

impl History {
    /// Opens the tables, makes those that are missing.
    ///
    /// # Errors
    /// A folder cannot be read or written.
    pub fn open(options: &Options) -> Result<Self, HistoryError> {
        let runtime = runtime()?;
        let mut tables = Vec::new();
        for spec in specs() {
            let delta = runtime.block_on(Delta::open_or_create(spec, &options.root.join(spec.name), options.shards))?;
            tables.push(Table { delta, waiting: Vec::new() });
        }
        let applied = (0..options.shards as usize)
            .map(|shard| tables.iter().filter_map(|t| t.delta.included.get(shard)).copied().min().unwrap_or(0)).collect();
        Ok(Self { runtime, days: days()?, pseudonyms: options.pseudonyms.clone(), tables, applied })
    }

    /// Per shard the number of the commit that is wanted next.
    #[must_use]
    pub fn next_commits(&self) -> Vec<u64> { self.applied.iter().map(|n| n + 1).collect() }

    /// Takes the rows of one commit. A commit that was taken already is ignored.
    ///
    /// # Errors
    /// [`HistoryError::Gap`]: the commit is not the next one; nothing was taken.
    pub fn apply(&mut self, shard: u32, number: u64, rows: Vec<ViewRow>) -> Result<(), HistoryError> {
        let Some(applied) = self.applied.get_mut(shard as usize) else {
            return Err(HistoryError::Argument(format!("shard {shard} of {} shards", self.applied.len())));
        };
        if number <= *applied { return Ok(()); }
        if number != *applied + 1 { return Err(HistoryError::Gap { shard, number, expected: *applied + 1 }); }
        *applied = number;
        for row in rows {
            let Some((table, _)) = spec_of(&row) else { continue };
            let Some(table) = self.tables.get_mut(table) else { continue };
            if table.delta.included.get(shard as usize).is_none_or(|included| *included < number) {
                table.waiting.push(Waiting { shard, number, row });
            }
        }
        Ok(())
    }

    /// Rows that wait for a flush.
    #[must_use]
    pub fn waiting(&self) -> usize { self.tables.iter().map(|t| t.waiting.len()).sum() }

    /// Commits everything that waits. What is committed is on disk when this returns; what is not waits on.
    ///
    /// # Errors
    /// A table cannot be written; others may have been.
    pub fn flush(&mut self) -> Result<(), HistoryError> {
        let mut first = None;
        for table in &mut self.tables {
            if let Err(e) = self.runtime.block_on(flush(table, &self.applied, &self.days, self.pseudonyms.as_ref())) { first.get_or_insert(e); }
        }
        first.map_or(Ok(()), Err)
    }

    /// Writes the data files of everything that waits and leaves them without their commit, as a crash between the two does.
    ///
    /// # Errors
    /// A table cannot be written.
    #[doc(hidden)]
    pub fn write_without_commit(&self) -> Result<usize, HistoryError> {
        let mut files = 0;
        for table in &self.tables {
            if table.waiting.is_empty() { continue; }
            let batch = rows(table, &self.days, self.pseudonyms.as_ref())?;
            files += self.runtime.block_on(table.delta.write(batch))?.len();
        }
        Ok(files)
    }

    /// The files of every table at one version each, and which commits they hold.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn pin(&self) -> Result<BTreeMap<&'static str, Pinned>, HistoryError> {
        self.tables.iter().map(|t| Ok((t.delta.spec.name, Pinned::of(&t.delta)?))).collect()
    }
}

pub(crate) fn runtime() -> Result<Runtime, HistoryError> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("history").enable_all().build()?)
}

pub(crate) fn days() -> Result<Days, HistoryError> {
    Days::new().ok_or_else(|| HistoryError::Argument(format!("the tz database lacks {}", crate::tables::HISTORY_ZONE)))
}

fn rows(table: &Table, days: &Days, pseudonyms: Option<&Pseudonyms>) -> Result<arrow::array::RecordBatch, HistoryError> {
    let spec: &Spec = table.delta.spec;
    batch::of_rows(spec, days, pseudonyms, table.waiting.iter().map(|w| &w.row)).map_err(|e| HistoryError::storage(spec.name, e))
}

/// The commits between what a table holds and what was applied.
fn ranges(included: &[u64], applied: &[u64]) -> Vec<Range> {
    (0u32..).zip(included.iter().zip(applied)).filter(|(_, (included, applied))| applied > included)
        .map(|(shard, (included, applied))| Range { shard, from: included + 1, to: *applied }).collect()
}

async fn flush(table: &mut Table, applied: &[u64], days: &Days, pseudonyms: Option<&Pseudonyms>) -> Result<(), HistoryError> {
    for _ in 0..ATTEMPTS {
        let included = table.delta.included.clone();
        table.waiting.retain(|w| included.get(w.shard as usize).is_none_or(|n| *n < w.number));
        let ranges = ranges(&included, applied);
        let idle = ranges.iter().all(|r| r.to - r.from < IDLE_COMMITS);
        if ranges.is_empty() || (table.waiting.is_empty() && idle) { return Ok(()); }
        let mut actions = Vec::new();
        if !table.waiting.is_empty() {
            let batch = rows(table, days, pseudonyms)?;
            actions = table.delta.write(batch).await?.into_iter().map(Action::Add).collect();
        }
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: Some(vec![DATE.to_owned()]), predicate: None };
        let outcome = table.delta.commit(actions, &ranges, operation).await;
        let Err(error) = outcome else {
            table.waiting.clear();
            return Ok(());
        };
        table.delta.refresh().await?;
        if table.delta.included == included { return Err(error); }
    }
    Err(HistoryError::Contended(table.delta.spec.name.to_owned()))
}
