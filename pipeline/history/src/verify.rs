//! Whether history is whole: every commit's rows once, the log without a gap, every file as it was written.
//!
//! The comparison with the journal is by tally (see `tally`): of each table and day, up to the last commit that the table
//! says it holds. Without a journal the log and the files are checked alone.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use kezek_schemas::tables::ViewRow;
use tokio::runtime::Runtime;

use crate::batch;
use crate::delta::{COMMITS, Delta, Stored, application};
use crate::error::HistoryError;
use crate::history::{days, runtime};
use crate::tables::{Days, spec_of, specs};
use crate::tally::{self, Tallies, Tally};

/// Rows of the journal that are tallied at once.
const TALLY_ROWS: usize = 65_536;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A file is not there or cannot be read.
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A file's bytes are not those that were written.
    Altered {
        /// The file.
        path: String,
    },
    /// A file has another number of rows than its commit says.
    RowCount {
        /// The file.
        path: String,
        /// Rows that the commit says.
        said: u64,
        /// Rows in the file.
        found: u64,
    },
    /// Rows of another day than the file's partition.
    WrongDate {
        /// The file.
        path: String,
        /// How many.
        rows: u64,
    },
    /// A file of ours whose rows are not in the table's order.
    Unsorted {
        /// The file.
        path: String,
    },
    /// Journal commits between two Delta commits are in neither, or in both.
    Commits {
        /// The Delta version.
        version: u64,
        /// The shard.
        shard: u32,
        /// The first commit it should hold.
        expected: u64,
        /// The first commit it holds.
        found: u64,
    },
    /// The journal has other rows than history.
    Differs {
        /// The day.
        date: String,
        /// Rows in the journal.
        journal: u64,
        /// Rows in history.
        history: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, reason } => write!(f, "{path}: {reason}"),
            Self::Altered { path } => write!(f, "{path}: the checksum is another than when it was written"),
            Self::RowCount { path, said, found } => write!(f, "{path}: {found} rows, its commit says {said}"),
            Self::WrongDate { path, rows } => write!(f, "{path}: {rows} rows of another day"),
            Self::Unsorted { path } => write!(f, "{path}: not in the table's order"),
            Self::Commits { version, shard, expected, found } => {
                write!(f, "version {version}: begins with commit {found} of shard {shard}, {expected} was next")
            }
            Self::Differs { date, journal, history } if journal == history => write!(f, "{date}: {history} rows as in the journal, but others"),
            Self::Differs { date, journal, history } => write!(f, "{date}: {history} rows, the journal has {journal}"),
        }
    }
}

/// One table, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The table.
    pub table: &'static str,
    /// Its version.
    pub version: u64,
    /// Its files.
    pub files: usize,
    /// Rows in them.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Per shard the number of the last commit.
    pub commits: Vec<u64>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

struct Checked {
    delta: Delta,
    journal: Tallies,
    rows: Vec<ViewRow>,
}

/// Verifies all tables, if wanted against the journal.
pub struct Verifier {
    runtime: Runtime,
    days: Days,
    tables: Vec<Checked>,
    /// The newest commit of each shard that was offered; none of it was, if all are 0.
    read: Vec<u64>,
}

impl Verifier {
    /// Opens the tables of a folder at their newest versions.
    ///
    /// # Errors
    /// A table is missing or its log cannot be read.
    pub fn open(root: &Path, shards: u32) -> Result<Self, HistoryError> {
        let runtime = runtime()?;
        let tables = specs().iter().map(|spec| {
            let delta = runtime.block_on(Delta::open(spec, &root.join(spec.name), shards))?;
            Ok(Checked { delta, journal: Tallies::new(), rows: Vec::new() })
        }).collect::<Result<_, HistoryError>>()?;
        Ok(Self { runtime, days: days()?, tables, read: vec![0; shards as usize] })
    }

    /// Offers the rows of a commit of the journal; all commits from the first on are wanted, in any order of shards.
    ///
    /// # Errors
    /// The rows cannot be tallied.
    pub fn offer(&mut self, shard: u32, number: u64, rows: Vec<ViewRow>) -> Result<(), HistoryError> {
        if let Some(read) = self.read.get_mut(shard as usize) { *read = (*read).max(number); }
        for row in rows {
            let Some(table) = spec_of(&row).and_then(|(i, _)| self.tables.get_mut(i)) else { continue };
            if table.delta.included.get(shard as usize).is_none_or(|included| *included < number) { continue; }
            table.rows.push(row);
            if table.rows.len() >= TALLY_ROWS { table.tally(&self.days)?; }
        }
        Ok(())
    }

    /// Reads everything and says what was found. With `journal`, what was offered is compared.
    ///
    /// # Errors
    /// The log of a table cannot be read.
    pub fn finish(mut self, journal: bool) -> Result<Vec<Verified>, HistoryError> {
        let mut all = Vec::new();
        for table in &mut self.tables {
            table.tally(&self.days)?;
            let mut findings = self.runtime.block_on(log(&table.delta))?;
            let files = table.delta.files()?;
            let mut history = Tallies::new();
            for file in &files { check_file(&table.delta, file, &self.days, &mut history, &mut findings)?; }
            if journal {
                // Days that were let go are in the journal, perhaps, and late rows of theirs in history.
                let kept_from = self.runtime.block_on(table.delta.kept_from())?.unwrap_or(i32::MIN);
                compare(&table.journal, &history, kept_from, &mut findings);
            }
            all.push(Verified { table: table.delta.spec.name, version: table.delta.version(), files: files.len(),
                rows: history.values().map(|t| t.rows).sum(), bytes: files.iter().map(|f| f.bytes).sum(),
                commits: table.delta.included.clone(), findings });
        }
        Ok(all)
    }
}

impl Checked {
    fn tally(&mut self, days: &Days) -> Result<(), HistoryError> {
        let spec = self.delta.spec;
        let failed = |e| HistoryError::storage(spec.name, e);
        let batch = batch::of_rows(spec, days, None, self.rows.iter()).map_err(failed)?;
        self.rows.clear();
        tally::add(spec, &batch, &batch::days(spec, days, &batch), &mut self.journal).map_err(failed)
    }
}

fn compare(journal: &Tallies, history: &Tallies, kept_from: i32, findings: &mut Vec<Finding>) {
    let dates: std::collections::BTreeSet<i32> = journal.keys().chain(history.keys()).copied().filter(|date| *date >= kept_from).collect();
    for date in dates {
        let of = |tallies: &Tallies| tallies.get(&date).copied().unwrap_or_default();
        let (ours, theirs): (Tally, Tally) = (of(history), of(journal));
        if ours != theirs { findings.push(Finding::Differs { date: Days::text(date), journal: theirs.rows, history: ours.rows }); }
    }
}

fn check_file(delta: &Delta, file: &Stored, days: &Days, history: &mut Tallies, findings: &mut Vec<Finding>) -> Result<(), HistoryError> {
    let path = || file.path.clone();
    let bytes = match delta.bytes(file) {
        Ok(bytes) => bytes,
        Err(e) => {
            findings.push(Finding::Unreadable { path: path(), reason: e.to_string() });
            return Ok(());
        }
    };
    if file.checksum.as_ref().is_some_and(|sum| blake3::hash(&bytes).to_hex().as_str() != sum) {
        findings.push(Finding::Altered { path: path() });
    }
    let batch = match delta.read(file, bytes) {
        Ok(batch) => batch,
        Err(e) => {
            findings.push(Finding::Unreadable { path: path(), reason: e.to_string() });
            return Ok(());
        }
    };
    let found = batch.num_rows() as u64;
    if let Some(said) = file.rows.filter(|said| *said != found) { findings.push(Finding::RowCount { path: path(), said, found }); }
    let failed = |e| HistoryError::storage(delta.spec.name, e);
    if file.checksum.is_some() && !batch::is_sorted(delta.spec, &batch).map_err(failed)? { findings.push(Finding::Unsorted { path: path() }); }
    let of_rows = batch::days(delta.spec, days, &batch);
    let partition = file.days().map_err(|e| HistoryError::storage(delta.spec.name, e))?;
    let wrong = of_rows.iter().filter(|d| **d != partition).count() as u64;
    if wrong > 0 { findings.push(Finding::WrongDate { path: path(), rows: wrong }); }
    tally::add(delta.spec, &batch, &of_rows, history).map_err(failed)
}

/// Checks that the commits of the log follow each other: as far back as the log goes.
async fn log(delta: &Delta) -> Result<Vec<Finding>, HistoryError> {
    let mut entries = Vec::new();
    for version in (0..=delta.version()).rev() {
        let Some(entry) = delta.entry(version).await? else { break };
        entries.push((version, entry));
    }
    let (mut findings, mut last) = (Vec::new(), BTreeMap::<u32, u64>::new());
    for (version, entry) in entries.iter().rev() {
        let actions: Vec<serde_json::Value> = entry.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        for shard in 0..delta.included.len() as u32 {
            let Some(to) = actions.iter().find(|a| a["txn"]["appId"] == application(shard)).and_then(|a| a["txn"]["version"].as_u64()) else { continue };
            let found = actions.iter().find_map(|a| a["commitInfo"][COMMITS][shard.to_string()][0].as_u64()).unwrap_or(0);
            if let Some(before) = last.insert(shard, to).or((*version < 2).then_some(0))
                && (found != before + 1 || to < found)
            {
                findings.push(Finding::Commits { version: *version, shard, expected: before + 1, found });
            }
        }
    }
    Ok(findings)
}
