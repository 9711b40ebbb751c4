//! The routes about inspections: reports, one made now, two compared, who has taken which risk.

use super::api_incident::by;
use super::auth::{Change, refused};
use super::build;
use super::error::Failure;
use super::inspections::{InspectError, NewWaiver};
use super::params::Params;
use super::report::{Form, policy};
use super::router::Shared;
use super::view::ApiError;
use super::view_inspection::*;
use crate::access::Role;
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use streamwarden_core::estate::{ClusterId, Millis, Name, Span};
use streamwarden_core::inspect::{Inspected, LONGEST_WAIVER};
use streamwarden_core::text::Tongue;

/// A reason is one line in the report.
const MAX_WHY: usize = 200;
const MAX_LIST: u32 = 1000;
const LANGUAGES: [(&str, Tongue); 2] = [("en", Tongue::En), ("zh", Tongue::Zh)];

/// Reports that are kept, newest first, and when the next is due.
#[utoipa::path(get, path = "/api/v1/inspections", params(
    ("limit" = Option<u32>, Query, description = "1 to 1000; all"),
), responses((status = 200, body = InspectionList), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn inspections(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["limit"])?;
    let limit = p.number("limit", 1..=MAX_LIST)?.unwrap_or(MAX_LIST);
    let of = &s.web.inspections;
    let heads = of.list(limit).await.map_err(failed)?;
    let table = of.timetable();
    let list = InspectionList {
        at: clock::now().0,
        schedule: table.line,
        zone: table.zone,
        next: table.next.map(|n| n.0),
        most: table.most,
        checks: u32::try_from(of.checks().len()).unwrap_or(u32::MAX),
        inspections: heads.iter().map(build::inspection_row).collect(),
    };
    Ok(Json(list).into_response())
}

/// One report: the newest that was made at `at` or before; as JSON or as a document.
#[utoipa::path(get, path = "/api/v1/inspection", params(
    ("at" = Option<i64>, Query, description = "ms since the epoch; the newest"),
    ("as" = Option<String>, Query, description = "html, markdown or csv; JSON"),
    ("lang" = Option<String>, Query, description = "of a document: en or zh"),
), responses((status = 200, body = InspectionView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn inspection(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["at", "as", "lang"])?;
    let report = one(&s, &p, "at").await?;
    answer(&p, &report, true)
}

/// One that is made now and not kept. It is compared with the newest that was due.
#[utoipa::path(get, path = "/api/v1/inspection/now", params(
    ("as" = Option<String>, Query, description = "html, markdown or csv; JSON"),
    ("lang" = Option<String>, Query, description = "of a document: en or zh"),
), responses((status = 200, body = InspectionView), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn now(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["as", "lang"])?;
    let report = s.web.inspections.now().await.map_err(failed)?;
    answer(&p, &report, false)
}

/// What the second report has that the first had not, and the other way round.
#[utoipa::path(get, path = "/api/v1/inspection/compare", params(
    ("a" = i64, Query, description = "ms since the epoch: the newest made then or before"),
    ("b" = Option<i64>, Query, description = "likewise; the newest"),
), responses((status = 200, body = ComparedView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn compare(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["a", "b"])?;
    p.required("a", "ms since the epoch")?;
    let (a, b) = (one(&s, &p, "a").await?, one(&s, &p, "b").await?);
    if a.report.at == b.report.at {
        let todo = "two of those that /api/v1/inspections lists; without `b` it is the newest";
        return Err(Failure::bad("`a` and `b` come to the same report", todo));
    }
    Ok(Json(build::compared(&a, &b)).into_response())
}

/// Makes one now and keeps it. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/inspection/keep", request_body = KeepRequest, responses(
    (status = 200, body = InspectionRow), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 415, body = ApiError), (status = 503, body = ApiError)))]
pub async fn keep(
    State(s): State<Shared>,
    Change(request, who): Change<KeepRequest>,
) -> Result<Response, Failure> {
    who.may(Role::Operator, None).map_err(|r| refused(&r))?;
    let by = by(&who, &request.by)?;
    let kept = s.web.inspections.keep(by).await.map_err(failed)?;
    Ok(Json(build::inspection(&kept, true).row).into_response())
}

/// Risks that are taken now, the next to end first.
#[utoipa::path(get, path = "/api/v1/waivers", responses(
    (status = 200, body = WaiverList), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn waivers(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    let all = s.web.inspections.waivers().await.map_err(failed)?;
    Ok(Json(build::waiver_list(&all, clock::now())).into_response())
}

/// Takes a risk: it is told apart from the others, and takes no points. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/waiver/add", request_body = WaiveRequest, responses(
    (status = 200, body = WaiverView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn waive(
    State(s): State<Shared>,
    Change(request, who): Change<WaiveRequest>,
) -> Result<Response, Failure> {
    let checks = s.web.inspections.checks();
    let found = checks.iter().find(|(name, _)| **name == *request.check);
    let Some((check, kind)) = found else {
        let names = checks.iter().map(|(name, _)| (&**name, &**name));
        let mut nearest = build::nearest_of(names, &request.check);
        // of whom it is may be wrong too: `kafka.replication`
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let ends: Vec<(String, String)> =
            checks.iter().map(|(name, _)| (name.to_string(), last(name))).collect();
        let ends = ends.iter().map(|(name, end)| (name.as_str(), end.as_str()));
        let more = build::nearest_of(ends, &last(&request.check));
        nearest.splice(0..0, more);
        let mut told = BTreeSet::new();
        nearest.retain(|name| told.insert(name.clone()));
        let (what, id) = ("check", request.check);
        return Err(build::Error::NotFound { what, id, nearest }.into());
    };
    let snapshot = s.web.snapshot.load();
    let subject = build::waived_subject(*kind, &snapshot, request.subject.trim())?;
    who.may(Role::Operator, cluster_of(&subject).as_ref()).map_err(|r| refused(&r))?;
    let new = NewWaiver {
        check: check.clone(),
        subject: subject.into(),
        until: until(&request, clock::now())?,
        owner: by(&who, &request.by)?,
        reason: why(&request.why)?,
    };
    let made = s.web.inspections.waive(new).await.map_err(failed)?;
    Ok(Json(build::waiver(&made)).into_response())
}

/// A risk that was taken counts again. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/waiver/end", request_body = UnwaiveRequest, responses(
    (status = 200, body = WaiverView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn unwaive(
    State(s): State<Shared>,
    Change(request, who): Change<UnwaiveRequest>,
) -> Result<Response, Failure> {
    let all = s.web.inspections.waivers().await.map_err(failed)?;
    for w in all.iter().filter(|w| w.id.starts_with(request.id.as_str())) {
        who.may(Role::Operator, cluster_of(&w.subject).as_ref()).map_err(|r| refused(&r))?;
    }
    let by = by(&who, &request.by)?;
    let ended = s.web.inspections.unwaive(&request.id, by).await;
    let ended = ended.map_err(|e| of_waiver(&request.id, e))?;
    Ok(Json(build::waiver(&ended)).into_response())
}

async fn one(s: &Shared, p: &Params, name: &str) -> Result<std::sync::Arc<Inspected>, Failure> {
    let at = p.moment(name)?.unwrap_or(Millis(i64::MAX));
    s.web.inspections.report(at).await.map_err(failed)
}

fn answer(p: &Params, report: &Inspected, kept: bool) -> Result<Response, Failure> {
    let form = p.one_of("as", &Form::ALL)?;
    let tongue = p.one_of("lang", &LANGUAGES)?.unwrap_or(Tongue::En);
    let view = build::inspection(report, kept);
    let Some(form) = form else { return Ok(Json(view).into_response()) };
    let mut answer = form.write(&view, tongue).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    // in place of the page's, which allows more
    if let Ok(policy) = HeaderValue::from_str(&format!("{}; frame-ancestors 'none'", policy())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(answer)
}

/// None: it may be about more than one cluster, or its name tells none.
fn cluster_of(subject: &str) -> Option<ClusterId> {
    let (kind, path) = subject.split_once(':')?;
    let cluster = path.split('/').next()?;
    let wild = |s: &str| s.contains(['*', '?']);
    let one = !cluster.is_empty() && !wild(cluster) && !wild(kind) && kind != "host";
    one.then(|| ClusterId::new(cluster))
}

fn until(r: &WaiveRequest, now: Millis) -> Result<Millis, Failure> {
    let until = match (r.until, r.for_s) {
        (Some(until), None) => Millis(until),
        (None, Some(s)) => now + Span::secs(i64::from(s)),
        _ => {
            let todo = "give `until` (ms since the epoch) or `for_s` (seconds), one of them";
            return Err(Failure::bad("when it is over is not said", todo));
        }
    };
    if until <= now {
        return Err(Failure::bad("that is over already", "give a time to come"));
    }
    if until.0.saturating_sub(now.0) > LONGEST_WAIVER.0 {
        let todo = "some time to come, at most a year ahead: whoever is there then looks again";
        return Err(Failure::bad("it cannot be taken for so long", todo));
    }
    Ok(until)
}

fn why(text: &str) -> Result<Name, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_WHY || text.contains(char::is_control) {
        let todo = format!("why it may stay: 1 to {MAX_WHY} characters on one line");
        return Err(Failure::bad("`why` gives no reason", todo));
    }
    Ok(text.into())
}

fn failed(e: InspectError) -> Failure {
    match e {
        InspectError::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            "no inspection was made then or before",
            "ask for the list: /api/v1/inspections",
        ),
        InspectError::Several(ids) => {
            Failure::bad("several may be meant", format!("one of: {}", ids.join(", ")))
        }
        InspectError::TooMany(n) => {
            Failure::bad(format!("{n} risks are taken already"), "end those that are mended")
        }
        InspectError::Failed(e) => {
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, e, "look at /api/v1/system")
        }
    }
}

fn of_waiver(id: &str, e: InspectError) -> Failure {
    match e {
        InspectError::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            format!("no risk is taken under {id:?}"),
            "ask for the list: /api/v1/waivers",
        ),
        other => failed(other),
    }
}

#[cfg(test)]
mod tests {
    use super::cluster_of;

    #[test]
    fn a_pattern_over_clusters_is_about_more_than_one() {
        let of = |s: &str| cluster_of(s).map(|c| c.to_string());
        assert_eq!(of("job:pay/orders").as_deref(), Some("pay"));
        assert_eq!(of("topic:pay/*").as_deref(), Some("pay"));
        assert_eq!(of("kafka_cluster:pay").as_deref(), Some("pay"));
        for wide in ["*", "job:*", "job:p*y/orders", "jo?:pay/x", "host:h1", "job:/x", "x"] {
            assert_eq!(of(wide), None, "{wide}");
        }
    }
}
