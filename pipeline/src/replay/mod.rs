//! `kezek replay`: the same operators, driven from files on a virtual clock.
//!
//! The clock jumps from event to timer to event; sinks are never armed (a replayed command has epoch 0 and goes to
//! a file). The output is byte-identical on every run and at any shard count.

mod merge;
mod output;

use std::path::Path;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kezek_operators::kernel::Refs;
use kezek_operators::world::World;
use kezek_schemas::time::{Span, Zone};

pub use merge::{Line, Merge};
pub use output::Outputs;

use crate::dead_letter::{Place, dead_letter};

/// How to replay.
#[derive(Debug)]
pub struct Options<'a> {
    /// Folder with `<topic>.ndjson`.
    pub input: &'a Path,
    /// Folder for `<topic>.ndjson`; made if missing.
    pub output: &'a Path,
    /// Shard count; the result does not depend on it.
    pub shards: u32,
    /// How long timers run on after the last input.
    pub drain: Span,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// Of those, dead letters.
    pub rejected: u64,
    /// Of those, duplicates.
    pub duplicates: u64,
    /// Records written.
    pub outputs: u64,
}

/// Replays a folder.
///
/// # Errors
/// A file cannot be read or written.
pub fn replay(refs: &Refs, options: &Options<'_>) -> anyhow::Result<Summary> {
    let zone = Zone::get("Asia/Almaty").context("tz data lack Asia/Almaty")?;
    let mut merge = Merge::open(options.input)?;
    let bar = progress(merge.total_bytes());
    let mut outputs = Outputs::create(options.output)?;
    let mut world = World::new(refs, options.shards);
    let mut summary = Summary::default();
    while let Some(line) = merge.next_line()? {
        summary.records += 1;
        if summary.records % 4096 == 0 { bar.set_position(merge.read_bytes()); }
        match line.record {
            Ok(mut input) => {
                input.arrived = line.arrived;
                world.input(line.place.topic, &input);
            }
            Err(rejection) => {
                world.advance(line.arrived);
                outputs.write(&mut world.fx, &mut summary)?;
                let (letter, _) = dead_letter(line.place, &line.raw, &rejection, line.arrived, &zone);
                world.fx.outputs.push(letter);
                summary.rejected += 1;
            }
        }
        outputs.write(&mut world.fx, &mut summary)?;
    }
    if summary.records > 0 {
        let until = world.now + options.drain;
        world.advance(until);
    }
    outputs.write(&mut world.fx, &mut summary)?;
    outputs.finish()?;
    bar.finish_and_clear();
    Ok(summary)
}

fn progress(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(5));
    if let Ok(style) = ProgressStyle::with_template("replay {bar:40} {bytes}/{total_bytes} {elapsed} (ETA {eta})") {
        bar.set_style(style);
    }
    bar
}

/// The place of line `offset` of a topic's file.
#[must_use]
pub const fn place(topic: kezek_schemas::inputs::Topic, offset: u64) -> Place { Place { topic, partition: 0, offset } }
