//! What must hold of the outputs whatever went wrong on the way.

use std::collections::{BTreeMap, BTreeSet};

use kezek_connectors::log::Log as _;
use kezek_connectors::log::sim::SimDisk;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::{Span, Timestamp};
use serde_json::Value;

use crate::workload::Workload;

/// The longest a command may come after the read that caused it.
const STALE: Span = Span(20_000_000);

/// What a country said: the records of each output topic, in order of partition and offset.
#[derive(Debug, PartialEq)]
pub struct Told {
    topics: BTreeMap<&'static str, Vec<Value>>,
    bad_records: usize,
}

impl Told {
    /// Everything on the disk.
    pub fn read(disk: &SimDisk, shards: u32) -> Self {
        let log = disk.open();
        let all = |topic: &str| {
            let mut records = Vec::new();
            log.reader(topic, &vec![0; shards as usize]).unwrap().poll(&mut records, usize::MAX, std::time::Duration::ZERO).unwrap();
            records
        };
        let values = |topic: &str| all(topic).iter().map(|r| serde_json::from_slice(&r.value).unwrap()).collect();
        Self { topics: OutTopic::ALL.into_iter().map(|t| (t.name(), values(t.name()))).collect(), bad_records: all("controls").len() }
    }

    fn topic(&self, topic: OutTopic) -> &[Value] { &self.topics[topic.name()] }
}

fn text<'a>(record: &'a Value, field: &str) -> &'a str { record[field].as_str().unwrap_or_default() }

/// Every output once: by its id, and a dead letter by the place of its record.
pub fn nothing_twice(told: &Told) -> Result<(), String> {
    for (topic, records) in &told.topics {
        let mut ids = BTreeSet::new();
        for record in records {
            let id = if *topic == OutTopic::DeadLetters.name() {
                format!("{} {} {}", record["topic"], record["partition"], record["offset"])
            } else {
                text(record, "id").to_owned()
            };
            if !ids.insert(id.clone()) { return Err(format!("{topic}: {id} came twice")); }
        }
    }
    Ok(())
}

/// An open has its decision and its reads, comes once per arrival, and not late.
pub fn every_command_has_its_cause(told: &Told) -> Result<(), String> {
    let mut opened = BTreeSet::new();
    for command in told.topic(OutTopic::BarrierCommands) {
        let arrival = text(command, "arrival_id");
        if !opened.insert(arrival) { return Err(format!("{arrival} was opened twice")); }
        let decided = told.topic(OutTopic::GateDecisions).iter().any(|d| d["arrival_id"] == command["arrival_id"] && d["outcome"] == "open");
        if !decided { return Err(format!("a command without its decision: {command}")); }
        let time = |field: &str| Timestamp::parse(text(command, field));
        let (Some(issued), Some(until)) = (time("issued_at"), time("not_after")) else { return Err(format!("a command without its times: {command}")) };
        if until > issued + STALE { return Err(format!("a command that lives too long: {command}")); }
        if command["decision"]["reads"].as_array().is_none_or(Vec::is_empty) { return Err(format!("a command without reads: {command}")); }
    }
    Ok(())
}

/// The numbers of a barrier's commands and of a booking's events go up by one.
pub fn numbers_without_a_gap(told: &Told) -> Result<(), String> {
    for (topic, owner) in [(OutTopic::BarrierCommands, "barrier"), (OutTopic::BookingEvents, "booking_id")] {
        let mut numbers: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for record in told.topic(topic) { numbers.entry(text(record, owner)).or_default().push(record["seq"].as_u64().unwrap_or(0)); }
        for (name, mut seq) in numbers {
            seq.sort_unstable();
            if seq != (1..=seq.len() as u64).collect::<Vec<_>>() { return Err(format!("{topic:?} of {name}: numbered {seq:?}")); }
        }
    }
    Ok(())
}

/// Every request has one verdict, every bad record its dead letter.
pub fn everything_was_handled(told: &Told, workload: &Workload) -> Result<(), String> {
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in told.topic(OutTopic::BookingEvents) {
        if ["confirmed", "refused"].contains(&text(event, "status")) { *verdicts.entry(text(event, "booking_id")).or_default() += 1; }
    }
    if verdicts.len() != workload.trucks || verdicts.values().any(|n| *n != 1) { return Err(format!("{} trucks, verdicts {verdicts:?}", workload.trucks)); }
    let letters = told.topic(OutTopic::DeadLetters).len();
    if letters != told.bad_records || letters < workload.poison { return Err(format!("{} bad records, {letters} dead letters", told.bad_records)); }
    Ok(())
}

/// The outputs are those of a run without faults, by id. With several shards a message takes a commit, so times and the
/// numbers that depend on them are left out.
pub fn as_without_faults(told: &Told, reference: &BTreeMap<&'static str, BTreeMap<String, Value>>, shards: u32) -> Result<(), String> {
    let bare = |record: &Value| {
        let mut record = record.clone();
        if let Value::Object(fields) = &mut record {
            fields.remove("epoch");
            if shards > 1 { for field in ["at", "seq"] { fields.remove(field); } }
        }
        record
    };
    for topic in OutTopic::ALL {
        // Boards show the moment, and a dead letter's place depends on the partition.
        if matches!(topic, OutTopic::Boards | OutTopic::DeadLetters) { continue; }
        let empty = BTreeMap::new();
        let expected = reference.get(topic.name()).unwrap_or(&empty);
        let said: BTreeMap<&str, Value> = told.topic(topic).iter().map(|r| (text(r, "id"), bare(r))).collect();
        for (id, record) in expected {
            match said.get(id.as_str()) {
                None => return Err(format!("{topic:?} {id} is missing: {record}")),
                Some(ours) if *ours != bare(record) => return Err(format!("{topic:?} {id}: said {ours}, without faults {record}")),
                Some(_) => {}
            }
        }
        if let Some(id) = said.keys().find(|id| !expected.contains_key(**id)) { return Err(format!("{topic:?} {id}: said only with faults")); }
    }
    Ok(())
}
