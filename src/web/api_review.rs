//! The route about months of incidents.

use super::api_availability::zone;
use super::api_incident::{failed, off};
use super::build::{self, By, ReviewFilter};
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::view::ApiError;
use super::view_review::ReviewView;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use streamwarden_core::estate::Span;

/// So long closed incidents are kept.
const LONGEST: i64 = 90;

/// What is learned of the incidents that opened in this time: causes, places, clusters and teams
/// with the most trouble, how long until we said it and until it was over, who offends again.
#[utoipa::path(get, path = "/api/v1/review", params(
    ("days" = Option<i64>, Query, description = "So many days up to now, 1 to 90; 90"),
    ("cluster" = Option<String>, Query, description = "Whose roots sit on this cluster"),
    ("team" = Option<String>, Query, description = "Of this one of the configuration's groups"),
    ("place" = Option<String>, Query, description = "Id or name of where the root sits"),
    ("zone" = Option<String>, Query, description = "In which days begin, such as Asia/Shanghai; that of `inspect.zone`"),
), responses((status = 200, body = ReviewView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn review(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["days", "cluster", "team", "place", "zone"])?;
    let days = p.number("days", 1..=LONGEST)?.unwrap_or(LONGEST);
    let filter =
        ReviewFilter { cluster: p.text("cluster"), team: p.text("team"), place: p.text("place") };
    let to = s.web.snapshot.load().at;
    let (name, tz) = zone(&p, &s.web.zone)?;
    let first = build::edges(to, days, By::Day, &tz).first().copied();
    let from = first.unwrap_or(to - Span::secs(days * 86_400));
    let lessons = s.web.cases.lessons(from).await.map_err(|e| failed("", e))?;
    let settings = s.web.settings.clone();
    let view =
        off(&s, move |scene| match build::unknown_in_review(&settings, scene, &lessons, &filter) {
            Some(no) => Err(no),
            None => Ok(build::review(&settings, lessons, &filter, (from, to), &name)),
        });
    match view.await? {
        Ok(view) => Ok(Json(view).into_response()),
        Err((error, todo)) => Err(Failure::new(StatusCode::NOT_FOUND, error, todo)),
    }
}
