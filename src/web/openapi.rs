//! The description of the API, made from the routes themselves.

use super::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(info(
    title = "Streamwarden",
    description = "What a streaming estate looks like now, and how late its data is. All times are \
        ms since the epoch, all delays seconds; an absent number is unknown. What \
        changes something is a POST and needs the bearer token."
))]
pub struct Document;

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses(
    (status = 200, body = serde_json::Value)))]
pub async fn document(State(s): State<Shared>) -> impl IntoResponse {
    Json(s.openapi.clone())
}
