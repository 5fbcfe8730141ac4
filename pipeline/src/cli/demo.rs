//! `kezek demo`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args as ClapArgs;
use kezek_schemas::time::Timestamp;

use super::exit::{Failure, Outcome};
use crate::config::{Config, LogKind};
use crate::demo;
use crate::service::Service;

/// Runs everything on this machine: the embedded log, simulated traffic at three checkpoints, the pages. Ctrl-C stops it
/// cleanly; it starts again where it was.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek demo --speed 60")]
pub struct Args {
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
    /// How many times faster than real time the demo's clock runs.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
    /// Seed of the traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(args: &Args) -> Outcome {
    super::logging::start();
    let mut config = Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    config.log.kind = LogKind::Embedded;
    config.log.fsync = false;
    let wall = Timestamp(kezek_connectors::log::clock::wall_clock());
    demo::start_clock(demo::stopped_at(&config.log.data_dir).unwrap_or(wall), args.speed);
    let refs = Arc::new(config.reference().map_err(|e| Failure::Configuration(e.into()))?);
    let signals = super::run::Signals::new()?;
    let service = Service::start_on(&config, refs, demo::demo_clock).map_err(super::run::start_failure)?;
    super::run::announce(&service);
    let stop = Arc::new(AtomicBool::new(false));
    let traffic = demo::spawn(Arc::clone(service.shared()), &config.log.data_dir, args.seed, Arc::clone(&stop))
        .map_err(super::run::start_failure)?;
    let outcome = signals.wait(&service);
    stop.store(true, Ordering::Release);
    let _ = traffic.join();
    service.stop();
    outcome
}
