//! The follower: every shard's journal, in commit order, into everything that people look at: the live view of the
//! pages, the SQL tables, the snapshots. It is behind the shards, never in their way.

use std::sync::atomic::Ordering;
use std::sync::Arc;
#[cfg(feature = "sql")]
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use kezek_connectors::log::JournalEntry;
use kezek_http::{FollowedCommit, LiveView};
use kezek_operators::kernel::{TableSet as _, Tables};
use kezek_schemas::time::Timestamp;

use super::Shared;
#[cfg(feature = "sql")]
use crate::config::SqlConfig;
use crate::limits::{FOLLOW_BLOCKS, SNAPSHOT_COMMITS};
use crate::shard::{Block, Chain, Snapshot, Snapshots};

const FOLLOW_WAIT: Duration = Duration::from_millis(50);
/// How long a stop waits for the follower to reach the end; a snapshot of an earlier commit only makes the next start longer.
const STOP_WAIT: Duration = Duration::from_secs(4);

/// What the follower keeps up to date.
#[derive(Clone)]
pub struct Views {
    /// For the pages.
    pub live: Arc<LiveView>,
    #[cfg(feature = "sql")]
    store: Arc<Mutex<kezek_query::Store>>,
}

impl Views {
    /// Empty views.
    #[must_use]
    pub fn new(live: Arc<LiveView>) -> Self {
        #[cfg(feature = "sql")]
        let store = Arc::new(Mutex::new(kezek_query::Store::new()));
        Self { live, #[cfg(feature = "sql")] store }
    }

    fn apply(&self, entry: &JournalEntry, block: Block) {
        self.apply_rows(&block);
        self.live.apply(&FollowedCommit { shard: block.shard, number: block.number, at: Timestamp(entry.committed_at_us), outputs: block.outputs,
            rows: block.views });
    }

    #[cfg(feature = "sql")]
    fn apply_rows(&self, block: &Block) {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).apply(block.shard, block.number, &block.views);
    }
    #[cfg(not(feature = "sql"))]
    fn apply_rows(&self, _block: &Block) {}

    #[cfg(feature = "sql")]
    fn publish(&self) {
        if let Err(e) = self.store.lock().unwrap_or_else(PoisonError::into_inner).publish() {
            tracing::error!(error = %e, "the SQL tables cannot be published");
        }
    }
    #[cfg(not(feature = "sql"))]
    fn publish(&self) {}

    /// Nothing new came: what is published is as fresh as it can be.
    #[cfg(feature = "sql")]
    fn heard(&self, shards: usize) {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        for shard in 0..shards { store.heard(shard as u32); }
    }
    #[cfg(not(feature = "sql"))]
    fn heard(&self, _shards: usize) {}

    /// The SQL tables as of the last publication.
    #[cfg(feature = "sql")]
    #[must_use]
    pub fn sql(&self) -> kezek_query::View { self.store.lock().unwrap_or_else(PoisonError::into_inner).view() }

    /// Serves the Postgres wire.
    #[cfg(feature = "sql")]
    pub(super) fn serve_sql(&self, config: &SqlConfig) -> anyhow::Result<kezek_query::Server> {
        use anyhow::Context as _;
        let auth = match &config.users_file {
            None => kezek_query::Auth::Loopback,
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                kezek_query::Auth::Users(kezek_query::Users::parse(&text).with_context(|| path.display().to_string())?)
            }
        };
        let tls = config.cert.clone().zip(config.key.clone());
        let listener = std::net::TcpListener::bind(config.listen).with_context(|| format!("sql.listen {}", config.listen))?;
        kezek_query::serve(listener, &self.sql(), kezek_query::ServerOptions { auth, tls }).context("sql")
    }
}

/// One shard as the follower sees it: its tables for the next snapshot.
struct Followed {
    tables: Tables,
    chain: Chain,
    at: Timestamp,
    shards: u32,
    snapshot_at: u64,
}

impl Followed {
    fn new() -> Self {
        let mut tables = Tables::default();
        tables.set_tracking(false);
        Self { tables, chain: Chain::default(), at: Timestamp::MIN, shards: 0, snapshot_at: 0 }
    }

    fn follow(&mut self, bytes: &[u8]) -> Result<Block, String> {
        let (chain, block) = self.chain.follow(bytes).map_err(|e| e.to_string())?;
        self.tables.apply_changes(&block.changes).map_err(|e| e.to_string())?;
        (self.chain, self.at, self.shards) = (chain, block.at, block.shards);
        Ok(block)
    }

    fn snapshot(&mut self, shard: u32, snapshots: &Snapshots) {
        if self.chain.number == self.snapshot_at { return; }
        let snapshot = Snapshot { shard, shards: self.shards, chain: self.chain, at: self.at, tables: self.tables.dump() };
        match snapshots.write(&snapshot) {
            Ok(_) => self.snapshot_at = self.chain.number,
            Err(e) => tracing::error!(shard, error = %e, "a snapshot cannot be written; recovery uses the one before"),
        }
    }
}

pub fn spawn(shared: Arc<Shared>, views: Views, snapshots: Snapshots) -> anyhow::Result<JoinHandle<()>> {
    let mut follower = shared.log.follower(&[])?;
    Ok(thread::Builder::new().name("follower".into()).spawn(move || {
        let mut shards: Vec<Followed> = (0..shared.log.partitions()).map(|_| Followed::new()).collect();
        let mut entries = Vec::new();
        let mut last: Option<Instant> = None;
        loop {
            entries.clear();
            let stopping = shared.stop_followers.load(Ordering::Acquire);
            if stopping && last.get_or_insert_with(Instant::now).elapsed() > STOP_WAIT { break; }
            match follower.poll(&mut entries, FOLLOW_BLOCKS, FOLLOW_WAIT) {
                Ok(_) => {}
                Err(e) => {
                    tracing::warn!(error = %e, "the journal cannot be followed now");
                    if stopping { break; }
                    thread::park_timeout(FOLLOW_WAIT);
                    continue;
                }
            }
            if entries.is_empty() {
                if stopping { break; }
                views.heard(shards.len());
            }
            for entry in &entries {
                let Some(followed) = shards.get_mut(entry.shard as usize) else { continue };
                match followed.follow(&entry.bytes) {
                    Ok(block) => views.apply(entry, block),
                    Err(e) => tracing::error!(shard = entry.shard, commit = entry.number, error = %e, "a journal block does not follow"),
                }
                if followed.chain.number >= followed.snapshot_at + SNAPSHOT_COMMITS { followed.snapshot(entry.shard, &snapshots); }
            }
            if !entries.is_empty() { views.publish(); }
        }
        for (shard, followed) in shards.iter_mut().enumerate() { followed.snapshot(shard as u32, &snapshots); }
    })?)
}
