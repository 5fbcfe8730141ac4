//! Readers that know nothing of us: delta-rs and polars under Python, in an environment of their own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must say so")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use kezek_history::{History, names};
use kezek_schemas::tables::ViewRow;
use serde_json::Value;
use support::{SHARDS, apply, expected, options, rows};

const PACKAGES: [&str; 2] = ["deltalake==1.6.6", "polars==2.1.0"];

/// A Python with the readers; none, with the reason, where it cannot be had.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
    let python = folder.join("bin/python3");
    let run = |command: &mut Command| match command.output() {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => Err(String::from_utf8_lossy(&out.stderr).into_owned()),
        Err(e) => Err(e.to_string()),
    };
    if run(Command::new(&python).args(["-c", "import deltalake, polars"])).is_ok() { return Ok(python); }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES))?;
    Ok(python)
}

#[test]
fn delta_rs_and_polars_read_what_was_committed() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            eprintln!("NOT RUN: python3 with venv and pip is needed to install {PACKAGES:?}: {why}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&options(folder.path())).unwrap();
    for to in [30, 60, 61, 90] {
        apply(&mut history, to);
        history.flush().unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers.py");
    let out = Command::new(python).arg(script).arg(folder.path()).args(names()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let seen: Value = serde_json::from_slice(&out.stdout).unwrap();

    for name in names() {
        let table = &seen[name];
        assert_eq!((table["rows"].as_u64(), table["delta_rs_rows"].as_u64()), (Some(expected(name, 90)), Some(expected(name, 90))), "{name}");
        assert_eq!(table["partitions"], serde_json::json!(["date"]), "{name}");
        assert_eq!(table["schema"]["date"], "Date", "{name}");
    }
    assert_eq!(seen["sights"]["schema"]["at"], "Datetime(time_unit='us', time_zone='UTC')");
    assert_eq!(seen["gate_decisions"]["schema"]["revision"], "Int32");

    // The truth, from the rows themselves.
    let (mut days, mut speed, mut one) = (BTreeMap::<&str, u64>::new(), 0.0, Vec::new());
    for (shard, number) in (0..SHARDS).flat_map(|s| (1..=90).map(move |n| (s, n))) {
        for row in rows(shard, number) {
            let ViewRow::SightRow(sight) = row else { continue };
            // 18:00 UTC + 60 min is the local midnight.
            *days.entry(if number < 60 { "2025-06-30" } else { "2025-07-01" }).or_default() += 1;
            speed += sight.speed_kmh.unwrap();
            if sight.plate == "084ABC01" { one.push("2025-06-30 18:12:00.000001+00:00"); }
        }
    }
    assert_eq!(seen["sights"]["by_date"], serde_json::json!(days));
    assert_eq!(seen["speed_sum"].as_f64(), Some(speed));
    assert_eq!(seen["one"], serde_json::json!(one));
}
