//! Makes the records of one truck or office: ids, times with the local offset, arrival.

use kezek_schemas::inputs::Topic;
use kezek_schemas::time::{Timestamp, Zone};
use serde_json::{Value, json};

use super::Made;

/// Records in the making.
#[derive(Debug)]
pub struct Maker<'a> {
    /// Prefix of all ids.
    pub serial: String,
    /// The offset shown.
    pub zone: &'a Zone,
    /// What was made.
    pub made: Vec<Made>,
}

impl<'a> Maker<'a> {
    /// Nothing yet.
    pub const fn new(serial: String, zone: &'a Zone) -> Self { Self { serial, zone, made: Vec::new() } }

    /// A record that arrives when it happens.
    pub fn put(&mut self, at: Timestamp, topic: Topic, body: Value) { self.put_late(at, at, topic, body); }

    /// A record that arrives later than it happened.
    pub fn put_late(&mut self, at: Timestamp, arrives: Timestamp, topic: Topic, mut body: Value) {
        if let Value::Object(fields) = &mut body {
            fields.insert("id".into(), format!("{}-{}", self.serial, self.made.len()).into());
            fields.insert("at".into(), at.to_rfc3339(self.zone).into());
            if arrives != at { fields.insert("received_at".into(), arrives.to_rfc3339(self.zone).into()); }
            fields.retain(|_, v| !v.is_null());
        }
        self.made.push(Made { arrives, topic, json: body.to_string() });
    }
}

/// What truly happened: a line of `truth/incidents.ndjson`.
#[derive(Clone, Debug)]
pub struct Incident {
    /// The rule code that should tell it.
    pub kind: &'static str,
    /// How it was done.
    pub cause: &'static str,
    /// The vehicle.
    pub plate: String,
    /// Its country.
    pub country: String,
    /// From when it can be known.
    pub from: Timestamp,
    /// Until when it matters.
    pub until: Timestamp,
}

impl Incident {
    /// As a line of truth.
    pub fn line(&self, zone: &Zone) -> Value {
        json!({"kind": self.kind, "cause": self.cause, "plate": self.plate, "country": self.country, "from": self.from.to_rfc3339(zone),
            "until": self.until.to_rfc3339(zone)})
    }
}
