//! A version of a table, for those who read it beside newer rows: its files, and the last commit of each shard that they
//! hold. Rows of later commits are not in the files and all earlier ones are, so a reader that adds the rows of later
//! commits has every row once. The files stay on disk until they are vacuumed, however many commits come after.

use std::path::PathBuf;

use crate::delta::Delta;
use crate::error::HistoryError;

/// A version of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The folder of the table.
    pub root: PathBuf,
    /// The Delta version.
    pub version: u64,
    /// Its files, by date and path.
    pub files: Vec<DataFile>,
    /// Per shard the number of the last commit in the files.
    pub commits: Vec<u64>,
}

/// A Parquet file of a version. It has all columns but `date`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// Its path in the table's folder.
    pub path: String,
    /// The `date` of all its rows, as `2025-07-01`.
    pub date: String,
    /// How many rows; unknown if another writer did not say.
    pub rows: Option<u64>,
    /// Its size.
    pub bytes: u64,
    /// Least and greatest values and nulls by column, as the Delta protocol writes them (JSON).
    pub stats: Option<String>,
    /// blake3 of its bytes, if we wrote it.
    pub checksum: Option<String>,
}

impl Pinned {
    pub(crate) fn of(delta: &Delta) -> Result<Self, HistoryError> {
        let mut files: Vec<DataFile> = delta.files()?.into_iter().map(|f| DataFile { path: f.path, date: f.date, rows: f.rows, bytes: f.bytes,
            stats: f.stats, checksum: f.checksum }).collect();
        files.sort_by(|a, b| (&a.date, &a.path).cmp(&(&b.date, &b.path)));
        Ok(Self { root: delta.root.clone(), version: delta.version(), files, commits: delta.included.clone() })
    }

    /// All rows, if every file says how many it has.
    #[must_use]
    pub fn rows(&self) -> Option<u64> { self.files.iter().map(|f| f.rows).sum() }
}
