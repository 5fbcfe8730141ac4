//! Recorded days of a country from disk through all operators to files on one thread, JSON decoding included. The baseline of
//! the same run merges and decodes the same files and does nothing with them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use jiff::civil::Date;
use kezek_operators::kernel::Refs;
use kezek_pipeline::replay::{Merge, replay};
use kezek_pipeline::simulate::simulate;
use kezek_pipeline::{replay as replaying, simulate as simulating};
use kezek_schemas::time::Span;

use crate::report::Report;

/// What is replayed.
#[derive(Args, Debug)]
pub struct Options {
    /// Folder with recorded topics; without it days are simulated
    #[arg(long)]
    input: Option<PathBuf>,
    /// Simulated days
    #[arg(long, default_value_t = 1)]
    days: u32,
    /// Seed of the simulation
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds; the median is stated
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

fn decoded(input: &Path) -> anyhow::Result<u64> {
    let (mut merge, mut good) = (Merge::open(input)?, 0);
    while let Some(line) = merge.next_line()? { good += u64::from(std::hint::black_box(line).record.is_ok()); }
    Ok(good)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs it.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let refs = Refs::shipped()?;
    let scratch = tempfile::tempdir()?;
    let input = match &options.input {
        Some(folder) => folder.clone(),
        None => {
            let made = scratch.path().join("input");
            let from = Date::new(2026, 1, 15)?;
            simulate(&refs, &simulating::Options { seed: options.seed, from, days: options.days, scale: 1.0, crimes: 0.012 }, &made)?;
            made
        }
    };
    let output = scratch.path().join("output");
    let how = replaying::Options { input: &input, output: &output, shards: 4, drain: Span::minutes(5) };
    let (mut all, mut alone, mut summary) = (Vec::new(), Vec::new(), replaying::Summary::default());
    for _ in 0..options.rounds.max(1) {
        let began = Instant::now();
        let good = decoded(&input)?;
        alone.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        summary = replay(&refs, &how)?;
        all.push(began.elapsed().as_secs_f64());
        anyhow::ensure!(good == summary.records - summary.rejected, "both read the same");
    }
    let (all, alone) = (median(all), median(alone));
    let records = summary.records as f64;
    let mut report = Report::new("replay", format!("{} records of {} from disk, one thread, median of {} rounds", summary.records,
        if options.input.is_some() { "a folder".to_owned() } else { format!("{} simulated days (seed {})", options.days, options.seed) }, options.rounds.max(1)));
    report.fact("records", summary.records);
    report.fact("outputs", summary.outputs);
    report.fact("seconds", (all * 100.0).round() / 100.0);
    report.fact("records/s", (records / all).round());
    report.fact("records/s, merged and decoded alone (baseline)", (records / alone).round());
    report.fact("time as a multiple of decoding", (all / alone * 10.0).round() / 10.0);
    Ok(report)
}
