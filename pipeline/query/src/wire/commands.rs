//! Statements about the session itself: settings, transactions, cursors. A transaction is a promise that nothing is
//! written, which is easy to keep; each statement in it reads the newest snapshot.

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ParamValues;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{DiscardObject, Reset, Statement};
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::{Response, Tag};
use datafusion_postgres::pgwire::error::PgWireResult;
use datafusion_postgres::pgwire::messages::response::TransactionStatus;
use tokio::time::Instant;

use super::answer::{Source, Ticket, fields, response};
use super::conversation::Desk;
use crate::limits::STATEMENT_TIME;
use crate::prepared::{Kept, Kind, Prepared, prepare};
use crate::running::{Batches, Clock};
use crate::settings::{modes_read, shown};
use crate::shown;
use crate::sqlstate::{Refusal, engine_failed};

/// A setting that the client is told of.
pub(crate) type Told = Option<(String, String)>;

/// Whether a statement may run in a transaction that failed.
pub(crate) const fn ends_transaction(statement: &Statement) -> bool {
    matches!(statement, Statement::Commit { .. } | Statement::Rollback { .. })
}

impl Desk {
    /// Refuses everything but the end of a transaction that failed.
    pub(crate) fn alive(status: TransactionStatus, statement: &Statement) -> Result<(), Refusal> {
        if status == TransactionStatus::Error && !ends_transaction(statement) { Err(Refusal::Aborted) } else { Ok(()) }
    }

    /// Prepares a statement on the SQL threads.
    pub(crate) async fn prepare(&self, clock: &Clock, statement: Statement) -> PgWireResult<Prepared> {
        let guest = self.0.guest()?;
        let session = guest.session.clone();
        guest.workers.run(clock, async move { prepare(&session, statement).await }).await?
    }

    /// The columns of a statement's answer, if it has rows.
    pub(crate) fn columns(&self, prepared: &Prepared) -> PgWireResult<Option<SchemaRef>> {
        Ok(match &prepared.kind {
            Kind::Query { plan, names, .. } => Some(shown::schema(plan.schema().as_arrow(), names, self.0.settings().time_zone())),
            Kind::Command(statement) => match statement.as_ref() {
                Statement::ShowVariable { .. } => Some(setting_schema(shown(statement).as_deref().unwrap_or_default())),
                Statement::Fetch { name, .. } => Some(self.0.cursors.schema(&name.value)?),
                _ => None,
            },
        })
    }

    /// Runs a statement.
    pub(crate) async fn run(&self, prepared: &Kept, params: Option<ParamValues>, format: &Format, clock: &Clock, status: TransactionStatus)
        -> PgWireResult<(Response, Told)> {
        let mut ticket = Ticket::new(&self.0, prepared.shape.clone());
        match self.respond(prepared, params, clock, status).await {
            Ok((Answer::Rows(source, schema, tag), told)) => {
                let fields = fields(&self.0, &schema, format).inspect_err(|e| ticket.failed(e))?;
                Ok((Response::Query(response(source, fields, ticket, tag)), told))
            }
            Ok((Answer::Done(response), told)) => {
                ticket.ended();
                Ok((response, told))
            }
            Err(e) => {
                ticket.failed(&e);
                Err(e)
            }
        }
    }

    async fn respond(&self, prepared: &Kept, params: Option<ParamValues>, clock: &Clock, status: TransactionStatus)
        -> PgWireResult<(Answer, Told)> {
        match &prepared.kind {
            Kind::Query { plan, names, .. } => {
                let plan = with_parameters(plan, params)?;
                let schema = shown::schema(plan.schema().as_arrow(), names, self.0.settings().time_zone());
                let guest = self.0.guest()?;
                let batches = Batches::new(&guest.session, &guest.workers, clock, plan, schema.clone());
                Ok((Answer::Rows(Source::Query(Box::new(batches)), schema, "SELECT"), None))
            }
            Kind::Command(statement) => {
                Self::alive(status, statement)?;
                self.command(statement, clock, status).await
            }
        }
    }

    async fn command(&self, statement: &Statement, clock: &Clock, status: TransactionStatus) -> PgWireResult<(Answer, Told)> {
        let mut told = None;
        let answer = match statement {
            Statement::Set(set) => {
                told = self.0.settings().apply(set)?;
                Answer::done("SET")
            }
            Statement::Reset(reset) => {
                match &reset.reset {
                    Reset::ALL => self.0.settings().reset(None)?,
                    Reset::ConfigurationParameter(name) => self.0.settings().reset(Some(&name.to_string()))?,
                }
                Answer::done("RESET")
            }
            Statement::ShowVariable { .. } => self.show(&shown(statement).unwrap_or_default())?,
            Statement::StartTransaction { modes, .. } => {
                modes_read(modes)?;
                Answer::Done(Response::TransactionStart(Tag::new("BEGIN")))
            }
            Statement::Commit { .. } => {
                self.0.cursors.transaction_ended();
                let tag = if status == TransactionStatus::Error { "ROLLBACK" } else { "COMMIT" };
                Answer::Done(Response::TransactionEnd(Tag::new(tag)))
            }
            Statement::Rollback { savepoint: None, .. } => {
                self.0.cursors.transaction_ended();
                Answer::Done(Response::TransactionEnd(Tag::new("ROLLBACK")))
            }
            // A failed transaction would be alive again, but the protocol's parts know only its start and its end; as
            // nothing was written, ending it loses nothing.
            Statement::Rollback { savepoint: Some(_), .. } if status == TransactionStatus::Error => {
                Answer::Done(Response::TransactionEnd(Tag::new("ROLLBACK")))
            }
            Statement::Rollback { savepoint: Some(_), .. } => Answer::done("ROLLBACK"),
            Statement::Savepoint { .. } => Answer::done("SAVEPOINT"),
            Statement::ReleaseSavepoint { .. } => Answer::done("RELEASE"),
            Statement::Discard { object_type } => {
                if matches!(object_type, DiscardObject::ALL) {
                    self.0.settings().reset(None)?;
                    self.0.cursors.transaction_ended();
                }
                Answer::done("DISCARD")
            }
            Statement::Deallocate { .. } => Answer::done("DEALLOCATE"),
            Statement::Declare { stmts } => {
                for declare in stmts {
                    let (Some(name), Some(query)) = (declare.names.first(), &declare.for_query) else { return Err(Refusal::Protocol("cursor without a name").into()) };
                    self.declare(&name.value, declare.hold == Some(true), Statement::Query(query.clone()), clock).await?;
                }
                Answer::done("DECLARE CURSOR")
            }
            Statement::Fetch { name, direction, .. } => {
                let fetched = clock.within(self.0.cursors.fetch(&name.value, direction)).await??;
                let schema = fetched.schema();
                Answer::Rows(Source::Cursor(fetched, clock.clone()), schema, "FETCH")
            }
            Statement::Close { cursor } => {
                self.0.cursors.close(cursor)?;
                Answer::done("CLOSE CURSOR")
            }
            other => return Err(Refusal::Unsupported(other.to_string()).into()),
        };
        Ok((answer, told))
    }

    /// A cursor's query is prepared now; it has the time of one statement from now on.
    async fn declare(&self, name: &str, hold: bool, query: Statement, clock: &Clock) -> PgWireResult<()> {
        let prepared = self.prepare(clock, query).await?;
        let Some(schema) = self.columns(&prepared)? else { return Err(Refusal::Protocol("cursor without a query").into()) };
        let Kind::Query { plan, .. } = prepared.kind else { return Err(Refusal::Protocol("cursor without a query").into()) };
        let guest = self.0.guest()?;
        let clock = Clock { deadline: Instant::now() + STATEMENT_TIME, cancelled: tokio_util::sync::CancellationToken::new() };
        Ok(self.0.cursors.declare(name, hold, Batches::new(&guest.session, &guest.workers, &clock, *plan, schema))?)
    }

    fn show(&self, name: &str) -> PgWireResult<Answer> {
        let batch = if name == "all" {
            let (names, values): (Vec<String>, Vec<String>) = self.0.settings().all().into_iter().unzip();
            let schema = setting_schema("all");
            RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(names)), Arc::new(StringArray::from(values))])
        } else {
            let value = self.setting(name)?;
            RecordBatch::try_new(setting_schema(name), vec![Arc::new(StringArray::from(vec![value]))])
        };
        let batch = batch.map_err(|e| engine_failed(&e.into()))?;
        Ok(Answer::Rows(Source::Ready(Some(batch.clone())), batch.schema(), "SHOW"))
    }

    fn setting(&self, name: &str) -> Result<String, Refusal> {
        if name == "session_authorization" { return Ok(self.0.guest.get().map(|g| g.user.to_string()).unwrap_or_default()); }
        self.0.settings().get(name).map(str::to_owned).ok_or_else(|| Refusal::NoSetting(name.to_owned()))
    }
}

enum Answer {
    Rows(Source, SchemaRef, &'static str),
    Done(Response),
}

impl Answer {
    fn done(tag: &str) -> Self { Self::Done(Response::Execution(Tag::new(tag))) }
}

fn setting_schema(name: &str) -> SchemaRef {
    let names: &[&str] = if name == "all" { &["name", "setting"] } else { std::slice::from_ref(&name) };
    Arc::new(Schema::new(names.iter().map(|n| Field::new(*n, DataType::Utf8, true)).collect::<Vec<_>>()))
}

fn with_parameters(plan: &LogicalPlan, params: Option<ParamValues>) -> PgWireResult<LogicalPlan> {
    let plan = plan.clone();
    match params {
        None => Ok(plan),
        Some(params) => plan.replace_params_with_values(&params).map_err(|e| engine_failed(&e)),
    }
}
