//! Signing in and out, and who one is.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Access, Asker, Role};
use crate::backend::AuditEntry;
use crate::bounds::SESSION_SECONDS;
use crate::error::ApiError;
use crate::server::{Shared, local_host};

/// What is sent to sign in.
#[derive(Deserialize)]
pub struct Credentials {
    name: String,
    password: String,
}

fn told(asker: &Asker) -> serde_json::Value {
    let roles: Vec<&str> = match asker.role { Some(r) => vec![r.name()], None => Role::ALL.iter().map(|r| r.name()).collect() };
    json!({"name": asker.name, "roles": roles, "scope": asker.scope, "csrf": asker.csrf, "masked": asker.masked()})
}

/// Who asks.
pub async fn who(Extension(asker): Extension<Asker>) -> Json<serde_json::Value> { Json(told(&asker)) }

/// Signs in.
pub async fn sign_in(State(app): State<Shared>, headers: HeaderMap, Json(c): Json<Credentials>) -> Result<Response, ApiError> {
    let shared = app.clone();
    let signed = tokio::task::spawn_blocking(move || shared.access.sign_in(&c.name, &c.password)).await?;
    let Ok(signed) = signed else { return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many attempts; wait a minute")) };
    let Some((token, asker)) = signed else { return Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "wrong name or password")) };
    app.backend.audit(&AuditEntry { user: &asker.name, role: asker.role_name(), action: "sign_in", subject: "" });
    let mut response = Json(told(&asker)).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&Access::cookie(&token, SESSION_SECONDS, local_host(&headers))) { response.headers_mut().insert(header::SET_COOKIE, cookie); }
    Ok(response)
}

/// Signs out.
pub async fn sign_out(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let token = headers.get(header::COOKIE).and_then(|c| c.to_str().ok()).and_then(|c| c.split(';').find_map(|c| c.trim().strip_prefix("kezek_session=")));
    if let Some(t) = token { app.access.sign_out(t); }
    let mut response = Json(json!({"name": ""})).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&Access::cookie("", 0, local_host(&headers))) { response.headers_mut().insert(header::SET_COOKIE, cookie); }
    response
}
