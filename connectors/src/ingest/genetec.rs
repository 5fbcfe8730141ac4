//! Genetec `SharpV`. Numbers are texts, scores percent, `State` a state of the USA and no country; date and time come apart,
//! in local time and in UTC. Only the latter is used.

use serde_json::Value;

use super::record::{self, begin, put, said};
use super::{Camera, Reason, stamp};

/// Decodes one read.
pub fn decode(camera: &Camera, event: &Value) -> Result<Vec<Value>, Reason> {
    let text = |name: &'static str| event.get(name).and_then(Value::as_str).filter(|t| !t.trim().is_empty());
    let must = |name: &'static str| text(name).ok_or(Reason::Missing(name));
    let id = must("VehicleID")?;
    let at = stamp::utc(must("DateUtc")?, must("TimeUtc")?)?;
    let mut read = begin(camera, format!("genetec:{}:{id}", camera.device), at, text("Plate").ok_or(Reason::NoPlate)?)?;
    put(&mut read, "country", text("Country").and_then(record::country));
    put(&mut read, "confidence", record::percent(event.get("ConfidenceScore"), "ConfidenceScore")?);
    put(&mut read, "direction", event.get("Attributes").and_then(|a| a.get("Relative Motion")).and_then(Value::as_str).filter(|t| *t != "-").and_then(said));
    Ok(vec![Value::Object(read)])
}
