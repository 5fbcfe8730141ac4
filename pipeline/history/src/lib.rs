//! History as open tables: the journal's append-only rows in Delta Lake, one table a folder, each commit once.
//!
//! [`History`] is fed every shard's commits in order and writes them in batches. A batch of a table is one Delta commit:
//! the data files and, per shard, the number of the last commit they hold (an application transaction), together or not
//! at all. What was written is therefore known from the table alone: after a crash the journal is read on from there,
//! and a row is neither lost nor doubled. Files without their Delta commit are rubbish that [`vacuum`] removes.
//!
//! Rows are sorted by (checkpoint, plate, time), as far as a table has them, and partitioned by `date`, the day in
//! Kazakhstan. Nothing here knows a query engine: Spark, Trino, DuckDB, polars, delta-rs read the folders as they are;
//! [`History::pin`] names the files of one version for those who want to read them beside newer rows.
#![forbid(unsafe_code)]

mod batch;
mod column;
mod compact;
mod delta;
mod error;
mod forget;
mod history;
mod pin;
mod pseudonym;
mod retention;
mod tables;
mod tally;
mod vacuum;
mod verify;

pub use compact::{Compacted, compact};
pub use error::HistoryError;
pub use forget::{FORGOTTEN, Forgotten, forget};
pub use history::{History, Options};
pub use pin::{DataFile, Pinned};
pub use pseudonym::Pseudonyms;
pub use retention::{Expired, Retention, expire};
pub use tables::{HISTORY_ZONE, day, names};
pub use vacuum::{LEAST_RETENTION, Vacuumed, vacuum};
pub use verify::{Finding, Verified, Verifier};
