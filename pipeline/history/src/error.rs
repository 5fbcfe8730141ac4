//! What can go wrong with history, by what to do about it.

use deltalake_core::DeltaTableError;

/// Why history could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder, a file or the Delta log cannot be read or written: try again, nothing was lost.
    #[error("{table}: {source}")]
    Storage {
        /// The table.
        table: String,
        /// Why.
        source: Box<DeltaTableError>,
    },
    /// A commit was left out: the caller must read the journal from the named commit on.
    #[error("commit {number} of shard {shard} came, {expected} was next")]
    Gap {
        /// The shard.
        shard: u32,
        /// What came.
        number: u64,
        /// What had to come.
        expected: u64,
    },
    /// Another process wrote the same table all the time.
    #[error("{0}: others wrote it at every attempt")]
    Contended(String),
    /// No table of that name, or nothing was ever written there.
    #[error("no history at {0}")]
    Missing(String),
    /// A key or an argument that cannot be used.
    #[error("{0}")]
    Argument(String),
    /// The process has no thread or file left.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl HistoryError {
    pub(crate) fn storage(table: &str, source: impl Into<DeltaTableError>) -> Self {
        Self::Storage { table: table.to_owned(), source: Box::new(source.into()) }
    }
}
