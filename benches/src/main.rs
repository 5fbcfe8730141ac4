//! `kezek-bench`: one subcommand for each run.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use kezek_benches::{commit, decide, end_to_end, replay};

/// As in the product itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What Kezek costs.
#[derive(Parser)]
#[command(name = "kezek-bench", version, after_help = "Example:\n  cargo run --release -p kezek-benches -- --to results/ decide --rate 50000")]
struct Cli {
    /// Folder for the results as JSON and as plots.
    #[arg(long, global = true)]
    to: Option<PathBuf>,
    #[command(subcommand)]
    run: Run,
}

#[derive(Subcommand)]
enum Run {
    /// Recorded days through all operators, beside decoding alone
    Replay(replay::Options),
    /// From a plate read to its decision inside the engine, beside decoding alone
    Decide(decide::Options),
    /// From a plate read on the embedded log to its decision as a reader sees it, with and without fsync
    EndToEnd(end_to_end::Options),
    /// A commit on the embedded log, with and without fsync
    Commit(commit::Options),
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let report = match &cli.run {
        Run::Replay(o) => replay::run(o)?,
        Run::Decide(o) => decide::run(o)?,
        Run::EndToEnd(o) => end_to_end::run(o)?,
        Run::Commit(o) => commit::run(o)?,
    };
    print!("{}", report.text());
    if let Some(folder) = &cli.to { report.write(folder)?; }
    Ok(())
}
