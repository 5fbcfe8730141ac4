//! Every bound of the query layer, in one place.
//!
//! A query must never be able to hurt the process that also moves a barrier: rows kept, memory, time, threads and
//! connections all have an end here.

use std::time::Duration;

/// Rows of one chunk of a keyed table: what one changed row costs to rebuild.
pub const KEYED_CHUNK_ROWS: usize = 1024;

/// Rows of one chunk of an append-only table.
pub const LOG_CHUNK_ROWS: usize = 4096;

/// Rows that an append-only table keeps; beyond them its oldest chunk goes.
pub const LOG_ROWS: usize = 1_000_000;

/// A statement ends within this time, whatever the client asked for.
pub const STATEMENT_TIME: Duration = Duration::from_secs(60);

/// A client that does not read its rows is dropped when its statement is this much over its time.
pub const SLOW_READER_GRACE: Duration = Duration::from_secs(5);

/// Memory of all statements together.
pub const QUERY_MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// Disk for sorts and aggregates that spill, all statements together.
pub const SPILL_BYTES: u64 = 1024 * 1024 * 1024;

/// Connections served at once; one more is told so and closed.
pub const CONNECTIONS: usize = 100;

/// Statements that run at once; further ones wait within their own time.
pub const RUNNING_STATEMENTS: usize = 16;

/// Statements of the role `public` that run at once.
pub const RUNNING_PUBLIC: usize = 4;

/// Threads that plan and run statements.
pub const SQL_THREADS: usize = 2;

/// Threads that speak with clients. They are others than those that run statements, so that a deadline or a
/// cancellation is answered at once, whatever a statement is doing.
pub const WIRE_THREADS: usize = 1;

/// Stack of a thread that plans: a statement of [`STATEMENT_PARTS`] parts nests that deep in the worst case.
pub const PLANNING_STACK_BYTES: usize = 256 * 1024 * 1024;

/// Operators, brackets and keywords that can nest in one statement.
pub const STATEMENT_PARTS: usize = 1000;

/// A client has this long to log in.
pub const LOGIN_TIME: Duration = Duration::from_secs(10);

/// One message of a client who has logged in.
pub const MESSAGE_BYTES: usize = 1024 * 1024;

/// One message of a client who has not.
pub const LOGIN_MESSAGE_BYTES: usize = 16 * 1024;

/// The text of a statement.
pub const STATEMENT_BYTES: usize = 256 * 1024;

/// Prepared statements and portals that a session keeps.
pub const PREPARED: usize = 256;

/// Text and parameters of all prepared statements and portals of a session.
pub const PREPARED_BYTES: usize = 4 * 1024 * 1024;

/// Open cursors of a session.
pub const CURSORS: usize = 16;

/// Rows of an answer.
pub const ANSWER_ROWS: u64 = 20_000_000;

/// Bytes of an answer on the wire.
pub const ANSWER_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Batches between the thread that runs a statement and the one that sends its rows.
pub const BATCHES_AHEAD: usize = 2;

/// Settings that a session keeps beyond those we know, and the bytes of a value.
pub const OWN_SETTINGS: usize = 32;
/// See [`OWN_SETTINGS`].
pub const SETTING_BYTES: usize = 1024;

/// Statements that the auditors' table keeps.
pub const AUDIT_ROWS: usize = 10_000;

/// Characters of a statement's shape in it.
pub const AUDIT_TEXT_CHARS: usize = 2000;

/// Partitions a plan is cut into.
pub const PLAN_PARTITIONS: usize = 2;

/// Rows from which on a scan is read by more than one partition.
pub const PARALLEL_SCAN_ROWS: usize = 65_536;

/// How much lower than the engine's the SQL threads' priority is (nice value).
pub const SQL_NICE: i32 = 10;

const _: () = assert!(STATEMENT_BYTES < MESSAGE_BYTES, "a statement fits in a message");
const _: () = assert!(RUNNING_PUBLIC < RUNNING_STATEMENTS, "the public never takes every place");
const _: () = assert!(KEYED_CHUNK_ROWS <= u16::MAX as usize, "row numbers of the index are 16 bits wide");
const _: () = assert!(LOG_CHUNK_ROWS <= u16::MAX as usize, "row numbers of the index are 16 bits wide");
const _: () = assert!(LOG_ROWS >= 2 * LOG_CHUNK_ROWS, "a log keeps a sealed chunk beside the open one");
