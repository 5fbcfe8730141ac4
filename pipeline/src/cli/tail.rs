//! `kezek tail`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use kezek_connectors::log::{Log, LogError};
use kezek_schemas::inputs::Topic;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::{Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::exit::{Failure, Outcome};
use crate::config::Config;
use crate::service::open_log;

/// Prints the committed records of a topic as NDJSON {partition, offset, received_at, value}, by partition and offset.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  kezek tail barrier.commands --from start --until end\n  kezek tail gate.decisions | jq .value.outcome")]
pub struct Args {
    /// Topic.
    topic: String,
    /// Where to start in each partition: start, end or an offset.
    #[arg(long, default_value = "end")]
    from: String,
    /// `end`: stop at the last commit; otherwise go on.
    #[arg(long)]
    until: Option<String>,
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

#[derive(Serialize)]
struct Shown<'a> {
    partition: u32,
    offset: u64,
    received_at: String,
    value: &'a RawValue,
}

pub(super) fn run(args: &Args) -> Outcome {
    let config = Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?;
    if args.until.as_deref().is_some_and(|u| u != "end") { return Err(Failure::Usage(anyhow::anyhow!("--until takes `end`"))); }
    let known = || Topic::ALL.iter().map(|t| t.name()).chain(OutTopic::ALL.iter().map(|t| t.name()));
    if !known().any(|t| t == args.topic) {
        let nearest = known().min_by_key(|t| strsim::damerau_levenshtein(t, &args.topic)).unwrap_or_default();
        return Err(Failure::Usage(anyhow::anyhow!("there is no topic `{}`; did you mean `{nearest}`?", args.topic)));
    }
    let from = match args.from.as_str() {
        "start" => Some(0),
        "end" => None,
        n => Some(n.parse().map_err(|_| Failure::Usage(anyhow::anyhow!("--from takes start, end or an offset, not `{n}`")))?),
    };
    match open_log(&config.log, kezek_connectors::log::clock::wall_clock) {
        Ok(log) => from_log(log, args, from),
        // The embedded log belongs to a running service: it is asked instead.
        Err(e) if matches!(e.downcast_ref(), Some(LogError::InUse(_))) => from_service(&config, args, from),
        Err(e) => Err(super::run::start_failure(e)),
    }
}

fn from_log(log: Arc<dyn Log>, args: &Args, from: Option<u64>) -> Outcome {
    let failure = |e: LogError| super::run::start_failure(e.into());
    let zone = Zone::get("Asia/Almaty").ok_or_else(|| Failure::Configuration(anyhow::anyhow!("the tz database lacks Asia/Almaty")))?;
    let ends = log.ends(&args.topic).map_err(failure)?;
    let starts: Vec<u64> = ends.iter().map(|end| from.unwrap_or(*end)).collect();
    let mut reader = log.reader(&args.topic, &starts).map_err(failure)?;
    let mut out = std::io::stdout().lock();
    let mut records = Vec::new();
    let mut at: Vec<u64> = starts;
    loop {
        if args.until.is_some() && at.iter().zip(&ends).all(|(at, end)| at >= end) { return Ok(ExitCode::SUCCESS); }
        records.clear();
        reader.poll(&mut records, 1024, Duration::from_millis(500)).map_err(failure)?;
        for record in &records {
            if let Some(next) = at.get_mut(record.partition as usize) { *next = record.offset + 1; }
            if args.until.is_some() && ends.get(record.partition as usize).is_some_and(|end| record.offset >= *end) { continue; }
            let text = String::from_utf8_lossy(&record.value);
            // A value that is no JSON is shown as a JSON string.
            let quoted;
            let value: &RawValue = match serde_json::from_str(&text) {
                Ok(value) => value,
                Err(_) => {
                    quoted = serde_json::value::to_raw_value(&text).map_err(|e| Failure::Usage(e.into()))?;
                    &quoted
                }
            };
            let shown = Shown { partition: record.partition, offset: record.offset,
                received_at: Timestamp(record.received_at_us).to_rfc3339(&zone), value };
            let line = serde_json::to_string(&shown).map_err(|e| Failure::Usage(e.into()))?;
            if writeln!(out, "{line}").is_err() { return Ok(ExitCode::SUCCESS); }
        }
    }
}

/// How often a running service is asked for what is new.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// What `tail` must know of a line the service gives.
#[derive(Deserialize)]
struct Place {
    partition: u32,
    offset: u64,
}

/// Asks the running service, which is asked by one offset for all partitions: lines already shown are left out here.
fn from_service(config: &Config, args: &Args, from: Option<u64>) -> Outcome {
    let unreachable = |e: anyhow::Error| Failure::Unreachable(e.context(format!("the service at {} does not answer", config.http.listen)));
    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    // `--from end` shows what comes after the first look.
    let mut shown = from.is_some();
    let mut start = from.unwrap_or(0);
    let mut out = std::io::stdout().lock();
    loop {
        let url = format!("http://{}/api/topics/{}?from={start}", config.http.listen, args.topic);
        let mut response = ureq::get(&url).call().map_err(|e| unreachable(e.into()))?;
        for line in BufReader::new(response.body_mut().as_reader()).lines() {
            let line = line.map_err(|e| unreachable(e.into()))?;
            let place: Place = serde_json::from_str(&line).map_err(|e| unreachable(e.into()))?;
            let next = next.entry(place.partition).or_insert(start);
            if place.offset < *next { continue; }
            *next = place.offset + 1;
            if shown && writeln!(out, "{line}").is_err() { return Ok(ExitCode::SUCCESS); }
        }
        if args.until.is_some() { return Ok(ExitCode::SUCCESS); }
        shown = true;
        // A partition that gave nothing yet may still give its first record.
        if next.len() == config.log.partitions as usize { start = next.values().min().copied().unwrap_or(start); }
        std::thread::park_timeout(ASK_EVERY);
    }
}
