//! The pages' files, embedded: the binary runs alone and offline.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
#[cfg(test)]
use include_dir::File;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

static ASSETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../dashboard/assets");

/// Nothing from elsewhere, nothing inline.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All files.
#[cfg(test)]
pub fn files() -> Vec<&'static File<'static>> {
    fn walk(dir: &'static Dir<'static>, all: &mut Vec<&'static File<'static>>) {
        all.extend(dir.files());
        dir.dirs().for_each(|d| walk(d, all));
    }
    let mut all = Vec::new();
    walk(&ASSETS, &mut all);
    all
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// An embedded file, revalidated by its hash.
pub fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = ASSETS.get_file(path) else {
        return crate::error::ApiError::not_found(format!("no {path}")).into_response();
    };
    let tag: String = Sha256::digest(file.contents()).iter().take(12).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")), (header::CONTENT_TYPE, HeaderValue::from_static(kind(path)))];
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|t| t.as_bytes() == tag.as_bytes()) {
        (StatusCode::NOT_MODIFIED, cache).into_response()
    } else {
        (cache, file.contents()).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) { response.headers_mut().insert(header::ETAG, tag); }
    response
}
