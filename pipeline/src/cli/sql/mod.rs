//! `kezek sql`: one statement, or a prompt.
//!
//! There is one way to an answer: the Postgres wire. A running instance is asked over TCP like any client would ask
//! it; of a stopped one the journal is read into tables and a server in this process is asked. So both give the
//! same answers, the same errors, the same refusals.

mod client;
mod described;
mod prompt;
mod written;

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use kezek_connectors::log::LogError;
use kezek_query::{Auth, Server, ServerOptions, Store};

use super::exit::{Failure, Outcome};
use crate::config::Config;
use crate::service::open_log;
use crate::shard::Chain;
use client::Client;

/// Asks the tables: of a running instance over its Postgres wire, of a stopped one from its journal.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  kezek sql \"SELECT checkpoint, count(*) FROM bookings GROUP BY 1\" --format csv\n  kezek sql '\\d bookings'\n  kezek sql --watch 1s 'SELECT * FROM kezek_status'\n\nWithout a statement it prompts; \\? tells what else it understands. PGUSER and PGPASSWORD name the user where\nthe server has users.")]
pub struct Args {
    /// The statement; without it a prompt, or what stands on standard input.
    statement: Option<String>,
    /// How to show the answer.
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    format: Shown,
    /// Ask again and again, this long after each answer.
    #[arg(long, value_parser = super::duration, requires = "statement")]
    watch: Option<kezek_schemas::time::Span>,
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// How an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// Columns in a frame, for eyes.
    Table,
    /// A header line, then a line a row; null is empty.
    Csv,
    /// One object a row.
    Json,
}

pub(super) fn run(args: &Args) -> Outcome {
    let config = Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    let client = connected(&config)?;
    let statement = match &args.statement {
        Some(statement) => statement.clone(),
        None if std::io::stdin().is_terminal() => return prompt::run(&client, args.format),
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::Usage(e.into()))?;
            text
        }
    };
    loop {
        print!("{}", answered(&client, &statement, args.format)?);
        let Some(pause) = args.watch else { return Ok(ExitCode::SUCCESS) };
        std::thread::park_timeout(Duration::from_micros(u64::try_from(pause.0).unwrap_or(0)));
    }
}

/// The answer to a statement or to `\d`, as text.
fn answered(client: &Client, statement: &str, shown: Shown) -> Result<String, Failure> {
    let statement = statement.trim();
    if let Some(name) = statement.strip_prefix("\\d") {
        return described::described(client, name.trim_start_matches('t').trim().trim_end_matches(';'));
    }
    let answers = client.ask(statement)?;
    Ok(answers.iter().map(|answer| written::written(answer, shown)).collect())
}

fn connected(config: &Config) -> Result<Client, Failure> {
    match open_log(&config.log, kezek_connectors::log::clock::wall_clock) {
        Ok(log) => {
            let store = read(log.as_ref())?;
            let options = ServerOptions { auth: Auth::Loopback, tls: None };
            let server = Server::embedded(&store.view(), options).map_err(|e| Failure::Usage(e.into()))?;
            Client::embedded(server)
        }
        Err(e) if matches!(e.downcast_ref(), Some(LogError::InUse(_))) => Client::over_tcp(&config.sql),
        Err(e) => Err(super::run::start_failure(e)),
    }
}

/// The tables as the journal's newest commits left them.
fn read(log: &dyn kezek_connectors::log::Log) -> Result<Store, Failure> {
    let failure = |e: LogError| super::run::start_failure(e.into());
    let mut follower = log.follower(&[]).map_err(failure)?;
    let newest = follower.newest().map_err(failure)?;
    let mut chains = vec![Chain::default(); newest.len()];
    let (mut store, mut entries) = (Store::new(), Vec::new());
    while chains.iter().zip(&newest).any(|(chain, newest)| chain.number < *newest) {
        entries.clear();
        follower.poll(&mut entries, crate::limits::FOLLOW_BLOCKS, Duration::from_millis(500)).map_err(failure)?;
        for entry in &entries {
            let Some(chain) = chains.get_mut(entry.shard as usize) else { continue };
            let (next, block) = chain.follow(&entry.bytes).map_err(|e| Failure::Found(e.to_string()))?;
            *chain = next;
            store.apply(block.shard, block.number, &block.views);
        }
    }
    store.publish().map_err(|e| Failure::Usage(anyhow::anyhow!(e.to_string())))?;
    Ok(store)
}
