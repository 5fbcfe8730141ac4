//! `/metrics`: Prometheus text. No plate, document or command id is ever a label.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Shared;
use crate::shard::ShardHealth;

/// Name, type, help, what to read.
type Figure = (&'static str, &'static str, &'static str, fn(&ShardHealth) -> &AtomicU64);

const FIGURES: &[Figure] = &[
    ("kezek_commit_number", "gauge", "Number of the shard's last commit", |h| &h.commit),
    ("kezek_backlog_records", "gauge", "Committed input records that wait", |h| &h.backlog),
    ("kezek_records_total", "counter", "Input records handled", |h| &h.records),
    ("kezek_step_microseconds_total", "counter", "Time in steps", |h| &h.step_us),
    ("kezek_commit_microseconds_total", "counter", "Time in commits", |h| &h.commit_us),
];

pub fn text(shared: &Shared) -> String {
    let mut out = String::new();
    for (name, kind, help, read) in FIGURES {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (shard, health) in shared.health.shards.iter().enumerate() {
            let _ = writeln!(out, "{name}{{shard=\"{shard}\"}} {}", read(health).load(Ordering::Relaxed));
        }
    }
    let _ = writeln!(out, "# HELP kezek_counted_total What operators counted: duplicates, unknown devices, and the like\n# TYPE kezek_counted_total counter");
    for (shard, health) in shared.health.shards.iter().enumerate() {
        for (what, n) in health.counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
            let _ = writeln!(out, "kezek_counted_total{{shard=\"{shard}\",what=\"{what}\"}} {n}");
        }
    }
    let _ = writeln!(out, "# HELP kezek_shard_restored Whether the shard is owned and restored\n# TYPE kezek_shard_restored gauge");
    for (shard, health) in shared.health.shards.iter().enumerate() {
        let _ = writeln!(out, "kezek_shard_restored{{shard=\"{shard}\"}} {}", u8::from(health.restored.load(Ordering::Relaxed)));
    }
    out
}
