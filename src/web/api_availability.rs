//! The routes about availability: what was within its target, and who spent the error budget.

use super::api_incident::{failed, off};
use super::build::{self, AvailabilityAsk, By, IncidentFilter, Which};
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::view::ApiError;
use super::view_availability::*;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::sync::Arc;
use streamwarden_core::availability::{DAY, PLANNED, WITHIN};
use streamwarden_core::case::Record;
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::past::MINUTE;

/// So long hours are kept.
const LONGEST: i64 = 100;
/// So long minutes are, by default.
const MINUTES: i64 = 35;
const DEFAULT: i64 = 30;
const KINDS: [&str; 8] =
    ["path", "job", "topic", "layer", "component", "zookeeper", "hdfs", "yarn"];
const MAX_ROWS: usize = 1000;
/// Closed incidents that are read for one answer, in pages.
const MAX_READ: usize = 5000;
const PAGE: usize = 500;

/// Minutes within the target over known minutes, by days or months: of every declared path, and of
/// every job and layer that something is wanted of. What has least of its error budget left first.
#[utoipa::path(get, path = "/api/v1/availability", params(
    ("by" = Option<String>, Query, description = "day (where nothing is said) or month"),
    ("days" = Option<i64>, Query, description = "So many days up to now, 1 to 100; 30"),
    ("zone" = Option<String>, Query, description = "Time zone, such as Asia/Shanghai; that of `inspect.zone`"),
    ("kind" = Option<String>, Query, description = "path, job, layer, component, zookeeper, hdfs or yarn; topic, whose minutes are \
        those of its readers, only when asked for"),
    ("limit" = Option<u32>, Query, description = "At most so many, 1 to 1000; 1000"),
), responses((status = 200, body = AvailabilityView), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn availability(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["by", "days", "zone", "kind", "limit"])?;
    let by = p.one_of("by", &By::ALL)?.unwrap_or_default();
    let days = p.number("days", 1..=LONGEST)?.unwrap_or(DEFAULT);
    let kinds = KINDS.map(|k| (k, k));
    let kind = p.one_of("kind", &kinds)?.map(str::to_owned);
    let limit = p.number("limit", 1..=MAX_ROWS)?.unwrap_or(MAX_ROWS);
    let (zone, tz) = zone(&p, &s.web.zone)?;
    let now = s.web.snapshot.load().at;
    let edges = build::edges(now, days, by, &tz);
    let from = edges.first().copied().unwrap_or(now);
    let hours = s.web.history.hours(WITHIN, from, now + MINUTE).await.map_err(not_kept)?;
    let planned = s.web.history.hours(PLANNED, from, now + MINUTE).await.map_err(not_kept)?;
    let settings = s.web.settings.clone();
    let since = s.web.system.info().started;
    let view = off(&s, move |scene| {
        let (planned, edges) = (&planned, &edges[..]);
        let ask = AvailabilityAsk { now, since, by, zone: &zone, edges, planned, kind, limit };
        build::availability(&settings, scene.s, &hours, &ask)
    });
    Ok(Json(view.await?).into_response())
}

/// Which incidents were on in the minutes that were out.
#[utoipa::path(get, path = "/api/v1/availability/spent", params(
    ("subject" = String, Query, description = "As the list names it: path:…, job:…, layer:…"),
    ("days" = Option<i64>, Query, description = "So many days up to now, 1 to 35; 30"),
    ("zone" = Option<String>, Query, description = "Time zone, such as Asia/Shanghai; that of `inspect.zone`"),
), responses((status = 200, body = SpentView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn spent(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["subject", "days", "zone"])?;
    let subject = p.required("subject", "path:orders→ads-risk")?;
    let days = p.number("days", 1..=MINUTES)?.unwrap_or(DEFAULT);
    let (_, tz) = zone(&p, &s.web.zone)?;
    let now = s.web.snapshot.load().at;
    let from = build::edges(now, days, By::Day, &tz).first().copied().unwrap_or(now);
    let to = now + MINUTE;
    let minutes = s.web.history.minutes(&subject, WITHIN, from, to).await.map_err(not_kept)?;
    let never_known = || {
        let all = build::promised(&s.web.settings, &s.web.snapshot.load());
        all.iter().any(|name| **name == *subject)
    };
    if minutes.is_empty() && !never_known() {
        let error = format!("nothing is known of {subject:?} in these {days} days");
        let todo = "/api/v1/availability lists what has a target and was seen";
        return Err(Failure::new(StatusCode::NOT_FOUND, error, todo));
    }
    let works = s.web.history.minutes(&subject, PLANNED, from, to).await.map_err(not_kept)?;
    let works: BTreeSet<Millis> = works.into_iter().map(|(at, _)| at).collect();
    let counts = |at: &Millis| !s.web.settings.exclude_planned || !works.contains(at);
    let out = minutes.iter().filter(|(at, v)| *v < 0.5 && counts(at));
    let out: BTreeSet<Millis> = out.map(|m| m.0).collect();
    let planned = u32::try_from(works.len()).unwrap_or(u32::MAX);
    let (records, cut) = incidents(&s, from).await?;
    let view = off(&s, move |scene| build::spent(scene, &subject, (from, now), &out, &records));
    Ok(Json(SpentView { cut, planned, ..view.await? }).into_response())
}

/// Open ones, and those that were closed since `from`; whether there were more than are read.
async fn incidents(s: &Shared, from: Millis) -> Result<(Vec<Arc<Record>>, bool), Failure> {
    let mut all = s.web.cases.book().open.clone();
    // what was closed a moment before `from` may be written a moment after
    let since = from - Span(DAY.0);
    for page in 0..MAX_READ / PAGE {
        let filter = IncidentFilter {
            state: Which::Closed,
            offset: page * PAGE,
            limit: PAGE,
            ..IncidentFilter::default()
        };
        let (_, found) = s.web.cases.closed(&filter).await.map_err(|e| failed("", e))?;
        let full = found.len() == PAGE;
        let within = |r: &Record| r.incident.closed.is_none_or(|t| t >= since);
        let older = found.iter().any(|r| !within(r));
        all.extend(found.into_iter().filter(within).map(Arc::new));
        if !full || older {
            return Ok((all, false));
        }
    }
    Ok((all, true))
}

/// The one that is asked for, else `own` (`inspect.zone`), with its name.
pub fn zone(p: &Params, own: &TimeZone) -> Result<(String, TimeZone), Failure> {
    let Some(name) = p.text("zone") else {
        // a machine's zone may have no name: then days are those of UTC, as we say
        let named = own.iana_name().map(|name| (name.to_owned(), own.clone()));
        return Ok(named.unwrap_or_else(|| ("UTC".into(), TimeZone::UTC)));
    };
    let found = TimeZone::get(&name);
    let todo = "a name of the tz database, such as Asia/Shanghai or Europe/Berlin";
    let tz = found.map_err(|_| Failure::bad(format!("zone is {name:?}"), todo))?;
    Ok((name, tz))
}

fn not_kept(error: String) -> Failure {
    let todo = "`streamwarden status` names it among what is blind";
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, error, todo)
}
