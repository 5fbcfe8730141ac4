//! `kezek snapshot`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use kezek_connectors::log::{JournalCursor, LogError};
use kezek_operators::kernel::{TableSet as _, Tables};
use kezek_schemas::time::Zone;

use super::exit::{Failure, Outcome};
use crate::config::Config;
use crate::service::open_log;
use crate::shard::{Chain, Snapshot, Snapshots};

/// Looks after the snapshots that recovery starts from.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  kezek snapshot list\n  kezek snapshot verify --config kezek.toml")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows each shard's snapshots, newest first.
    List {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Reads every snapshot: its checksum, its rows, and that it is of the journal's history. Exit code 1: one is not whole.
    Verify {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let (What::List { config: path } | What::Verify { config: path }) = &args.what;
    let config = Config::load(path.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let snapshots = Snapshots::new(&config.log.data_dir.join("snapshots"));
    match &args.what {
        What::List { .. } => list(&snapshots),
        What::Verify { .. } => verify(&snapshots, &config),
    }
}

fn unreadable(e: std::io::Error) -> Failure { Failure::Unreachable(e.into()) }

fn list(snapshots: &Snapshots) -> Outcome {
    let zone = Zone::get("Asia/Almaty").ok_or_else(|| Failure::Configuration(anyhow::anyhow!("the tz database lacks Asia/Almaty")))?;
    for (shard, number, path) in snapshots.all().map_err(unreadable)? {
        let bytes = std::fs::metadata(&path).map_err(unreadable)?.len();
        match Snapshots::read(&path).map_err(unreadable)? {
            Some(s) => println!("shard {shard} of {}  commit {number}  {bytes} bytes  clock {}", s.shards, s.at.to_rfc3339(&zone)),
            None => println!("shard {shard}  commit {number}  {bytes} bytes  torn"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(snapshots: &Snapshots, config: &Config) -> Outcome {
    let (mut whole, mut faults) = (Vec::new(), Vec::new());
    for (shard, number, path) in snapshots.all().map_err(unreadable)? {
        let name = format!("shard {shard} commit {number}");
        match Snapshots::read(&path).map_err(unreadable)? {
            None => faults.push(format!("{name}: torn: the checksum does not hold")),
            Some(s) if (s.shard, s.chain.number) != (shard, number) => faults.push(format!("{name}: the file holds shard {} commit {}", s.shard, s.chain.number)),
            Some(s) => match Tables::default().apply_changes(&s.tables) {
                Ok(()) => whole.push(s),
                Err(e) => faults.push(format!("{name}: {e}")),
            },
        }
    }
    let checked = compare(&whole, config, &mut faults)?;
    println!("{} snapshots are whole{}", whole.len(), if checked { ", and of the journal's history" } else { "; the journal is in use and was not compared" });
    if faults.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Found(faults.join("\n"))) }
}

/// Compares each snapshot's place in the chain with the journal; `false` = a running service holds the journal.
fn compare(snapshots: &[Snapshot], config: &Config, faults: &mut Vec<String>) -> Result<bool, Failure> {
    let log = match open_log(&config.log, kezek_connectors::log::clock::wall_clock) {
        Ok(log) => log,
        Err(e) if matches!(e.downcast_ref(), Some(LogError::InUse(_))) => return Ok(false),
        Err(e) => return Err(super::run::start_failure(e)),
    };
    let failure = |e: LogError| super::run::start_failure(e.into());
    let mut wanted: BTreeMap<(u32, u64), [u8; 32]> = snapshots.iter().map(|s| ((s.shard, s.chain.number), s.chain.hash)).collect();
    let first = |shard: u32| wanted.keys().filter(|(s, _)| *s == shard).map(|(_, n)| *n).min();
    let from: Vec<JournalCursor> = (0..log.partitions()).map(|shard| first(shard).map_or(JournalCursor::START, JournalCursor::at)).collect();
    let mut follower = log.follower(&from).map_err(failure)?;
    let newest = follower.newest().map_err(failure)?;
    wanted.retain(|(shard, number), _| {
        let there = newest.get(*shard as usize).is_some_and(|n| number <= n);
        if !there { faults.push(format!("shard {shard} commit {number}: the journal does not reach that far")); }
        there
    });
    let mut entries = Vec::new();
    while !wanted.is_empty() {
        entries.clear();
        follower.poll(&mut entries, crate::limits::FOLLOW_BLOCKS, Duration::from_millis(200)).map_err(failure)?;
        for entry in &entries {
            let Some(hash) = wanted.remove(&(entry.shard, entry.number)) else { continue };
            if Chain::of(entry.number, &entry.bytes).hash != hash {
                faults.push(format!("shard {} commit {}: the journal says something else", entry.shard, entry.number));
            }
        }
    }
    Ok(true)
}
