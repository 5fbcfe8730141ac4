//! `kezek check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;

use super::exit::{Failure, Outcome};
use crate::config::Config;

/// Reads the configuration and the reference data and says what is wrong with them, naming the nearest known key.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek check --config kezek.toml")]
pub struct Args {
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let config = Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let refs = config.reference().map_err(|e| Failure::Configuration(e.into()))?;
    for (key, file) in config.files() {
        std::fs::File::open(file).map_err(|e| Failure::Configuration(anyhow::anyhow!("{key} {}: {e}", file.display())))?;
    }
    println!("configuration: {:?} log, {} partitions", config.log.kind, config.log.partitions);
    println!("catalogue: {} checkpoints, {} roads, {} road devices", refs.catalogue.checkpoints.len(), refs.catalogue.edges.len(),
        refs.catalogue.road_devices.len());
    Ok(ExitCode::SUCCESS)
}
