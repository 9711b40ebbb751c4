//! The routes about knowledge: the rules, and their evidence asked again.

use super::api_incident::{failed, off};
use super::build::{self, CurveOf};
use super::casebook::Judged;
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::view::ApiError;
use super::view_incident::*;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use streamwarden_core::estate::{Millis, Span, Subject};
use streamwarden_core::rules::Asked;

/// Beyond this history does not reach.
const MAX_SPAN: Span = Span::secs(86_400);
const DEFAULT_SPAN: Span = Span::secs(900);

fn subject(p: &Params) -> Result<(Subject, String), Failure> {
    let text = p.required("subject", "kind:cluster/name")?;
    let subject = text.parse().map_err(|todo: streamwarden_core::estate::Name| {
        Failure::bad(format!("subject is {text:?}"), todo.to_string())
    })?;
    Ok((subject, p.required("expr", "an expression of the rules' language")?))
}

fn mistake(a: Asked) -> Failure {
    let place = format!("at character {} of expr: {}", a.from + 1, a.message);
    Failure::bad(place, a.todo)
}

/// Asks a part of a diagnosis again: now, or at a moment that history still shows.
#[utoipa::path(get, path = "/api/v1/ask", params(
    ("subject" = String, Query, description = "As a check gives it: vertex:<cluster>/<job>/<id>"),
    ("expr" = String, Query, description = "An expression of the rules' language"),
    ("at" = Option<i64>, Query, description = "As of, ms since the epoch"),
), responses((status = 200, body = Answer), (status = 400, body = ApiError)))]
pub async fn ask(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["subject", "expr", "at"])?;
    let (subject, expr) = subject(&p)?;
    let at = p.moment("at")?;
    let asked = off(&s, move |scene| {
        let at = at.unwrap_or(scene.s.at).min(scene.s.at);
        build::answer(scene, &subject, &expr, at)
    });
    Ok(Json(asked.await?.map_err(mistake)?).into_response())
}

/// A value over time with the threshold it is held against, for the plot beside the evidence.
#[utoipa::path(get, path = "/api/v1/evidence-curve", params(
    ("subject" = String, Query, description = "As a check gives it: vertex:<cluster>/<job>/<id>"),
    ("expr" = String, Query, description = "A number or a comparison, in the rules' language"),
    ("from" = Option<i64>, Query, description = "ms since the epoch; a quarter of an hour before `to`"),
    ("to" = Option<i64>, Query, description = "ms since the epoch; now"),
), responses((status = 200, body = EvidenceCurve), (status = 400, body = ApiError)))]
pub async fn evidence_curve(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["subject", "expr", "from", "to"])?;
    let (subject, expr) = subject(&p)?;
    let (from, to) = (p.moment("from")?, p.moment("to")?);
    let now: Millis = s.web.snapshot.load().at;
    let to = to.unwrap_or(now);
    let from = from.unwrap_or(to - DEFAULT_SPAN);
    if from >= to || to - from > MAX_SPAN {
        let todo = "from must be before to, by at most a day";
        return Err(Failure::bad("from and to make no time", todo));
    }
    let tick = s.web.system.info().tick;
    let curve = off(&s, move |scene| {
        let of = CurveOf { subject: &subject, expr: &expr, from, to, tick };
        build::evidence_curve(scene, &of)
    });
    Ok(Json(curve.await?.map_err(mistake)?).into_response())
}

/// What is known of causes, with what became of it.
#[utoipa::path(get, path = "/api/v1/rules", responses((status = 200, body = RuleList),
    (status = 503, body = ApiError)))]
pub async fn rules(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    let judged: Judged = s.web.cases.judged().await.map_err(|e| failed("", e))?;
    let rules = s.web.rules.clone();
    let list = off(&s, move |_| build::rules(&rules.shelf(), &judged)).await?;
    Ok(Json(list).into_response())
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/rule", params(
    ("cause" = String, Query, description = "Its cause: code.slow_udf_cpu"),
), responses((status = 200, body = RuleView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn rule(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["cause"])?;
    let cause = p.required("cause", "cause")?;
    let judged: Judged = s.web.cases.judged().await.map_err(|e| failed("", e))?;
    let rules = s.web.rules.clone();
    let view = off(&s, move |_| build::rule(&rules.shelf(), &judged, &cause)).await?;
    Ok(Json(view?).into_response())
}
