//! Records that cannot be understood. They go whole, with a stable reason, to `dead.letters` in the same commit as
//! the position that passes them; everything else goes on.

use base64::Engine as _;
use compact_str::CompactString;
use kezek_schemas::decode::Rejection;
use kezek_schemas::inputs::Topic;
use kezek_schemas::outputs::{OutRecord, OutTopic};
use kezek_schemas::tables::{DeadLetterRow, ViewRow};
use kezek_schemas::time::{Timestamp, Zone};
use serde::Serialize;

#[derive(Serialize)]
struct DeadLetter<'a> {
    id: String,
    at: String,
    topic: &'a str,
    partition: u32,
    offset: u64,
    raw: String,
    reason: String,
    detail: &'a str,
}

/// Where a record stood in its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its topic.
    pub topic: Topic,
    /// Its partition; 0 in `replay`.
    pub partition: u32,
    /// Its offset; the line number from 0 in `replay`.
    pub offset: u64,
}

/// The output record and the table row of a rejected record. Unique by (topic, partition, offset).
#[must_use]
pub fn dead_letter(place: Place, raw: &[u8], rejection: &Rejection, at: Timestamp, zone: &Zone) -> (OutRecord, ViewRow) {
    let topic = place.topic.name();
    let reason = rejection.reason.to_string();
    let letter = DeadLetter {
        id: format!("{topic}:{}:{}", place.partition, place.offset),
        at: at.to_rfc3339(zone),
        topic,
        partition: place.partition,
        offset: place.offset,
        raw: base64::engine::general_purpose::STANDARD.encode(raw),
        reason: reason.clone(),
        detail: &rejection.detail,
    };
    let json = match serde_json::to_string(&letter) {
        Ok(json) => json,
        Err(e) => unreachable!("strings and numbers always encode: {e}"),
    };
    let row = DeadLetterRow { topic: topic.into(), at, reason: reason.into(), detail: CompactString::new(&rejection.detail) };
    (OutRecord { topic: OutTopic::DeadLetters, key: topic.into(), json }, ViewRow::DeadLetterRow(Box::new(row)))
}
