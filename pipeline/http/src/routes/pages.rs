//! The pages and the health routes.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::access::{Asker, Role};
use crate::assets;
use crate::error::ApiError;
use crate::server::Shared;

/// The process lives.
pub async fn healthz() -> &'static str { "ok\n" }

/// Every owned shard is restored and near its input.
pub async fn readyz(State(app): State<Shared>) -> Result<&'static str, ApiError> {
    app.backend.ready().map(|()| "ready\n").map_err(|what| ApiError::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "not_ready", what))
}

/// Prometheus text.
pub async fn metrics(State(app): State<Shared>) -> Response {
    let mut text = app.backend.metrics();
    text.push_str(&format!("# HELP kezek_http_streams Open live streams.\n# TYPE kezek_http_streams gauge\nkezek_http_streams {}\n",
        app.streams.load(std::sync::atomic::Ordering::Relaxed)));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn page(asker: &Asker, roles: &[Role], file: &str, headers: &HeaderMap, uri: &Uri) -> Response {
    if asker.is(roles) { return assets::file(file, headers); }
    Redirect::to(&format!("/sign-in?to={}", uri.path())).into_response()
}

/// Situational centre.
pub async fn centre(Extension(a): Extension<Asker>, headers: HeaderMap, uri: Uri) -> Response {
    page(&a, &[Role::Centre, Role::Analyst, Role::Auditor], "centre.html", &headers, &uri)
}
/// Officer's desk.
pub async fn officer(Extension(a): Extension<Asker>, headers: HeaderMap, uri: Uri) -> Response {
    page(&a, &[Role::Officer, Role::Centre], "officer.html", &headers, &uri)
}
/// Mobile group's tablet.
pub async fn tablet(Extension(a): Extension<Asker>, headers: HeaderMap, uri: Uri) -> Response {
    page(&a, &[Role::Group, Role::Centre], "tablet.html", &headers, &uri)
}
/// Public page.
pub async fn public(headers: HeaderMap) -> Response { assets::file("public.html", &headers) }
/// Information board.
pub async fn board(headers: HeaderMap, Path(_checkpoint): Path<String>) -> Response { assets::file("board.html", &headers) }
/// Sign-in.
pub async fn sign_in(headers: HeaderMap) -> Response { assets::file("sign-in.html", &headers) }
/// The tablet's worker, served from the root so that it may serve `/tablet`.
pub async fn worker(headers: HeaderMap) -> Response { assets::file("js/tablet-worker.js", &headers) }
/// A file of the pages.
pub async fn asset(headers: HeaderMap, Path(path): Path<String>) -> Response { assets::file(&path, &headers) }
/// No such route.
pub async fn nothing(uri: Uri) -> ApiError { ApiError::not_found(format!("no {}", uri.path())) }
