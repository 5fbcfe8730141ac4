//! Hikvision `EventNotificationAlert`. Its traps: `isDataRetransmission` marks what the camera kept while its line was
//! down; confidences are percent; the country is a number of which one is known (30 = KZ); the plate may be `unknown`.

use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::record::{self, begin, put};
use super::{Camera, Reason, stamp};

const KZ: &str = "30";

fn text<'a>(of: Node<'a, '_>, name: &str) -> Option<&'a str> {
    of.children().find(|n| n.tag_name().name() == name).and_then(|n| n.text()).map(str::trim).filter(|t| !t.is_empty())
}

/// Decodes one alert.
pub fn decode(camera: &Camera, payload: &str) -> Result<Vec<Value>, Reason> {
    let document = Document::parse(payload).map_err(|_| Reason::NotXml)?;
    let alert = document.root_element();
    if alert.tag_name().name() != "EventNotificationAlert" { return Err(Reason::Missing("EventNotificationAlert")); }
    let kind = text(alert, "eventType").ok_or(Reason::Missing("eventType"))?;
    if !kind.eq_ignore_ascii_case("ANPR") && !kind.eq_ignore_ascii_case("vehicleDetection") { return Ok(Vec::new()); }
    if text(alert, "eventState").is_some_and(|s| s.eq_ignore_ascii_case("inactive")) { return Ok(Vec::new()); }
    let anpr = alert.children().find(|n| n.tag_name().name() == "ANPR").ok_or(Reason::Missing("ANPR"))?;
    let uuid = text(alert, "UUID").ok_or(Reason::Missing("UUID"))?;
    let at = stamp::text(camera, text(alert, "dateTime").ok_or(Reason::Missing("dateTime"))?)?;
    let mut read = begin(camera, format!("hikvision:{}:{uuid}", camera.device), at, text(anpr, "licensePlate").ok_or(Reason::NoPlate)?)?;
    let country = text(alert, "countryAbbreviation").and_then(record::country)
        .or_else(|| (text(anpr, "country") == Some(KZ) || text(anpr, "CRIndex") == Some(KZ)).then_some("KZ"));
    put(&mut read, "country", country);
    put(&mut read, "confidence", record::percent(text(anpr, "confidenceLevel").map(|t| json!(t)).as_ref(), "confidenceLevel")?);
    if let Some(each) = text(anpr, "plateCharBelieve") {
        let shares = each.split(',').map(|c| record::percent(Some(&json!(c)), "plateCharBelieve")).collect::<Result<Vec<_>, _>>()?;
        put(&mut read, "char_confidence", Some(json!(shares.into_iter().flatten().collect::<Vec<f64>>())));
    }
    put(&mut read, "direction", text(anpr, "direction").and_then(record::said));
    if text(alert, "isDataRetransmission").is_some_and(|t| t == "true" || t == "1") { put(&mut read, "retransmitted", Some(true)); }
    let picture = anpr.descendants().filter(|n| n.tag_name().name() == "pictureInfo").max_by_key(|p| text(*p, "type") == Some("detectionPicture"));
    put(&mut read, "image_ref", picture.and_then(|p| text(p, "pId")).map(str::to_owned));
    Ok(vec![Value::Object(read)])
}
