//! What the interface needs of the engine. The pipeline implements it; tests use a fake. Calls may block (they
//! run on tokio's blocking pool).

use kezek_schemas::inputs::Topic;

/// A committed record of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRecord {
    /// Partition.
    pub partition: u32,
    /// Offset in the partition.
    pub offset: u64,
    /// RFC 3339, when the log took it.
    pub received_at: String,
    /// The record's bytes as they came.
    pub value: Vec<u8>,
}

/// Why records were not taken.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A record is larger than the topic takes.
    #[error("record {index} is larger than 1 MiB")]
    TooLarge {
        /// Index of the line in the request, from 0.
        index: usize,
    },
    /// This instance takes no records over HTTP (Kafka log).
    #[error("this log takes records from its own producers only")]
    NotHere,
    /// The log is full, stopping or failing; the same records may be sent again.
    #[error("{0}")]
    Unavailable(String),
}

/// Why a topic could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No such topic.
    #[error("unknown topic")]
    UnknownTopic,
    /// The log failed.
    #[error("{0}")]
    Unavailable(String),
}

/// A person looked at somebody's data or acted.
#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    /// Who.
    pub user: &'a str,
    /// In which role.
    pub role: &'a str,
    /// `search`, `vehicle`, `explain`, `control`, `group`, `sign_in`.
    pub action: &'a str,
    /// What was asked for.
    pub subject: &'a str,
}

/// The engine, as the interface sees it.
pub trait Backend: Send + Sync + 'static {
    /// Takes records; when it returns they are committed or already known. Gives the number of lines.
    ///
    /// # Errors
    /// Nothing was taken; see [`IngestError`].
    fn ingest(&self, topic: Topic, lines: Vec<Vec<u8>>) -> Result<u64, IngestError>;

    /// Partitions of every topic.
    fn partitions(&self) -> u32;

    /// At most `limit` committed records of one partition from an offset, in order; fewer = the last commit.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read_topic(&self, topic: &str, partition: u32, from: u64, limit: usize) -> Result<Vec<TopicRecord>, ReadError>;

    /// Whether every owned shard is restored and within 5 s of its input.
    ///
    /// # Errors
    /// What is missing.
    fn ready(&self) -> Result<(), String>;

    /// Prometheus text.
    fn metrics(&self) -> String;

    /// Keeps a record of a look at a person or of an act.
    fn audit(&self, _entry: &AuditEntry<'_>) {}
}
