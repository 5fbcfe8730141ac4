//! `kezek run`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::{Failure, Outcome};
use crate::config::Config;
use crate::service::Service;

/// Runs the service until SIGTERM or Ctrl-C; then stops taking input, commits, writes snapshots and leaves.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek run --config kezek.toml\n  KEZEK_HTTP__LISTEN=127.0.0.1:8081 kezek run")]
pub struct Args {
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    super::logging::start();
    let config = Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let refs = Arc::new(config.reference().map_err(|e| Failure::Configuration(e.into()))?);
    let signals = Signals::new()?;
    let service = Service::start(&config, refs).map_err(start_failure)?;
    announce(&service);
    let outcome = signals.wait(&service);
    service.stop();
    outcome
}

/// Says where people find the service.
pub(super) fn announce(service: &Service) {
    // Whoever started it may not listen any more: that is no reason to end.
    let mut terminal = std::io::stderr().lock();
    let _ = writeln!(terminal, "http://{}/  the situational centre", service.http_address);
    if let Some(sql) = service.sql_address { let _ = writeln!(terminal, "postgres://{sql}/kezek  SQL"); }
}

/// A log that disagrees with us is a wrong configuration; one that does not answer is unreachable.
pub(super) fn start_failure(e: anyhow::Error) -> Failure {
    use kezek_connectors::log::LogError;
    match e.downcast_ref::<LogError>() {
        Some(LogError::Mismatch(_)) => Failure::Configuration(e),
        Some(_) => Failure::Unreachable(e),
        None => Failure::Configuration(e),
    }
}

/// SIGTERM and Ctrl-C, listened for from before the service starts: a stop during recovery is a clean one too.
pub(super) struct Signals {
    runtime: tokio::runtime::Runtime,
    term: Signal,
    int: Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Failure> {
        let unreachable = |e: std::io::Error| Failure::Unreachable(e.into());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unreachable)?;
        let guard = runtime.enter();
        let term = signal(SignalKind::terminate()).map_err(unreachable)?;
        let int = signal(SignalKind::interrupt()).map_err(unreachable)?;
        drop(guard);
        Ok(Self { runtime, term, int })
    }

    /// Waits for a signal or a failure.
    pub(super) fn wait(mut self, service: &Service) -> Outcome {
        self.runtime.block_on(async {
            let mut look = tokio::time::interval(Duration::from_millis(200));
            loop {
                tokio::select! {
                    _ = self.term.recv() => return Ok(ExitCode::SUCCESS),
                    _ = self.int.recv() => return Ok(ExitCode::SUCCESS),
                    _ = look.tick() => if let Some(what) = service.failure() {
                        return Err(Failure::Unreachable(anyhow::anyhow!(what)));
                    },
                }
            }
        })
    }
}
