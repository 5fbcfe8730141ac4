//! Looking things up. Every look at a vehicle or person is told to the audit; answers are masked by role.

use std::sync::{Mutex, PoisonError};
use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use kezek_schemas::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{Asker, Role};
use crate::backend::{AuditEntry, Backend};
use crate::bounds::TOPIC_PAGE;
use crate::error::ApiError;
use crate::live::LiveView;
use crate::server::{App, Shared};

/// How far the owners of `bookings` are indexed: next offset per partition. Owners stand in the input records only
/// (no table carries identity numbers); they are read when somebody first asks, and caught up at every asking.
#[derive(Default)]
pub struct Owners(Mutex<BTreeMap<u32, u64>>);

impl Owners {
    fn catch_up(&self, live: &LiveView, backend: &dyn Backend) {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for partition in 0..backend.partitions() {
            let from = next.entry(partition).or_default();
            while let Ok(records) = backend.read_topic("bookings", partition, *from, TOPIC_PAGE) {
                let Some(last) = records.last() else { break };
                *from = last.offset + 1;
                for r in &records {
                    let Ok(v) = serde_json::from_slice::<Value>(&r.value) else { continue };
                    let id = v.get("owner").and_then(|o| o.get("id")).and_then(Value::as_str);
                    if let (Some(owner), Some(b)) = (id, v.get("booking_id").and_then(Value::as_str)) { live.note_owner(owner, b); }
                }
            }
        }
    }
}

fn out(asker: &Asker, mut v: Value) -> Json<Value> {
    if asker.masked() { crate::mask::value(&mut v); }
    Json(v)
}

fn looked(app: &App, asker: &Asker, action: &str, subject: &str) -> Result<(), ApiError> {
    if asker.role.is_some_and(|r| !r.looks_up()) { return Err(ApiError::forbidden("sign in to look things up")); }
    app.backend.audit(&AuditEntry { user: &asker.name, role: asker.role_name(), action, subject });
    Ok(())
}

/// The query of a search.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// Vehicles for a text.
pub async fn search(State(app): State<Shared>, Extension(asker): Extension<Asker>, Query(query): Query<Asked>) -> Result<Json<Value>, ApiError> {
    looked(&app, &asker, "search", &query.q)?;
    if query.q.len() > 200 { return Err(ApiError::bad_request("the text is too long")); }
    let (shared, q) = (app.clone(), query.q.clone());
    let results = tokio::task::spawn_blocking(move || {
        if crate::live::identity_number(&q).is_some() { shared.owners.catch_up(&shared.live, shared.backend.as_ref()); }
        shared.live.search(&q)
    }).await?;
    Ok(out(&asker, json!({"results": results})))
}

/// A vehicle's page.
pub async fn vehicle(State(app): State<Shared>, Extension(asker): Extension<Asker>, Path((country, plate)): Path<(String, String)>) -> Result<Json<Value>, ApiError> {
    looked(&app, &asker, "vehicle", &plate)?;
    let v = app.live.vehicle(&country, &plate).ok_or_else(|| ApiError::not_found("no such vehicle"))?;
    Ok(out(&asker, v))
}

/// All checkpoints.
pub async fn checkpoints(State(app): State<Shared>) -> Json<Value> { Json(json!(app.live.checkpoints())) }

/// One checkpoint.
pub async fn checkpoint(State(app): State<Shared>, Extension(asker): Extension<Asker>, Path(slug): Path<String>) -> Result<Json<Value>, ApiError> {
    let mut v = app.live.checkpoint(&slug).ok_or_else(|| ApiError::not_found(format!("no checkpoint `{slug}`")))?;
    // The public register tells of queues and hours, not of single visits and devices.
    if asker.role == Some(Role::Public) && let Some(map) = v.as_object_mut() { for key in ["arrivals", "devices", "entries"] { map.remove(key); } }
    Ok(out(&asker, v))
}

/// The query of the alerts.
#[derive(Debug, Deserialize)]
pub struct WhichAlerts {
    limit: Option<usize>,
    state: Option<String>,
}

/// Alerts, active ones first; `state=active` leaves cleared ones out.
pub async fn alerts(State(app): State<Shared>, Extension(asker): Extension<Asker>, Query(q): Query<WhichAlerts>) -> Result<Json<Value>, ApiError> {
    looked(&app, &asker, "alerts", "")?;
    let list = app.live.alerts(q.limit.unwrap_or(1_000).min(crate::bounds::MAX_ALERTS), q.state.as_deref() != Some("active"));
    Ok(out(&asker, json!(list)))
}

/// One alert.
pub async fn alert(State(app): State<Shared>, Extension(asker): Extension<Asker>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let id = if asker.masked() { app.live.alert_of_masked(&id).unwrap_or(id) } else { id };
    looked(&app, &asker, "alert", &id)?;
    app.live.alert(&id).map(|v| out(&asker, v)).ok_or_else(|| ApiError::not_found("no such alert"))
}

/// The whole story of a command, booking, arrival or alert.
pub async fn explain(State(app): State<Shared>, Extension(asker): Extension<Asker>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    looked(&app, &asker, "explain", &id)?;
    app.live.explain(&id).map(|v| out(&asker, v)).ok_or_else(|| ApiError::not_found("no command, booking or arrival of that id is kept here"))
}

/// The map's unchanging parts.
pub async fn catalogue(State(app): State<Shared>) -> Json<Value> { Json(app.live.catalogue_json()) }

/// Free hours of a checkpoint, for everybody.
pub async fn public_slots(State(app): State<Shared>, Path(slug): Path<String>) -> Result<Json<Value>, ApiError> {
    let cp = app.live.catalogue().checkpoint(&slug.as_str().into()).ok_or_else(|| ApiError::not_found(format!("no checkpoint `{slug}`")))?;
    let state = app.live.read();
    let now = state.now;
    let slots: Vec<Value> = state.days_json(cp, 4).into_iter().filter(|s| s["slot_start"].as_str().and_then(Timestamp::parse).is_some_and(|t| t > now)).map(|s| json!({"slot_start": s["slot_start"], "capacity": s["capacity"], "free": s["free"]})).collect();
    Ok(Json(json!({"checkpoint": cp.id, "slots": slots})))
}

/// Status of a booking by its id, for everybody: nothing of the person or the vehicle.
pub async fn public_booking(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    app.live.public_booking(&id).map(Json).ok_or_else(|| ApiError::not_found("no such booking"))
}

/// Roles that may follow the centre.
pub const CENTRE: &[Role] = &[Role::Centre, Role::Analyst, Role::Auditor];
