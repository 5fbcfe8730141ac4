//! The log: the only thing that Kezek writes to and the only thing it trusts after a crash.
//!
//! A log has numbered partitions. Shard *i* reads partition *i* of every input topic and of
//! `internal`, and alone writes partition *i* of `journal` and of the output topics. One
//! [`Commit`](port::Commit) makes outputs, internal messages, one journal block and the input
//! positions durable and visible together, or none of them.
//!
//! | adapter | for | durability |
//! |---|---|---|
//! | [`embedded`] | `demo`, edge boxes, one machine | a local store, one process |
//! | [`kafka`] (feature `kafka`) | the country | Kafka transactions |
//! | [`sim`] | tests | memory, with faults as data |
//!
//! All three pass the same [`conformance`] suite.

pub mod batch;
pub mod catalogue;
pub mod clock;
pub mod conformance;
pub mod embedded;
pub mod error;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod partition;
pub mod port;
pub mod sim;

pub use batch::{Batch, Record};
pub use catalogue::{Catalogue, TopicId, TopicRole, TopicSpec};
pub use error::{CommitError, LogError};
pub use port::{
    Appended, Commit, CommitOutcome, Follower, Ingest, IngestRecord, JournalCursor, JournalEntry,
    JournalReader, Log, OutRecord, ShardLog, ShardStart, StoredRecord, TopicReader,
};
