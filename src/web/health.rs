//! For whoever keeps the process alive, and for load balancers.

use super::error::Failure;
use super::router::Shared;
use super::view::ApiError;
use axum::extract::State;
use axum::http::StatusCode;

/// The process answers and its loops move; else it should be started anew.
#[utoipa::path(get, path = "/healthz", responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 503, body = ApiError)))]
pub async fn healthz(State(s): State<Shared>) -> Result<&'static str, Failure> {
    if s.web.system.info().loops_moving { Ok("ok\n") } else { Err(not_yet("a loop is stuck")) }
}

/// The first assessment is done, and the store works.
#[utoipa::path(get, path = "/readyz", responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 503, body = ApiError)))]
pub async fn readyz(State(s): State<Shared>) -> Result<&'static str, Failure> {
    let info = s.web.system.info();
    match info.store.error {
        Some(e) => Err(not_yet(&format!("the store does not work: {e}"))),
        None if !info.assessed => Err(not_yet("the first assessment is not done yet")),
        None => Ok("ready\n"),
    }
}

fn not_yet(why: &str) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, why, "look at /api/v1/system")
}
