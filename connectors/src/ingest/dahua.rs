//! Dahua events as `key=value` lines. Their traps: `UTC` may count local seconds (`RealUTC` is right where it is sent);
//! the pictures of one passage share a `GroupID` and come one by one; the plate at the back of a truck is its trailer's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::record::{self, begin, put};
use super::{Camera, Reason, stamp};

type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// Decodes the events of one answer.
pub fn decode(camera: &Camera, payload: &str) -> Result<Vec<Value>, Reason> {
    let mut events: BTreeMap<u32, Fields<'_>> = BTreeMap::new();
    for line in payload.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (key, value) = line.split_once('=').ok_or(Reason::NotForm)?;
        let Some((index, name)) = key.strip_prefix("Events[").and_then(|k| k.split_once("].")) else { continue };
        events.entry(index.parse().map_err(|_| Reason::NotForm)?).or_default().insert(name, value.trim());
    }
    if events.is_empty() { return Err(Reason::NotForm); }
    let mut reads = Vec::new();
    for fields in events.values() { reads.extend(event(camera, fields)?); }
    Ok(reads)
}

fn integer(fields: &Fields<'_>, name: &'static str) -> Result<Option<i64>, Reason> {
    fields.get(name).filter(|t| !t.is_empty()).map(|t| t.parse().map_err(|_| Reason::Wrong(name))).transpose()
}

fn event(camera: &Camera, fields: &Fields<'_>) -> Result<Option<Value>, Reason> {
    let of = |name: &str| fields.get(name).copied().filter(|t| !t.is_empty());
    let code = of("EventBaseInfo.Code").ok_or(Reason::Missing("EventBaseInfo.Code"))?;
    if !code.starts_with("Traffic") || of("EventBaseInfo.Action") == Some("Stop") { return Ok(None); }
    let (seconds, real) = match integer(fields, "RealUTC")? {
        Some(s) => (s, true),
        None => (integer(fields, "UTC")?.ok_or(Reason::Missing("UTC"))?, false),
    };
    let at = stamp::epoch(camera, seconds, integer(fields, "UTCMS")?.unwrap_or(0).clamp(0, 999), real)?;
    let plate = of("TrafficCar.PlateNumber").or_else(|| of("PlateInfo.FrontPlateNumber")).or_else(|| of("Object.Text")).ok_or(Reason::NoPlate)?;
    // One passage is one read, whichever of its pictures came: group numbers start again, so the second is part of the id.
    let passage = match of("GroupID") {
        Some(group) => format!("group-{group}"),
        None => format!("event-{}", of("EventID").ok_or(Reason::Missing("GroupID"))?),
    };
    let mut read = begin(camera, format!("dahua:{}:{passage}:{seconds}", camera.device), at, plate)?;
    put(&mut read, "country", of("TrafficCar.Country").or_else(|| of("Object.Country")).and_then(record::country));
    put(&mut read, "trailer_plate", of("PlateInfo.BackPlateNumber").filter(|b| *b != plate).and_then(record::said));
    put(&mut read, "direction", of("TrafficCar.DrivingDirection[0]").or_else(|| of("Direction")).and_then(record::said));
    Ok(Some(Value::Object(read)))
}
