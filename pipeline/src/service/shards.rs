//! Takes the shards that the log gives this process and runs each on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kezek_connectors::log::{LogError, ShardLog};
use kezek_schemas::inputs::Topic;

use super::Shared;
use crate::shard::{Snapshots, run_shard};

const TAKE_WAIT: Duration = Duration::from_millis(50);

/// The topics in the order of the log's ids.
pub fn topics(shared: &Shared) -> Vec<Topic> {
    shared.log.catalogue().inputs().filter_map(|spec| Topic::of_name(spec.name)).collect()
}

pub fn spawn(shared: Arc<Shared>, snapshots: Snapshots) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name("shards".into()).spawn(move || {
        let mut running: Vec<JoinHandle<()>> = Vec::new();
        while !shared.stop_shards.load(Ordering::Acquire) {
            match shared.log.next_shard(TAKE_WAIT) {
                Ok(Some(_)) if shared.stop_shards.load(Ordering::Acquire) => break,
                Ok(Some(log)) => match start(&shared, log, snapshots.clone()) {
                    Ok(thread) => running.push(thread),
                    Err(e) => fail(&shared, &format!("a shard's thread cannot start: {e}")),
                },
                Ok(None) | Err(LogError::Retry(_)) => {}
                Err(e) => {
                    fail(&shared, &e.to_string());
                    break;
                }
            }
            running.retain(|t| !t.is_finished());
        }
        for thread in running { let _ = thread.join(); }
    })
}

fn start(shared: &Arc<Shared>, log: Box<dyn ShardLog>, snapshots: Snapshots) -> std::io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    let shard = log.start().shard;
    thread::Builder::new().name(format!("shard-{shard}")).spawn(move || {
        let Some(health) = shared.health.shards.get(shard as usize) else { return };
        tracing::info!(shard, epoch = log.start().epoch, commit = log.start().last_commit, "shard taken");
        let outcome = run_shard(log, shared.log.partitions(), Arc::clone(&shared.refs), topics(&shared), &snapshots, health,
            shared.began, shared.clock, &shared.stop_shards, &mut |tables| shared.homes.learn(shard, tables.seen.ids()));
        match outcome {
            Ok(()) => tracing::info!(shard, "shard given up"),
            Err(e) => fail(&shared, &format!("shard {shard}: {e}")),
        }
    })
}

fn fail(shared: &Shared, what: &str) {
    tracing::error!("{what}");
    let mut failed = shared.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    failed.get_or_insert_with(|| what.to_owned());
}
