//! The published JSON Schemas (draft 2020-12) of all topics, made from the same tables that decode the inputs.
//!
//! `schemas/json/<topic>.schema.json` is generated: `KEZEK_BLESS=1 cargo test -p kezek-schemas` writes it anew, and
//! a test fails while the files and the tables differ. A schema cannot say everything the decoder says: that a
//! number is *written* whole, that `at` is at most 24 h after arrival, that no field is there twice.

mod output_shapes;

use serde_json::{Map, Value, json};

use crate::decode::shape::{Field, Kind, Shape};
use crate::decode::shapes::shape;
use crate::inputs::Topic;
use crate::outputs::OutTopic;

/// All schemas: the topic's name and its schema.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    let inputs = Topic::ALL.iter().map(|topic| (topic.name(), record(topic.name(), shape(*topic), true)));
    let outputs = OutTopic::ALL.iter().map(|topic| {
        (topic.name(), record(topic.name(), output_shapes::shape(*topic), false))
    });
    inputs.chain(outputs).collect()
}

/// The schema of a whole record.
fn record(topic: &str, shape: &Shape, input: bool) -> Value {
    let mut schema = object(shape);
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!(topic));
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return Value::Object(schema) };
    properties.insert("id".into(), kind(&Kind::Id));
    properties.insert("at".into(), kind(&Kind::Time));
    if input { properties.insert("received_at".into(), nullable(kind(&Kind::Time))); }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.insert(0, json!("id"));
        required.insert(1, json!("at"));
    }
    Value::Object(schema)
}

/// The schema of an object.
fn object(shape: &Shape) -> Map<String, Value> {
    let plain: Vec<&Field> = shape.before.iter().chain(shape.after).collect();
    let (mut properties, mut required) = fields(&plain);
    let mut schema = Map::new();
    if let Some(tag) = &shape.tag {
        let names: Vec<&str> = tag.variants.iter().map(|(name, _)| *name).collect();
        properties.insert(tag.name.to_owned(), json!({ "enum": names }));
        required.push(json!(tag.name));
        let variants: Vec<Value> = tag.variants.iter().filter(|(_, own)| !own.is_empty()).map(|(name, own)| {
            let (properties, required) = fields(&own.iter().collect::<Vec<_>>());
            json!({
                "if": { "properties": { tag.name: { "const": name } }, "required": [tag.name] },
                "then": { "properties": properties, "required": required },
            })
        }).collect();
        if !variants.is_empty() { schema.insert("allOf".into(), Value::Array(variants)); }
    }
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    schema.insert("required".into(), Value::Array(required));
    schema
}

/// The properties and the required names of some fields.
fn fields(fields: &[&Field]) -> (Map<String, Value>, Vec<Value>) {
    let properties = fields.iter().map(|f| {
        let schema = kind(&f.kind);
        (f.name.to_owned(), if f.required { schema } else { nullable(schema) })
    }).collect();
    (properties, fields.iter().filter(|f| f.required).map(|f| json!(f.name)).collect())
}

/// The same, or null.
fn nullable(schema: Value) -> Value {
    if schema == Value::Bool(true) { schema } else { json!({ "anyOf": [schema, { "type": "null" }] }) }
}

/// The schema of a value.
fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Any => Value::Bool(true),
        Kind::Id | Kind::Plate => json!({ "type": "string", "pattern": "\\S" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Number(low, high) => {
            let mut schema = json!({ "type": "number" });
            if *low > f64::MIN { schema["minimum"] = json!(low); }
            if *high < f64::MAX { schema["maximum"] = json!(high); }
            schema
        }
        Kind::Whole(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::OneOf(list) => json!({ "enum": list }),
        Kind::Subject => json!({ "type": "string", "pattern": "^(owner|vehicle|driver:(0|[1-9][0-9]*))$" }),
        Kind::Object(shape) => Value::Object(object(shape)),
        Kind::List(item) => json!({ "type": "array", "items": self::kind(item) }),
    }
}
