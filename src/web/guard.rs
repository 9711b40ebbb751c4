//! What stands before every answer: who may ask under which name, how much at once, and the
//! headers that keep a browser from being misled.

use super::error::Failure;
use super::router::Shared;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// No name of estate or server needs more.
const MAX_TARGET: usize = 16 * 1024;

/// For the head of an answer. The page gives up after 15 s.
const DEADLINE: Duration = Duration::from_secs(12);

const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// On every answer, errors too. What says nothing else of it is not to be kept.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    // a document that allows less than the page has said so
    let strict = answer.headers().contains_key(header::CONTENT_SECURITY_POLICY);
    for (name, value) in HEADERS {
        if !(strict && name == header::CONTENT_SECURITY_POLICY) {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    answer
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Refuses names that are not ours: a page of somebody else whose name was turned to our address
/// (DNS rebinding) could read the API in the reader's browser. An address can't be turned.
pub async fn host(State(s): State<Shared>, request: Request, next: Next) -> Response {
    let named = request.uri().host().map(str::to_owned).or_else(|| {
        let value = request.headers().get(header::HOST)?.to_str().ok()?;
        Some(without_port(value).to_owned())
    });
    let known = named.as_deref().is_some_and(|h| is_ours(h, &s.web.hosts));
    // a probe names the host as it likes, and learns nothing here
    let probe = ["/healthz", "/readyz"].contains(&request.uri().path());
    if known || probe {
        return next.run(request).await;
    }
    Failure::new(
        StatusCode::MISDIRECTED_REQUEST,
        format!("not served under the name {:?}", named.unwrap_or_default()),
        "ask by address or localhost, or add the name to `hosts` in the configuration",
    )
    .into_response()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_ours(host: &str, hosts: &[String]) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|h| h.eq_ignore_ascii_case(host))
}

/// Throws a kill switch: whatever else is asked, it gets through.
const STOPS: &str = "/api/v1/kill-switch/throw";

/// Of a request that changes something, among the few that are worked on at once. It is taken when
/// the body is there, and given back with the answer.
#[derive(Clone)]
pub struct Place(Arc<Semaphore>, Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Place {
    fn of(crowd: &Arc<Semaphore>) -> Place {
        Place(Arc::clone(crowd), Arc::default())
    }

    pub async fn take(&self) {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok();
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// A bounded number of answers is built at once; the others wait until they time out.
pub async fn crowd(State(s): State<Shared>, mut request: Request, next: Next) -> Response {
    if request.uri().to_string().len() > MAX_TARGET {
        let todo = format!("at most {MAX_TARGET} bytes");
        return Failure::new(StatusCode::URI_TOO_LONG, "the address is too long", todo)
            .into_response();
    }
    let answer = async {
        // who reads or sends, and be it slowly, does not keep anybody from stopping us
        if request.method() == Method::POST {
            let stops = request.uri().path() == STOPS;
            let place = Place::of(if stops { &s.stops } else { &s.changes });
            request.extensions_mut().insert(place.clone());
            return next.run(request).await;
        }
        let _permit = s.builders.acquire().await;
        next.run(request).await
    };
    tokio::time::timeout(DEADLINE, answer).await.unwrap_or_else(|_| {
        let error = "the answer took too long: too many ask at once, or the host is overloaded";
        Failure::new(StatusCode::GATEWAY_TIMEOUT, error, "ask again, or for less").into_response()
    })
}

/// Counts answers by route and status.
pub async fn count(State(s): State<Shared>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<axum::extract::MatchedPath>();
    let route = route.map_or_else(|| "page".to_owned(), |r| r.as_str().to_owned());
    let answer = next.run(request).await;
    s.requests.note(route, answer.status().as_u16());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_ours() {
        let hosts = ["watch.example.org".to_owned()];
        let ours = |h| is_ours(without_port(h), &hosts);
        for good in
            ["localhost:8088", "127.0.0.1", "[::1]:8088", "10.1.2.3:80", "Watch.Example.org"]
        {
            assert!(ours(good), "{good}");
        }
        for bad in ["evil.example", "localhost.evil.example:8088", "127.0.0.1.evil.example", ""] {
            assert!(!ours(bad), "{bad}");
        }
    }
}
