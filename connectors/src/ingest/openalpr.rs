//! OpenALPR: `alpr_results` holds the plates of one picture, `alpr_group` the best reading of one vehicle over many.
//! Confidences are percent, and a rival reading may have more than the one that fits the template; `region` may be a state
//! of the USA, so that only a country named as such is one.

use serde_json::Value;

use super::record::{self, begin, number, put};
use super::{Camera, Reason, stamp};

/// Decodes one picture or one group.
pub fn decode(camera: &Camera, event: &Value) -> Result<Vec<Value>, Reason> {
    match event.get("data_type").and_then(Value::as_str).ok_or(Reason::Missing("data_type"))? {
        "alpr_results" => {
            let at = time(event, "epoch_time")?;
            let results = event.get("results").ok_or(Reason::Missing("results"))?.as_array().ok_or(Reason::Wrong("results"))?;
            results.iter().enumerate().map(|(i, r)| read(camera, format!("{at}:{i}"), at, r, "plate", "confidence", r)).collect()
        }
        "alpr_group" => {
            // the group is told when the vehicle has left: its last moment counts
            let at = time(event, "epoch_end")?;
            let best = event.get("best_plate").ok_or(Reason::Missing("best_plate"))?;
            let id = event.get("best_uuid").and_then(Value::as_str).map_or_else(|| format!("group:{at}"), str::to_owned);
            let plate = if best.is_object() { ("plate", "confidence", best) } else { ("best_plate", "best_confidence", event) };
            Ok(vec![read(camera, id, at, plate.2, plate.0, plate.1, event)?])
        }
        "heartbeat" | "vehicle" => Ok(Vec::new()),
        _ => Err(Reason::Wrong("data_type")),
    }
}

fn time(event: &Value, name: &'static str) -> Result<i64, Reason> {
    let ms = number(event.get(name).ok_or(Reason::Missing(name))?).ok_or(Reason::Wrong(name))?;
    Ok(ms as i64)
}

fn read(camera: &Camera, id: String, at: i64, of: &Value, plate: &str, confidence: &str, around: &Value) -> Result<Value, Reason> {
    let text = of.get(plate).and_then(Value::as_str).ok_or(Reason::Missing("results.plate"))?;
    let mut read = begin(camera, format!("openalpr:{}:{id}", camera.device), stamp::millis(at)?, text)?;
    put(&mut read, "country", around.get("country").and_then(Value::as_str).and_then(record::country));
    put(&mut read, "confidence", record::percent(of.get(confidence), "results.confidence")?);
    let others = of.get("candidates").or_else(|| around.get("candidates")).and_then(Value::as_array);
    put(&mut read, "candidates", others.and_then(|c| record::candidates(text, c, "confidence", 100.0)));
    Ok(Value::Object(read))
}
