//! The `anpr.reads` record as it grows, and the ways vendors write its parts.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Camera, Reason};

/// Other readings kept of one plate; more say nothing new.
const CANDIDATES: usize = 8;

/// Begins a read.
pub fn begin(camera: &Camera, id: String, at: Timestamp, plate: &str) -> Result<Map<String, Value>, Reason> {
    let plate = plate.trim();
    // what readers write when they read nothing
    let nothing = plate.is_empty() || ["unknown", "noplate", "no_plate", "n/a", "-"].iter().any(|n| plate.eq_ignore_ascii_case(n)) || plate == "无车牌";
    if nothing { return Err(Reason::NoPlate); }
    let mut read = Map::new();
    read.insert("id".into(), json!(id));
    read.insert("at".into(), json!(at.to_string()));
    read.insert("checkpoint".into(), json!(camera.checkpoint));
    read.insert("camera".into(), json!(camera.device));
    read.insert("plate".into(), json!(plate.to_uppercase()));
    Ok(read)
}

/// Puts what is there.
pub fn put<T: Into<Value>>(read: &mut Map<String, Value>, name: &str, value: Option<T>) {
    if let Some(v) = value { read.insert(name.into(), v.into()); }
}

/// A number or a text that is one.
pub fn number(value: &Value) -> Option<f64> { value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n: &f64| n.is_finite()) }

/// A share of one; what is absent is absent, what is out of range is wrong.
pub fn share(value: Option<&Value>, name: &'static str) -> Result<Option<f64>, Reason> { scaled(value, 1.0, name) }

/// Percent as a share.
pub fn percent(value: Option<&Value>, name: &'static str) -> Result<Option<f64>, Reason> { scaled(value, 100.0, name) }

fn scaled(value: Option<&Value>, whole: f64, name: &'static str) -> Result<Option<f64>, Reason> {
    let Some(v) = value.filter(|v| !v.is_null() && v.as_str().is_none_or(|s| !s.trim().is_empty())) else { return Ok(None) };
    let n = number(v).ok_or(Reason::Wrong(name))?;
    if !(0.0..=whole).contains(&n) { return Err(Reason::Wrong(name)); }
    Ok(Some((n / whole * 1e6).round() / 1e6))
}

/// Other readings beside the plate itself, the best first. Their scores are the vendor's own and need not sum to one.
pub fn candidates(plate: &str, list: &[Value], score: &str, whole: f64) -> Option<Value> {
    let mut all: Vec<(String, f64)> = list.iter().filter_map(|c| {
        let text = c.get("plate")?.as_str()?.trim().to_uppercase();
        let share = number(c.get(score)?)? / whole;
        (!text.is_empty() && text != plate.trim().to_uppercase() && (0.0..=1.0).contains(&share)).then_some((text, (share * 1e6).round() / 1e6))
    }).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(CANDIDATES);
    (!all.is_empty()).then(|| all.into_iter().map(|(plate, confidence)| json!({"plate": plate, "confidence": confidence})).collect())
}

/// The two letters of a country that a reader names by two or three; unknown names say nothing.
pub fn country(text: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 12] = [("KZ", "KAZ"), ("KG", "KGZ"), ("RU", "RUS"), ("UZ", "UZB"), ("TJ", "TJK"), ("TM", "TKM"), ("CN", "CHN"), ("BY", "BLR"),
        ("UA", "UKR"), ("PL", "POL"), ("FR", "FRA"), ("DE", "DEU")];
    let text = text.trim();
    NAMES.iter().find(|(two, three)| text.eq_ignore_ascii_case(two) || text.eq_ignore_ascii_case(three)).map(|(two, _)| *two)
}

/// A text that says something.
pub fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.eq_ignore_ascii_case("unknown")).then(|| text.to_owned())
}
