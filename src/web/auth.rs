//! Who asks, and whether it may change something: the token that was sent, or the name that a
//! trusted proxy wrote. A page of somebody else can make a browser send neither.

use super::api_incident::MAX_NOTE;
use super::error::Failure;
use super::guard::Place;
use super::router::{MAX_BODY, Shared};
use crate::access::{Refusal, Role, Who};
use crate::clock;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use streamwarden_core::estate::ClusterId;

/// JSON of an operator or more, and who that is: looked at before the body is read. What needs more
/// than an operator asks [`Who::may`].
pub struct Change<T>(pub T, pub Who);

impl<T: DeserializeOwned> FromRequest<Shared> for Change<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Shared) -> Result<Change<T>, Failure> {
        let (parts, body) = request.into_parts();
        let who = who(&parts, shared, Role::Operator)?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let json = kind
            .and_then(|k| k.split(';').next())
            .is_some_and(|k| k.trim().eq_ignore_ascii_case("application/json"));
        if !json {
            return Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body is not said to be JSON",
                "send JSON with `content-type: application/json`",
            ));
        }
        let place = parts.extensions.get::<Place>().cloned();
        let bytes = Bytes::from_request(Request::from_parts(parts, body), shared);
        let bytes = bytes.await.map_err(|_| {
            let error = format!("the body is larger than {MAX_BODY} bytes");
            let todo = format!("send less: a note has at most {MAX_NOTE} characters");
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, error, todo)
        })?;
        if let Some(place) = place {
            place.take().await;
        }
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(|body| Change(body, who)).map_err(|e| {
            Failure::bad(format!("the body is not what is wanted: {e}"), "see /api/v1/openapi.json")
        })
    }
}

/// The address that the connection came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Somebody with a token, for what names people.
pub struct Reader(pub Who);

impl FromRequestParts<Shared> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Reader, Failure> {
        who(parts, shared, Role::Viewer).map(Reader)
    }
}

/// Whoever asks has at least this role, whatever cluster it is about.
fn who(parts: &Parts, shared: &Shared, needs: Role) -> Result<Who, Failure> {
    same_origin(parts)?;
    let access = &shared.web.access;
    let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let bearer = text("authorization")
        .and_then(|v| v.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let peer = parts.extensions.get::<Peer>().map(|p| p.0);
    let proxied = access.proxy.as_ref().and_then(|p| text(&p.header)).zip(peer);
    let who = access.who(bearer, proxied, clock::now()).map_err(|r| refused(&r))?;
    who.may(needs, who.clusters.first()).map_err(|r| refused(&r))?;
    Ok(who)
}

/// A page of somebody else cannot send what a proxy vouches for: JSON and a foreign origin do not
/// go together without our leave, and this is the second lock.
fn same_origin(parts: &Parts) -> Result<(), Failure> {
    let text = |name: header::HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return Ok(()) };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    if text(header::HOST).is_some_and(|ours| ours.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::FORBIDDEN,
        "this comes from the page of another server",
        "open the page under the name that its requests are sent to",
    ))
}

/// In words, with what to do.
pub fn refused(refusal: &Refusal) -> Failure {
    let no = |status, error: String, todo: &str| Failure::new(status, error, todo);
    match refusal {
        Refusal::NobodyMay => no(
            StatusCode::FORBIDDEN,
            "nothing can be changed: no user and no token is configured".to_owned(),
            "set `users:` or `token_file: …` in the configuration and start anew",
        ),
        Refusal::Unnamed => no(
            StatusCode::UNAUTHORIZED,
            "what changes something needs a token".to_owned(),
            "send `authorization: Bearer <token>`",
        ),
        Refusal::Unknown => no(
            StatusCode::UNAUTHORIZED,
            "nobody here has this token".to_owned(),
            "it is one of `users`, or the one in the file that `token_file` names",
        ),
        Refusal::Expired => no(
            StatusCode::UNAUTHORIZED,
            "this token is over".to_owned(),
            "ask for a new one: `streamwarden token`",
        ),
        Refusal::RoleTooLow { has, needs } => no(
            StatusCode::FORBIDDEN,
            format!("this needs the role {}, and you are {}", needs.name(), has.name()),
            "ask somebody who has it",
        ),
        Refusal::OtherCluster { cluster } => no(
            StatusCode::FORBIDDEN,
            format!("{cluster} is outside what you may change"),
            "ask somebody whose scope it is",
        ),
        Refusal::WholeEstate { own } => {
            let own: Vec<&str> = own.iter().map(ClusterId::as_str).collect();
            let own = own.join(", ");
            let error = format!("the whole estate is outside what you may change: {own} alone");
            no(StatusCode::FORBIDDEN, error, "ask somebody whose scope it is")
        }
    }
}
