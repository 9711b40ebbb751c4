//! The page, embedded; without it a page that says how to build it.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use streamwarden_core::text::hex;

#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Dist;

/// Vite puts a hash of the content into the names of what lies here.
const HASHED: &str = "assets/";
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Streamwarden</title><h1>The page is not built in</h1>\
<p>This binary was built without the page. Run <code>make ui</code> (it needs Node) and build again.</p>\
<p>Everything else works: <a href=\"api/v1/overview\">the API</a>, <code>streamwarden status</code>, \
<code>streamwarden lineage JOB</code>.</p></html>";

/// A file of the page. The page keeps its state behind the `#`, so that `/` is its only address.
pub async fn page(uri: Uri, asked: HeaderMap) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    match Dist::get(path) {
        Some(file) => serve(path, &file, &asked),
        None if path == "index.html" => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response()
        }
        None => (StatusCode::NOT_FOUND, "not here; the page is at /\n").into_response(),
    }
}

fn serve(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let keep = if path.starts_with(HASHED) { KEEP } else { ASK };
    let Ok(tag) = HeaderValue::from_str(&etag) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let same = asked.get(header::IF_NONE_MATCH).is_some_and(|t| t == tag);
    let head = [(header::CACHE_CONTROL, keep), (header::ETAG, tag)];
    if same {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    let kind = file.metadata.mimetype().to_owned();
    (head, [(header::CONTENT_TYPE, kind)], file.data.clone().into_owned()).into_response()
}
