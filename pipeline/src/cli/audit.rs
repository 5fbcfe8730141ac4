//! `kezek audit verify`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};

use super::exit::{Failure, Outcome};
use crate::config::Config;
use crate::service::open_log;
use crate::shard::Chain;

/// Looks after the audit chain: every commit's journal block holds the hash of the one before.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Reads every journal block of every shard and checks the chain. Exit code 1: it is broken somewhere.
    Verify {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let What::Verify { config } = &args.what;
    let config = Config::load(config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let log = open_log(&config.log, kezek_connectors::log::clock::wall_clock).map_err(super::run::start_failure)?;
    let failure = |e: kezek_connectors::log::LogError| super::run::start_failure(e.into());
    let mut follower = log.follower(&[]).map_err(failure)?;
    let newest = follower.newest().map_err(failure)?;
    let mut chains = vec![Chain::default(); newest.len()];
    let (mut entries, mut broken) = (Vec::new(), Vec::new());
    while chains.iter().zip(&newest).any(|(chain, newest)| chain.number < *newest) && broken.is_empty() {
        entries.clear();
        follower.poll(&mut entries, crate::limits::FOLLOW_BLOCKS, Duration::from_millis(200)).map_err(failure)?;
        for entry in &entries {
            let Some(chain) = chains.get_mut(entry.shard as usize) else { continue };
            match chain.follow(&entry.bytes) {
                Ok((next, _)) => *chain = next,
                Err(e) => broken.push(format!("shard {} commit {}: {e}", entry.shard, entry.number)),
            }
        }
    }
    for (shard, chain) in chains.iter().enumerate() {
        println!("shard {shard}: {} commits, head {}", chain.number, blake3::Hash::from_bytes(chain.hash).to_hex());
    }
    if broken.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Found(broken.join("\n"))) }
}
