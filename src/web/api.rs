//! The routes of the API: parameters in, a view out.

use super::build::{self, *};
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::state::SystemInfo;
use super::view::*;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::snapshot::Snapshot;

/// Beyond this a curve is no longer "lately"; history in memory is shorter anyway.
const MAX_CURVE: Span = Span::secs(7 * 86_400);
const DEFAULT_CURVE: Span = Span::secs(900);
const DEFAULT_POINTS: usize = 300;

/// Builds a view away from the threads that serve: one for a big estate takes milliseconds.
async fn answer<T: Serialize>(
    shared: Shared,
    at: Option<Millis>,
    build: impl FnOnce(&Snapshot, &SystemInfo) -> Result<T, Failure> + Send + 'static,
) -> Result<Response, Failure> {
    let work = move || {
        let info = shared.web.system.info();
        if !info.assessed {
            return Err(Failure::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the first assessment is not done yet",
                "ask again in a few seconds; /api/v1/system shows what is going on",
            ));
        }
        let now = shared.web.snapshot.load_full();
        match at {
            Some(at) if at < now.at => build(&as_of(&now, at, &shared.web.settings), &info),
            _ => build(&now, &info),
        }
        .and_then(json)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(broken()))
}

fn json(view: impl Serialize) -> Result<Response, Failure> {
    let body = serde_json::to_vec(&view).map_err(|_| broken())?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn broken() -> Failure {
    let todo = "look at the log of the server; this is a bug";
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the view could not be built", todo)
}

/// How many, what is late, by group, clusters, recent changes, what is blind.
#[utoipa::path(get, path = "/api/v1/overview", responses(
    (status = 200, body = Overview), (status = 503, body = ApiError)))]
pub async fn overview(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    answer(s, None, |s, info| Ok(build::overview(s, info))).await
}

/// The lineage around a node, with the delay of every edge.
#[utoipa::path(get, path = "/api/v1/lineage", params(
    ("focus" = Option<String>, Query, description = "Node id, or a name that only one node has"),
    ("hops" = Option<u32>, Query, description = "Edges from the focus, 1 to 8; 2"),
    ("direction" = Option<String>, Query, description = "around, upstream, downstream or path"),
    ("to" = Option<String>, Query, description = "The other end of a path"),
    ("at" = Option<i64>, Query, description = "As of, ms since the epoch"),
    ("expand" = Option<String>, Query, description = "Nodes whose neighbours are shown, with commas"),
), responses((status = 200, body = LineageView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn lineage(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["focus", "hops", "direction", "to", "at", "expand"])?;
    let direction = p.one_of("direction", &Direction::ALL)?.unwrap_or_default();
    if direction == Direction::Path {
        p.required("focus", "node id")?;
        p.required("to", "node id")?;
    }
    let at = p.moment("at")?;
    let mut query = LineageQuery {
        focus: p.text("focus"),
        hops: p.number("hops", 1..=MAX_HOPS)?.unwrap_or(DEFAULT_HOPS),
        direction,
        to: p.text("to"),
        expand: p.nodes("expand"),
        historic: false,
    };
    answer(s, at, move |s, _| {
        query.historic = at.is_some_and(|at| s.at == at);
        Ok(build::lineage(s, &query)?)
    })
    .await
}

/// The table of tasks by levels around a job.
#[utoipa::path(get, path = "/api/v1/levels", params(
    ("id" = String, Query, description = "Job"),
    ("at" = Option<i64>, Query, description = "As of, ms since the epoch"),
), responses((status = 200, body = LevelsView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn levels(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id", "at"])?;
    let id = p.required("id", "job")?;
    answer(s, p.moment("at")?, move |s, _| Ok(build::levels(s, &id)?)).await
}

const STATUSES: [(&str, Status); 5] = [
    ("normal", Status::Normal),
    ("near", Status::Near),
    ("over", Status::Over),
    ("no_target", Status::NoTarget),
    ("unknown", Status::Unknown),
];

/// The jobs that fit, worst first.
#[utoipa::path(get, path = "/api/v1/jobs", params(
    ("q" = Option<String>, Query, description = "Part of name, id or run"),
    ("state" = Option<String>, Query, description = "Flink's state, or GONE"),
    ("status" = Option<String>, Query, description = "normal, near, over, no_target or unknown"),
    ("layer" = Option<String>, Query, description = "Layer"),
    ("cluster" = Option<String>, Query, description = "Flink cluster"),
    ("offset" = Option<u32>, Query, description = "How many to leave out"),
    ("limit" = Option<u32>, Query, description = "At most so many, 1 to 1000; 100"),
), responses((status = 200, body = JobList), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn jobs(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["q", "state", "status", "layer", "cluster", "offset", "limit"])?;
    let filter = JobFilter {
        text: p.text("q"),
        state: p.text("state"),
        status: p.one_of("status", &STATUSES)?,
        layer: p.text("layer"),
        cluster: p.text("cluster"),
        offset: p.number("offset", 0..=1_000_000)?.unwrap_or(0),
        limit: p.number("limit", 1..=MAX_JOBS)?.unwrap_or(100),
    };
    answer(s, None, move |s, _| Ok(build::jobs(s, &filter))).await
}

/// One job.
#[utoipa::path(get, path = "/api/v1/job", params(
    ("id" = String, Query, description = "Job"),
    ("at" = Option<i64>, Query, description = "Delays as of, ms since the epoch"),
), responses((status = 200, body = JobView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn job(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id", "at"])?;
    let id = p.required("id", "job")?;
    let flink = s.web.flink.load_full();
    answer(s, p.moment("at")?, move |s, _| Ok(build::job(s, &flink, &id)?)).await
}

/// One topic.
#[utoipa::path(get, path = "/api/v1/topic", params(
    ("id" = String, Query, description = "Topic"),
), responses((status = 200, body = TopicView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn topic(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id"])?;
    let id = p.required("id", "topic")?;
    answer(s, None, move |s, _| Ok(build::topic(s, &id)?)).await
}

/// What changed, newest first.
#[utoipa::path(get, path = "/api/v1/changes", params(
    ("id" = Option<String>, Query, description = "Of this node only"),
    ("kind" = Option<String>, Query, description = "Of this kind only: new_run, plan, ..."),
    ("from" = Option<i64>, Query, description = "Not before, ms since the epoch"),
    ("to" = Option<i64>, Query, description = "Not after, ms since the epoch"),
    ("limit" = Option<u32>, Query, description = "At most so many, 1 to 1000; 200"),
), responses((status = 200, body = ChangeList), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn changes(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id", "kind", "from", "to", "limit"])?;
    let filter = ChangeFilter {
        node: p.text("id"),
        kind: p.text("kind"),
        from: p.moment("from")?,
        to: p.moment("to")?,
        limit: p.number("limit", 1..=MAX_CHANGES)?.unwrap_or(200),
    };
    answer(s, None, move |s, _| Ok(build::changes(s, &filter))).await
}

/// Curves of a job or topic: by default of the last quarter of an hour.
#[utoipa::path(get, path = "/api/v1/curves", params(
    ("id" = String, Query, description = "Job or topic"),
    ("from" = Option<i64>, Query, description = "ms since the epoch"),
    ("to" = Option<i64>, Query, description = "ms since the epoch; now"),
    ("points" = Option<u32>, Query, description = "At most so many of each curve, 10 to 2000; 300"),
), responses((status = 200, body = Curves), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn curves(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id", "from", "to", "points"])?;
    let id = p.required("id", "job or topic")?;
    let (from, to) = (p.moment("from")?, p.moment("to")?);
    let max_points = p.number("points", 10..=MAX_POINTS)?.unwrap_or(DEFAULT_POINTS);
    answer(s, None, move |s, info| {
        let to = to.unwrap_or(s.at);
        let from = from.unwrap_or(to - DEFAULT_CURVE);
        if from >= to || to - from > MAX_CURVE {
            let todo = "from must be before to, by at most seven days";
            return Err(Failure::bad("from and to make no time", todo));
        }
        Ok(build::curves(s, &id, &CurveQuery { from, to, max_points, tick: info.tick })?)
    })
    .await
}

/// Our own machinery: targets, loops, store, what is blind. Answers before the first assessment.
#[utoipa::path(get, path = "/api/v1/system", responses((status = 200, body = SystemView)))]
pub async fn system(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    let work = move || json(build::system(&s.web.snapshot.load(), &s.web.system.info()));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(broken()))
}
