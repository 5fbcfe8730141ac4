//! A simulated day, replayed: the same bytes on every run and at 1, 2, 3, 4 and 8 shards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must say so")]

mod support;

use std::path::Path;

use support::{OUTPUTS, kezek};

fn replay(input: &Path, output: &Path, shards: u32) {
    let done = kezek().args(["replay", "--drain", "30h", "--shards", &shards.to_string(), "--input"]).arg(input).arg("--output").arg(output).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_same_bytes_at_any_shard_count() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("country");
    let made = kezek().args(["simulate", "--seed", "7", "--scale", "0.02", "--output"]).arg(&input).status().unwrap();
    assert!(made.success());
    let first = folder.path().join("1");
    replay(&input, &first, 1);
    let bytes = |at: &Path, topic: &str| std::fs::read(at.join(format!("{topic}.ndjson"))).unwrap_or_default();
    assert!(!bytes(&first, "booking.events").is_empty());
    for shards in [1, 2, 3, 4, 8] {
        let again = folder.path().join(format!("again-{shards}"));
        replay(&input, &again, shards);
        for topic in OUTPUTS {
            assert!(bytes(&first, topic) == bytes(&again, topic), "{topic} differs at {shards} shards");
        }
    }
}
