//! The embedded log keeps the port's promises, also over a killed process.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Durability, EmbeddedLog, EmbeddedOptions};
use crate::log::batch::Batch;
use crate::log::catalogue::TopicId;
use crate::log::conformance::{self, Bed};
use crate::log::error::LogError;
use crate::log::port::{Commit, IngestRecord, JournalCursor, Log, OutRecord, ShardLog};

fn options(dir: &Path, durability: Durability) -> EmbeddedOptions {
    EmbeddedOptions {
        durability,
        catalogue: conformance::catalogue(),
        ..EmbeddedOptions::new(dir, 2)
    }
}

struct EmbeddedBed(EmbeddedOptions);

impl Bed for EmbeddedBed {
    fn open(&mut self) -> Result<Box<dyn Log>, LogError> {
        Ok(Box::new(EmbeddedLog::open(&self.0)?))
    }
}

#[test]
fn conforms() {
    for durability in [Durability::Buffer, Durability::SyncData] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut bed = EmbeddedBed(options(dir.path(), durability));
        for (name, check) in conformance::CHECKS {
            check(&mut bed)
                .unwrap_or_else(|violation| panic!("{durability:?}, {name}: {violation}"));
        }
    }
}

#[test]
fn refuses_what_it_was_not_created_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = options(dir.path(), Durability::Buffer);
    let log = EmbeddedLog::open(&options).expect("created");
    assert!(
        matches!(EmbeddedLog::open(&options), Err(LogError::InUse(_))),
        "two logs in one directory"
    );
    assert!(
        matches!(log.take(2), Err(LogError::Mismatch(_))),
        "a shard that is not there"
    );
    drop(log);
    let three = EmbeddedOptions {
        partitions: 3,
        ..options.clone()
    };
    let Err(LogError::Mismatch(what)) = EmbeddedLog::open(&three) else {
        panic!("another number of partitions was accepted");
    };
    assert!(
        what.contains("created with 2 partitions, 3 are configured"),
        "{what}"
    );
    EmbeddedLog::open(&options).expect("as it was created");
}

#[test]
fn a_reordered_catalogue_reads_the_same_topics() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = options(dir.path(), Durability::Buffer);
    let log = EmbeddedLog::open(&options).expect("created");
    feed(&log, &[b"on the left"]);
    drop(log);
    let mut topics = conformance::TOPICS.to_vec();
    topics.reverse();
    let catalogue = crate::log::Catalogue::of(topics.leak());
    let log = EmbeddedLog::open(&EmbeddedOptions {
        catalogue,
        ..options
    })
    .expect("reopened");
    let mut batch = Batch::new();
    log.take(0)
        .expect("a shard")
        .poll(&mut batch, 10, Duration::ZERO)
        .expect("polled");
    let topics: Vec<_> = batch
        .iter()
        .map(|r| catalogue.input_name(r.topic))
        .collect();
    assert_eq!(topics, [Some("left")]);
}

#[test]
fn arrival_time_never_goes_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut options = options(dir.path(), Durability::Buffer);
    for (clock, expected) in [(late as fn() -> i64, 2_000), (early, 2_000)] {
        options.clock = clock;
        let log = EmbeddedLog::open(&options).expect("opened");
        assert_eq!(feed(&log, &[b"x"]), expected);
    }
}

fn late() -> i64 {
    2_000
}

fn early() -> i64 {
    1_000
}

fn feed(log: &dyn Log, values: &[&[u8]]) -> i64 {
    let records = values
        .iter()
        .map(|v| IngestRecord {
            topic: TopicId(0),
            partition: 0,
            key: vec![],
            value: v.to_vec(),
        })
        .collect();
    log.ingest()
        .expect("ingest")
        .append(records)
        .expect("appended")
        .received_at_us
}

#[test]
fn a_sleeping_shard_wakes_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = EmbeddedLog::open(&options(dir.path(), Durability::Buffer)).expect("opened");
    let mut shard = log.take(0).expect("a shard");
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(move || {
            let mut batch = Batch::new();
            let begun = Instant::now();
            shard
                .poll(&mut batch, 10, Duration::from_secs(60))
                .expect("polled");
            (batch.len(), begun.elapsed())
        });
        feed(&log, &[b"wake up"]);
        let (records, slept) = sleeper.join().expect("the sleeper ends");
        assert_eq!(records, 1);
        assert!(slept < Duration::from_secs(30), "{slept:?}");
    });
}

#[test]
fn a_dropped_shard_is_given_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = EmbeddedLog::open(&options(dir.path(), Durability::Buffer)).expect("opened");
    let wait = Duration::ZERO;
    let first = log.next_shard(wait).expect("asked").expect("shard 0");
    let second = log.next_shard(wait).expect("asked").expect("shard 1");
    assert_eq!((first.start().shard, second.start().shard), (0, 1));
    assert!(log.next_shard(wait).expect("asked").is_none());
    let epoch = first.start().epoch;
    drop(first);
    let again = log.next_shard(wait).expect("asked").expect("shard 0 again");
    assert_eq!(again.start().shard, 0);
    assert!(again.start().epoch > epoch);
}

const VICTIM_DIR: &str = "KEZEK_TEST_VICTIM_DIR";
const CONFIRMED_BEFORE_THE_KILL: u64 = 300;

fn numbered_commit(shard: &dyn ShardLog, number: u64) -> Commit {
    let text = number.to_string().into_bytes();
    Commit {
        shard: 0,
        number,
        epoch: shard.start().epoch,
        outputs: vec![OutRecord {
            topic: "out",
            partition: 0,
            key: vec![],
            value: text.clone(),
        }],
        internal: vec![OutRecord {
            topic: "internal",
            partition: 1,
            key: vec![],
            value: text.clone(),
        }],
        journal: text,
        positions: vec![],
    }
}

/// Not a test by itself: the process that `survives_being_killed` starts and kills.
#[test]
fn victim() {
    let Some(dir) = std::env::var_os(VICTIM_DIR) else {
        return;
    };
    let log = EmbeddedLog::open(&options(Path::new(&dir), Durability::Buffer)).expect("opened");
    let mut shard = log.take(0).expect("a shard");
    let mut out = std::io::stdout();
    for number in shard.start().last_commit + 1.. {
        shard
            .commit(&numbered_commit(&*shard, number))
            .expect("committed");
        writeln!(out, "confirmed {number}")
            .and_then(|()| out.flush())
            .expect("the parent listens");
    }
}

#[test]
fn survives_being_killed() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut confirmed = 0;
    for _ in 0..2 {
        let mut victim = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "log::embedded::tests::victim",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(VICTIM_DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a victim");
        let lines = BufReader::new(victim.stdout.take().expect("its output")).lines();
        let until = confirmed + CONFIRMED_BEFORE_THE_KILL;
        for line in lines.map_while(Result::ok) {
            if let Some(number) = line
                .rsplit_once("confirmed ")
                .and_then(|(_, n)| n.parse().ok())
            {
                confirmed = number;
                if confirmed >= until {
                    break;
                }
            }
        }
        victim.kill().expect("killed");
        victim.wait().expect("gone");
        assert!(
            confirmed >= until,
            "the victim died by itself after {confirmed}"
        );

        let log = EmbeddedLog::open(&options(dir.path(), Durability::Buffer)).expect("reopened");
        let shard = log.take(0).expect("a shard");
        let last = shard.start().last_commit;
        assert!(
            last >= confirmed,
            "{last} is there, {confirmed} were confirmed"
        );
        assert_eq!(log.ends("out").expect("ends"), [last, 0]);
        assert_eq!(log.ends("internal").expect("ends"), [0, last]);
        let mut reader = shard.journal(JournalCursor::START).expect("the journal");
        for number in 1..=last {
            let entry = reader.next_entry().expect("read").expect("no hole");
            assert_eq!(
                (entry.number, entry.bytes),
                (number, number.to_string().into_bytes())
            );
        }
        confirmed = last;
    }
}
