//! Barrier controllers of the demo: they follow the committed commands and answer `executed` and `passed`. A stale command
//! is refused, as a controller must.

use std::collections::BTreeMap;
use std::time::Duration;

use kezek_connectors::log::{StoredRecord, TopicReader};
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::{Span, Timestamp, Zone};
use serde_json::{Value, json};

use crate::service::Shared;
use crate::simulate::Made;

/// Controllers of all barriers.
pub struct Barriers {
    reader: Box<dyn TopicReader>,
    zone: Zone,
    waiting: BTreeMap<(Timestamp, u64), Made>,
    made: u64,
    records: Vec<StoredRecord>,
}

impl Barriers {
    /// Follows the commands from now on: what was commanded before is stale.
    pub fn new(shared: &Shared) -> anyhow::Result<Self> {
        let ends = shared.log.ends("barrier.commands")?;
        let zone = Zone::get("Asia/Almaty").ok_or_else(|| anyhow::anyhow!("the tz database lacks Asia/Almaty"))?;
        Ok(Self { reader: shared.log.reader("barrier.commands", &ends)?, zone, waiting: BTreeMap::new(), made: 0, records: Vec::new() })
    }

    /// The answers due by `now`.
    pub fn due(&mut self, now: Timestamp) -> Vec<Made> {
        self.records.clear();
        if let Err(e) = self.reader.poll(&mut self.records, 256, Duration::ZERO) { tracing::warn!(error = %e, "no commands can be read"); }
        for record in std::mem::take(&mut self.records) {
            if let Ok(command) = serde_json::from_slice::<Value>(&record.value) { self.obey(&command, now); }
        }
        let later = self.waiting.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    fn obey(&mut self, command: &Value, now: Timestamp) {
        if command["action"] != "open" { return; }
        let stale = command["not_after"].as_str().and_then(Timestamp::parse).is_none_or(|t| t < now);
        let steps: &[(i64, &str)] = if stale { &[(0, "expired")] } else { &[(1, "received"), (2, "executed"), (11, "passed")] };
        for (after, kind) in steps {
            let at = now + Span::seconds(*after);
            self.made += 1;
            let json = json!({"id": format!("{}:{kind}", command["command_id"].as_str().unwrap_or_default()), "at": at.to_rfc3339(&self.zone),
                "checkpoint": command["checkpoint"], "barrier": command["barrier"], "type": kind, "command_id": command["command_id"]}).to_string();
            self.waiting.insert((at, self.made), Made { arrives: at, topic: Topic::BarrierEvents, json });
        }
    }
}
