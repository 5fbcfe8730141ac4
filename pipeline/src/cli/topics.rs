//! `kezek topics`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

use super::exit::{Failure, Outcome};
use crate::config::{Config, LogKind};

/// Looks after the topics of a Kafka cluster: partitions, sizes, retention, compaction, log-append time.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  kezek topics create --config kezek.toml\n  kezek topics diff --config kezek.toml")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes the topics that are missing; may be run again.
    Create {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Shows what differs from the configuration. Exit code 1: something does.
    Diff {
        /// Configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> Outcome {
    let (What::Create { config: path } | What::Diff { config: path }) = &args.what;
    let config = Config::load(path.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    if config.log.kind == LogKind::Embedded {
        println!("the embedded log makes its topics itself");
        return Ok(ExitCode::SUCCESS);
    }
    kafka(&args.what, &config)
}

#[cfg(feature = "kafka")]
fn kafka(what: &What, config: &Config) -> Outcome {
    use kezek_connectors::log::LogError;
    use kezek_connectors::log::kafka::topics;
    let options = crate::service::kafka_options(&config.log).map_err(Failure::Configuration)?;
    let failure = |e: LogError| super::run::start_failure(e.into());
    match what {
        What::Create { .. } => {
            for topic in topics::create(&options).map_err(failure)? { println!("made {topic}"); }
            Ok(ExitCode::SUCCESS)
        }
        What::Diff { .. } => {
            let differences = topics::diff(&options).map_err(failure)?;
            for difference in &differences { println!("{difference}"); }
            Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}

#[cfg(not(feature = "kafka"))]
fn kafka(_what: &What, _config: &Config) -> Outcome {
    Err(Failure::Configuration(anyhow::anyhow!("this build has no Kafka client: build with the feature `kafka`")))
}
