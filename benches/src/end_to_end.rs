//! From a plate read that a camera sends to the decision that a reader of `gate.decisions` sees, over the embedded log: append,
//! poll, decide, commit, read. Open loop: a read counts from the instant at which the camera had it. Beside the gate the
//! road is busy. The baseline of the same run leaves out fsync.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use kezek_connectors::log::embedded::{Durability, EmbeddedLog, EmbeddedOptions};
use kezek_connectors::log::{Ingest, IngestRecord, Log, StoredRecord};
use kezek_operators::kernel::Refs;
use kezek_pipeline::shard::{Health, Snapshots, run_shard};
use kezek_schemas::inputs::Topic;
use kezek_schemas::keys::partition;
use kezek_schemas::time::{Timestamp, Zone};

use crate::clock::{log_clock, scheduled, set_log_clock, wait_until};
use crate::report::{Latencies, Report};
use crate::scene::{self, Made};

/// How much.
#[derive(Args, Debug)]
pub struct Options {
    /// Bookings due at the gate, each read once
    #[arg(long, default_value_t = 2_000)]
    due: usize,
    /// Reads a second
    #[arg(long, default_value_t = 100)]
    rate: u64,
    /// Sights on the road a second beside them
    #[arg(long, default_value_t = 1_000)]
    road: u64,
    /// Shards, a thread each
    #[arg(long, default_value_t = 4)]
    shards: u32,
}

/// What is given at the end: a reader waits so long for what has not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Records of one append while the scene is made.
const TOGETHER: usize = 5_000;

struct Feed { log: EmbeddedLog, ingest: Box<dyn Ingest>, shards: u32 }

impl Feed {
    fn send(&self, made: Vec<Made>) -> anyhow::Result<()> {
        let catalogue = self.log.catalogue();
        let records = made.into_iter().filter_map(|m| Some(IngestRecord { topic: catalogue.input_id(m.topic.name())?,
            partition: partition(m.key.as_bytes(), self.shards), key: m.key.into_bytes(), value: m.json.into_bytes() })).collect();
        self.ingest.append(records)?;
        Ok(())
    }

    /// Waits until the shards have taken everything.
    fn settled(&self, health: &Health) {
        let quiet = || health.shards.iter().all(|s| s.near.load(Ordering::Acquire) && s.backlog.load(Ordering::Relaxed) == 0);
        let mut still = 0;
        let mut before = u64::MAX;
        while still < 5 {
            thread::sleep(Duration::from_millis(50));
            let records: u64 = health.shards.iter().map(|s| s.records.load(Ordering::Relaxed)).sum();
            still = if quiet() && records == before { still + 1 } else { 0 };
            before = records;
        }
    }
}

fn measured(options: &Options, refs: &Arc<Refs>, durability: Durability, name: &str) -> anyhow::Result<(Latencies, u64)> {
    let folder = tempfile::tempdir()?;
    let mut how = EmbeddedOptions::new(folder.path().join("log"), options.shards);
    (how.durability, how.clock) = (durability, log_clock);
    let at = |text: &str| Timestamp::parse(text).ok_or_else(|| anyhow::anyhow!("no time"));
    set_log_clock(at(scene::ASKED)?);
    let log = EmbeddedLog::open(&how)?;
    let (health, stop, began) = (Health::new(options.shards), AtomicBool::new(false), Instant::now());
    let topics: Vec<Topic> = log.catalogue().inputs().filter_map(|spec| Topic::of_name(spec.name)).collect();
    let snapshots = Snapshots::new(&folder.path().join("snapshots"));
    thread::scope(|scope| {
        for shard in 0..options.shards {
            let log = log.take(shard)?;
            let (refs, topics, health) = (Arc::clone(refs), topics.clone(), &health.shards[shard as usize]);
            let (snapshots, stop) = (&snapshots, &stop);
            scope.spawn(move || run_shard(log, options.shards, refs, topics, snapshots, health, began, log_clock, stop, &mut |_| {}));
        }
        let feed = Feed { ingest: log.ingest()?, log: log.clone(), shards: options.shards };
        let outcome = gate(options, &feed, &health, at(scene::DUE)?, name);
        stop.store(true, Ordering::Release);
        outcome
    })
}

fn gate(options: &Options, feed: &Feed, health: &Health, due: Timestamp, name: &str) -> anyhow::Result<(Latencies, u64)> {
    feed.send(vec![scene::capacity(options.due)])?;
    let bookings: Vec<Vec<Made>> = (0..options.due).map(scene::booking).collect();
    let asked: Vec<Made> = bookings.iter().map(|b| b[0].clone()).collect();
    let answers: Vec<Made> = bookings.iter().flat_map(|b| b[1..].iter().cloned()).collect();
    for made in asked.chunks(TOGETHER).chain(answers.chunks(TOGETHER)) {
        feed.send(made.to_vec())?;
        feed.settled(health);
    }
    set_log_clock(due);
    feed.settled(health);

    let zone = Zone::get("Asia/Almaty").ok_or_else(|| anyhow::anyhow!("no time zone data"))?;
    let from = feed.log.ends("gate.decisions")?;
    let mut reader = feed.log.reader("gate.decisions", &from)?;
    let began = Instant::now();
    let seconds = (options.due as u64).div_ceil(options.rate.max(1));
    thread::scope(|scope| {
        let watching = scope.spawn(move || {
            let (mut seen, mut found) = (HashMap::new(), Vec::<StoredRecord>::new());
            let end = scheduled(began, options.due as u64, options.rate) + PATIENCE;
            while seen.len() < options.due && Instant::now() < end {
                found.clear();
                if reader.poll(&mut found, 10_000, Duration::from_millis(100)).is_err() { break; }
                let now = Instant::now();
                for record in &found {
                    let Ok(record) = serde_json::from_slice::<serde_json::Value>(&record.value) else { continue };
                    let Some(n) = record["arrival_id"].as_str().and_then(|id| id.strip_prefix("read:")?.parse::<usize>().ok()) else { continue };
                    seen.entry(n).or_insert(now);
                }
            }
            seen
        });
        let road_zone = zone.clone();
        let road = scope.spawn(move || -> anyhow::Result<()> {
            for n in 0..seconds * options.road {
                wait_until(scheduled(began, n, options.road));
                // Those of a tenth of a second come together, as a toll road's system sends them.
                let together = (options.road / 10).max(1);
                if n % together != 0 { continue; }
                let made = (n..n + together).map(|n| scene::hit(n as usize, 10_000_000 + n as usize, "road/tsk-cp4", Timestamp(log_clock()), &road_zone));
                feed.send(made.collect())?;
            }
            Ok(())
        });
        for n in 0..options.due {
            wait_until(scheduled(began, n as u64, options.rate));
            feed.send(vec![scene::read(n, options.due, Timestamp(log_clock()), &zone)])?;
        }
        let seen = watching.join().map_err(|_| anyhow::anyhow!("the reader stopped"))?;
        road.join().map_err(|_| anyhow::anyhow!("the road stopped"))??;
        let mut latencies = Latencies::new(name)?;
        // A read that is not clean is waited for on purpose: other frames may say more.
        for (n, at) in seen.iter().filter(|(n, _)| scene::is_clean(**n)) { latencies.record(at.saturating_duration_since(scheduled(began, *n as u64, options.rate))); }
        let clean = (0..options.due).filter(|n| scene::is_clean(*n)).count() as u64;
        let missing = clean - latencies.count();
        Ok((latencies, missing))
    })
}

/// Runs it.
///
/// # Errors
/// The log cannot be written, or the reference data cannot be read.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let refs = Arc::new(Refs::shipped()?);
    let (durable, missing) = measured(options, &refs, Durability::SyncData, "durable (fsync)")?;
    let (buffered, _) = measured(options, &refs, Durability::Buffer, "without fsync (baseline)")?;
    let mut report = Report::new("end-to-end", format!("the clean ones of {} reads at {}/s beside {} sights/s, {} shards, embedded log", options.due, options.rate, options.road, options.shards));
    report.fact("clean reads that joined another's arrival", missing);
    report.fact("p50 as a multiple of the baseline", (durable.micros(50.0) / buffered.micros(50.0) * 10.0).round() / 10.0);
    report.latencies = vec![durable, buffered];
    Ok(report)
}
