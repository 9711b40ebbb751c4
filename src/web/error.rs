//! What a request is refused with: a status, what was wrong, what to do.

use super::build;
use super::view::ApiError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

#[derive(Debug, PartialEq)]
pub struct Failure {
    pub status: StatusCode,
    pub error: String,
    pub todo: Option<String>,
}

impl Failure {
    pub fn new(status: StatusCode, error: impl Into<String>, todo: impl Into<String>) -> Failure {
        Failure { status, error: error.into(), todo: Some(todo.into()) }
    }

    pub fn bad(error: impl Into<String>, todo: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, error, todo)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = ApiError { error: self.error, todo: self.todo };
        let mut answer = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        answer
    }
}

impl From<build::Error> for Failure {
    fn from(e: build::Error) -> Failure {
        let error = e.to_string();
        let (status, todo) = match e {
            build::Error::NotFound { nearest, .. } if nearest.is_empty() => {
                (StatusCode::NOT_FOUND, "ask for a list: /api/v1/jobs, /api/v1/lineage".to_owned())
            }
            build::Error::NotFound { nearest, .. } => {
                (StatusCode::NOT_FOUND, format!("nearest: {}", nearest.join(", ")))
            }
            build::Error::Ambiguous { candidates, .. } => {
                (StatusCode::BAD_REQUEST, format!("one of: {}", candidates.join(", ")))
            }
            build::Error::NoPath { .. } => {
                (StatusCode::NOT_FOUND, "choose two nodes of one flow".to_owned())
            }
        };
        Failure::new(status, error, todo)
    }
}
