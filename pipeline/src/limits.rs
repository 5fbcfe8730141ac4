//! Every bound of the engine in one place, and the relations between them, checked when this compiles.

/// Records a shard takes in one step at most.
pub const STEP_RECORDS: usize = 4_096;
/// Messages between owners of one shard handled within one step at most; the rest would be a loop, not work.
pub const STEP_MESSAGES: usize = 1_000_000;
/// The largest input record that is understood, bytes.
pub const RECORD_BYTES: usize = 256 * 1024;
/// The largest input record that a log takes, bytes; beyond, ingest answers 413.
pub const INGEST_RECORD_BYTES: usize = 1024 * 1024;
/// Lines of one ingest request at most.
pub const INGEST_LINES: usize = 100_000;
/// Ids of one topic whose partition ingest remembers.
pub const HOMES: usize = 4_000_000;
/// Journal blocks a follower takes at once.
pub const FOLLOW_BLOCKS: usize = 256;
/// Shards of a deployment.
pub const SHARDS: u32 = 256;
/// Commits between two snapshots of a shard.
pub const SNAPSHOT_COMMITS: u64 = 100_000;
/// Snapshots of a shard that are kept: the newest, and the one before in case the newest is torn.
pub const SNAPSHOTS_KEPT: usize = 2;

const _: () = assert!(RECORD_BYTES < INGEST_RECORD_BYTES, "what is too large must still reach the dead letters");
const _: () = assert!(INGEST_RECORD_BYTES * 4 / 3 < 2 * 1024 * 1024, "a dead letter holds the raw record in base64");
const _: () = assert!(SNAPSHOTS_KEPT >= 2, "recovery needs the one before a torn snapshot");
const _: () = assert!(SHARDS <= 256, "ingest keeps a partition in a byte");
