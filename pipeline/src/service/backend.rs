//! What HTTP asks of the engine: records in, committed records out, readiness, metrics.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kezek_connectors::log::{Ingest, IngestRecord, LogError};
use kezek_http::{AuditEntry, Backend, IngestError, ReadError, TopicRecord};
use kezek_operators::kernel::seen;
use kezek_operators::topology;
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::Topic;
use kezek_schemas::keys::partition;
use kezek_schemas::time::{Timestamp, Zone};

use super::looks::Looks;
use super::{Shared, metrics};
use crate::limits::INGEST_RECORD_BYTES;

/// A shard further behind its input than this is not ready.
const READY_BEHIND_MS: u64 = 5_000;
/// How long ingest waits for shards that are being restored.
const NEAR_WAIT: Duration = Duration::from_secs(10);
/// An instance without shards for this long is a standby.
const STANDBY_AFTER_MS: u64 = 15_000;

/// The backend over a log.
pub struct LogBackend {
    shared: Arc<Shared>,
    ingest: Box<dyn Ingest>,
    zone: Zone,
    looks: Looks,
}

impl LogBackend {
    /// Over the service's log.
    ///
    /// # Errors
    /// The log takes no records.
    pub fn new(shared: Arc<Shared>, data_dir: &Path) -> anyhow::Result<Self> {
        let ingest = shared.log.ingest()?;
        let zone = Zone::get("Asia/Almaty").ok_or_else(|| anyhow::anyhow!("the tz database lacks Asia/Almaty"))?;
        let looks = Looks::open(data_dir).with_context(|| format!("cannot write to {}", data_dir.display()))?;
        Ok(Self { shared, ingest, zone, looks })
    }

    /// The key that the record's owner has, and the record's id; of one that cannot be understood, its topic.
    fn key(topic: Topic, line: &[u8]) -> (Vec<u8>, Option<u128>) {
        match decode(topic, line, Clock::Record) {
            Ok(input) => (topology::owner_of(&input).key().as_bytes().to_vec(), Some(seen::hash(&input.id))),
            Err(_) => (topic.name().as_bytes().to_vec(), None),
        }
    }

    /// Until every shard knows its ids again, nobody can say where a resent one belongs.
    fn wait_near(&self) -> bool {
        let until = Instant::now() + NEAR_WAIT;
        loop {
            if self.shared.health.shards.iter().all(|h| h.near.load(Ordering::Acquire)) { return true; }
            if Instant::now() > until || self.shared.stop_shards.load(Ordering::Acquire) { return false; }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Backend for LogBackend {
    fn ingest(&self, topic: Topic, lines: Vec<Vec<u8>>) -> Result<u64, IngestError> {
        if self.shared.stop_shards.load(Ordering::Acquire) { return Err(IngestError::Unavailable("the service is stopping".into())); }
        let catalogue = self.shared.log.catalogue();
        let Some(id) = catalogue.input_id(topic.name()) else { return Err(IngestError::NotHere) };
        if let Some(index) = lines.iter().position(|l| l.len() > INGEST_RECORD_BYTES) { return Err(IngestError::TooLarge { index }); }
        if !self.wait_near() { return Err(IngestError::Unavailable("the shards are being restored".into())); }
        let shards = self.shared.log.partitions();
        let now = Timestamp((self.shared.clock)());
        let records: Vec<IngestRecord> = lines.into_iter().map(|value| {
            let (key, record) = Self::key(topic, &value);
            let owner = partition(&key, shards);
            let partition = record.map_or(owner, |record| self.shared.homes.of(topic, record, now, owner));
            IngestRecord { topic: id, partition, key, value }
        }).collect();
        let accepted = records.len() as u64;
        match self.ingest.append(records) {
            Ok(_) => Ok(accepted),
            Err(e) => Err(IngestError::Unavailable(e.to_string())),
        }
    }

    fn partitions(&self) -> u32 { self.shared.log.partitions() }

    fn read_topic(&self, topic: &str, partition: u32, from: u64, limit: usize) -> Result<Vec<TopicRecord>, ReadError> {
        let unavailable = |e: LogError| match e {
            LogError::Mismatch(_) => ReadError::UnknownTopic,
            e => ReadError::Unavailable(e.to_string()),
        };
        let ends = self.shared.log.ends(topic).map_err(unavailable)?;
        let end = ends.get(partition as usize).copied().unwrap_or(0);
        if from >= end { return Ok(Vec::new()); }
        // The reader gives all partitions: the others start at their end.
        let mut starts = ends;
        if let Some(start) = starts.get_mut(partition as usize) { *start = from; }
        let mut reader = self.shared.log.reader(topic, &starts).map_err(unavailable)?;
        let mut found = Vec::new();
        reader.poll(&mut found, limit, Duration::from_millis(200)).map_err(unavailable)?;
        Ok(found.into_iter().filter(|r| r.partition == partition).map(|r| TopicRecord { partition, offset: r.offset,
            received_at: Timestamp(r.received_at_us).to_rfc3339(&self.zone), value: r.value }).collect())
    }

    fn ready(&self) -> Result<(), String> {
        if let Some(failed) = self.shared.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone() { return Err(failed); }
        let now = self.shared.began.elapsed().as_millis() as u64;
        let mut owned = 0;
        for (shard, health) in self.shared.health.shards.iter().enumerate() {
            if !health.owned.load(Ordering::Acquire) { continue; }
            owned += 1;
            if !health.restored.load(Ordering::Acquire) { return Err(format!("shard {shard} is not restored")); }
            let Some(behind) = health.behind_ms(now) else { return Err(format!("shard {shard} has not read its input yet")) };
            if behind > READY_BEHIND_MS { return Err(format!("shard {shard} is {behind} ms behind its input")); }
        }
        // An instance beyond the partitions of its group owns nothing and stands by; one that has just begun is not ready.
        if owned == 0 && now < STANDBY_AFTER_MS { return Err("no shard is owned yet".into()); }
        Ok(())
    }

    fn metrics(&self) -> String { metrics::text(&self.shared) }

    fn audit(&self, entry: &AuditEntry<'_>) {
        let at = Timestamp(kezek_connectors::log::clock::wall_clock()).to_rfc3339(&self.zone);
        if let Err(e) = self.looks.add(&at, entry) { tracing::error!(error = %e, action = entry.action, "a look is not in the audit"); }
    }
}
