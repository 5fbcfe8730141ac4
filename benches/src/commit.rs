//! A commit on the embedded log: one shard, an output and a journal block of 300 bytes for each record of a step. With fsync
//! it is what the product does; without it, the baseline, what the store alone costs.

use std::time::{Duration, Instant};

use clap::Args;
use kezek_connectors::log::catalogue::TopicId;
use kezek_connectors::log::embedded::{Durability, EmbeddedLog, EmbeddedOptions};
use kezek_connectors::log::{Batch, Commit, IngestRecord, Log as _, OutRecord};

use crate::report::{Latencies, Report};

/// How much.
#[derive(Args, Debug)]
pub struct Options {
    /// Commits of each kind
    #[arg(long, default_value_t = 1_000)]
    commits: u64,
    /// Records in a step
    #[arg(long, default_value_t = 1)]
    records: usize,
}

fn commits(options: &Options, durability: Durability, name: &str) -> anyhow::Result<Latencies> {
    let folder = tempfile::tempdir()?;
    let mut how = EmbeddedOptions::new(folder.path(), 1);
    how.durability = durability;
    let log = EmbeddedLog::open(&how)?;
    let mut shard = log.take(0)?;
    let ingest = log.ingest()?;
    let (mut latencies, mut batch) = (Latencies::new(name)?, Batch::new());
    for number in 1..=options.commits {
        let record = IngestRecord { topic: TopicId(0), partition: 0, key: Vec::new(), value: vec![b'x'; 300] };
        ingest.append(vec![record; options.records])?;
        let mut next = 0;
        let mut polled = 0;
        while polled < options.records {
            shard.poll(&mut batch, options.records, Duration::from_millis(20))?;
            polled += batch.len();
            next = batch.iter().last().map_or(next, |r| r.offset + 1);
        }
        let output = OutRecord { topic: "gate.decisions", partition: 0, key: b"key".to_vec(), value: vec![b'y'; 300] };
        let commit = Commit { shard: 0, number: shard.start().last_commit + number, epoch: shard.start().epoch, outputs: vec![output; options.records],
            journal: vec![b'z'; 300 * options.records], positions: vec![(TopicId(0), next)], ..Commit::default() };
        let began = Instant::now();
        shard.commit(&commit).map_err(|e| anyhow::anyhow!("{e}"))?;
        latencies.record(began.elapsed());
    }
    Ok(latencies)
}

/// Runs it.
///
/// # Errors
/// The log cannot be written.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let durable = commits(options, Durability::SyncData, "durable (fsync)")?;
    let buffered = commits(options, Durability::Buffer, "without fsync (baseline)")?;
    let mut report = Report::new("commit", format!("{} commits of {} records of 300 B on the embedded log", options.commits, options.records));
    report.fact("p50 as a multiple of the baseline", (durable.micros(50.0) / buffered.micros(50.0) * 10.0).round() / 10.0);
    report.latencies = vec![durable, buffered];
    Ok(report)
}
