//! What an operator wants of the world. The shell makes it happen in one commit, or not at all.

use compact_str::CompactString;
use kezek_schemas::outputs::{OutRecord, OutTopic};
use kezek_schemas::tables::ViewRow;
use serde::Serialize;

use super::Envelope;

/// Effects of one event (and, in a batch, of many).
#[derive(Debug, Default)]
pub struct Effects {
    /// Output records in order.
    pub outputs: Vec<OutRecord>,
    /// Messages in order.
    pub messages: Vec<Envelope>,
    /// Changed rows of the SQL tables; empty unless `wants_views`.
    pub views: Vec<ViewRow>,
    /// Whether anybody follows the views (`replay` does not).
    pub wants_views: bool,
    /// Names of counters to raise by one.
    pub counts: Vec<&'static str>,
}

impl Effects {
    /// Writes an output record. `record` must hold `id` and `at`.
    pub fn emit(&mut self, topic: OutTopic, key: &str, record: &impl Serialize) {
        match serde_json::to_string(record) {
            Ok(json) => self.outputs.push(OutRecord { topic, key: CompactString::new(key), json }),
            Err(e) => unreachable!("an output of our own types always encodes: {e}"),
        }
    }
}
