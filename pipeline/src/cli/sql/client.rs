//! A client of the Postgres wire, for the command line. Interrupting it cancels the statement at the server.

use kezek_query::{DATABASE, Server};
use tokio::runtime::Runtime;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, NoTls, SimpleQueryMessage};

use crate::cli::exit::Failure;
use crate::config::SqlConfig;

/// A connection.
pub(super) struct Client {
    runtime: Runtime,
    client: tokio_postgres::Client,
    /// How to cancel, where the server is another process.
    cancel: Option<CancelToken>,
    /// The server of this process, for as long as it is asked.
    _server: Option<Server>,
}

/// A column of an answer; its type where it is known.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: Option<Type>,
}

/// What one statement answered.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Option<String>>>,
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Failure::Usage(e.into()))
}

fn settings() -> tokio_postgres::Config {
    let mut settings = tokio_postgres::Config::new();
    let user = std::env::var("PGUSER").ok().filter(|u| !u.is_empty()).unwrap_or_else(|| "kezek".to_owned());
    settings.user(user).dbname(DATABASE).application_name("kezek sql");
    if let Ok(password) = std::env::var("PGPASSWORD") { settings.password(password); }
    settings
}

impl Client {
    /// A server in this process.
    pub(super) fn embedded(server: Server) -> Result<Self, Failure> {
        let runtime = runtime()?;
        let (client, connection) = runtime.block_on(settings().connect_raw(server.connect(), NoTls)).map_err(|e| failed(&e))?;
        runtime.spawn(connection);
        Ok(Self { runtime, client, cancel: None, _server: Some(server) })
    }

    /// A running instance.
    pub(super) fn over_tcp(config: &SqlConfig) -> Result<Self, Failure> {
        if config.cert.is_some() {
            return Err(Failure::Usage(anyhow::anyhow!("the running instance speaks TLS only: ask it with a client that does, such as psql")));
        }
        let runtime = runtime()?;
        let mut settings = settings();
        settings.host(config.listen.ip().to_string()).port(config.listen.port());
        let (client, connection) = runtime.block_on(settings.connect(NoTls)).map_err(|e| match e.as_db_error() {
            Some(_) => failed(&e),
            None => Failure::Unreachable(anyhow::anyhow!("{}: {}", config.listen, causes(&e))),
        })?;
        runtime.spawn(connection);
        let cancel = Some(client.cancel_token());
        Ok(Self { runtime, client, cancel, _server: None })
    }

    /// Asks a text of statements.
    pub(super) fn ask(&self, text: &str) -> Result<Vec<Answer>, Failure> {
        self.runtime.block_on(async {
            let asked = self.asked(text);
            tokio::pin!(asked);
            tokio::select! {
                answer = &mut asked => return answer,
                interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|e| Failure::Usage(e.into()))?,
            }
            match &self.cancel {
                Some(cancel) => {
                    let _ = cancel.cancel_query(NoTls).await;
                    asked.await
                }
                None => Err(Failure::Found("interrupted".to_owned())),
            }
        })
    }

    async fn asked(&self, text: &str) -> Result<Vec<Answer>, Failure> {
        // Only a prepared statement tells its columns' types; several statements in one text have none.
        let types: Vec<Type> = match self.client.prepare(text).await {
            Ok(statement) => statement.columns().iter().map(|c| c.type_().clone()).collect(),
            Err(e) if e.code().is_some_and(|c| c.code() == "42601") => Vec::new(),
            Err(e) => return Err(failed(&e)),
        };
        let mut answers: Vec<Answer> = Vec::new();
        let mut current: Option<Answer> = None;
        for message in self.client.simple_query(text).await.map_err(|e| failed(&e))? {
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    let columns = columns.iter().enumerate().map(|(n, c)| Column { name: c.name().to_owned(), ty: types.get(n).cloned() });
                    current = Some(Answer { columns: columns.collect(), rows: Vec::new() });
                }
                SimpleQueryMessage::Row(row) => {
                    if let Some(answer) = &mut current { answer.rows.push((0..row.len()).map(|n| row.get(n).map(str::to_owned)).collect()); }
                }
                SimpleQueryMessage::CommandComplete(_) => answers.extend(current.take()),
                _ => {}
            }
        }
        Ok(answers)
    }
}

/// An error as psql tells it, with its code.
fn failed(error: &tokio_postgres::Error) -> Failure {
    Failure::Found(match error.as_db_error() {
        Some(e) => format!("{} {}: {}", e.severity(), e.code().code(), e.message()),
        None => causes(error),
    })
}

fn causes(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
