//! `kezek replay`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kezek_schemas::time::Span;

use super::exit::{Failure, Outcome};
use crate::config::Config;
use crate::replay::{Options, replay};

/// Reads DIR/<topic>.ndjson, merged by `received_at` (default `at`), and writes OUT/<topic>.ndjson: the same bytes on
/// every run and at any shard count. Sinks are never armed.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek replay --input recorded/ --output decided/ --drain 48h --shards 4")]
pub struct Args {
    /// Folder with the recorded input.
    #[arg(long)]
    input: PathBuf,
    /// Folder for the output.
    #[arg(long)]
    output: PathBuf,
    /// Configuration file: the catalogue is taken from it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Shard count.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    shards: u32,
    /// How long timers run on after the last input (`90s`, `36h`).
    #[arg(long, default_value = "0s", value_parser = super::duration)]
    drain: Span,
}

pub(super) fn run(args: &Args) -> Outcome {
    let config = Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let refs = config.reference().map_err(|e| Failure::Configuration(e.into()))?;
    let options = Options { input: &args.input, output: &args.output, shards: args.shards, drain: args.drain };
    let summary = replay(&refs, &options).map_err(Failure::Usage)?;
    eprintln!("{} records ({} dead letters, {} duplicates) → {} outputs", summary.records, summary.rejected,
        summary.duplicates, summary.outputs);
    Ok(ExitCode::SUCCESS)
}
