//! The follower that writes history: every journal on its own cursor, so that neither the pages nor SQL wait for a disk,
//! and a restart reads on from what the tables hold. A disk that is full or away stops history, never a barrier: rows wait
//! in the journal until it can be written again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kezek_connectors::log::{Follower, JournalCursor, JournalEntry};
use kezek_history::{History, Options, Pseudonyms};

use super::Shared;
use crate::config::Config;
use crate::limits::FOLLOW_BLOCKS;
use crate::shard::Block;

const FOLLOW_WAIT: Duration = Duration::from_millis(200);
/// Between two attempts at a folder that cannot be written.
const AGAIN: Duration = Duration::from_secs(10);
/// Of the ten seconds of a clean stop, what reading the rest of the journal may take.
const LAST_COMMITS: Duration = Duration::from_secs(4);

/// Where a configuration has its history.
///
/// # Errors
/// The key of pseudonyms cannot be read.
pub fn history_options(config: &Config) -> anyhow::Result<Options> {
    let pseudonyms = match &config.history.pseudonym_key_file {
        Some(path) => Some(Pseudonyms::from_file(path).context("history.pseudonym_key_file")?),
        None => None,
    };
    Ok(Options { root: config.log.data_dir.join("history"), shards: config.log.partitions, pseudonyms })
}

/// A key that cannot be read is a wrong configuration and stops the start: plates would be written as they are.
pub fn spawn(shared: Arc<Shared>, config: &Config) -> anyhow::Result<JoinHandle<()>> {
    let options = history_options(config)?;
    let pace = Pace { every: Duration::from_secs(config.history.flush_s), rows: config.history.flush_rows };
    Ok(thread::Builder::new().name("history-follower".into()).spawn(move || while !run(&shared, &options, pace) {})?)
}

/// When rows are written.
#[derive(Clone, Copy)]
struct Pace {
    every: Duration,
    rows: usize,
}

/// Follows until the service stops; false: something failed and everything begins again from what the tables hold.
fn run(shared: &Shared, options: &Options, pace: Pace) -> bool {
    let begun = History::open(options).map_err(anyhow::Error::from).and_then(|history| {
        let cursors: Vec<JournalCursor> = history.next_commits().into_iter().map(JournalCursor::at).collect();
        Ok((history, shared.log.follower(&cursors)?))
    });
    match begun {
        Ok((mut history, mut follower)) => match follow(shared, &mut history, follower.as_mut(), pace) {
            Ok(()) => true,
            Err(e) => again(shared, &e),
        },
        Err(e) => again(shared, &e),
    }
}

/// Says what failed and waits; true when the service stops meanwhile.
fn again(shared: &Shared, error: &anyhow::Error) -> bool {
    tracing::error!(error = format!("{error:#}"), "history cannot be written now; its rows wait in the journal");
    let began = Instant::now();
    while began.elapsed() < AGAIN {
        if shared.stop_followers.load(Ordering::Acquire) { return true; }
        thread::park_timeout(FOLLOW_WAIT);
    }
    false
}

fn follow(shared: &Shared, history: &mut History, follower: &mut dyn Follower, pace: Pace) -> anyhow::Result<()> {
    let (mut entries, mut flushed) = (Vec::new(), Instant::now());
    while !shared.stop_followers.load(Ordering::Acquire) {
        take(history, follower, &mut entries)?;
        if history.waiting() >= pace.rows || flushed.elapsed() >= pace.every {
            history.flush()?;
            flushed = Instant::now();
        }
    }
    // The shards have made their last commits: those are read and written before the process ends.
    let (newest, began) = (follower.newest()?, Instant::now());
    while behind(history, &newest) && began.elapsed() < LAST_COMMITS {
        take(history, follower, &mut entries)?;
        if history.waiting() >= pace.rows { history.flush()?; }
    }
    history.flush()?;
    Ok(())
}

fn behind(history: &History, newest: &[u64]) -> bool { history.next_commits().iter().zip(newest).any(|(next, newest)| next <= newest) }

fn take(history: &mut History, follower: &mut dyn Follower, entries: &mut Vec<JournalEntry>) -> anyhow::Result<()> {
    entries.clear();
    follower.poll(entries, FOLLOW_BLOCKS, FOLLOW_WAIT)?;
    for entry in entries.iter() {
        let block = Block::decode(&entry.bytes)?;
        history.apply(block.shard, block.number, block.views)?;
    }
    Ok(())
}
