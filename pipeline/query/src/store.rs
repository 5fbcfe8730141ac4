//! The tables as a follower of the journal keeps them, and the snapshots that queries read.
//!
//! One writer, the follower's thread, applies commits and publishes; readers take the published snapshot with one
//! atomic load and never wait for the writer nor it for them. A snapshot holds every table at whole commits of
//! every shard; chunks that did not change are the same memory in the next snapshot. A commit is applied once: one
//! that is not newer than what the shard's tables hold is ignored, so a follower may read again from where it likes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use datafusion::arrow::error::ArrowError;
use hashbrown::HashMap;
use kezek_schemas::tables::{TableKind, ViewRow};

use crate::catalogue::{self, TableSpec};
use crate::chunk::Chunk;
use crate::keyed::KeyedTable;
use crate::log::LogTable;
use crate::queue::QueueTable;

/// The published rows of one table.
pub type Chunks = Arc<Vec<Arc<Chunk>>>;

/// Where a shard's rows stand.
#[derive(Clone, Debug)]
pub struct ShardStatus {
    /// The newest commit in the tables.
    pub commit_no: u64,
    /// When the shard's journal was last heard, as nanoseconds after the store's start; shared with the writer, so
    /// that it counts between snapshots too.
    heard: Arc<AtomicU64>,
}

/// All tables at one moment.
#[derive(Debug)]
pub struct Snapshot {
    tables: Vec<Chunks>,
    shards: BTreeMap<u32, ShardStatus>,
    start: Instant,
}

impl Snapshot {
    /// The rows of the table with that number in [`catalogue::tables`].
    #[must_use]
    pub fn table(&self, number: usize) -> Option<&Chunks> { self.tables.get(number) }

    /// Each shard, its commit, and the milliseconds since its journal was last heard.
    pub fn shards(&self) -> impl Iterator<Item = (u32, u64, u64)> {
        let now = nanos(self.start);
        self.shards.iter().map(move |(shard, s)| {
            (*shard, s.commit_no, now.saturating_sub(s.heard.load(Ordering::Relaxed)) / 1_000_000)
        })
    }
}

fn nanos(start: Instant) -> u64 { u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX) }

/// The readers' end: the newest published snapshot.
#[derive(Clone, Debug)]
pub struct View(Arc<ArcSwap<Snapshot>>);

impl View {
    /// The newest snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> { self.0.load_full() }
}

enum Table {
    Keyed(KeyedTable),
    Log(LogTable),
    Queue(QueueTable),
}

/// The writer's end: the tables.
pub struct Store {
    tables: Vec<Table>,
    numbers: HashMap<&'static str, usize>,
    published: Vec<Chunks>,
    shards: BTreeMap<u32, ShardStatus>,
    start: Instant,
    view: View,
}

impl Default for Store {
    fn default() -> Self { Self::new() }
}

impl Store {
    /// Empty tables.
    #[must_use]
    pub fn new() -> Self {
        let specs = catalogue::tables();
        let tables = specs.iter().map(|spec: &'static TableSpec| match (spec.name, spec.kind) {
            ("queue", _) => Table::Queue(QueueTable::new(spec)),
            (_, TableKind::Append) => Table::Log(LogTable::new(spec)),
            (_, TableKind::Upsert) => Table::Keyed(KeyedTable::new(spec)),
        });
        let start = Instant::now();
        let published: Vec<Chunks> = specs.iter().map(|_| Chunks::default()).collect();
        let empty = Snapshot { tables: published.clone(), shards: BTreeMap::new(), start };
        Self {
            tables: tables.collect(),
            numbers: specs.iter().enumerate().map(|(n, s)| (s.name, n)).collect(),
            published,
            shards: BTreeMap::new(),
            start,
            view: View(Arc::new(ArcSwap::from_pointee(empty))),
        }
    }

    /// What queries read.
    #[must_use]
    pub fn view(&self) -> View { self.view.clone() }

    /// Applies the rows of one commit of a shard; false if the tables hold that commit already. Queries see it
    /// after [`Store::publish`].
    pub fn apply(&mut self, shard: u32, commit_no: u64, rows: &[ViewRow]) -> bool {
        if self.shards.get(&shard).is_some_and(|s| s.commit_no >= commit_no) {
            self.heard(shard);
            return false;
        }
        for row in rows {
            let Some(table) = self.numbers.get(catalogue::table_name(row)).and_then(|n| self.tables.get_mut(*n)) else { continue };
            match (table, row) {
                (Table::Keyed(t), ViewRow::Delete { key, .. }) => t.delete(key),
                (Table::Queue(t), ViewRow::Delete { key, .. }) => t.delete(key),
                (Table::Log(_), ViewRow::Delete { .. }) => {}
                (Table::Keyed(t), row) => t.upsert(row),
                (Table::Queue(t), row) => t.upsert(row),
                (Table::Log(t), row) => t.append(row),
            }
        }
        let now = nanos(self.start);
        let status = self.shards.entry(shard).or_insert_with(|| ShardStatus { commit_no, heard: Arc::default() });
        status.commit_no = commit_no;
        status.heard.store(now, Ordering::Relaxed);
        true
    }

    /// The shard's journal was read to its end and has nothing newer: its age starts from zero again.
    pub fn heard(&self, shard: u32) {
        if let Some(status) = self.shards.get(&shard) { status.heard.store(nanos(self.start), Ordering::Relaxed); }
    }

    /// Makes everything applied so far visible, all tables at once. Costs the rebuilding of the chunks that changed.
    pub fn publish(&mut self) -> Result<(), ArrowError> {
        for (table, published) in self.tables.iter_mut().zip(&mut self.published) {
            let changed = match table {
                Table::Keyed(t) => t.publish()?,
                Table::Log(t) => t.publish()?,
                Table::Queue(t) => t.publish()?,
            };
            if let Some(chunks) = changed { *published = Arc::new(chunks); }
        }
        let snapshot = Snapshot { tables: self.published.clone(), shards: self.shards.clone(), start: self.start };
        self.view.0.store(Arc::new(snapshot));
        Ok(())
    }
}
