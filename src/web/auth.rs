//! Who may change something: whoever has the bearer token. A page of somebody else cannot make a
//! browser send it, so that no request is forged.

use super::error::Failure;
use super::router::Shared;
use crate::secret::Secret;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// JSON of somebody who may change something: the token is looked at before the body is read.
pub struct Change<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Change<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, shared: &Shared) -> Result<Change<T>, Failure> {
        let (mut parts, body) = request.into_parts();
        May::from_request_parts(&mut parts, shared).await?;
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
        let bytes = Bytes::from_request(Request::from_parts(parts, body), shared);
        let bytes = bytes.await.map_err(|_| {
            let todo = "send less: notes are short";
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large", todo)
        })?;
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(Change).map_err(|e| {
            Failure::bad(format!("the body is not what is wanted: {e}"), "see /api/v1/openapi.json")
        })
    }
}

/// The right to change something.
struct May;

impl FromRequestParts<Shared> for May {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<May, Failure> {
        let Some(token) = &shared.web.token else {
            return Err(Failure::new(
                StatusCode::FORBIDDEN,
                "nothing can be changed: no token is configured",
                "set `token_file: …` in the configuration and start anew",
            ));
        };
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let given = given
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match given {
            Some((_, given)) if same(given.trim(), token) => Ok(May),
            Some(_) => Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "this is not the token",
                "it is the one in the file that `token_file` names",
            )),
            None => Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "what changes something needs the token",
                "send `authorization: Bearer <token>`",
            )),
        }
    }
}

/// Takes the same time wherever they differ, and however long they are.
fn same(given: &str, token: &Secret) -> bool {
    let (a, b) = (Sha256::digest(given), Sha256::digest(token.reveal()));
    a.iter().zip(b).fold(0u8, |differ, (x, y)| differ | (x ^ y)) == 0
}
