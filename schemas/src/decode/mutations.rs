//! Records bent in every way, from fixed seeds: the reader agrees with a reader written by others about what is
//! JSON and what it says; a field that is removed, bent or doubled is told by its name, the first one first; and
//! nothing panics.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::json::{Tape, Token};
use super::shape::{Field, Kind, Shape};
use super::shapes::shape;
use super::{Clock, decode};
use crate::inputs::Topic;

/// A right value of a kind, as full as can be.
fn value(kind: &Kind) -> Value {
    match kind {
        Kind::Any => json!(null),
        Kind::Id | Kind::Text => json!("a\u{301}ғ\"\\\n/1"),
        Kind::Plate => json!("123 авс-02"),
        Kind::Bool => json!(true),
        Kind::Number(low, high) => json!(if *low < 0.0 { -17.25 } else { high.min(0.625) }),
        Kind::Whole(_, high) => json!(high.min(&4)),
        Kind::Time => json!("2026-01-15T12:00:00.5+05:00"),
        Kind::Date => json!("2026-01-15"),
        Kind::OneOf(list) => json!(list.last()),
        Kind::Subject => json!("driver:12"),
        Kind::Object(shape) => Value::Object(object(shape, 0)),
        Kind::List(item) => json!([value(item), value(item)]),
    }
}

/// The fields of a variant, in the order in which they are judged (the tag as `None`).
fn order(shape: &'static Shape, variant: usize) -> Vec<(&'static str, Option<&'static Field>)> {
    let own = shape.tag.as_ref().map_or(&[][..], |t| t.variants[variant].1);
    let tag = shape.tag.iter().map(|t| (t.name, None));
    let named = |f: &'static Field| (f.name, Some(f));
    shape.before.iter().map(named).chain(tag).chain(own.iter().map(named)).chain(shape.after.iter().map(named)).collect()
}

/// A right object of that variant.
fn object(shape: &'static Shape, variant: usize) -> Map<String, Value> {
    order(shape, variant).into_iter().map(|(name, field)| {
        let right = field.map_or_else(|| json!(shape.tag.as_ref().unwrap().variants[variant].0), |f| value(&f.kind));
        (name.to_owned(), right)
    }).collect()
}

/// A right record of every topic and variant.
fn records() -> Vec<(Topic, usize, Map<String, Value>)> {
    let mut all = Vec::new();
    for topic in Topic::ALL {
        for variant in 0..shape(topic).tag.as_ref().map_or(1, |t| t.variants.len()) {
            let mut record = object(shape(topic), variant);
            record.insert("id".into(), json!("1"));
            record.insert("at".into(), json!("2026-01-15T12:00:00+05:00"));
            record.insert("received_at".into(), json!("2026-01-15T12:00:01+05:00"));
            record.insert("unknown".into(), json!({ "a": [1, { "a": 2 }], "id": 7 }));
            all.push((topic, variant, record));
        }
    }
    all
}

fn reason(topic: Topic, line: &str) -> String {
    decode(topic, line.as_bytes(), Clock::Record).map_or_else(|r| r.reason.to_string(), |_| "ok".to_owned())
}

fn text(record: &Map<String, Value>) -> String { serde_json::to_string(record).unwrap() }

/// What a field must be told as when it is absent, null, and of another type.
fn told(name: &str, field: Option<&Field>) -> [String; 3] {
    if field.is_some_and(|f| matches!(f.kind, Kind::Any)) { return ["ok".into(), "ok".into(), "ok".into()]; }
    let required = field.is_none_or(|f| f.required);
    let wrong = format!("wrong_type:{name}");
    if required { [format!("missing_field:{name}"), wrong.clone(), wrong] } else { ["ok".into(), "ok".into(), wrong] }
}

#[test]
fn every_field_of_every_variant() {
    for (topic, variant, record) in records() {
        assert_eq!(reason(topic, &text(&record)), "ok", "{} {}", topic.name(), text(&record));
        let order = order(shape(topic), variant);
        for (place, (name, field)) in order.iter().enumerate() {
            let [absent, null, other] = told(name, *field);
            let bend = |with: Option<Value>| {
                let mut bent = record.clone();
                match with { Some(v) => { bent.insert((*name).to_owned(), v); } None => { bent.remove(*name); } }
                bent
            };
            let what = |line: &str| format!("{} {line}", topic.name());
            let wrong = || json!([[{ "odd": 1 }]]);
            for (with, expect) in [(None, &absent), (Some(Value::Null), &null), (Some(wrong()), &other)] {
                let line = text(&bend(with));
                let got = reason(topic, &line);
                // A list that holds something else is told by its first element.
                assert!(got == *expect || got == format!("{expect}.0"), "{}: {got}, expected {expect}", what(&line));
            }
            // The first of two faults is told; a doubled key before both; `id` and `at` before all.
            for (later, field) in order.iter().skip(place + 1) {
                if absent == "ok" { break; }
                let mut bent = bend(None);
                bent.insert((*later).to_owned(), wrong());
                assert_eq!(reason(topic, &text(&bent)), absent, "{later} {}", field.is_some());
            }
            let line = text(&bend(Some(wrong())));
            let twice = format!("{},{}:1}}", &line[..line.len() - 1], json!(name));
            assert_eq!(reason(topic, &twice), "not_json", "{}", what(&twice));
            let mut bent = bend(Some(wrong()));
            bent.remove("at");
            assert_eq!(reason(topic, &text(&bent)), "missing_field:at");
            bent.insert("id".into(), json!(7));
            assert_eq!(reason(topic, &text(&bent)), "wrong_type:id");
        }
    }
}

#[test]
fn every_field_of_every_object_inside() {
    for (topic, variant, record) in records() {
        for (outer, field) in order(shape(topic), variant) {
            let (inner, listed) = match field.map(|f| &f.kind) {
                Some(Kind::Object(inner)) => (*inner, false),
                Some(Kind::List(Kind::Object(inner))) => (*inner, true),
                _ => continue,
            };
            for variant in 0..inner.tag.as_ref().map_or(1, |t| t.variants.len()) {
                let prefix = if listed { format!("{outer}.1") } else { outer.to_owned() };
                let full = object(inner, variant);
                let put = |bent: Map<String, Value>| {
                    let mut record = record.clone();
                    record.insert(outer.to_owned(), if listed { json!([full, bent]) } else { Value::Object(bent) });
                    text(&record)
                };
                assert_eq!(reason(topic, &put(full.clone())), "ok", "{outer} {variant}");
                for (name, field) in order(inner, variant) {
                    let expect = told(&format!("{prefix}.{name}"), field);
                    for (with, expect) in [None, Some(Value::Null), Some(json!([]))].into_iter().zip(expect) {
                        let mut bent = full.clone();
                        match with { Some(v) => { bent.insert(name.to_owned(), v); } None => { bent.remove(name); } }
                        let line = put(bent);
                        assert_eq!(reason(topic, &line), expect, "{} {line}", topic.name());
                    }
                    let mut bent = full.clone();
                    bent.insert("odd".into(), json!("here"));
                    let line = put(bent).replace("\"odd\":\"here\"", &format!("{}:1", json!(name)));
                    assert_eq!(reason(topic, &line), "not_json", "{} {line}", topic.name());
                }
            }
        }
    }
}

/// What the tape says, as the other reader's value; doubled keys: the last.
fn as_value(tape: &Tape<'_>, i: u32) -> Value {
    match tape.token(i) {
        Token::Null => Value::Null,
        Token::Bool(b) => json!(b),
        Token::Number { value, .. } => json!(value),
        token @ Token::Text { .. } => json!(token.text()),
        Token::List { .. } => Value::Array(tape.items(i).map(|item| as_value(tape, item)).collect()),
        Token::Object { .. } => {
            Value::Object(tape.entries(i).map(|(key, value)| (key.text().unwrap().into_owned(), as_value(tape, value))).collect())
        }
    }
}

/// Equal but for the last bit of numbers, which the other reader does not promise.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-15
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}

/// Both readers say the same about these bytes, and no topic's decoder panics on them.
fn agree(bytes: &[u8]) {
    for topic in Topic::ALL {
        let _ = decode(topic, bytes, Clock::Record);
    }
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    let mut tape = Tape::new();
    let ours = tape.read(text).map(|()| as_value(&tape, 0));
    match (serde_json::from_str::<Value>(text), ours) {
        (Ok(theirs), Some(ours)) => assert!(alike(&ours, &theirs), "{text}: {ours} {theirs}"),
        (Err(_), None) => {}
        // Limits of theirs that we do not have: the range of numbers and the depth.
        (Err(e), Some(_)) => assert!(e.to_string().contains("out of range") || e.to_string().contains("recursion"), "{text}: {e}"),
        (Ok(_), None) => panic!("{text}: refused"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20260115), ..ProptestConfig::default() })]

    #[test]
    fn bent_records(which in 0usize..60, cuts in prop::collection::vec((0usize..4096, 0u8..5, any::<u8>()), 0..4)) {
        let all = records();
        let mut line = text(&all[which % all.len()].2).into_bytes();
        for (at, how, byte) in cuts {
            let at = at % line.len().max(1);
            match how {
                0 => line.truncate(at),
                1 => if let Some(b) = line.get_mut(at) { *b ^= 1 << (byte % 8) },
                2 => line.insert(at.min(line.len()), byte),
                3 => if at < line.len() { line.remove(at); },
                _ => line.insert(at.min(line.len()), br#"{}[],:"\e.-0 u"#[usize::from(byte) % 14]),
            }
        }
        agree(&line);
    }

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..200)) { agree(&bytes); }

    #[test]
    fn json_noise(text in r#"[\[\]{}:,"0-9eE.+ \\untrfalsbd-]{0,40}"#) { agree(text.as_bytes()); }

    #[test]
    fn numbers(text in r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?") {
        let mut tape = Tape::new();
        prop_assert!(tape.read(&text).is_some());
        let whole = !text.contains(['.', 'e', 'E']);
        prop_assert_eq!(tape.token(0), Token::Number { value: text.parse().unwrap(), whole });
    }
}
