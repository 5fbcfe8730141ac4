//! `POST /api/ingest/<topic>`: NDJSON in, answered only when the records are committed. A resend is idempotent by
//! `id`. Bad lines are taken too: they become dead letters. Blank lines are not records.

use std::sync::Arc;

use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use bytes::Bytes;
use kezek_schemas::inputs::Topic;
use serde_json::{Value, json};

use crate::access::{Asker, Role};
use crate::bounds::MAX_RECORD_BYTES;
use crate::error::ApiError;
use crate::server::Shared;

/// Takes records.
pub async fn ingest(State(app): State<Shared>, Extension(asker): Extension<Asker>, Path(topic): Path<String>,
    body: Result<Bytes, BytesRejection>) -> Result<Json<Value>, ApiError> {
    let topic = Topic::of_name(&topic).ok_or_else(|| ApiError::not_found(format!("unknown input topic `{topic}`")))?;
    if !asker.is(&[Role::Centre]) { return Err(ApiError::forbidden("taking records needs the role centre")); }
    let too_large = || ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "a record is larger than 1 MiB, or the request too large");
    let body = body.map_err(|e| if e.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { ApiError::bad_request(e.body_text()) })?;
    let lines: Vec<Vec<u8>> = body.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l))
        .filter(|l| !l.iter().all(u8::is_ascii_whitespace)).map(<[u8]>::to_vec).collect();
    if lines.iter().any(|l| l.len() > MAX_RECORD_BYTES) { return Err(too_large()); }
    if lines.is_empty() { return Ok(Json(json!({"accepted": 0}))); }
    let backend = Arc::clone(&app.backend);
    let accepted = tokio::task::spawn_blocking(move || backend.ingest(topic, lines)).await??;
    Ok(Json(json!({"accepted": accepted})))
}
