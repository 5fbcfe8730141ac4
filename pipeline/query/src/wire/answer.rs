//! An answer on its way: batches become rows of the protocol one by one, counted and bounded, and when the last is
//! sent, or nobody wants more, the audit hears of it.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion_postgres::arrow_pg::datatypes::{arrow_schema_to_pg_fields, encode_recordbatch};
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::{FieldInfo, QueryResponse};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::data::DataRow;
use futures::stream::unfold;
use tokio::time::Instant;

use super::conversation::Conversation;
use super::cursors::Fetched;
use crate::audit::{self, Asked};
use crate::limits::{ANSWER_BYTES, ANSWER_ROWS};
use crate::running::{Batches, Clock};
use crate::sqlstate::{Refusal, code_of};

/// The statement's line in the audit; it is written when this is dropped.
pub(crate) struct Ticket {
    conversation: Arc<Conversation>,
    shape: String,
    began: Instant,
    at_us: i64,
    rows: u64,
    code: String,
}

impl Ticket {
    pub(crate) fn new(conversation: &Arc<Conversation>, shape: String) -> Self {
        Self { conversation: conversation.clone(), shape, began: Instant::now(), at_us: audit::now_us(), rows: 0,
            code: Refusal::Cancelled.sqlstate().to_owned() }
    }

    /// It ended well.
    pub(crate) fn ended(&mut self) { audit::OK.clone_into(&mut self.code); }

    /// It ended badly.
    pub(crate) fn failed(&mut self, error: &PgWireError) { code_of(error).clone_into(&mut self.code); }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(guest) = self.conversation.guest.get() else { return };
        let took_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.conversation.shared.audit.ended(Asked { at_us: self.at_us, user: guest.user.clone(), role: guest.role.name(),
            session: guest.number, text: std::mem::take(&mut self.shape), rows: i64::try_from(self.rows).unwrap_or(i64::MAX), took_ms,
            code: std::mem::take(&mut self.code) });
    }
}

/// Where batches come from.
pub(crate) enum Source {
    /// A query.
    Query(Box<Batches>),
    /// A cursor, within the time of the statement that fetches.
    Cursor(Fetched, Clock),
    /// One batch that is there.
    Ready(Option<RecordBatch>),
}

impl Source {
    async fn next(&mut self) -> Option<PgWireResult<RecordBatch>> {
        match self {
            Self::Query(batches) => batches.next().await,
            Self::Cursor(fetched, clock) => clock.clone().within(fetched.next()).await.unwrap_or_else(|e| Some(Err(e))),
            Self::Ready(batch) => batch.take().map(Ok),
        }
    }
}

/// The columns of an answer; a format for each, where formats are given one by one.
pub(crate) fn fields(conversation: &Conversation, schema: &SchemaRef, format: &Format) -> PgWireResult<Vec<FieldInfo>> {
    if let Format::Individual(formats) = format
        && formats.len() != schema.fields().len()
    {
        return Err(Refusal::Protocol("bind message has another number of result formats than the query has columns").into());
    }
    let options = Arc::new(conversation.settings().format_options());
    arrow_schema_to_pg_fields(schema, format, Some(options))
}

struct Rows {
    source: Source,
    fields: Arc<Vec<FieldInfo>>,
    batch: Option<Box<dyn Iterator<Item = PgWireResult<DataRow>> + Send>>,
    bytes: u64,
    ticket: Ticket,
}

impl Rows {
    async fn next(&mut self) -> Option<PgWireResult<DataRow>> {
        loop {
            if let Some(row) = self.batch.as_mut().and_then(Iterator::next) { return Some(row); }
            match self.source.next().await? {
                Ok(batch) => self.batch = Some(encode_recordbatch(self.fields.clone(), batch)),
                Err(e) => return Some(Err(e)),
            }
        }
    }

    fn counted(&mut self, row: &DataRow) -> Result<(), Refusal> {
        self.ticket.rows += 1;
        self.bytes += row.data.len() as u64;
        if self.ticket.rows > ANSWER_ROWS { return Err(Refusal::Limit("answer has too many rows")); }
        if self.bytes > ANSWER_BYTES { return Err(Refusal::Limit("answer has too many bytes")); }
        Ok(())
    }
}

/// The answer as the protocol's response.
pub(crate) fn response(source: Source, fields: Vec<FieldInfo>, ticket: Ticket, tag: &str) -> QueryResponse {
    let fields = Arc::new(fields);
    let rows = Rows { source, fields: fields.clone(), batch: None, bytes: 0, ticket };
    let stream = unfold(Some(rows), |rows| async move {
        let mut rows = rows?;
        let row = match rows.next().await {
            None => {
                rows.ticket.ended();
                return None;
            }
            Some(row) => row.and_then(|row| rows.counted(&row).map(|()| row).map_err(Into::into)),
        };
        match row {
            Ok(row) => Some((Ok(row), Some(rows))),
            Err(e) => {
                rows.ticket.failed(&e);
                Some((Err(e), None))
            }
        }
    });
    let mut response = QueryResponse::new(fields, stream);
    response.set_command_tag(tag);
    response
}
