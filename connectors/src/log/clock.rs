//! Where the log takes its time from.
//!
//! The arrival time of a record is stamped by the log once and is data ever after; nothing
//! behind the log looks at a clock. The source is passed in so that tests can hold it still.

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of wall-clock time, microseconds since 1970 UTC.
pub type Clock = fn() -> i64;

/// The machine's clock. A time before 1970 reads as 0.
#[must_use]
pub fn wall_clock() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_micros()).ok())
        .unwrap_or(0)
}
