//! Errors of the interface: `{code, message}` with a fitting status.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::backend::{IngestError, ReadError};

/// An error answer.
#[derive(Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: &'static str,
    /// Text for people.
    pub message: String,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
    pub fn not_found(what: impl Into<String>) -> Self { Self::new(StatusCode::NOT_FOUND, "not_found", what) }
    pub fn bad_request(what: impl Into<String>) -> Self { Self::new(StatusCode::BAD_REQUEST, "bad_request", what) }
    pub fn forbidden(what: impl Into<String>) -> Self { Self::new(StatusCode::FORBIDDEN, "forbidden", what) }
    pub fn unavailable(what: impl Into<String>) -> Self { Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", what) }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({"code": self.code, "message": self.message});
        (self.status, axum::Json(body)).into_response()
    }
}

impl From<IngestError> for ApiError {
    fn from(e: IngestError) -> Self {
        let (status, code) = match e {
            IngestError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            IngestError::NotHere => (StatusCode::CONFLICT, "not_here"),
            IngestError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        Self::new(status, code, e.to_string())
    }
}

impl From<ReadError> for ApiError {
    fn from(e: ReadError) -> Self {
        match e {
            ReadError::UnknownTopic => Self::not_found("unknown topic"),
            ReadError::Unavailable(what) => Self::unavailable(what),
        }
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the call did not end")
    }
}
