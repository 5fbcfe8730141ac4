//! What the shards of a process say of themselves, for `/readyz` and `/metrics`: plain counters that only the owner of a
//! shard writes and anybody reads, so that looking never waits for a shard.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// `caught_up_ms` of a shard that has not looked at its input yet.
pub const NEVER: u64 = u64::MAX;

/// What the shards of this process do, for `/readyz` and `/metrics`.
#[derive(Debug, Default)]
pub struct Health {
    /// One per shard.
    pub shards: Vec<ShardHealth>,
}

impl Health {
    /// For that many shards.
    #[must_use]
    pub fn new(shards: u32) -> Self { Self { shards: (0..shards).map(|_| ShardHealth::default()).collect() } }
}

/// Counters of one shard; only its owner writes them.
#[derive(Debug, Default)]
pub struct ShardHealth {
    /// Owned by this process.
    pub owned: AtomicBool,
    /// Owned and restored.
    pub restored: AtomicBool,
    /// Restored, and everything that waited then is handled.
    pub near: AtomicBool,
    /// Last commit.
    pub commit: AtomicU64,
    /// Records that wait.
    pub backlog: AtomicU64,
    /// Up to when its input is handled, ms since the process began; [`NEVER`] = it has not looked yet.
    pub caught_up_ms: AtomicU64,
    /// Records handled.
    pub records: AtomicU64,
    /// Microseconds spent in steps.
    pub step_us: AtomicU64,
    /// Microseconds spent in commits.
    pub commit_us: AtomicU64,
    /// What operators counted (`duplicates`, `devices_unknown`, …), by name.
    pub counted: Mutex<BTreeMap<&'static str, u64>>,
}

impl ShardHealth {
    /// How far behind its input the shard is at `now_ms`; `None` = it has not looked yet.
    #[must_use]
    pub fn behind_ms(&self, now_ms: u64) -> Option<u64> {
        Some(self.caught_up_ms.load(Ordering::Relaxed)).filter(|at| *at != NEVER).map(|at| now_ms.saturating_sub(at))
    }

    pub(super) fn count(&self, names: impl Iterator<Item = &'static str>) {
        let mut names = names.peekable();
        if names.peek().is_none() { return; }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names { *counted.entry(name).or_default() += 1; }
    }
}
