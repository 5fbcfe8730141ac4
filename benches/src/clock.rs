//! Clocks of a run: the machine's, to measure and to keep a schedule; and the log's, which can be set to the hour in which
//! the bookings of a scene are due and then goes on at the machine's pace.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use kezek_connectors::log::clock::wall_clock;
use kezek_schemas::time::Timestamp;

static AHEAD_US: AtomicI64 = AtomicI64::new(0);

/// The log's clock, microseconds since 1970 UTC.
#[must_use]
pub fn log_clock() -> i64 { wall_clock() + AHEAD_US.load(Ordering::Relaxed) }

/// Sets the log's clock.
pub fn set_log_clock(at: Timestamp) { AHEAD_US.store(at.0 - wall_clock(), Ordering::Relaxed); }

/// Waits for an instant to the microsecond: asleep while it is far, awake when it is near.
pub fn wait_until(at: Instant) {
    loop {
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() { return; }
        if left > Duration::from_micros(200) { std::thread::sleep(left - Duration::from_micros(100)); } else { std::hint::spin_loop(); }
    }
}

/// When event `n` of a run with so many events a second is due.
#[must_use]
pub fn scheduled(began: Instant, n: u64, per_second: u64) -> Instant {
    began + Duration::from_nanos((n as u128 * 1_000_000_000 / u128::from(per_second.max(1))) as u64)
}
