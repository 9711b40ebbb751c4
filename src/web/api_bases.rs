//! The routes about what the jobs stand on.

use super::api_incident::off;
use super::build;
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::view::ApiError;
use super::view_base::*;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

const DEFAULT_HOSTS: usize = 100;
const MAX_HOSTS: usize = 5000;

/// ZooKeeper, HDFS, YARN and components, what is ill first; machines, the fullest first.
#[utoipa::path(get, path = "/api/v1/components", params(
    ("limit" = Option<u32>, Query, description = "At most so many machines, 1 to 5000; 100"),
), responses((status = 200, body = ComponentList), (status = 400, body = ApiError)))]
pub async fn components(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["limit"])?;
    let limit = p.number("limit", 1..=MAX_HOSTS)?.unwrap_or(DEFAULT_HOSTS);
    let view = off(&s, move |scene| build::component_list(scene.s, limit));
    Ok(Json(view.await?).into_response())
}

/// One of them, with everybody who is in it.
#[utoipa::path(get, path = "/api/v1/component", params(
    ("id" = String, Query, description = "Such as `hdfs:lake`, or its name"),
), responses((status = 200, body = BaseView), (status = 400, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn component(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id"])?;
    let id = p.required("id", "component")?;
    let view = off(&s, move |scene| build::component(scene.s, &id));
    Ok(Json(view.await??).into_response())
}
