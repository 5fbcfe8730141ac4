//! Axis cameras with FF Group's reader. A car is `new`, `update`d and `lost`, each with its `carID`: the reading is whole
//! when the car is lost, earlier ones give nothing. `datetime` is local time without saying so; `capture_timestamp` counts
//! milliseconds since 1970.

use serde_json::Value;

use super::record::{self, begin, number, put, said};
use super::{Camera, Reason, stamp};

/// Decodes one event.
pub fn decode(camera: &Camera, event: &Value) -> Result<Vec<Value>, Reason> {
    let text = |name: &str| event.get(name).and_then(Value::as_str).filter(|t| !t.trim().is_empty());
    match text("carState").ok_or(Reason::Missing("carState"))? {
        "lost" => {}
        "new" | "update" => return Ok(Vec::new()),
        _ => return Err(Reason::Wrong("carState")),
    }
    let car = text("carID").ok_or(Reason::Missing("carID"))?;
    let captured = event.get("capture_timestamp").ok_or(Reason::Missing("capture_timestamp"))?;
    let ms = number(captured).ok_or(Reason::Wrong("capture_timestamp"))?;
    let plate = text("plateUTF8").or_else(|| text("plateUnicode")).or_else(|| text("plateText")).or_else(|| text("plateASCII")).ok_or(Reason::NoPlate)?;
    // car numbers start again with the reader: the moment is part of the id
    let mut read = begin(camera, format!("axis:{}:{car}:{ms}", camera.device), stamp::millis(ms as i64)?, plate)?;
    put(&mut read, "country", text("plateCountry").and_then(record::country));
    put(&mut read, "confidence", record::share(event.get("plateConfidence"), "plateConfidence")?);
    put(&mut read, "direction", text("carMoveDirection").and_then(said));
    put(&mut read, "image_ref", event.get("imagesURI").and_then(|i| i.get(0)).and_then(Value::as_str).map(str::to_owned));
    Ok(vec![Value::Object(read)])
}
