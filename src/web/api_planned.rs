//! The routes about announced work and silences: the list, to announce some, to end it before its time.

use super::api_incident::by;
use super::auth::{Change, refused};
use super::build;
use super::error::Failure;
use super::params::Params;
use super::plans::{NewWork, PlanError};
use super::router::Shared;
use super::view::ApiError;
use super::view_planned::*;
use crate::access::Role;
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use streamwarden_core::estate::{
    ClusterId, LONGEST_WORK, Millis, Name, PlannedWork, Scope, Silence, Span,
};

/// A reason is one line on the page.
const MAX_WHY: usize = 200;
/// What is announced longer ahead is forgotten until then.
const AHEAD: Span = Span::secs(30 * 86_400);
/// A client's clock may be so far behind ours.
const BEHIND: Span = Span::secs(60);

/// Work and silences that were announced: nobody is called for what goes wrong there meanwhile.
#[utoipa::path(get, path = "/api/v1/planned-work", responses(
    (status = 200, body = PlannedList), (status = 400, body = ApiError)))]
pub async fn planned_work(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    let (snapshot, all) = (s.web.snapshot.load(), s.web.plans.all());
    Ok(Json(build::planned_list(&snapshot, &all, clock::now())).into_response())
}

/// Announces work or a silence. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/planned-work/add", request_body = PlanRequest, responses(
    (status = 200, body = PlannedView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn add(
    State(s): State<Shared>,
    Change(request, who): Change<PlanRequest>,
) -> Result<Response, Failure> {
    let now = clock::now();
    let (from, until) = when(&request, now)?;
    let reach = s.web.repairs.reach();
    let scope = build::scope_of(&s.web.snapshot.load(), &reach.clusters, &request.scope)?;
    who.may(Role::Operator, cluster_of(&scope)).map_err(|r| refused(&r))?;
    let silence = silence(&request)?;
    let (who, why) = (by(&who, &request.by)?, why(&request.why)?);
    let work = NewWork { scope, from, until, who, why, silence };
    let work = s.web.plans.add(work).await.map_err(|e| failed("", e))?;
    Ok(answer(&s, &work))
}

/// Ends work or a silence before its time. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/planned-work/end", request_body = EndRequest, responses(
    (status = 200, body = PlannedView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn end(
    State(s): State<Shared>,
    Change(request, who): Change<EndRequest>,
) -> Result<Response, Failure> {
    let meant = s.web.plans.all();
    let meant = meant.iter().filter(|w| w.id.starts_with(request.id.as_str()));
    for work in meant {
        who.may(Role::Operator, cluster_of(&work.scope)).map_err(|r| refused(&r))?;
    }
    let by = by(&who, &request.by)?;
    let work = s.web.plans.end(&request.id, by).await.map_err(|e| failed(&request.id, e))?;
    Ok(answer(&s, &work))
}

/// None: more than one cluster.
fn cluster_of(scope: &Scope) -> Option<&ClusterId> {
    match scope {
        Scope::Estate => None,
        Scope::Cluster { cluster } => Some(cluster),
        Scope::Job { job } => Some(&job.cluster),
        Scope::Topic { topic } => Some(&topic.cluster),
    }
}

fn answer(s: &Shared, work: &PlannedWork) -> Response {
    let estate = &s.web.snapshot.load().estate;
    Json(build::planned(estate, work, clock::now())).into_response()
}

/// From when until when, within what can be announced.
fn when(r: &PlanRequest, now: Millis) -> Result<(Millis, Millis), Failure> {
    let from = r.from.map_or(now, Millis);
    if from < now - BEHIND || from > now + AHEAD {
        let todo = "from now on, or from a moment within the next 30 days (ms since the epoch)";
        return Err(Failure::bad("`from` lies in the past or too far ahead", todo));
    }
    let until = match (r.until, r.for_s) {
        (Some(until), None) => Millis(until),
        (None, Some(s)) => from + Span::secs(i64::from(s)),
        _ => {
            let todo = "give `until` (ms since the epoch) or `for_s` (seconds), one of them";
            return Err(Failure::bad("when it is over is not said", todo));
        }
    };
    if until <= from.max(now) {
        let todo = "a moment after now and after it begins, at most 7 days after";
        return Err(Failure::bad("it would be over already", todo));
    }
    if until - from > LONGEST_WORK {
        let todo = "longer than nothing and at most 7 days: announce it again while it goes on";
        return Err(Failure::bad("it cannot last so long", todo));
    }
    Ok((from, until))
}

fn silence(r: &PlanRequest) -> Result<Option<Silence>, Failure> {
    match (r.silence, r.no_remediate) {
        (false, false) => Ok(None),
        (true, false) => Ok(Some(Silence::Messages)),
        (true, true) => Ok(Some(Silence::NoRemediate)),
        (false, true) => {
            let todo =
                "where somebody works nothing is repaired anyway: leave it out, or add `silence`";
            Err(Failure::bad("`no_remediate` is said of silences", todo))
        }
    }
}

fn why(text: &str) -> Result<Name, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_WHY || text.contains(char::is_control) {
        let todo = format!("what is done there: 1 to {MAX_WHY} characters on one line");
        return Err(Failure::bad("`why` gives no reason", todo));
    }
    Ok(text.into())
}

fn failed(id: &str, e: PlanError) -> Failure {
    match e {
        PlanError::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            format!("no planned work and no silence {id:?} is known"),
            "ask for the list: /api/v1/planned-work",
        ),
        PlanError::Several(ids) => {
            let error = format!("{id:?} may mean several: give more of it");
            Failure::bad(error, format!("one of: {}", ids.join(", ")))
        }
        PlanError::Over(work) => {
            let by = work.ended.map_or_else(String::new, |e| format!(" {} ended it", e.by));
            Failure::bad(format!("planned work {id:?} is over:{by}"), "there is nothing to end")
        }
        PlanError::TooMany(n) => Failure::bad(
            format!("{n} are announced already"),
            "end those that are no longer needed",
        ),
        PlanError::Store(e) => {
            let error = format!("the store does not work: {e}");
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, error, "look at /api/v1/system")
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::clock;
    use crate::web::router::router;
    use crate::web::testdata::{self, TOKEN};
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt;

    async fn post(path: &str, token: &str, body: Value) -> (u16, Value) {
        let (state, _tell) = testdata::state(testdata::snapshot());
        let request = Request::post(format!("/api/v1/planned-work/{path}"))
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = router(state, CancellationToken::new()).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn of(scope: &str, more: Value) -> Value {
        let mut all = json!({ "scope": scope, "by": "li.wei", "why": "new version" });
        let more = more.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        all
    }

    #[tokio::test]
    async fn work_is_announced_and_ended_by_whoever_has_the_token() {
        let (status, v) = post("add", TOKEN, of("ads-risk", json!({ "for_s": 3600 }))).await;
        assert_eq!((status, &v["scope"]), (200, &json!("job:demo/ads-risk")), "{v}");
        assert_eq!(v["until"].as_i64().unwrap() - v["from"].as_i64().unwrap(), 3_600_000);
        let (status, v) = post("end", TOKEN, json!({ "id": "a11c0de500000001", "by": "x" })).await;
        assert_eq!((status, &v["ended_by"]), (200, &json!("x")));
        let quiet = json!({ "for_s": 60, "silence": true, "no_remediate": true });
        let (status, v) = post("add", TOKEN, of("ads-risk", quiet)).await;
        assert_eq!((status, &v["silence"], &v["no_remediate"]), (200, &json!(true), &json!(true)));
        assert_eq!(post("add", "guess", of("ads-risk", json!({ "for_s": 60 }))).await.0, 401);
        assert_eq!(post("end", "", json!({ "id": "a1", "by": "x" })).await.0, 401);
    }

    #[tokio::test]
    async fn what_is_not_clear_or_too_long_is_refused_with_what_to_do() {
        let now = clock::now().0;
        let day = 86_400_000;
        let hour = || json!({ "for_s": 3600 });
        for (body, told) in [
            (of("", hour()), "no job, topic or cluster"),
            (of("ads-rsik", hour()), "job:demo/ads-risk"),
            (of("estate", json!({})), "until"),
            (of("estate", json!({ "for_s": 60, "until": now + day })), "one of them"),
            (of("estate", json!({ "for_s": 0 })), "7 days"),
            (of("estate", json!({ "until": now - 1 })), "over already"),
            (of("estate", json!({ "until": now + 7 * day + 60_000 })), "7 days"),
            (of("estate", json!({ "from": now - day, "for_s": 60 })), "past"),
            (of("estate", json!({ "from": i64::MAX, "for_s": 60 })), "too far"),
            (of("estate", json!({ "until": i64::MAX })), "7 days"),
            (of("estate", json!({ "for_s": 60, "why": " " })), "no reason"),
            (of("estate", json!({ "for_s": 60, "why": "two\nlines" })), "one line"),
            (of("estate", json!({ "for_s": 60, "by": "" })), "your name"),
            (of("estate", json!({ "for_s": 60, "force": true })), "force"),
            (of("estate", json!({ "for_s": 60, "no_remediate": true })), "silence"),
        ] {
            let (status, v) = post("add", TOKEN, body).await;
            assert!(status == 400 || status == 404, "{status} {v}");
            assert!(v.to_string().contains(told), "{told}: {v}");
        }
    }
}
