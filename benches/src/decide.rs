//! From a decoded plate read to the gate's decision inside the engine: one gate with thousands of bookings due at once and
//! a million known plates, on one thread. The baseline of the same run decodes the same reads on the same schedule.

use std::time::Instant;

use clap::Args;
use kezek_operators::kernel::Refs;
use kezek_operators::matching::{KnownPlate, index};
use kezek_operators::world::World;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::{Input, Topic};
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::{Span, Timestamp, Zone};

use crate::clock::{scheduled, wait_until};
use crate::report::{Latencies, Report};
use crate::scene::{self, Made};

/// How much.
#[derive(Args, Debug)]
pub struct Options {
    /// Bookings due at the gate
    #[arg(long, default_value_t = 5_000)]
    due: usize,
    /// Other plates that are known
    #[arg(long, default_value_t = 1_000_000)]
    known: usize,
    /// Reads; each booking is read once at most
    #[arg(long, default_value_t = 5_000)]
    reads: usize,
    /// Reads a second
    #[arg(long, default_value_t = 500)]
    rate: u64,
}

fn input(made: &Made) -> Option<Input> { decode(made.topic, made.json.as_bytes(), Clock::Record).ok() }

/// A world in which everybody is due.
fn prepared<'a>(refs: &'a Refs, options: &Options, from: Timestamp) -> World<'a> {
    let mut world = World::new(refs, 1);
    let mut put = |made: &Made| {
        if let Some(i) = input(made) { world.input(made.topic, &i); }
        world.fx.outputs.clear();
    };
    put(&scene::capacity(options.due));
    let bookings: Vec<Vec<Made>> = (0..options.due).map(scene::booking).collect();
    for asked in &bookings { put(&asked[0]); }
    for answers in &bookings { answers[1..].iter().for_each(&mut put); }
    world.advance(from);
    world.fx.outputs.clear();
    for n in 0..options.known {
        let known = KnownPlate { plate: Plate::normalise(&scene::plate(100_000 + n)), country: None, at: from };
        index::insert(&mut world.tables()[0].matching, known);
    }
    world
}

/// Runs it.
///
/// # Errors
/// The reference data or the time zones cannot be read.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let refs = Refs::shipped()?;
    let zone = Zone::get("Asia/Almaty").ok_or_else(|| anyhow::anyhow!("no time zone data"))?;
    let from = Timestamp::parse(scene::DUE).ok_or_else(|| anyhow::anyhow!("no time"))?;
    let reads: Vec<Made> = (0..options.reads.min(options.due)).map(|n| {
        scene::read(n, options.due, from + Span((n as u64 * 1_000_000 / options.rate.max(1)) as i64), &zone)
    }).collect();
    let mut world = prepared(&refs, options, from);

    let mut decoding = Latencies::new("decoding alone (baseline)")?;
    let began = Instant::now();
    for (n, made) in reads.iter().enumerate() {
        let due = scheduled(began, n as u64, options.rate);
        wait_until(due);
        std::hint::black_box(input(made));
        decoding.record(due.elapsed());
    }

    let (mut deciding, mut opened, mut busy) = (Latencies::new("read → decision and command")?, 0usize, 0.0);
    let began = Instant::now();
    for (n, made) in reads.iter().enumerate() {
        let due = scheduled(began, n as u64, options.rate);
        wait_until(due);
        let start = Instant::now();
        if let Some(read) = input(made) { world.input(Topic::AnprReads, &read); }
        busy += start.elapsed().as_secs_f64();
        deciding.record(due.elapsed());
        opened += world.fx.outputs.iter().filter(|o| o.topic == OutTopic::BarrierCommands).count();
        world.fx.outputs.clear();
    }
    let mut report = Report::new("decide", format!("{} due, {} known, {} reads at {}/s on one thread", options.due, options.known, reads.len(), options.rate));
    report.fact("barriers opened", opened);
    report.fact("share of a core used", (busy / began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
    report.fact("decisions/s of a core, if it did nothing else", (reads.len() as f64 / busy).round());
    report.fact("p50 as a multiple of decoding", (deciding.micros(50.0) / decoding.micros(50.0)).round());
    report.latencies = vec![deciding, decoding];
    Ok(report)
}
