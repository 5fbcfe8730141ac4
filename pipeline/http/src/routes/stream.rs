//! `GET /api/stream`: server-sent events. A snapshot, then what changed, at most five times a second, and a beat
//! every second so that a page knows its source lives. The event id names every shard's commit; a client resumes
//! with `Last-Event-ID` (or `?last=`). Each client has a short queue: one that takes nothing for ten seconds is
//! dropped and resumes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::access::{Asker, Role};
use crate::bounds::{BEAT_MS, MAX_STREAMS, STREAM_QUEUE, STREAM_STALL_MS, STREAM_TICK_MS};
use crate::error::ApiError;
use crate::live::Page;
use crate::routes::lookup::CENTRE;
use crate::server::Shared;

/// What to follow.
#[derive(Debug, Default, Deserialize)]
pub struct Follow {
    #[serde(default)]
    page: String,
    checkpoint: Option<String>,
    group: Option<String>,
    last: Option<String>,
}

/// The page a person may follow, and whether masked.
fn page_of(app: &Shared, asker: &Asker, q: &Follow) -> Result<(Page, bool), ApiError> {
    let masked = asker.masked();
    let place = |c: &String| app.live.catalogue().checkpoint(&c.as_str().into()).map(|p| p.id.to_string())
        .ok_or_else(|| ApiError::not_found(format!("no checkpoint `{c}`")));
    let allowed = |roles: &[Role], page: Page| if asker.is(roles) { Ok((page, masked)) } else { Err(ApiError::forbidden("sign in to follow this page")) };
    match q.page.as_str() {
        "" | "centre" => if q.page.is_empty() && !asker.is(CENTRE) { Ok((Page::Public, true)) } else { allowed(CENTRE, Page::Centre) },
        "officer" => {
            let at = q.checkpoint.as_ref().filter(|c| !c.is_empty()).map(place).transpose()?;
            let at = at.or_else(|| (asker.role == Some(Role::Officer) && asker.scope != "*").then(|| asker.scope.clone()));
            if let Some(c) = &at && !asker.covers(c) { return Err(ApiError::forbidden("another checkpoint's desk")); }
            allowed(&[Role::Officer, Role::Centre], Page::Officer(at))
        }
        "tablet" => {
            let group = q.group.clone().filter(|g| g.contains('/')).ok_or_else(|| ApiError::bad_request("which group?"))?;
            if !asker.covers(&group) { return Err(ApiError::forbidden("another group's tablet")); }
            allowed(&[Role::Group, Role::Centre], Page::Tablet(group))
        }
        "board" => Ok((Page::Board(place(q.checkpoint.as_ref().ok_or_else(|| ApiError::bad_request("which checkpoint?"))?)?), true)),
        "public" => Ok((Page::Public, true)),
        other => Err(ApiError::bad_request(format!("no page `{other}`"))),
    }
}

/// Counts a stream as long as it lives.
struct Open(Shared);
impl Drop for Open {
    fn drop(&mut self) { self.0.streams.fetch_sub(1, Ordering::Relaxed); }
}

fn beat(app: &Shared) -> Bytes {
    let ready = app.backend.ready();
    let state = app.live.read();
    let (now, shards) = (state.local(state.now, None), state.commits.len());
    drop(state);
    Bytes::from(format!("event: beat\ndata: {}\n\n", json!({"now": now, "wall": wall(), "ready": ready.is_ok(), "why": ready.err(), "shards": shards})))
}

/// Follows a page.
pub async fn stream(State(app): State<Shared>, Extension(asker): Extension<Asker>, Query(q): Query<Follow>, headers: HeaderMap) -> Result<Response, ApiError> {
    let (page, masked) = page_of(&app, &asker, &q)?;
    if app.streams.fetch_add(1, Ordering::Relaxed) >= MAX_STREAMS {
        app.streams.fetch_sub(1, Ordering::Relaxed);
        return Err(ApiError::unavailable("too many open streams"));
    }
    let open = Open(app.clone());
    let last = headers.get("last-event-id").and_then(|h| h.to_str().ok()).map(str::to_owned).or(q.last);
    let (tx, rx) = mpsc::channel::<Bytes>(STREAM_QUEUE);
    // Subscribed before the snapshot is read: a change in between is seen as a change.
    let mut changed = app.live.watch();
    let mut stopping = app.stopping.clone();
    tokio::spawn(async move {
        let app = open.0.clone();
        let _open = open;
        let stall = Duration::from_millis(STREAM_STALL_MS);
        let mut seen = last.map_or(0, |token| app.feeds.seen(&app.live, &page, masked, &token));
        let mut beaten: Option<Instant> = None;
        loop {
            changed.borrow_and_update();
            if let Some((frame, version)) = app.feeds.frame(&app.live, &page, masked, seen) {
                seen = version;
                if !matches!(timeout(stall, tx.send(frame)).await, Ok(Ok(()))) { return }
            }
            if beaten.is_none_or(|b| b.elapsed() >= Duration::from_millis(BEAT_MS)) {
                beaten = Some(Instant::now());
                if !matches!(timeout(stall, tx.send(beat(&app))).await, Ok(Ok(()))) { return }
            }
            let until_beat = Duration::from_millis(BEAT_MS).saturating_sub(beaten.map_or(Duration::ZERO, |b| b.elapsed()));
            tokio::select! {
                _ = tokio::time::sleep(until_beat) => {}
                r = changed.changed() => {
                    if r.is_err() { return }
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(STREAM_TICK_MS)) => {}
                        () = ended(&mut stopping) => return,
                        () = tx.closed() => return,
                    }
                }
                () = ended(&mut stopping) => return,
                () = tx.closed() => return,
            }
        }
    });
    let body = Body::from_stream(ReceiverStream::new(rx).map(Ok::<_, std::convert::Infallible>));
    Ok(([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")], body).into_response())
}

/// Waits until streams must end.
async fn ended(stopping: &mut tokio::sync::watch::Receiver<bool>) { drop(stopping.wait_for(|s| *s).await); }

/// The wall's time, milliseconds since 1970.
fn wall() -> u64 { std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)) }
