//! Each committed row once, whatever happens between a data file and its commit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must say so")]

mod support;

use kezek_history::{History, HistoryError, compact, names};
use proptest::prelude::*;
use support::{SHARDS, apply, expected, files, findings, options, rows, verified};

#[test]
fn a_crash_between_the_data_file_and_its_commit_doubles_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&options(folder.path())).unwrap();
    apply(&mut history, 40);
    history.flush().unwrap();
    apply(&mut history, 90);
    assert!(history.write_without_commit().unwrap() > 0);
    drop(history);
    let on_disk = files(folder.path()).len();

    let mut history = History::open(&options(folder.path())).unwrap();
    let named: usize = history.pin().unwrap().values().map(|p| p.files.len()).sum();
    assert!(named < on_disk, "files without a commit are not in any table");
    assert_eq!(history.next_commits(), [41; SHARDS as usize], "the journal is read on from the last commit in the tables");
    apply(&mut history, 90);
    history.flush().unwrap();
    for table in verified(folder.path(), 90) {
        assert_eq!((table.rows, &table.findings), (expected(table.table, 90), &vec![]), "{}", table.table);
        assert_eq!(table.commits, [90; SHARDS as usize], "{}", table.table);
    }
}

#[test]
fn commits_come_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&options(folder.path())).unwrap();
    history.apply(1, 1, rows(1, 1)).unwrap();
    history.apply(1, 1, rows(1, 1)).unwrap();
    assert!(matches!(history.apply(1, 3, rows(1, 3)), Err(HistoryError::Gap { shard: 1, number: 3, expected: 2 })));
    assert!(matches!(history.apply(SHARDS, 1, Vec::new()), Err(HistoryError::Argument(_))));
    assert_eq!(history.next_commits(), [1, 2, 1]);
    history.flush().unwrap();
    assert_eq!(verified(folder.path(), 1).iter().map(|t| t.rows).sum::<u64>(), 1, "one sight of one shard");
}

/// Instances of one group may share a folder: the log of the table decides whose commit is first.
#[test]
fn two_writers_of_one_folder_write_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = History::open(&options(folder.path())).unwrap();
    let mut two = History::open(&options(folder.path())).unwrap();
    for (to_one, to_two) in [(10, 0), (10, 25), (40, 25), (60, 60), (61, 80)] {
        apply(&mut one, to_one);
        apply(&mut two, to_two);
        one.flush().unwrap();
        two.flush().unwrap();
    }
    assert_eq!(findings(folder.path(), 80), []);
    let pinned = two.pin().unwrap();
    for name in names() { assert_eq!(pinned[name].rows(), Some(expected(name, 80)), "{name}"); }
}

#[test]
fn a_pinned_version_stays_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&options(folder.path())).unwrap();
    for to in [20, 40, 60] {
        apply(&mut history, to);
        history.flush().unwrap();
    }
    let pinned = history.pin().unwrap();
    compact(folder.path(), SHARDS).unwrap();
    apply(&mut history, 80);
    history.flush().unwrap();
    for (name, before) in pinned {
        assert_eq!(before.rows(), Some(expected(name, 60)), "{name}");
        assert!(before.files.iter().all(|f| before.root.join(&f.path).metadata().unwrap().len() == f.bytes), "{name}: its files are on disk");
        assert!(before.commits.iter().all(|n| *n <= 60), "{name}");
    }
    assert_eq!(findings(folder.path(), 80), []);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Apply(u8),
    Flush,
    CrashWithFiles,
    Crash,
    Compact,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![(1u8..12).prop_map(Step::Apply), Just(Step::Flush), Just(Step::CrashWithFiles), Just(Step::Crash), Just(Step::Compact)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_commits_flushes_crashes_and_compactions_keeps_each_row_once(steps in prop::collection::vec(step(), 1..10)) {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::open(&options(folder.path())).unwrap();
        let mut to = 0;
        for step in steps {
            match step {
                Step::Apply(more) => {
                    to += u64::from(more);
                    apply(&mut history, to);
                }
                Step::Flush => history.flush().unwrap(),
                Step::CrashWithFiles => {
                    history.write_without_commit().unwrap();
                    history = History::open(&options(folder.path())).unwrap();
                    apply(&mut history, to);
                }
                Step::Crash => {
                    history = History::open(&options(folder.path())).unwrap();
                    apply(&mut history, to);
                }
                Step::Compact => { compact(folder.path(), SHARDS).unwrap(); }
            }
        }
        history.flush().unwrap();
        prop_assert_eq!(findings(folder.path(), to), []);
        let pinned = history.pin().unwrap();
        for name in names() { prop_assert_eq!(pinned[name].rows(), Some(expected(name, to))); }
    }
}
