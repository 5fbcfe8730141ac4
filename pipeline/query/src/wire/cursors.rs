//! Cursors of SQL: `DECLARE`, `FETCH`, `CLOSE`. A cursor reads the snapshot of the moment when its first row is
//! fetched, forward only, and its time is that of one statement: it holds memory and a place as long as it is open.

use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::sql::sqlparser::ast::{CloseCursor, FetchDirection, Value};
use datafusion_postgres::pgwire::error::PgWireResult;
use hashbrown::HashMap;
use tokio::sync::OwnedMutexGuard;

use crate::limits::CURSORS;
use crate::running::Batches;
use crate::sqlstate::Refusal;

/// An open cursor.
pub(crate) struct Cursor {
    batches: Batches,
    /// Rows that came with the last batch and were not fetched yet.
    left: Option<RecordBatch>,
}

type Open = Arc<tokio::sync::Mutex<Cursor>>;

/// The cursors of a session.
#[derive(Default)]
pub(crate) struct Cursors(Mutex<HashMap<String, Named>>);

struct Named {
    schema: SchemaRef,
    /// It stays when its transaction ends.
    hold: bool,
    cursor: Open,
}

impl Cursors {
    /// Opens one.
    pub(crate) fn declare(&self, name: &str, hold: bool, batches: Batches) -> Result<(), Refusal> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.contains_key(name) { return Err(Refusal::CursorTwice(name.to_owned())); }
        if open.len() >= CURSORS { return Err(Refusal::Limit("too many cursors")); }
        let schema = batches.schema().clone();
        let cursor = Arc::new(tokio::sync::Mutex::new(Cursor { batches, left: None }));
        open.insert(name.to_owned(), Named { schema, hold, cursor });
        Ok(())
    }

    /// Closes one, or all.
    pub(crate) fn close(&self, which: &CloseCursor) -> Result<(), Refusal> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match which {
            CloseCursor::All => open.clear(),
            CloseCursor::Specific { name } => {
                open.remove(&name.value).ok_or_else(|| Refusal::NoCursor(name.value.clone()))?;
            }
        }
        Ok(())
    }

    /// A transaction ended: closes those that do not outlive it.
    pub(crate) fn transaction_ended(&self) { self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, c| c.hold); }

    /// The columns of one.
    pub(crate) fn schema(&self, name: &str) -> Result<SchemaRef, Refusal> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(name).map(|c| c.schema.clone()).ok_or_else(|| Refusal::NoCursor(name.to_owned()))
    }

    /// The next rows of one.
    pub(crate) async fn fetch(&self, name: &str, direction: &FetchDirection) -> PgWireResult<Fetched> {
        let rows = match direction {
            FetchDirection::Next | FetchDirection::Forward { limit: None } => 1,
            FetchDirection::Count { limit } | FetchDirection::Forward { limit: Some(limit) } => count(limit)?,
            FetchDirection::All | FetchDirection::ForwardAll => usize::MAX,
            FetchDirection::First | FetchDirection::Last | FetchDirection::Prior | FetchDirection::Absolute { .. }
            | FetchDirection::Relative { .. } | FetchDirection::Backward { .. } | FetchDirection::BackwardAll => {
                return Err(Refusal::Unsupported("cursors go forward only".to_owned()).into());
            }
        };
        let cursor = {
            let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.get(name).map(|c| c.cursor.clone()).ok_or_else(|| Refusal::NoCursor(name.to_owned()))?
        };
        Ok(Fetched { cursor: cursor.lock_owned().await, rows })
    }
}

fn count(limit: &Value) -> Result<usize, Refusal> {
    let Value::Number(digits, _) = limit else { return Err(Refusal::Protocol("a number of rows is needed")) };
    digits.parse().map_err(|_| Refusal::Protocol("a number of rows is needed"))
}

/// Rows of a cursor on their way.
pub(crate) struct Fetched {
    cursor: OwnedMutexGuard<Cursor>,
    rows: usize,
}

impl Fetched {
    /// The columns.
    pub(crate) fn schema(&self) -> SchemaRef { self.cursor.batches.schema().clone() }

    /// The next batch of them.
    pub(crate) async fn next(&mut self) -> Option<PgWireResult<RecordBatch>> {
        if self.rows == 0 { return None; }
        let batch = match self.cursor.left.take() {
            Some(batch) => batch,
            None => match self.cursor.batches.next().await? {
                Ok(batch) => batch,
                Err(e) => return Some(Err(e)),
            },
        };
        let take = self.rows.min(batch.num_rows());
        if take < batch.num_rows() { self.cursor.left = Some(batch.slice(take, batch.num_rows() - take)); }
        self.rows -= take;
        Some(Ok(batch.slice(0, take)))
    }
}
