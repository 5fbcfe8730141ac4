//! The simple protocol: a text of statements, rows as text. An error ends the text; what came before it stands.

use async_trait::async_trait;
use datafusion::sql::sqlparser::ast::Statement;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::query::SimpleQueryHandler;
use datafusion_postgres::pgwire::api::results::Response;
use datafusion_postgres::pgwire::api::store::PortalStore;
use datafusion_postgres::pgwire::api::{ClientInfo, ClientPortalStore};
use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use datafusion_postgres::pgwire::messages::PgWireBackendMessage;
use datafusion_postgres::pgwire::messages::response::TransactionStatus;
use datafusion_postgres::pgwire::messages::startup::ParameterStatus;
use futures::{Sink, SinkExt as _};

use super::commands::Told;
use super::conversation::Desk;
use crate::prepared::parse;
use crate::running::Clock;

impl Desk {
    async fn one(&self, statement: Statement, clock: &Clock, status: TransactionStatus) -> PgWireResult<(Response, Told)> {
        Self::alive(status, &statement)?;
        let prepared = self.prepare(clock, statement).await?.into();
        self.run(&prepared, None, &Format::UnifiedText, clock, status).await
    }
}

/// The status after a response.
pub(crate) fn after(status: TransactionStatus, response: &Response) -> TransactionStatus {
    match response {
        Response::TransactionStart(_) => status.to_in_transaction_state(),
        Response::TransactionEnd(_) => status.to_idle_state(),
        Response::Error(_) => status.to_error_state(),
        Response::EmptyQuery | Response::Query(_) | Response::Execution(_) | Response::CopyIn(_) | Response::CopyOut(_)
        | Response::CopyBoth(_) => status,
    }
}

#[async_trait]
impl SimpleQueryHandler for Desk {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: std::fmt::Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let clock = self.0.clock();
        let text = query.to_owned();
        let statements = self.0.guest()?.workers.run(&clock, async move { parse(&text) }).await??;
        let mut responses = Vec::with_capacity(statements.len());
        let mut status = client.transaction_status();
        for statement in statements {
            match self.one(statement, &clock, status).await {
                Ok((response, told)) => {
                    if let Some((name, value)) = told {
                        client.feed(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name, value))).await?;
                    }
                    status = after(status, &response);
                    responses.push(response);
                }
                Err(e) if responses.is_empty() => return Err(e),
                Err(e) => {
                    responses.push(Response::Error(Box::new(ErrorInfo::from(e))));
                    break;
                }
            }
        }
        if responses.is_empty() { responses.push(Response::EmptyQuery); }
        Ok(responses)
    }
}
