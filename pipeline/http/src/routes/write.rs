//! What people order: an input record of `controls` or `groups`, taken by the log before it is answered. The
//! client makes the record's `id`, so that an order sent twice is one order. Who orders is set here, never believed.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use kezek_schemas::inputs::Topic;
use kezek_schemas::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::access::{Asker, Role};
use crate::backend::AuditEntry;
use crate::error::ApiError;
use crate::server::{App, Shared};

/// Controls and the fields each may carry.
const CONTROLS: &[(&str, &[&str])] = &[
    ("read_resolved", &["read_id", "booking_id"]),
    ("barrier_open", &["barrier", "plate", "reason"]),
    ("barrier_hold", &["barrier", "reason"]),
    ("barrier_release", &["barrier"]),
    ("capacity_set", &["date", "hour", "capacity"]),
    ("closed", &["until", "reason"]),
    ("opened", &[]),
    ("mode_set", &["mode"]),
    ("booking_revoked", &["booking_id", "reason"]),
];
/// Events of a group and the fields each may carry.
const GROUP_EVENTS: &[(&str, &[&str])] = &[
    ("position", &["lat", "lon"]), ("status", &["status"]), ("seen", &["alert_id"]), ("accepted", &["alert_id"]), ("declined", &["alert_id"]),
    ("stop_started", &["alert_id", "plate"]), ("stop_finished", &["outcome"]),
];

fn text<'a>(m: &'a Map<String, Value>, key: &str) -> Result<&'a str, ApiError> {
    m.get(key).and_then(Value::as_str).filter(|s| !s.is_empty() && s.len() <= 200).ok_or_else(|| ApiError::bad_request(format!("`{key}` is missing")))
}

fn csrf(asker: &Asker, headers: &HeaderMap) -> Result<(), ApiError> {
    match &asker.csrf {
        Some(token) if headers.get("x-csrf-token").is_none_or(|h| h.as_bytes() != token.as_bytes()) => Err(ApiError::forbidden("wrong or missing x-csrf-token")),
        Some(_) | None => Ok(()),
    }
}

/// When the person acted: as the client says within the last hour (an offline tablet sends later), else now.
fn at(app: &App, given: Option<&Value>) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
    let now = Timestamp(now);
    let given = given.and_then(Value::as_str).and_then(Timestamp::parse).filter(|t| *t <= now && (now - *t).as_hours() <= 1.0);
    let state = app.live.read();
    // A log that is fed recorded time lives in the past: an order of today would come from its future.
    let now = if state.now.0 > 0 && (now - state.now).as_hours() > 20.0 { state.now } else { now };
    state.local(given.unwrap_or(now), None)
}

fn pick(body: &Map<String, Value>, table: &[(&str, &[&str])]) -> Result<Map<String, Value>, ApiError> {
    let kind = text(body, "type")?;
    let (_, fields) = table.iter().find(|(name, _)| *name == kind).ok_or_else(|| ApiError::bad_request(format!("no order `{kind}`")))?;
    let mut record = Map::new();
    record.insert("id".into(), json!(text(body, "id")?));
    record.insert("type".into(), json!(kind));
    for f in *fields { if let Some(v) = body.get(*f).filter(|v| !v.is_null()) { record.insert((*f).into(), v.clone()); } }
    Ok(record)
}

async fn send(app: Shared, topic: Topic, record: Map<String, Value>) -> Result<Json<Value>, ApiError> {
    let id = record.get("id").cloned();
    let line = Value::Object(record).to_string().into_bytes();
    let backend = Arc::clone(&app.backend);
    tokio::task::spawn_blocking(move || backend.ingest(topic, vec![line])).await??;
    Ok(Json(json!({"recorded": true, "id": id})))
}

/// An order of the console.
pub async fn control(State(app): State<Shared>, Extension(asker): Extension<Asker>, headers: HeaderMap, Json(body): Json<Map<String, Value>>) -> Result<Json<Value>, ApiError> {
    if !asker.is(&[Role::Officer, Role::Centre]) { return Err(ApiError::forbidden("orders need the role officer or centre")); }
    csrf(&asker, &headers)?;
    let checkpoint = text(&body, "checkpoint")?;
    let known = app.live.catalogue().checkpoint(&checkpoint.into()).ok_or_else(|| ApiError::bad_request(format!("no checkpoint `{checkpoint}`")))?;
    let checkpoint = known.id.as_str();
    if !asker.covers(checkpoint) { return Err(ApiError::forbidden("another checkpoint")); }
    let mut record = pick(&body, CONTROLS)?;
    let kind = text(&body, "type")?.to_owned();
    for (of, field) in [("read_resolved", "read_id"), ("barrier_open", "barrier"), ("barrier_open", "reason"), ("barrier_hold", "barrier"), ("barrier_hold", "reason"), ("barrier_release", "barrier")] {
        if of == kind { text(&record, field)?; }
    }
    if let Some(barrier) = record.get("barrier").and_then(Value::as_str) && barrier.split('/').next() != Some(checkpoint) {
        return Err(ApiError::bad_request("the barrier is another checkpoint's"));
    }
    record.insert("at".into(), at(&app, body.get("at")));
    record.insert("checkpoint".into(), json!(checkpoint));
    record.insert("actor".into(), json!({"id": asker.name, "role": asker.role_name()}));
    let subject = body.get("read_id").or_else(|| body.get("barrier")).and_then(Value::as_str).unwrap_or(checkpoint).to_owned();
    app.backend.audit(&AuditEntry { user: &asker.name, role: asker.role_name(), action: &kind, subject: &subject });
    send(app.clone(), Topic::Controls, record).await
}

/// An event of a mobile group's tablet.
pub async fn group(State(app): State<Shared>, Extension(asker): Extension<Asker>, headers: HeaderMap, Json(body): Json<Map<String, Value>>) -> Result<Json<Value>, ApiError> {
    if !asker.is(&[Role::Group, Role::Centre]) { return Err(ApiError::forbidden("a tablet needs the role group")); }
    csrf(&asker, &headers)?;
    let group = text(&body, "group")?;
    let Some((region, _)) = group.split_once('/') else { return Err(ApiError::bad_request("`group` is <region>/<name>")) };
    if !app.live.catalogue().regions.contains_key(&region.into()) { return Err(ApiError::bad_request(format!("no region `{region}`"))); }
    if !asker.covers(group) { return Err(ApiError::forbidden("another group")); }
    let mut record = pick(&body, GROUP_EVENTS)?;
    record.insert("at".into(), at(&app, body.get("at")));
    record.insert("region".into(), json!(region));
    record.insert("group".into(), json!(group));
    app.backend.audit(&AuditEntry { user: &asker.name, role: asker.role_name(), action: "group", subject: group });
    send(app, Topic::Groups, record).await
}
