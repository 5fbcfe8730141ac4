//! `kezek inspect`: everything the log knows of one plate, booking, arrival, command or alert, in the order of time. It
//! follows what the records themselves name (booking, arrival, command, reads) and never a candidate: a neighbour in the
//! queue is not part of the story.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use kezek_schemas::inputs::Topic;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;
use serde_json::Value;

use super::exit::{Failure, Outcome};
use super::source::{Source, Told};
use crate::config::Config;

/// Times that the log is read: what was asked, what that names, and what these name.
const ROUNDS: usize = 3;
/// The longest story.
const MAX_RECORDS: usize = 20_000;
/// Fields whose text is an id that a story is followed by.
const IDS: [&str; 6] = ["booking_id", "arrival_id", "command_id", "alert_id", "task_id", "read_id"];
/// What a line shows, in this order.
const SHOWN: [&str; 28] = ["type", "status", "kind", "state", "outcome", "reason", "action", "mode", "check", "subject", "result", "source",
    "camera", "station", "barrier", "direction", "plate", "country", "number", "lane", "booking_id", "arrival_id", "revision", "command_id",
    "alert_id", "cause", "rule", "clause"];

/// Tells the whole story of a plate, booking, arrival, command or alert: what came in, what was decided and on what grounds.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  kezek inspect 123ABC02\n  kezek inspect b-20260115-7 --json\n  kezek inspect 123ABC02 --folder recorded/ --folder decided/")]
pub struct Args {
    /// A plate (with or without separators), or an id.
    what: String,
    /// One JSON object a line instead of text.
    #[arg(long)]
    json: bool,
    /// Folder with `<topic>.ndjson` to read instead of the log: input or output of a replay. May be given more than once.
    #[arg(long)]
    folder: Vec<PathBuf>,
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let source = if args.folder.is_empty() {
        Source::open(&Config::load(args.config.as_deref()).map_err(|e| Failure::Configuration(e.into()))?)?
    } else {
        if let Some(missing) = args.folder.iter().find(|f| !f.is_dir()) {
            return Err(Failure::Usage(anyhow::anyhow!("{} is no folder", missing.display())));
        }
        Source::Folders(args.folder.clone())
    };
    let story = story(&source, &args.what)?;
    if story.is_empty() { return Err(Failure::Usage(anyhow::anyhow!("nothing is known of `{}`", args.what))); }
    let mut out = std::io::stdout().lock();
    for told in &story {
        let line = if args.json { serde_json::to_string(told).map_err(|e| Failure::Usage(e.into()))? } else { line(told) };
        if writeln!(out, "{line}").is_err() { break; }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a story is followed by.
struct Trail {
    plate: Plate,
    ids: BTreeSet<String>,
}

impl Trail {
    fn covers(&self, value: &Value) -> bool {
        let is = |v: &Value| v.as_str().is_some_and(|t| self.ids.contains(t));
        let plated = |v: &Value| !self.plate.is_empty() && v.as_str().is_some_and(|t| Plate::normalise(t) == self.plate);
        value.get("id").is_some_and(is)
            || IDS.iter().any(|name| value.get(name).is_some_and(is))
            || value.get("reads").and_then(Value::as_array).is_some_and(|reads| reads.iter().any(is))
            || value.get("plate").is_some_and(plated) || value.pointer("/vehicle/plate").is_some_and(plated)
            || value.get("trailer_plate").is_some_and(plated)
    }

    fn follow(&mut self, value: &Value) {
        let named = IDS.iter().filter_map(|name| value.get(name)).chain(value.get("reads").and_then(Value::as_array).into_iter().flatten());
        self.ids.extend(named.filter_map(Value::as_str).map(str::to_owned));
    }
}

fn topics() -> impl Iterator<Item = &'static str> {
    Topic::ALL.iter().map(|t| t.name()).chain(OutTopic::ALL.iter().map(|t| t.name()).filter(|t| *t != OutTopic::Boards.name()))
}

/// The records of a story in the order of time.
fn story(source: &Source, what: &str) -> Result<Vec<Told>, Failure> {
    let mut trail = Trail { plate: Plate::normalise(what), ids: BTreeSet::from([what.to_owned()]) };
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let known = trail.ids.len();
        found.clear();
        for topic in topics() {
            source.each(topic, &mut |told| if found.len() < MAX_RECORDS && trail.covers(&told.value) { found.push(told); })?;
        }
        for told in &found { trail.follow(&told.value); }
        if trail.ids.len() == known { break; }
    }
    // Of one instant: first what came in, then what was said, as the topics are listed.
    found.sort_by_key(when);
    Ok(found)
}

fn when(told: &Told) -> Option<Timestamp> {
    let at = told.value.get("at").and_then(Value::as_str);
    let text = if Topic::of_name(&told.topic).is_some() { told.received_at.as_deref().or(at) } else { at };
    text.and_then(Timestamp::parse)
}

fn line(told: &Told) -> String {
    let at = told.value.get("at").and_then(Value::as_str).unwrap_or("?");
    let mut line = format!("{at}  {:<16}", told.topic);
    for name in SHOWN {
        let value = told.value.get(name).or_else(|| told.value.get("decision").and_then(|d| d.get(name)));
        match value {
            None | Some(Value::Null | Value::Object(_) | Value::Array(_)) => {}
            Some(Value::String(text)) => { line.push_str(&format!(" {name}={text}")); }
            Some(other @ (Value::Bool(_) | Value::Number(_))) => { line.push_str(&format!(" {name}={other}")); }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_follows_ids_and_no_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        for (topic, lines) in [
            ("bookings", "{\"id\":\"1\",\"at\":\"2026-01-12T09:00:00+05:00\",\"booking_id\":\"b1\",\"vehicle\":{\"plate\":\"123 ABC 02\"}}\n{\"id\":\"2\",\"at\":\"2026-01-12T09:00:00+05:00\",\"booking_id\":\"b2\",\"vehicle\":{\"plate\":\"124ABC02\"}}\n"),
            ("checks", "{\"id\":\"3\",\"at\":\"2026-01-12T09:00:02+05:00\",\"booking_id\":\"b1\"}\n"),
            ("anpr.reads", "{\"id\":\"r1\",\"at\":\"2026-01-15T12:45:00+05:00\",\"plate\":\"I23ABC02\"}\nno json\n"),
            ("gate.decisions", "{\"id\":\"d1\",\"at\":\"2026-01-15T12:45:01+05:00\",\"arrival_id\":\"r1\",\"reads\":[\"r1\"],\"candidates\":[{\"booking_id\":\"b2\"}]}\n"),
            ("barrier.commands", "{\"id\":\"c1\",\"at\":\"2026-01-15T12:45:01+05:00\",\"command_id\":\"c1\",\"booking_id\":\"b1\",\"arrival_id\":\"r1\"}\n"),
        ] { std::fs::write(folder.path().join(format!("{topic}.ndjson")), lines).unwrap(); }
        let source = Source::Folders(vec![folder.path().to_owned()]);
        for (what, ids) in [("123-abc-02", "1 3 r1 c1 d1"), ("b1", "1 3 r1 c1 d1"), ("c1", "1 3 r1 c1 d1"), ("b2", "2"), ("b3", "")] {
            let story: Vec<String> = story(&source, what).unwrap().iter().map(|t| t.value["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(story.join(" "), ids, "{what}");
        }
    }
}
