//! Officers of the demo: an arrival that a person at the desk has left alone for a while is answered by the likeliest
//! candidate, so that the queue lives on. Whoever tries the demo has the time to answer first.

use std::collections::BTreeMap;
use std::time::Duration;

use kezek_connectors::log::{StoredRecord, TopicReader};
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::{Span, Timestamp, Zone};
use serde_json::{Value, json};

use crate::service::Shared;
use crate::simulate::Made;

/// How long an arrival waits for a person, in the demo's time.
const PATIENCE: Span = Span::minutes(45);
/// Asked arrivals kept; the earliest due leaves first.
const MAX_ASKED: usize = 5_000;

/// The officers of all checkpoints.
pub struct Desk {
    reader: Box<dyn TopicReader>,
    zone: Zone,
    asked: BTreeMap<String, (Timestamp, Value)>,
    records: Vec<StoredRecord>,
}

impl Desk {
    /// Follows the decisions from now on.
    pub fn new(shared: &Shared) -> anyhow::Result<Self> {
        let ends = shared.log.ends("gate.decisions")?;
        let zone = Zone::get("Asia/Almaty").ok_or_else(|| anyhow::anyhow!("the tz database lacks Asia/Almaty"))?;
        Ok(Self { reader: shared.log.reader("gate.decisions", &ends)?, zone, asked: BTreeMap::new(), records: Vec::new() })
    }

    /// The answers due by `now`.
    pub fn due(&mut self, now: Timestamp) -> Vec<Made> {
        self.records.clear();
        if let Err(e) = self.reader.poll(&mut self.records, 256, Duration::ZERO) { tracing::warn!(error = %e, "no decisions can be read"); }
        for record in &self.records {
            let Ok(decision) = serde_json::from_slice::<Value>(&record.value) else { continue };
            let Some(arrival) = decision["arrival_id"].as_str().map(str::to_owned) else { continue };
            if decision["outcome"] == "ask_officer" { self.asked.entry(arrival).or_insert((now + PATIENCE, decision)); } else { self.asked.remove(&arrival); }
        }
        while self.asked.len() > MAX_ASKED { self.asked.pop_first(); }
        let ripe: Vec<String> = self.asked.iter().filter(|(_, (due, _))| *due <= now).map(|(id, _)| id.clone()).collect();
        ripe.iter().filter_map(|id| self.asked.remove_entry(id)).map(|(arrival, (_, decision))| {
            let json = json!({"id": format!("desk:{arrival}"), "at": now.to_rfc3339(&self.zone), "checkpoint": decision["checkpoint"],
                "actor": {"id": "demo-officer", "role": "officer"}, "type": "read_resolved", "read_id": arrival,
                "booking_id": decision["candidates"][0]["booking_id"]}).to_string();
            Made { arrives: now, topic: Topic::Controls, json }
        }).collect()
    }
}
