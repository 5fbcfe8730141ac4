//! Tables as the query engine sees them: the pinned snapshot's chunks, narrowed by the filters it offers.
//!
//! Which snapshot a statement reads is decided once, when the statement starts ([`Pinned`], carried by the
//! session's configuration); all its scans read that one, so a join never sees two commits of one shard.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use datafusion::arrow::array::{Int32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::catalogue::{TableSpec, tables};
use crate::limits::{PARALLEL_SCAN_ROWS, PLAN_PARTITIONS};
use crate::pruning::wanted;
use crate::store::{Snapshot, View};

/// The snapshot that the running statement of a session reads.
#[derive(Debug)]
pub(crate) struct Pinned {
    view: View,
    snapshot: ArcSwapOption<Snapshot>,
}

impl Pinned {
    pub(crate) fn new(view: &View) -> Self { Self { view: view.clone(), snapshot: ArcSwapOption::empty() } }

    /// From now on the newest snapshot is read: a statement starts.
    pub(crate) fn renew(&self) { self.snapshot.store(Some(self.view.snapshot())); }

    /// The statement ended: an idle session keeps no old rows alive.
    pub(crate) fn release(&self) { self.snapshot.store(None); }

    fn load(&self) -> Arc<Snapshot> { self.snapshot.load_full().unwrap_or_else(|| self.view.snapshot()) }
}

fn snapshot_of(state: &dyn Session, view: &View) -> Arc<Snapshot> {
    state.config().get_extension::<Pinned>().map_or_else(|| view.snapshot(), |pinned| pinned.load())
}

/// A scan of batches that are in memory.
pub(crate) fn scan_of(batches: Vec<RecordBatch>, schema: &SchemaRef, projection: Option<&Vec<usize>>, limit: Option<usize>)
    -> Result<Arc<dyn ExecutionPlan>> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let partitions = if rows > PARALLEL_SCAN_ROWS && batches.len() >= PLAN_PARTITIONS {
        let each = batches.len().div_ceil(PLAN_PARTITIONS);
        batches.chunks(each).map(<[RecordBatch]>::to_vec).collect()
    } else {
        vec![batches]
    };
    let source = MemorySourceConfig::try_new(&partitions, schema.clone(), projection.cloned())?.with_limit(limit);
    Ok(DataSourceExec::from_data_source(source))
}

/// A table that follows the journal.
#[derive(Debug)]
pub(crate) struct LiveTable {
    number: usize,
    spec: &'static TableSpec,
    view: View,
}

impl LiveTable {
    pub(crate) fn all(view: &View) -> Vec<(&'static str, Arc<Self>)> {
        tables().iter().enumerate()
            .map(|(number, spec)| (spec.name, Arc::new(Self { number, spec, view: view.clone() }))).collect()
    }
}

#[async_trait]
impl TableProvider for LiveTable {
    fn schema(&self) -> SchemaRef { self.spec.schema.clone() }

    fn table_type(&self) -> TableType { TableType::Base }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|filter| match wanted(self.spec, filter) {
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        }).collect())
    }

    async fn scan(&self, state: &dyn Session, projection: Option<&Vec<usize>>, filters: &[Expr], limit: Option<usize>)
        -> Result<Arc<dyn ExecutionPlan>> {
        let snapshot = snapshot_of(state, &self.view);
        let wanted: Vec<_> = filters.iter().filter_map(|f| wanted(self.spec, f)).collect();
        let mut batches = Vec::new();
        let mut rows = 0;
        for chunk in snapshot.table(self.number).into_iter().flat_map(|chunks| chunks.iter()) {
            if limit.is_some_and(|limit| wanted.is_empty() && rows >= limit) { break; }
            let Some(batch) = chunk.narrowed(&wanted)? else { continue };
            rows += batch.num_rows();
            batches.push(batch);
        }
        scan_of(batches, &self.spec.schema, projection, if wanted.is_empty() { limit } else { None })
    }
}

/// `kezek_status`: each shard's commit in the snapshot and its age, computed when asked.
#[derive(Debug)]
pub(crate) struct StatusTable {
    schema: SchemaRef,
    view: View,
}

impl StatusTable {
    pub(crate) fn new(view: &View) -> Self {
        let schema = Arc::new(Schema::new(vec![
            Field::new("shard", DataType::Int32, false),
            Field::new("commit_no", DataType::Int64, false),
            Field::new("age_ms", DataType::Int64, false),
        ]));
        Self { schema, view: view.clone() }
    }
}

#[async_trait]
impl TableProvider for StatusTable {
    fn schema(&self) -> SchemaRef { self.schema.clone() }

    fn table_type(&self) -> TableType { TableType::Base }

    async fn scan(&self, state: &dyn Session, projection: Option<&Vec<usize>>, _: &[Expr], limit: Option<usize>)
        -> Result<Arc<dyn ExecutionPlan>> {
        let shards: Vec<_> = snapshot_of(state, &self.view).shards().collect();
        let batch = RecordBatch::try_new(self.schema.clone(), vec![
            Arc::new(Int32Array::from_iter_values(shards.iter().map(|s| i32::try_from(s.0).unwrap_or(i32::MAX)))),
            Arc::new(Int64Array::from_iter_values(shards.iter().map(|s| i64::try_from(s.1).unwrap_or(i64::MAX)))),
            Arc::new(Int64Array::from_iter_values(shards.iter().map(|s| i64::try_from(s.2).unwrap_or(i64::MAX)))),
        ])?;
        scan_of(vec![batch], &self.schema, projection, limit)
    }
}
