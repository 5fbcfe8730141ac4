//! The thread that owns a shard: take its turns until it is told to stop or the log takes the shard away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kezek_connectors::log::{LogError, ShardLog};
use kezek_operators::kernel::{Refs, Tables};
use kezek_schemas::inputs::Topic;

use super::engine::RecoveryError;
use super::health::{NEVER, ShardHealth};
use super::owner::{Owner, Turn, Waits};
use super::snapshot::Snapshots;

/// How long an idle shard waits for a record before it looks at its timers, and for a log that is unreachable.
const WAITS: Waits = Waits { idle: Duration::from_millis(20), retry: Duration::from_millis(100) };

/// Runs a shard until `stop`, or until the log takes it away. `first` is shown the tables once, when everything that waited is
/// in them.
///
/// # Errors
/// The log failed for good, or the journal cannot be understood.
#[allow(clippy::too_many_arguments, reason = "everything a shard's thread stands on, named once")]
pub fn run_shard(log: Box<dyn ShardLog>, shards: u32, refs: Arc<Refs>, topics: Vec<Topic>, snapshots: &Snapshots,
    health: &ShardHealth, began: Instant, wall: fn() -> i64, stop: &AtomicBool,
    first: &mut dyn FnMut(&Tables)) -> Result<(), RecoveryError> {
    health.owned.store(true, Ordering::Release);
    let _given_up = GivenUp(health);
    let mut owner = match Owner::restore(log, shards, refs, topics, snapshots) {
        Ok(owner) => owner,
        // A log that cannot be reached now: the shard is dropped, and taken again when it can.
        Err(RecoveryError::Log(LogError::Retry(_) | LogError::Revoked { .. } | LogError::Fenced { .. })) => return Ok(()),
        Err(e) => return Err(e),
    };
    health.commit.store(owner.commit(), Ordering::Relaxed);
    health.caught_up_ms.store(NEVER, Ordering::Relaxed);
    health.restored.store(true, Ordering::Release);
    while !stop.load(Ordering::Acquire) {
        match owner.turn(WAITS, wall, health)? {
            Turn::GivenUp => break,
            // The log did not answer: how far behind we are grows.
            Turn::Waited | Turn::Aborted => continue,
            Turn::Idle | Turn::Committed => {}
        }
        let waiting = health.backlog.load(Ordering::Relaxed) > 0;
        let behind_us = owner.newest_us().filter(|_| waiting).map_or(0, |newest| wall().saturating_sub(newest));
        let behind = u64::try_from(behind_us / 1000).unwrap_or(0);
        health.caught_up_ms.store((began.elapsed().as_millis() as u64).saturating_sub(behind), Ordering::Relaxed);
        if !waiting && !health.near.load(Ordering::Relaxed) {
            first(owner.engine().tables());
            health.near.store(true, Ordering::Release);
        }
    }
    Ok(())
}

/// Whatever ends a shard's run, it is not owned any more.
struct GivenUp<'a>(&'a ShardHealth);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.near.store(false, Ordering::Release);
        self.0.restored.store(false, Ordering::Release);
        self.0.owned.store(false, Ordering::Release);
    }
}
