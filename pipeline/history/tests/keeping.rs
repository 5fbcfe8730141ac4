//! What is done with tables once they are written: verify, compact, vacuum, pseudonyms, forget.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must say so")]

mod support;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use kezek_history::{FORGOTTEN, Finding, History, HistoryError, Pseudonyms, Retention, compact, expire, forget, vacuum};
use support::{SHARDS, apply, expected, files, findings, options, pseudonymous, verified};

fn written(root: &Path, flushes: u64) -> u64 {
    let mut history = History::open(&options(root)).unwrap();
    for n in 1..=flushes {
        apply(&mut history, n * 20);
        history.flush().unwrap();
    }
    flushes * 20
}

#[test]
fn verify_names_what_was_done_to_a_table() {
    type Damage = fn(&Path);
    type Is = fn(&Finding) -> bool;
    let cases: [(&str, Damage, Is); 4] = [
        ("a byte of a file", |root| {
            let file = &files(&root.join("sights"))[0];
            let mut bytes = fs::read(file).unwrap();
            bytes[10] ^= 1;
            fs::write(file, bytes).unwrap();
        }, |f| matches!(f, Finding::Altered { .. })),
        ("a file", |root| fs::remove_file(&files(&root.join("sights"))[0]).unwrap(), |f| matches!(f, Finding::Unreadable { .. })),
        ("the rows of a file are lost", |root| fs::remove_file(&files(&root.join("sights"))[0]).unwrap(),
            |f| matches!(f, Finding::Differs { journal, history, .. } if journal > history)),
        ("a commit is doubled", |root| {
            // The same rows again, as a writer without application transactions would add them.
            let log = root.join("sights/_delta_log");
            let mut entry = fs::read_to_string(log.join("00000000000000000001.json")).unwrap();
            let again = files(&root.join("sights"));
            for file in again {
                let name = file.file_name().unwrap().to_str().unwrap().to_owned();
                if entry.contains(&name) {
                    let copy = format!("copy-{name}");
                    fs::copy(&file, file.with_file_name(&copy)).unwrap();
                    entry = entry.replace(&name, &copy);
                }
            }
            fs::write(log.join("00000000000000000004.json"), entry).unwrap();
        }, |f| matches!(f, Finding::Commits { version: 4, .. } | Finding::Differs { .. })),
    ];
    for (what, damage, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let to = written(folder.path(), 3);
        assert_eq!(findings(folder.path(), to), []);
        damage(folder.path());
        let found = findings(folder.path(), to);
        assert!(found.iter().any(|(table, f)| *table == "sights" && expected(f)), "{what}: {found:?}");
        assert!(found.iter().all(|(table, _)| *table == "sights"), "{what}: {found:?}");
    }
}

#[test]
fn compaction_leaves_a_file_a_day_and_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let to = written(folder.path(), 6);
    let done = compact(folder.path(), SHARDS).unwrap();
    let sights = done.iter().find(|d| d.table == "sights").unwrap();
    assert!(sights.before >= 6 && sights.after == 2, "two days: {sights:?}");
    assert_eq!(findings(folder.path(), to), []);
    let again = compact(folder.path(), SHARDS).unwrap();
    assert!(again.iter().all(|d| d.before == d.after), "nothing is left to do: {again:?}");
    let mut history = History::open(&options(folder.path())).unwrap();
    assert_eq!(history.next_commits(), [to + 1; SHARDS as usize], "it goes on where it was");
    apply(&mut history, to + 5);
    history.flush().unwrap();
    assert_eq!(findings(folder.path(), to + 5), []);
}

#[test]
fn vacuum_takes_old_files_without_a_commit_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let to = written(folder.path(), 2);
    let mut history = History::open(&options(folder.path())).unwrap();
    apply(&mut history, to + 30);
    let orphans = history.write_without_commit().unwrap();
    assert!(orphans > 0);
    drop(history);
    let hour = Duration::from_secs(3_600);
    let gone = |dry_run| vacuum(folder.path(), SHARDS, hour, dry_run).unwrap().iter().map(|v| v.files.len()).sum::<usize>();
    assert_eq!(gone(false), 0, "they may be on their way into a commit");
    for file in files(folder.path()) { File::options().append(true).open(file).unwrap().set_modified(SystemTime::now() - 2 * hour).unwrap(); }
    let before = files(folder.path()).len();
    assert_eq!((gone(true), files(folder.path()).len()), (orphans, before), "a dry run only says which");
    assert_eq!((gone(false), files(folder.path()).len()), (orphans, before - orphans));
    assert_eq!(findings(folder.path(), to), []);
    assert!(matches!(vacuum(folder.path(), SHARDS, hour / 2, true), Err(HistoryError::Argument(_))));
}

#[test]
fn with_a_key_no_plate_is_written_and_a_vehicle_is_still_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&pseudonymous(folder.path())).unwrap();
    apply(&mut history, 30);
    history.flush().unwrap();
    let pseudonym = Pseudonyms::new(&[7; 32]).unwrap().of("084ABC01");
    let pinned = history.pin().unwrap();
    let stats = |table: &str| pinned[table].files.iter().map(|f| f.stats.clone().unwrap()).collect::<String>();
    for table in ["sights", "gate_decisions"] {
        assert!(!stats(table).contains("ABC"), "{table}: {}", stats(table));
        for file in files(&folder.path().join(table)) {
            let bytes = fs::read(&file).unwrap();
            assert!(!bytes.windows(5).any(|w| w == b"ABC01"), "{}", file.display());
        }
    }
    assert_eq!(findings(folder.path(), 30), [], "the comparison with the journal needs no key");
    let done = forget(folder.path(), SHARDS, "084ABC01", Some(&Pseudonyms::new(&[7; 32]).unwrap())).unwrap();
    assert_eq!(done.iter().map(|d| (d.table, d.rows)).collect::<Vec<_>>(), [("gate_decisions", 1), ("sights", 1), ("weighings", 0)], "{pseudonym}");
}

#[test]
fn a_forgotten_vehicle_leaves_its_rows_behind_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let to = written(folder.path(), 2);
    let done = forget(folder.path(), SHARDS, "084ABC01", None).unwrap();
    assert_eq!(done.iter().map(|d| (d.table, d.rows, d.files)).collect::<Vec<_>>(), [("gate_decisions", 1, 1), ("sights", 1, 1), ("weighings", 0, 0)]);
    assert!(forget(folder.path(), SHARDS, "084ABC01", None).unwrap().iter().all(|d| d.rows == 0));
    for table in verified(folder.path(), to) {
        assert_eq!((table.rows, &table.findings), (expected(table.table, to), &vec![]), "{}", table.table);
    }
    assert_eq!(forget(folder.path(), SHARDS, FORGOTTEN, None).unwrap().iter().map(|d| d.rows).collect::<Vec<_>>(), [1, 1, 0]);
}

/// Sights are of 30 June and 1 July; with two days of retention the first goes on 3 July, and verify does not miss it.
#[test]
fn old_days_go_by_table_and_are_not_missed() {
    let retention = Retention::parse("table,days\nsights,2\n").unwrap();
    for (today, gone) in [("2025-07-02", false), ("2025-07-03", true)] {
        let folder = tempfile::tempdir().unwrap();
        let to = written(folder.path(), 4);
        let expired = expire(folder.path(), SHARDS, &retention, today.parse().unwrap()).unwrap();
        let (others, sights): (Vec<_>, Vec<_>) = expired.iter().partition(|e| e.table != "sights");
        assert!(others.iter().all(|e| e.kept_from.is_none() && e.files == 0), "{expired:?}");
        assert_eq!(sights[0].files > 0, gone, "{today}: {expired:?}");
        let seen = verified(folder.path(), to);
        assert!(seen.iter().all(|t| t.findings.is_empty()), "{today}: {seen:?}");
        let sights_left = seen.iter().find(|t| t.table == "sights").unwrap().rows;
        assert_eq!(sights_left, expected("sights", to) - sights[0].rows, "{today}");
        let mut history = History::open(&options(folder.path())).unwrap();
        assert_eq!(history.next_commits(), [to + 1; SHARDS as usize], "what went is not written again");
        apply(&mut history, to + 20);
        history.flush().unwrap();
        assert_eq!(findings(folder.path(), to + 20), [], "{today}");
    }
}

#[test]
fn a_folder_without_history_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(compact(folder.path(), SHARDS), Err(HistoryError::Missing(_))));
}
