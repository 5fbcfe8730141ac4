//! `kezek history`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use kezek_connectors::log::LogError;
use kezek_history::{HistoryError, Options, Retention, Verifier};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;

use super::exit::{Failure, Outcome};
use crate::config::{Config, LogKind};
use crate::service::{history_options, open_log};
use crate::shard::Chain;

/// Looks after history: the Delta tables at `data_dir/history`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek history verify --config kezek.toml\n  kezek history compact\n  kezek history vacuum --retention 168h")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Checks that every committed row is there once, that the log of each table goes on without a gap, and that every file
    /// is as it was written. Exit code 1: something is not.
    Verify {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Merges the small files of each day. The service may run meanwhile.
    Compact {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Removes files that no version within the retention needs.
    Vacuum {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
        /// How long older versions stay readable; one hour at least.
        #[arg(long, default_value = "168h", value_parser = super::duration)]
        retention: kezek_schemas::time::Span,
        /// Only says which.
        #[arg(long)]
        dry_run: bool,
    },
    /// Lets the days go that are older than the retention of their table. Their files leave the disk with `vacuum`.
    Expire {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Forgets a vehicle: its plate and bookings leave every row, the rows stay. Older versions leave the disk with `vacuum`.
    Forget {
        /// The plate, with or without separators.
        plate: String,
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let (What::Verify { config } | What::Compact { config } | What::Vacuum { config, .. } | What::Expire { config } | What::Forget { config, .. }) = &args.what;
    let config = Config::load(config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let options = history_options(&config).map_err(Failure::Configuration)?;
    match &args.what {
        What::Verify { .. } => return verify(&config, &options),
        What::Compact { .. } => for done in kezek_history::compact(&options.root, options.shards).map_err(failure)? {
            println!("{}: {} files became {}, version {}", done.table, done.before, done.after, done.version);
        },
        What::Vacuum { retention, dry_run, .. } => {
            let retention = Duration::from_micros(u64::try_from(retention.0).unwrap_or(0));
            for done in kezek_history::vacuum(&options.root, options.shards, retention, *dry_run).map_err(failure)? {
                println!("{}: {} files {}", done.table, done.files.len(), if *dry_run { "would go" } else { "went" });
            }
        }
        What::Expire { .. } => {
            let now = Timestamp(kezek_connectors::log::clock::wall_clock());
            let today = kezek_history::day(now).ok_or_else(|| Failure::Configuration(anyhow::anyhow!("the tz database is missing")))?;
            for done in kezek_history::expire(&options.root, options.shards, &retention(&config)?, today).map_err(failure)? {
                let from = done.kept_from.as_deref().unwrap_or("the beginning");
                println!("{}: kept from {from}, {} rows in {} files went", done.table, done.rows, done.files);
            }
        }
        What::Forget { plate, .. } => {
            let plate = Plate::normalise(plate);
            for done in kezek_history::forget(&options.root, options.shards, plate.as_str(), options.pseudonyms.as_ref()).map_err(failure)? {
                println!("{}: {} rows in {} files", done.table, done.rows, done.files);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn failure(e: HistoryError) -> Failure {
    match e {
        HistoryError::Missing(_) => Failure::Configuration(e.into()),
        HistoryError::Argument(_) => Failure::Usage(e.into()),
        HistoryError::Gap { .. } => Failure::Found(e.to_string()),
        HistoryError::Storage { .. } | HistoryError::Contended(_) | HistoryError::Io(_) => Failure::Unreachable(e.into()),
    }
}

fn retention(config: &Config) -> Result<Retention, Failure> {
    let Some(path) = &config.history.retention_file else { return Retention::shipped().map_err(failure) };
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Configuration(anyhow::anyhow!("{}: {e}", path.display())))?;
    Retention::parse(&text).map_err(|e| Failure::Configuration(e.into()))
}

fn verify(config: &Config, options: &Options) -> Outcome {
    let mut verifier = Verifier::open(&options.root, options.shards).map_err(failure)?;
    let journal = match open_log(&config.log, kezek_connectors::log::clock::wall_clock) {
        Ok(log) => {
            offer(log.as_ref(), &mut verifier)?;
            true
        }
        // The embedded log belongs to the running process: files and logs are checked, rows are not compared.
        Err(e) if config.log.kind == LogKind::Embedded && matches!(e.downcast_ref(), Some(LogError::InUse(_))) => {
            eprintln!("the instance runs: the rows were not compared with its journal");
            false
        }
        Err(e) => return Err(super::run::start_failure(e)),
    };
    let mut found = Vec::new();
    for table in verifier.finish(journal).map_err(failure)? {
        println!("{}: version {}, {} files, {} rows, {} bytes, commits {:?}", table.table, table.version, table.files, table.rows, table.bytes,
            table.commits);
        found.extend(table.findings.iter().map(|f| format!("{}: {f}", table.table)));
    }
    if found.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Found(found.join("\n"))) }
}

/// Offers the whole journal, of which the chain is checked on the way.
fn offer(log: &dyn kezek_connectors::log::Log, verifier: &mut Verifier) -> Result<(), Failure> {
    let unreachable = |e: LogError| super::run::start_failure(e.into());
    let mut follower = log.follower(&[]).map_err(unreachable)?;
    let newest = follower.newest().map_err(unreachable)?;
    let (mut chains, mut entries) = (vec![Chain::default(); newest.len()], Vec::new());
    while chains.iter().zip(&newest).any(|(chain, newest)| chain.number < *newest) {
        entries.clear();
        follower.poll(&mut entries, crate::limits::FOLLOW_BLOCKS, Duration::from_millis(500)).map_err(unreachable)?;
        for entry in &entries {
            let Some(chain) = chains.get_mut(entry.shard as usize) else { continue };
            let (next, block) = chain.follow(&entry.bytes).map_err(|e| Failure::Found(e.to_string()))?;
            *chain = next;
            verifier.offer(block.shard, block.number, block.views).map_err(failure)?;
        }
    }
    Ok(())
}
