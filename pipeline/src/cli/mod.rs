//! The command line: raw flags here, typed work in the modules of the same name.

mod audit;
mod check;
mod demo;
mod exit;
#[cfg(feature = "history")]
mod history;
mod inspect;
mod logging;
mod replay;
mod run;
mod score;
mod shell;
mod simulate;
mod snapshot;
mod source;
#[cfg(feature = "sql")]
mod sql;
mod tail;
mod topics;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::Failure;

const EXAMPLES: &str = "Examples:
  kezek demo                                        everything on this machine, with simulated traffic
  kezek run --config kezek.toml                     the service
  kezek replay --input recorded/ --output decided/  what the rules say to recorded input
  kezek tail barrier.commands --from start          committed records
  kezek inspect 123ABC02                            the whole story of a plate

Exit codes: 0 ok, 1 something found, 2 usage, 3 configuration wrong or topics disagree with it, 4 dependency unreachable.";

/// The stream processor behind Kazakhstan's truck border queues.
#[derive(Debug, Parser)]
#[command(name = "kezek", version, about, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs recorded input through the operators on a virtual clock.
    Replay(replay::Args),
    /// Runs everything on this machine, with simulated traffic.
    Demo(demo::Args),
    /// Runs the service.
    Run(run::Args),
    /// Prints the committed records of a topic.
    Tail(tail::Args),
    /// Makes simulated input.
    Simulate(simulate::Args),
    /// Compares alerts with what truly happened.
    Score(score::Args),
    /// Looks after the topics of a Kafka cluster.
    Topics(topics::Args),
    /// Asks the tables.
    #[cfg(feature = "sql")]
    Sql(sql::Args),
    /// Looks after history.
    #[cfg(feature = "history")]
    History(history::Args),
    /// Tells the whole story of a plate, booking, arrival, command or alert.
    Inspect(inspect::Args),
    /// Looks after the audit chain.
    Audit(audit::Args),
    /// Looks after the snapshots.
    Snapshot(snapshot::Args),
    /// Checks the configuration.
    Check(check::Args),
    /// Prints shell completions.
    Completions(shell::Completions),
    /// Prints or writes the man pages.
    Man(shell::Man),
}

/// Runs a command.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Replay(args) => replay::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Tail(args) => tail::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Topics(args) => topics::run(&args),
        #[cfg(feature = "sql")]
        Command::Sql(args) => sql::run(&args),
        #[cfg(feature = "history")]
        Command::History(args) => history::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Snapshot(args) => snapshot::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("kezek: {failure}");
            failure.code()
        }
    }
}

/// A duration as people write it: `90s`, `1h 30m`, `36h`.
fn duration(text: &str) -> Result<kezek_schemas::time::Span, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|e| format!("{e}"))?;
    if parsed.is_negative() { return Err("a duration is not negative".into()); }
    i64::try_from(parsed.as_micros()).map(kezek_schemas::time::Span).map_err(|_| "too long".into())
}
