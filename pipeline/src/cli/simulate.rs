//! `kezek simulate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use jiff::civil::Date;
use kezek_operators::kernel::Refs;

use super::exit::{Failure, Outcome};
use crate::simulate::{Options, simulate};

/// Makes a country of trucks from a seed: input files for `replay`, and what truly happened in DIR/truth/.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek simulate --output country/ --seed 7 --days 2 --scale 0.1")]
pub struct Args {
    /// Folder to write.
    #[arg(long)]
    output: PathBuf,
    /// Seed: the same seed gives the same records.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First day.
    #[arg(long, default_value = "2026-01-15")]
    from: Date,
    /// Days.
    #[arg(long, default_value_t = 1)]
    days: u32,
    /// Load: 1 is 14,000 trucks a day.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Share of the trucks with a planted incident.
    #[arg(long, default_value_t = 0.012)]
    crimes: f64,
}

pub(super) fn run(args: &Args) -> Outcome {
    let refs = Refs::shipped().map_err(|e| Failure::Configuration(e.into()))?;
    let options = Options { seed: args.seed, from: args.from, days: args.days, scale: args.scale, crimes: args.crimes };
    let records = simulate(&refs, &options, &args.output).map_err(Failure::Usage)?;
    eprintln!("{records} records in {}", args.output.display());
    Ok(ExitCode::SUCCESS)
}
