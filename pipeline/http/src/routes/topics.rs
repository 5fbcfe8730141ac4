//! `GET /api/topics/<topic>?from=N`: committed records as NDJSON, by partition and offset, to the last commit.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::ReceiverStream;

use crate::access::{Asker, Role};
use crate::backend::{ReadError, TopicRecord};
use crate::bounds::TOPIC_PAGE;
use crate::error::ApiError;
use crate::server::Shared;

/// The query.
#[derive(Debug, Deserialize)]
pub struct From {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

fn line(r: &TopicRecord, masked: bool) -> String {
    let mut value = serde_json::from_slice::<Value>(&r.value).unwrap_or_else(|_| match core::str::from_utf8(&r.value) {
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => json!({"base64": base64::engine::general_purpose::STANDARD.encode(&r.value)}),
    });
    if masked { crate::mask::value(&mut value); }
    format!("{}\n", json!({"partition": r.partition, "offset": r.offset, "received_at": r.received_at, "value": value}))
}

/// Gives the records.
pub async fn read(State(app): State<Shared>, Extension(asker): Extension<Asker>, Path(topic): Path<String>, Query(query): Query<From>) -> Result<Response, ApiError> {
    if !asker.is(&[Role::Centre, Role::Auditor, Role::Analyst]) { return Err(ApiError::forbidden("reading topics needs centre, analyst or auditor")); }
    if matches!(topic.as_str(), "journal" | "internal") { return Err(ApiError::forbidden("the engine's own topic")); }
    let masked = asker.masked();
    let backend = Arc::clone(&app.backend);
    let (name, first_backend) = (topic.clone(), Arc::clone(&app.backend));
    let left = query.limit.unwrap_or(usize::MAX);
    // The first page is read before the answer begins, so that an unknown topic is an error and no empty answer.
    let page = TOPIC_PAGE.min(left);
    let first = tokio::task::spawn_blocking(move || first_backend.read_topic(&name, 0, query.from, page)).await??;
    let (tx, rx) = tokio::sync::mpsc::channel::<Result<Bytes, ReadError>>(4);
    tokio::task::spawn_blocking(move || {
        let mut left = left;
        let mut records = Some(first);
        for partition in 0..backend.partitions() {
            let mut from = query.from;
            loop {
                let got = match records.take() {
                    Some(r) => Ok(r),
                    None => backend.read_topic(&topic, partition, from, TOPIC_PAGE.min(left)),
                };
                let got = match got { Ok(g) => g, Err(e) => { let _gone = tx.blocking_send(Err(e)); return } };
                let Some(last) = got.last() else { break };
                from = last.offset + 1;
                left -= got.len().min(left);
                let text: String = got.iter().map(|r| line(r, masked)).collect();
                if tx.blocking_send(Ok(text.into())).is_err() || left == 0 { return }
            }
        }
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(ReceiverStream::new(rx))).into_response())
}
