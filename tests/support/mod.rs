//! A `kezek run` of our own on the embedded log: started, fed over HTTP, killed, started again, read back.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::zombie_processes, reason = "a test that cannot go on must say so")]

pub mod broker;
pub mod trips;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The output topics.
pub const OUTPUTS: [&str; 9] = ["barrier.commands", "gate.decisions", "booking.events", "notifications", "boards", "risk.alerts", "group.tasks",
    "permit.events", "dead.letters"];
/// The input topics.
pub const INPUTS: [&str; 13] = ["anpr.reads", "road.hits", "weigh.hits", "bookings", "checks", "declarations", "crossings", "seals", "permits",
    "controls", "barrier.events", "groups", "risk.profiles"];

/// The built binary.
pub fn kezek() -> Command { Command::new(env!("CARGO_BIN_EXE_kezek")) }

/// A service in a folder.
pub struct Instance {
    folder: PathBuf,
    partitions: u32,
    settings: Vec<(String, String)>,
    child: Option<Child>,
    base: String,
}

impl Instance {
    /// A service that is not started yet.
    pub fn new(folder: &Path, partitions: u32) -> Self {
        Self { folder: folder.to_owned(), partitions, settings: Vec::new(), child: None, base: String::new() }
    }

    /// The same with more of the configuration, as environment variables.
    pub fn with(mut self, settings: &[(&str, &str)]) -> Self {
        self.settings.extend(settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        self
    }

    fn command(&self) -> Command {
        let mut command = kezek();
        command.env("KEZEK_LOG__DATA_DIR", self.folder.join("data")).env("KEZEK_LOG__PARTITIONS", self.partitions.to_string())
            .env("KEZEK_HTTP__LISTEN", "127.0.0.1:0").env("KEZEK_SQL__LISTEN", "127.0.0.1:0").env("RUST_LOG", "warn")
            .env("KEZEK_HISTORY__FLUSH_S", "0")
            .envs(self.settings.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Starts it and waits until it says where it listens.
    pub fn start(&mut self) {
        let mut child = self.command().arg("run").stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        while let Some(line) = lines.next() {
            let line = line.expect("stderr is text");
            said.push_str(&line);
            if let Some(rest) = line.strip_prefix("http://") {
                self.base = format!("http://{}", rest.split('/').next().expect("an address"));
                self.child = Some(child);
                std::thread::spawn(move || lines.for_each(drop));
                return;
            }
        }
        panic!("the service did not start: {said}");
    }

    /// Posts NDJSON; false = the service was not there to answer.
    pub fn ingest(&self, topic: &str, body: &str) -> bool {
        let answer = ureq::post(&format!("{}/api/ingest/{topic}", self.base)).send(body);
        if let Err(e) = &answer { eprintln!("{topic} was not taken: {e}"); }
        answer.is_ok()
    }

    /// Waits until a topic has that many committed records.
    pub fn wait_for(&self, topic: &str, records: usize) {
        let url = format!("{}/api/topics/{topic}?from=0", self.base);
        for _ in 0..20_000 {
            let there = ureq::get(&url).call().ok().and_then(|mut r| r.body_mut().read_to_string().ok()).unwrap_or_default();
            if there.lines().count() >= records { return; }
            std::thread::yield_now();
        }
        panic!("{topic}: {records} records did not come");
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the process is killed");
            child.wait().expect("the process is gone");
        }
    }

    /// A page of the service, if it answers.
    pub fn get(&self, path: &str) -> Option<String> {
        ureq::get(&format!("{}{path}", self.base)).call().ok()?.body_mut().read_to_string().ok()
    }

    /// The shards that it owns and has restored.
    pub fn shards(&self) -> usize {
        let metrics = self.get("/metrics").unwrap_or_default();
        metrics.lines().filter(|l| l.starts_with("kezek_shard_restored{") && l.ends_with(" 1")).count()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill runs").success());
    }

    /// SIGTERM; the exit code must be 0.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
            assert!(child.wait().expect("the process ends").success(), "a clean stop exits with 0");
        }
    }

    /// The committed records of a topic, of a stopped service.
    pub fn tail(&self, topic: &str) -> Vec<Value> {
        let out = self.command().args(["tail", topic, "--from", "start", "--until", "end"]).output().expect("tail runs");
        assert!(out.status.success(), "tail {topic}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("NDJSON").lines().map(|l| serde_json::from_str(l).expect("a JSON line")).collect()
    }

    /// Runs a command on the folder and gives its exit code.
    pub fn code(&self, args: &[&str]) -> Option<i32> { self.command().args(args).output().expect("the command runs").status.code() }
}

impl Drop for Instance {
    fn drop(&mut self) { self.kill(); }
}

/// Records by id, without what a crash may change (the ownership epoch).
pub fn by_id(records: impl IntoIterator<Item = Value>) -> BTreeMap<String, Value> {
    records.into_iter().map(|mut record| {
        if let Value::Object(fields) = &mut record { fields.remove("epoch"); }
        (record["id"].as_str().expect("every output has an id").to_owned(), record)
    }).collect()
}

/// The lines of a replay's output file.
pub fn lines(folder: &Path, topic: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{topic}.ndjson"))).unwrap_or_default();
    text.lines().map(|l| serde_json::from_str(l).expect("a JSON line")).collect()
}
