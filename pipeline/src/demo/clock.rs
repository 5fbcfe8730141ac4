//! The demo's clock: real time, faster. One per process, because the log asks a plain function for the time.

use std::sync::OnceLock;
use std::time::Instant;

use kezek_schemas::time::Timestamp;

static START: OnceLock<(Instant, i64, i64)> = OnceLock::new();

/// Starts the clock at `from`, running `speed` times as fast as real time. A second call changes nothing.
pub fn start_clock(from: Timestamp, speed: u32) {
    let _ = START.set((Instant::now(), from.0, i64::from(speed)));
}

/// The demo's time in microseconds since 1970 UTC; 1970 before the clock is started.
#[must_use]
pub fn demo_clock() -> i64 {
    START.get().map_or(0, |(began, from, speed)| from + began.elapsed().as_micros() as i64 * speed)
}
