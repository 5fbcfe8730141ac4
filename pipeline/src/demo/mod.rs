//! `kezek demo`: everything on one machine. The service on the embedded log, a country's traffic at three checkpoints on
//! an accelerated clock, and barrier controllers, officers and mobile groups that answer. It starts again where it was.

mod barriers;
mod clock;
mod desk;
mod patrol;
mod traffic;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kezek_connectors::log::{IngestRecord, LogError};
use kezek_operators::topology;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::keys::partition;
use kezek_schemas::time::Timestamp;

pub use clock::{demo_clock, start_clock};

use crate::service::Shared;
use crate::simulate::Made;

/// The checkpoints that have traffic.
pub const CHECKPOINTS: [&str; 3] = ["nur-zholy", "dostyk", "kordai"];
const STATE_FILE: &str = "demo-clock";
const TICK: Duration = Duration::from_millis(40);

/// The instant at which an earlier demo in this folder stopped.
#[must_use]
pub fn stopped_at(data_dir: &Path) -> Option<Timestamp> {
    std::fs::read_to_string(data_dir.join(STATE_FILE)).ok()?.trim().parse().ok().map(Timestamp)
}

/// Runs the traffic until `stop`.
///
/// # Errors
/// The log takes no records.
pub fn spawn(shared: Arc<Shared>, data_dir: &Path, seed: u64, stop: Arc<AtomicBool>) -> anyhow::Result<JoinHandle<()>> {
    let ingest = shared.log.ingest()?;
    let state = data_dir.join(STATE_FILE);
    let (now, fresh) = (Timestamp(demo_clock()), stopped_at(data_dir).is_none());
    let mut traffic = traffic::Traffic::new(Arc::clone(&shared.refs), seed, now, fresh);
    let mut barriers = barriers::Barriers::new(&shared)?;
    let mut desk = desk::Desk::new(&shared)?;
    let mut patrol = patrol::Patrol::new(&shared, seed, now)?;
    Ok(thread::Builder::new().name("demo".into()).spawn(move || {
        let mut ticks = 0u32;
        while !stop.load(Ordering::Acquire) {
            let now = Timestamp(demo_clock());
            let mut due = traffic.due(now);
            due.extend(barriers.due(now));
            due.extend(desk.due(now));
            due.extend(patrol.due(now));
            if !due.is_empty() && let Err(e) = append(&shared, ingest.as_ref(), due) { tracing::warn!(error = %e, "the demo's records were not taken"); }
            ticks += 1;
            if ticks.is_multiple_of(25) { let _ = std::fs::write(&state, now.0.to_string()); }
            thread::park_timeout(TICK);
        }
        let _ = std::fs::write(&state, demo_clock().to_string());
    })?)
}

fn append(shared: &Shared, ingest: &dyn kezek_connectors::log::Ingest, made: Vec<Made>) -> Result<(), LogError> {
    let (catalogue, shards) = (shared.log.catalogue(), shared.log.partitions());
    let records = made.into_iter().filter_map(|m| {
        let topic = catalogue.input_id(m.topic.name())?;
        let value = m.json.into_bytes();
        let key = match decode(m.topic, &value, Clock::Record) {
            Ok(input) => topology::owner_of(&input).key().as_bytes().to_vec(),
            Err(_) => m.topic.name().as_bytes().to_vec(),
        };
        Some(IngestRecord { topic, partition: partition(&key, shards), key, value })
    }).collect();
    ingest.append(records).map(|_| ())
}
