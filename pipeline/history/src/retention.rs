//! How long history is kept: days by table, as data. What is older goes by whole days, in one commit a table that also notes
//! the first day that is kept, so that a later comparison with the journal does not miss what was let go.

use std::collections::BTreeMap;
use std::path::Path;

use deltalake_core::protocol::DeltaOperation;
use jiff::civil::Date;
use kezek_schemas::time::days_since_epoch;

use crate::delta::{Delta, Stored};
use crate::error::HistoryError;
use crate::history::runtime;
use crate::tables::{Days, Spec, names, specs};

const SHIPPED: &str = include_str!("../data/retention.csv");

/// Days by table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention(BTreeMap<&'static str, u16>);

impl Retention {
    /// The shipped one.
    ///
    /// # Errors
    /// Never: a test reads it.
    pub fn shipped() -> Result<Self, HistoryError> { Self::parse(SHIPPED) }

    /// `table,days` by line, with a head. A table that is not named is kept for ever.
    ///
    /// # Errors
    /// A line that names no table of history or no number of days from 1 on.
    pub fn parse(text: &str) -> Result<Self, HistoryError> {
        let mut days = BTreeMap::new();
        for line in text.lines().skip(1).filter(|l| !l.trim().is_empty()) {
            let wrong = || HistoryError::Argument(format!("retention: `{line}` is not one of {:?} and a number of days", names()));
            let (table, n) = line.split_once(',').ok_or_else(wrong)?;
            let table = names().into_iter().find(|name| *name == table.trim()).ok_or_else(wrong)?;
            let n = n.trim().parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
            days.insert(table, n);
        }
        Ok(Self(days))
    }
}

/// What expired of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The table.
    pub table: &'static str,
    /// The first day that is kept; none: all are.
    pub kept_from: Option<String>,
    /// Files that left the newest version; `vacuum` takes them from the disk.
    pub files: usize,
    /// Rows in them.
    pub rows: u64,
}

/// Lets the days go that are older than the retention on a day.
///
/// # Errors
/// A table is missing or cannot be written.
pub fn expire(root: &Path, shards: u32, retention: &Retention, today: Date) -> Result<Vec<Expired>, HistoryError> {
    let runtime = runtime()?;
    specs().iter().map(|spec| runtime.block_on(table(spec, root, shards, retention, today))).collect()
}

async fn table(spec: &'static Spec, root: &Path, shards: u32, retention: &Retention, today: Date) -> Result<Expired, HistoryError> {
    let Some(days) = retention.0.get(spec.name) else { return Ok(Expired { table: spec.name, kept_from: None, files: 0, rows: 0 }) };
    let mut delta = Delta::open(spec, &root.join(spec.name), shards).await?;
    let kept_from = days_since_epoch(today) - i32::from(*days);
    let mut old: Vec<Stored> = Vec::new();
    for file in delta.files()? {
        if file.days().map_err(|e| HistoryError::storage(spec.name, e))? < kept_from { old.push(file); }
    }
    if !old.is_empty() {
        let text = Days::text(kept_from);
        let operation = DeltaOperation::Delete { predicate: Some(format!("date < '{text}'")) };
        delta.let_go(old.iter().map(|f| f.removal(true)).collect(), kept_from, operation).await?;
    }
    Ok(Expired { table: spec.name, kept_from: Some(Days::text(kept_from)), files: old.len(), rows: old.iter().filter_map(|f| f.rows).sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_retention_names_every_table_and_wrong_lines_are_named() {
        assert_eq!(Retention::shipped().unwrap().0.len(), names().len());
        for wrong in ["bookings,3", "sights", "sights,0", "sights,-1", "sights,many"] {
            let error = Retention::parse(&format!("table,days\n{wrong}\n")).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }
}
