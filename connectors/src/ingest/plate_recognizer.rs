//! Plate Recognizer: every vehicle of the picture is a result with its other readings, whose scores do not sum to one.
//! The webhook wraps the same in `data`; a timestamp without offset is the camera's local time.

use serde_json::Value;

use super::record::{self, begin, put};
use super::{Camera, Reason, stamp};

/// A region is believed from this score on.
const REGION: f64 = 0.5;

/// Decodes one picture.
pub fn decode(camera: &Camera, event: &Value) -> Result<Vec<Value>, Reason> {
    let event = event.get("data").filter(|d| d.is_object()).unwrap_or(event);
    let text = |name: &str| event.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let results = event.get("results").ok_or(Reason::Missing("results"))?.as_array().ok_or(Reason::Wrong("results"))?;
    let stamped = text("timestamp").ok_or(Reason::Missing("timestamp"))?;
    let at = stamp::text(camera, stamped)?;
    let picture = text("filename").unwrap_or("picture");
    results.iter().enumerate().map(|(i, result)| {
        let plate = result.get("plate").ok_or(Reason::Missing("results.plate"))?.as_str().ok_or(Reason::Wrong("results.plate"))?;
        let mut read = begin(camera, format!("plate-recognizer:{}:{stamped}:{picture}:{i}", camera.device), at, plate)?;
        let region = result.get("region").filter(|r| r.get("score").and_then(Value::as_f64).is_none_or(|s| s >= REGION));
        // `ru-mow` is a region of RU
        put(&mut read, "country", region.and_then(|r| r.get("code")).and_then(Value::as_str).and_then(|c| record::country(c.split('-').next()?)));
        put(&mut read, "confidence", record::share(result.get("score"), "results.score")?);
        put(&mut read, "candidates", result.get("candidates").and_then(Value::as_array).and_then(|c| record::candidates(plate, c, "score", 1.0)));
        put(&mut read, "image_ref", text("filename").map(str::to_owned));
        Ok(Value::Object(read))
    }).collect()
}
