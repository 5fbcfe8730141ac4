//! The server: routes, who asks, headers on every answer, graceful end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::{Access, Asker, AuthConfig};
use crate::backend::Backend;
use crate::bounds::{MAX_INGEST_BODY, MAX_WRITE_BODY};
use crate::error::ApiError;
use crate::live::{Feeds, LiveView};
use crate::pace::Pace;
use crate::routes::{ingest, lookup, pages, session, stream, topics, write};

/// What every handler may use.
pub(crate) struct App {
    pub live: Arc<LiveView>,
    pub backend: Arc<dyn Backend>,
    pub access: Access,
    pub feeds: Feeds,
    pub streams: AtomicUsize,
    pub stopping: watch::Receiver<bool>,
    pub owners: lookup::Owners,
    pub pace: Pace,
}

pub(crate) type Shared = Arc<App>;

/// The routes. `stopping` turns true when streams must end.
pub fn router(live: Arc<LiveView>, backend: Arc<dyn Backend>, auth: AuthConfig, stopping: watch::Receiver<bool>) -> Router {
    let app: Shared = Arc::new(App { live, backend, access: Access::new(auth), feeds: Feeds::default(), streams: AtomicUsize::new(0), stopping,
        owners: lookup::Owners::default(), pace: Pace::default() });
    Router::new()
        .route("/healthz", get(pages::healthz))
        .route("/readyz", get(pages::readyz))
        .route("/metrics", get(pages::metrics))
        .route("/api/ingest/{topic}", post(ingest::ingest).layer(DefaultBodyLimit::max(MAX_INGEST_BODY)))
        .route("/api/topics/{topic}", get(topics::read))
        .route("/api/search", get(lookup::search))
        .route("/api/vehicles/{country}/{plate}", get(lookup::vehicle))
        .route("/api/checkpoints", get(lookup::checkpoints))
        .route("/api/checkpoints/{checkpoint}", get(lookup::checkpoint))
        .route("/api/alerts", get(lookup::alerts))
        .route("/api/alerts/{*id}", get(lookup::alert))
        .route("/api/explain/{*id}", get(lookup::explain))
        .route("/api/catalogue", get(lookup::catalogue))
        .route("/api/public/slots/{checkpoint}", get(lookup::public_slots))
        .route("/api/public/bookings/{*id}", get(lookup::public_booking))
        .route("/api/stream", get(stream::stream))
        .route("/api/session", get(session::who).post(session::sign_in).delete(session::sign_out))
        .route("/api/controls", post(write::control))
        .route("/api/groups", post(write::group))
        .route("/", get(pages::centre))
        .route("/officer", get(pages::officer))
        .route("/tablet", get(pages::tablet))
        .route("/public", get(pages::public))
        .route("/board/{checkpoint}", get(pages::board))
        .route("/sign-in", get(pages::sign_in))
        .route("/tablet-worker.js", get(pages::worker))
        .route("/assets/{*path}", get(pages::asset))
        .fallback(pages::nothing)
        .layer(DefaultBodyLimit::max(MAX_WRITE_BODY))
        .layer(from_fn_with_state(app.clone(), gatekeeper))
        .with_state(app)
}

/// Serves until `stop` is done: then takes no more, ends the streams, and lets running answers finish.
///
/// # Errors
/// The listener's.
pub async fn serve(listener: TcpListener, live: Arc<LiveView>, backend: Arc<dyn Backend>, auth: AuthConfig,
    stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let (tell, stopping) = watch::channel(false);
    let app = router(live, backend, auth, stopping).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        tell.send_replace(true);
    }).await
}

fn cookie_session(request: &Request) -> Option<String> {
    let cookies = request.headers().get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|c| c.trim().strip_prefix("kezek_session=")).map(str::to_owned)
}

fn basic(request: &Request) -> Option<String> {
    let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?).ok()
}

/// Whether a browser says that another site made it ask.
fn from_elsewhere(request: &Request) -> bool {
    let h = request.headers();
    let text = |name: &str| h.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") && !matches!(site, "same-origin" | "none") { return true; }
    let (Some(origin), Some(host)) = (text("origin"), text("host")) else { return false };
    origin.split_once("://").is_none_or(|(_, o)| o != host)
}

/// Without users a page of another name that resolves here must not read anything: the host must be this machine's.
pub(crate) fn local_host(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else { return true };
    let name = if let Some(v6) = host.strip_prefix('[') { v6.split(']').next().unwrap_or("") } else { host.split(':').next().unwrap_or("") };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

async fn gatekeeper(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical());
    let write = !matches!(*request.method(), Method::GET | Method::HEAD);
    let asker = if app.access.open() {
        if peer.is_some_and(|ip| !ip.is_loopback()) || !local_host(request.headers()) {
            return finish(ApiError::forbidden("no users are configured: only this machine is served").into_response());
        }
        app.access.local()
    } else if let Some(a) = cookie_session(&request).and_then(|t| app.access.session(&t)) {
        a
    } else if let Some(credentials) = basic(&request) {
        let shared = app.clone();
        match tokio::task::spawn_blocking(move || shared.access.basic(&credentials)).await {
            Ok(Some(a)) => a,
            Ok(None) | Err(_) => return finish(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "wrong name or password").into_response()),
        }
    } else {
        Asker::public()
    };
    if write && from_elsewhere(&request) {
        return finish(ApiError::forbidden("asked for by another site").into_response());
    }
    if !app.access.open() && request.uri().path().starts_with("/api/") {
        let who = if asker.name.is_empty() { peer.map_or_else(String::new, |ip| ip.to_string()) } else { format!("@{}", asker.name) };
        if !app.pace.allows(&who, std::time::Instant::now()) {
            return finish(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many requests; slow down").into_response());
        }
    }
    request.extensions_mut().insert(asker);
    finish(next.run(request).await)
}

/// Every error is told as `{code, message}`, also those that the framework makes.
fn told(response: Response) -> Response {
    let status = response.status();
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
    if !(status.is_client_error() || status.is_server_error()) || json { return response; }
    let code = match status {
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        s if s.is_client_error() => "bad_request",
        _ => "internal",
    };
    let mut answer = ApiError::new(status, code, status.canonical_reason().unwrap_or("error")).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) { answer.headers_mut().insert(header::ALLOW, allow.clone()); }
    answer
}

fn finish(response: Response) -> Response {
    let mut response = told(response);
    let h = response.headers_mut();
    h.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(crate::assets::CSP));
    h.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    h.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    h.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    h.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
