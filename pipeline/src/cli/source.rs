//! Where commands that look read from: the log itself, the service that holds the embedded log, or folders of a replay. A
//! reader sees committed records only, and takes nothing.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kezek_connectors::log::{Log, LogError};
use kezek_schemas::time::{Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exit::Failure;
use crate::config::Config;
use crate::service::open_log;

/// Records taken from a log at once.
const PAGE: usize = 4096;

/// A committed record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    pub(super) topic: String,
    pub(super) partition: u32,
    pub(super) offset: u64,
    /// When the log took it; a file of a replay does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) received_at: Option<String>,
    pub(super) value: Value,
}

/// Where records are read.
pub(super) enum Source {
    Log(Arc<dyn Log>, Zone),
    Service(String),
    Folders(Vec<PathBuf>),
}

impl Source {
    /// The configured log; while a service runs on the embedded one, that service.
    pub(super) fn open(config: &Config) -> Result<Self, Failure> {
        let zone = Zone::get("Asia/Almaty").ok_or_else(|| Failure::Configuration(anyhow::anyhow!("the tz database lacks Asia/Almaty")))?;
        match open_log(&config.log, kezek_connectors::log::clock::wall_clock) {
            Ok(log) => Ok(Self::Log(log, zone)),
            Err(e) if matches!(e.downcast_ref(), Some(LogError::InUse(_))) => Ok(Self::Service(format!("http://{}", config.http.listen))),
            Err(e) => Err(super::run::start_failure(e)),
        }
    }

    /// Every record of a topic, by partition and offset, to the last commit.
    pub(super) fn each(&self, topic: &str, f: &mut dyn FnMut(Told)) -> Result<(), Failure> {
        match self {
            Self::Log(log, zone) => from_log(log.as_ref(), zone, topic, f),
            Self::Service(base) => from_service(base, topic, f),
            Self::Folders(folders) => folders.iter().try_for_each(|folder| from_folder(folder, topic, f)),
        }
    }
}

fn from_log(log: &dyn Log, zone: &Zone, topic: &str, f: &mut dyn FnMut(Told)) -> Result<(), Failure> {
    let failure = |e: LogError| super::run::start_failure(e.into());
    let mut left: u64 = log.ends(topic).map_err(failure)?.iter().sum();
    let mut reader = log.reader(topic, &[]).map_err(failure)?;
    let mut records = Vec::new();
    while left > 0 {
        records.clear();
        if reader.poll(&mut records, PAGE, Duration::from_millis(500)).map_err(failure)? == 0 { break; }
        for r in &records {
            left = left.saturating_sub(1);
            let value = serde_json::from_slice(&r.value).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&r.value).into_owned()));
            f(Told { topic: topic.to_owned(), partition: r.partition, offset: r.offset,
                received_at: Some(Timestamp(r.received_at_us).to_rfc3339(zone)), value });
        }
    }
    Ok(())
}

fn from_service(base: &str, topic: &str, f: &mut dyn FnMut(Told)) -> Result<(), Failure> {
    let failure = |e: anyhow::Error| Failure::Unreachable(e.context(format!("the log is in use, and the service at {base} does not answer")));
    let mut response = ureq::get(&format!("{base}/api/topics/{topic}?from=0")).call().map_err(|e| failure(e.into()))?;
    for line in BufReader::new(response.body_mut().as_reader()).lines() {
        let told: Told = serde_json::from_str(&line.map_err(|e| failure(e.into()))?).map_err(|e| failure(e.into()))?;
        f(Told { topic: topic.to_owned(), ..told });
    }
    Ok(())
}

fn from_folder(folder: &Path, topic: &str, f: &mut dyn FnMut(Told)) -> Result<(), Failure> {
    let path = folder.join(format!("{topic}.ndjson"));
    let failure = |e: std::io::Error| Failure::Usage(anyhow::Error::new(e).context(path.display().to_string()));
    if !path.exists() { return Ok(()); }
    for (offset, line) in BufReader::new(File::open(&path).map_err(failure)?).split(b'\n').enumerate() {
        let line = line.map_err(failure)?;
        let value: Value = serde_json::from_slice(&line).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&line).into_owned()));
        let received_at = value.get("received_at").and_then(Value::as_str).map(str::to_owned);
        f(Told { topic: topic.to_owned(), partition: 0, offset: offset as u64, received_at, value });
    }
    Ok(())
}
