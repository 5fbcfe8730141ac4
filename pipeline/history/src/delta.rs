//! One table of history as a Delta table: what its log says is in it, data files, commits.
//!
//! A data file is written and on disk before the commit that names it; the commit carries, per shard, the number of the
//! last journal commit it holds. Each added file has a checksum of its bytes among its tags.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, DataType, LogicalFileView, PrimitiveType, Transaction};
use deltalake_core::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use deltalake_core::parquet::basic::{Compression, ZstdLevel};
use deltalake_core::parquet::file::metadata::SortingColumn;
use deltalake_core::parquet::file::properties::WriterProperties;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::writer::{DeltaWriter as _, RecordBatchWriter};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError, ensure_table_uri};
use serde_json::json;

use crate::batch;
use crate::error::HistoryError;
use crate::tables::{DATE, Spec};

/// The tag with the checksum of a file.
pub(crate) const CHECKSUM: &str = "kezek.blake3";
/// The key in a commit's information: for each shard the first and the last journal commit it holds.
pub(crate) const COMMITS: &str = "kezekCommits";

/// The application whose transaction is the number of a shard's last commit.
pub(crate) fn application(shard: u32) -> String { format!("kezek/shard-{shard}") }

/// The application whose transaction is the first day that is kept, as days since 1970.
const KEPT_FROM: &str = "kezek/kept-from";

/// Journal commits of one shard that a Delta commit adds: none before `from`, none after `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub shard: u32,
    pub from: u64,
    pub to: u64,
}

/// A Delta table at its newest version that we know.
pub(crate) struct Delta {
    pub spec: &'static Spec,
    pub root: PathBuf,
    table: DeltaTable,
    /// Per shard the number of the last commit in the table.
    pub included: Vec<u64>,
}

impl Delta {
    /// The table in a folder, which must be there.
    pub(crate) async fn open(spec: &'static Spec, root: &Path, shards: u32) -> Result<Self, HistoryError> {
        if !root.join("_delta_log").is_dir() { return Err(HistoryError::Missing(root.display().to_string())); }
        let table = async { DeltaTableBuilder::from_url(ensure_table_uri(root.to_string_lossy())?)?.load().await };
        let table = table.await.map_err(|e| HistoryError::storage(spec.name, e))?;
        let mut delta = Self { spec, root: root.to_owned(), table, included: vec![0; shards as usize] };
        delta.read_included().await?;
        Ok(delta)
    }

    /// The table in a folder; a new one if there is none.
    pub(crate) async fn open_or_create(spec: &'static Spec, root: &Path, shards: u32) -> Result<Self, HistoryError> {
        let created = async {
            let mut create = DeltaTableBuilder::from_url(ensure_table_uri(root.to_string_lossy())?)?.build()?.create()
                .with_save_mode(SaveMode::Ignore).with_table_name(spec.name).with_partition_columns([DATE]);
            for column in &spec.columns { create = create.with_column(column.name, column.ty.delta(), column.nullable, None); }
            create.with_column(DATE, DataType::Primitive(PrimitiveType::Date), false, None).await
        };
        created.await.map_err(|e| HistoryError::storage(spec.name, e))?;
        Self::open(spec, root, shards).await
    }

    fn failed(&self, e: impl Into<DeltaTableError>) -> HistoryError { HistoryError::storage(self.spec.name, e) }

    async fn read_included(&mut self) -> Result<(), HistoryError> {
        let store = self.table.log_store();
        let snapshot = self.table.snapshot().map_err(|e| self.failed(e))?.snapshot();
        let mut included = Vec::with_capacity(self.included.len());
        for shard in 0..self.included.len() as u32 {
            let version = snapshot.transaction_version(store.as_ref(), application(shard)).await.map_err(|e| self.failed(e))?;
            included.push(version.and_then(|v| u64::try_from(v).ok()).unwrap_or(0));
        }
        self.included = included;
        Ok(())
    }

    /// Looks at the log again: others may have written.
    pub(crate) async fn refresh(&mut self) -> Result<(), HistoryError> {
        self.table.update_state().await.map_err(|e| HistoryError::storage(self.spec.name, e))?;
        self.read_included().await
    }

    /// The version.
    pub(crate) fn version(&self) -> u64 { self.table.version().unwrap_or(0) }

    /// The files of the version.
    pub(crate) fn files(&self) -> Result<Vec<Stored>, HistoryError> {
        Ok(self.table.snapshot().map_err(|e| self.failed(e))?.log_data().iter().map(Stored::new).collect())
    }

    /// The Delta table, for operations of the library.
    pub(crate) fn table(&self) -> DeltaTable { self.table.clone() }

    /// Writes the rows of a batch as data files, one for each day in it, and waits until the disk has them. Nobody sees them
    /// before a commit names them.
    pub(crate) async fn write(&self, batch: RecordBatch) -> Result<Vec<Add>, HistoryError> {
        let written = async {
            let mut writer = RecordBatchWriter::for_table(&self.table)?.with_writer_properties(properties(self.spec)?);
            writer.write(batch).await?;
            writer.flush().await
        };
        let mut adds = written.await.map_err(|e| self.failed(e))?;
        for add in &mut adds {
            let path = self.root.join(&add.path);
            let checksum = blake3::hash(&std::fs::read(&path)?).to_hex().to_string();
            File::open(&path)?.sync_all()?;
            if let Some(folder) = path.parent() { File::open(folder)?.sync_all()?; }
            add.tags.get_or_insert_default().insert(CHECKSUM.to_owned(), Some(checksum));
        }
        File::open(&self.root)?.sync_all()?;
        Ok(adds)
    }

    /// Commits actions, and the journal commits they add.
    pub(crate) async fn commit(&mut self, actions: Vec<Action>, ranges: &[Range], operation: DeltaOperation) -> Result<u64, HistoryError> {
        let transactions = ranges.iter().map(|r| Transaction::new(application(r.shard), i64::try_from(r.to).unwrap_or(i64::MAX))).collect();
        self.commit_with(actions, ranges, transactions, operation).await
    }

    /// Takes files of old days out of the table and notes the first day that is kept.
    pub(crate) async fn let_go(&mut self, actions: Vec<Action>, kept_from: i32, operation: DeltaOperation) -> Result<u64, HistoryError> {
        self.commit_with(actions, &[], vec![Transaction::new(KEPT_FROM, i64::from(kept_from))], operation).await
    }

    /// The first day that is kept, if days were let go.
    pub(crate) async fn kept_from(&self) -> Result<Option<i32>, HistoryError> {
        let snapshot = self.table.snapshot().map_err(|e| self.failed(e))?.snapshot();
        let version = snapshot.transaction_version(self.table.log_store().as_ref(), KEPT_FROM).await.map_err(|e| self.failed(e))?;
        Ok(version.and_then(|v| i32::try_from(v).ok()))
    }

    async fn commit_with(&mut self, actions: Vec<Action>, ranges: &[Range], transactions: Vec<Transaction>, operation: DeltaOperation)
        -> Result<u64, HistoryError> {
        let mut properties = CommitProperties::default().with_application_transactions(transactions);
        if !ranges.is_empty() {
            let named: serde_json::Map<_, _> = ranges.iter().map(|r| (r.shard.to_string(), json!([r.from, r.to]))).collect();
            properties = properties.with_metadata([(COMMITS.to_owned(), named.into())]);
        }
        let before = self.version();
        let state = self.table.snapshot().map_err(|e| self.failed(e))?;
        let done = CommitBuilder::from(properties).with_actions(actions)
            .build(Some(state), self.table.log_store(), operation).await.map_err(|e| self.failed(e))?;
        let version = done.version();
        self.table.state = Some(done.snapshot());
        let log = self.root.join("_delta_log");
        File::open(log.join(format!("{version:020}.json")))?.sync_all()?;
        File::open(&log)?.sync_all()?;
        if version == before + 1 {
            for range in ranges {
                if let Some(included) = self.included.get_mut(range.shard as usize) { *included = range.to; }
            }
        } else {
            // Somebody else committed in between, perhaps for other shards.
            self.read_included().await?;
        }
        Ok(version)
    }

    /// The rows of a file, with their date. The whole file is read at once: files are of bounded size.
    pub(crate) fn read(&self, file: &Stored, bytes: Vec<u8>) -> Result<RecordBatch, HistoryError> {
        let rows = || -> Result<RecordBatch, DeltaTableError> {
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))?;
            let schema = Arc::clone(reader.schema());
            let batches = reader.build()?.collect::<Result<Vec<_>, _>>()?;
            let rows = batch::joined(&schema, &batches)?;
            Ok(batch::with_date(self.spec, &rows, file.days()?)?)
        };
        rows().map_err(|e| self.failed(e))
    }

    /// The bytes of a file.
    pub(crate) fn bytes(&self, file: &Stored) -> Result<Vec<u8>, std::io::Error> { std::fs::read(self.root.join(&file.path)) }

    /// The entry of the log with a version, as its lines; none if the log has been cleaned up to there.
    pub(crate) async fn entry(&self, version: u64) -> Result<Option<String>, HistoryError> {
        let entry = self.table.log_store().read_commit_entry(version).await.map_err(|e| self.failed(e))?;
        Ok(entry.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// A file of a version.
#[derive(Clone)]
pub(crate) struct Stored {
    pub path: String,
    pub date: String,
    pub rows: Option<u64>,
    pub bytes: u64,
    pub stats: Option<String>,
    pub checksum: Option<String>,
    view: LogicalFileView,
}

impl Stored {
    fn new(view: LogicalFileView) -> Self {
        #[allow(deprecated, reason = "the only public way to a file's tags")]
        let tags = view.add_action().tags.unwrap_or_default();
        Self {
            path: view.path().into_owned(),
            date: view.partition_values_map().get(DATE).cloned().flatten().unwrap_or_default(),
            rows: view.num_records().map(|n| n as u64),
            bytes: u64::try_from(view.size()).unwrap_or(0),
            stats: view.stats(),
            checksum: tags.get(CHECKSUM).cloned().flatten(),
            view,
        }
    }

    /// The action that takes it out of the table.
    pub(crate) fn removal(&self, data_change: bool) -> Action { Action::Remove(self.view.remove_action(data_change)) }

    /// The days since 1970 of its partition.
    pub(crate) fn days(&self) -> Result<i32, DeltaTableError> {
        self.date.parse::<jiff::civil::Date>().map(kezek_schemas::time::days_since_epoch)
            .map_err(|e| DeltaTableError::Generic(format!("{}: partition {}: {e}", self.path, self.date)))
    }
}

fn properties(spec: &Spec) -> Result<WriterProperties, DeltaTableError> {
    let sorting = spec.sort.iter().filter_map(|name| spec.schema.index_of(name).ok())
        .map(|i| SortingColumn { column_idx: i32::try_from(i).unwrap_or(0), descending: false, nulls_first: true }).collect();
    Ok(WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).set_sorting_columns(Some(sorting)).build())
}
