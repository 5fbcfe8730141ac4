//! What a role may not see is taken out here, on the way out of the process. Plates keep their first three and
//! last two symbols; identity numbers and documents are dropped whole.

use kezek_schemas::plate::Plate;
use serde_json::Value;

/// Fields that carry a plate, wherever they stand.
const PLATES: &[&str] = &["plate", "trailer_plate", "trailer", "seen_plate", "booked_plate", "read", "read_plate", "expected", "value_plate", "other_plate", "query"];
/// Fields that are dropped whole.
const DROPPED: &[&str] = &["vin", "owner", "owner_id", "drivers", "document", "account_id", "image_ref", "raw"];

/// The masked form of a plate as text.
pub fn plate(text: &str) -> String {
    if text.contains('*') { text.to_owned() } else { Plate::normalise(text).masked() }
}

/// Masks a JSON value in place: named fields, and any text that holds a plate known from the same value.
pub fn value(v: &mut Value) {
    let mut known = Vec::new();
    collect(v, &mut known);
    known.sort_by_key(|k: &String| core::cmp::Reverse(k.len()));
    known.dedup();
    apply(v, &known);
}

fn collect(v: &Value, known: &mut Vec<String>) {
    match v {
        Value::Object(map) => for (k, v) in map {
            match v {
                Value::String(s) if PLATES.contains(&k.as_str()) && s.chars().count() > 5 && !s.contains('*') => known.push(s.clone()),
                v => collect(v, known),
            }
        },
        Value::Array(list) => list.iter().for_each(|v| collect(v, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn apply(v: &mut Value, known: &[String]) {
    match v {
        Value::Object(map) => {
            map.retain(|k, _| !DROPPED.contains(&k.as_str()));
            for (k, v) in map.iter_mut() {
                match v {
                    Value::String(s) if PLATES.contains(&k.as_str()) => *s = plate(s),
                    v => apply(v, known),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|v| apply(v, known)),
        Value::String(s) => for k in known {
            if s.contains(k.as_str()) { *s = s.replace(k.as_str(), &plate(k)); }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn masks_wherever_it_stands() {
        for (given, expect) in [
            (json!({"plate": "123ABC02", "vin": "X"}), json!({"plate": "123***02"})),
            (json!({"a": [{"trailer_plate": "77AAA05", "text": "near 77AAA05 seen"}]}), json!({"a": [{"trailer_plate": "77A**05", "text": "near 77A**05 seen"}]})),
            (json!({"plate": "123***02", "owner": {"id": "1"}}), json!({"plate": "123***02"})),
            (json!({"plate": null, "n": 1}), json!({"plate": null, "n": 1})),
        ] {
            let mut v = given.clone();
            super::value(&mut v);
            assert_eq!(v, expect, "{given}");
        }
    }
}
