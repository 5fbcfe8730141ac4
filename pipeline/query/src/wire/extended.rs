//! The extended protocol: statements prepared once, parameters and rows as text or binary, rows in portions.
//!
//! Rows are sent as they are computed: a portal keeps a stream, never an answer.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
use datafusion_postgres::arrow_pg::datatypes::df::deserialize_parameters_with_server_types;
use datafusion_postgres::pgwire::api::portal::{Format, Portal, PortalExecutionState};
use datafusion_postgres::pgwire::api::query::ExtendedQueryHandler;
use datafusion_postgres::pgwire::api::results::{DescribePortalResponse, DescribeStatementResponse, FieldInfo, Response, Tag};
use datafusion_postgres::pgwire::api::stmt::{QueryParser, StoredStatement};
use datafusion_postgres::pgwire::api::store::{Entry, PortalStore};
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, PgWireConnectionState, Type};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::extendedquery::{Bind, BindComplete, Close, CloseComplete, Execute, Parse, ParseComplete,
    PortalSuspended, Sync as SyncMessage, TARGET_TYPE_BYTE_PORTAL};
use datafusion_postgres::pgwire::messages::response::{EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use datafusion_postgres::pgwire::messages::startup::ParameterStatus;
use futures::{Sink, SinkExt as _, StreamExt as _};

use super::answer::fields;
use super::conversation::Desk;
use super::simple::after;
use crate::prepared::{Kept, Kind, parse};
use crate::sqlstate::Refusal;

fn name_of(name: Option<&String>) -> &str { name.map_or(DEFAULT_NAME, String::as_str) }

impl Desk {
    fn fields(&self, kept: &Kept, format: &Format) -> PgWireResult<Vec<FieldInfo>> {
        self.columns(kept)?.map_or_else(|| Ok(Vec::new()), |schema| fields(&self.0, &schema, format))
    }
}

#[async_trait]
impl QueryParser for Desk {
    type Statement = Kept;

    async fn parse_sql<C>(&self, client: &C, sql: &str, _types: &[Option<Type>]) -> PgWireResult<Option<Kept>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let clock = self.0.clock();
        let text = sql.to_owned();
        let mut statements = self.0.guest()?.workers.run(&clock, async move { parse(&text) }).await??;
        let Some(statement) = statements.pop() else { return Ok(None) };
        if !statements.is_empty() { return Err(Refusal::SeveralPrepared.into()); }
        Self::alive(client.transaction_status(), &statement)?;
        Ok(Some(self.prepare(&clock, statement).await?.into()))
    }

    fn get_parameter_types(&self, kept: &Kept) -> PgWireResult<Vec<Type>> {
        Ok(match &kept.kind {
            Kind::Query { parameters, .. } => parameters.iter().map(|p| p.wire.clone()).collect(),
            Kind::Command(_) => Vec::new(),
        })
    }

    fn get_result_schema(&self, kept: &Kept, format: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        self.fields(kept, format.unwrap_or(&Format::UnifiedText))
    }
}

#[async_trait]
impl ExtendedQueryHandler for Desk {
    type Statement = Kept;
    type QueryParser = Self;

    fn query_parser(&self) -> Arc<Self> { Arc::new(Self(self.0.clone())) }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = name_of(message.name.as_ref());
        self.0.keep(false, name, message.query.len())?;
        match StoredStatement::parse(client, &message, self.query_parser()).await {
            Ok(Some(statement)) => client.portal_store().put_statement(Arc::new(statement)),
            Ok(None) => client.portal_store().put_empty_statement(name),
            Err(e) => {
                client.portal_store().rm_statement(name);
                self.0.forget(false, name);
                return Err(e);
            }
        }
        Ok(client.feed(PgWireBackendMessage::ParseComplete(ParseComplete::new())).await?)
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let portal = name_of(message.portal_name.as_ref());
        let statement = name_of(message.statement_name.as_ref());
        let bytes = message.parameters.iter().flatten().map(|p| p.len() + 16).sum();
        let formats = message.parameter_format_codes.len();
        if formats > 1 && formats != message.parameters.len() {
            return Err(Refusal::Protocol("bind message has another number of formats than of parameters").into());
        }
        let entry = client.portal_store().get_statement(statement).ok_or_else(|| PgWireError::StatementNotFound(statement.to_owned()))?;
        let wants = match &entry {
            Entry::Value(stored) => self.get_parameter_types(&stored.statement)?.len(),
            Entry::Empty => 0,
        };
        if wants != message.parameters.len() { return Err(Refusal::Protocol("bind message has another number of parameters than the statement").into()); }
        self.0.keep(true, portal, bytes)?;
        match entry {
            Entry::Value(stored) => client.portal_store().put_portal(Arc::new(Portal::try_new(&message, stored)?)),
            Entry::Empty => client.portal_store().put_empty_portal(portal),
        }
        Ok(client.feed(PgWireBackendMessage::BindComplete(BindComplete::new())).await?)
    }

    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if !matches!(client.state(), PgWireConnectionState::ReadyForQuery) { return Err(PgWireError::NotReadyForQuery); }
        let name = name_of(message.name.as_ref());
        let most = usize::try_from(message.max_rows).ok().filter(|n| *n > 0).unwrap_or(usize::MAX);
        let portal = match client.portal_store().get_portal(name) {
            Some(Entry::Value(portal)) => portal,
            Some(Entry::Empty) => return Ok(client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?),
            None => return Err(PgWireError::PortalNotFound(name.to_owned())),
        };
        let state = portal.state();
        let mut state = state.lock().await;
        if matches!(*state, PortalExecutionState::Initial) {
            *state = PortalExecutionState::Finished;
            match self.do_query(client, &portal, most).await? {
                Response::Query(rows) => *state = PortalExecutionState::Suspended(rows),
                response => {
                    let status = after(client.transaction_status(), &response);
                    client.set_transaction_status(status);
                    if let Response::Execution(tag) | Response::TransactionStart(tag) | Response::TransactionEnd(tag) = response {
                        client.feed(PgWireBackendMessage::CommandComplete(tag.into())).await?;
                    }
                    return Ok(());
                }
            }
        }
        let PortalExecutionState::Suspended(rows) = &mut *state else {
            return Ok(client.feed(PgWireBackendMessage::CommandComplete(Tag::new("SELECT").with_rows(0).into())).await?);
        };
        let mut sent = 0;
        while sent < most {
            match rows.data_rows().next().await {
                Some(Ok(row)) => client.feed(PgWireBackendMessage::DataRow(row)).await?,
                Some(Err(e)) => {
                    *state = PortalExecutionState::Finished;
                    return Err(e);
                }
                None => {
                    let tag = Tag::new(rows.command_tag()).with_rows(sent);
                    *state = PortalExecutionState::Finished;
                    return Ok(client.feed(PgWireBackendMessage::CommandComplete(tag.into())).await?);
                }
            }
            sent += 1;
        }
        Ok(client.feed(PgWireBackendMessage::PortalSuspended(PortalSuspended::new())).await?)
    }

    async fn on_sync<C>(&self, client: &mut C, _message: SyncMessage) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let status = client.transaction_status();
        if status == TransactionStatus::Idle {
            client.portal_store().clear_portals();
            self.0.forget_portals();
        }
        Ok(client.send(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status))).await?)
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = name_of(message.name.as_ref());
        let portal = message.target_type == TARGET_TYPE_BYTE_PORTAL;
        if portal { client.portal_store().rm_portal(name) } else { client.portal_store().rm_statement(name) }
        self.0.forget(portal, name);
        Ok(client.feed(PgWireBackendMessage::CloseComplete(CloseComplete::new())).await?)
    }

    async fn do_describe_statement<C>(&self, _client: &mut C, target: &StoredStatement<Kept>) -> PgWireResult<DescribeStatementResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let known = |n: usize| target.parameter_types.get(n).cloned().flatten().filter(|t| *t != Type::UNKNOWN);
        let types = self.get_parameter_types(&target.statement)?.into_iter().enumerate()
            .map(|(n, inferred)| known(n).unwrap_or(if inferred == Type::UNKNOWN { Type::TEXT } else { inferred })).collect();
        Ok(DescribeStatementResponse::new(types, self.fields(&target.statement, &Format::UnifiedText)?))
    }

    async fn do_describe_portal<C>(&self, _client: &mut C, target: &Portal<Kept>) -> PgWireResult<DescribePortalResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Ok(DescribePortalResponse::new(self.fields(&target.statement.statement, &target.result_column_format)?))
    }

    async fn do_query<C>(&self, client: &mut C, portal: &Portal<Kept>, _max_rows: usize) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Kept>,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let kept = &portal.statement.statement;
        let status = client.transaction_status();
        let params = match &kept.kind {
            Kind::Query { parameters, .. } if !parameters.is_empty() => {
                if status == TransactionStatus::Error { return Err(Refusal::Aborted.into()); }
                let arrow: Vec<Option<&DataType>> = parameters.iter().map(|p| p.arrow.as_ref()).collect();
                let wire: Vec<Type> = parameters.iter().map(|p| if p.wire == Type::UNKNOWN { Type::TEXT } else { p.wire.clone() }).collect();
                let wire: Vec<Option<&Type>> = wire.iter().map(Some).collect();
                Some(deserialize_parameters_with_server_types(portal, &arrow, &wire)?)
            }
            Kind::Query { .. } if status == TransactionStatus::Error => return Err(Refusal::Aborted.into()),
            Kind::Query { .. } | Kind::Command(_) => None,
        };
        let clock = self.0.clock();
        let (response, told) = self.run(kept, params, &portal.result_column_format, &clock, status).await?;
        if let Some((name, value)) = told {
            client.feed(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name, value))).await?;
        }
        Ok(response)
    }
}
