//! The route of what was kept of weeks.

use super::error::Failure;
use super::history::Points;
use super::params::Params;
use super::router::Shared;
use super::view::{ApiError, HistoryMeasure, HistoryPoint, HistoryTold, HistoryView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use streamwarden_core::estate::{Millis, Span};
use streamwarden_core::past::{HOUR, Hour, KEPT, Kept, MINUTE};

const DEFAULT: Span = Span::secs(86_400);
/// Up to here by the minute, beyond it by the hour.
const BY_MINUTE: Span = Span::secs(2 * 86_400);
const LONGEST: Span = Span::secs(400 * 86_400);

/// One measure of a job, cluster, topic or broker over days: by the minute up to two days, by the
/// hour beyond. A time in which nothing is known has no point.
#[utoipa::path(get, path = "/api/v1/history", params(
    ("subject" = String, Query, description = "job:<cluster>/<job>, topic:…, flink_cluster:…, kafka_cluster:…"),
    ("name" = Option<String>, Query, description = "Which measure; without it they are listed"),
    ("from" = Option<i64>, Query, description = "ms since the epoch; a day before `to`"),
    ("to" = Option<i64>, Query, description = "ms since the epoch; now"),
), responses((status = 200, body = HistoryView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn history(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["subject", "name", "from", "to"])?;
    let subject = p.required("subject", "job:<cluster>/<job>")?;
    let kind = subject.split(':').next().unwrap_or_default().to_owned();
    let known = || KEPT.iter().filter(|k| k.of.name() == kind);
    if known().next().is_none() {
        let mut kinds: Vec<&str> = KEPT.iter().map(|k| k.of.name()).collect();
        kinds.dedup();
        let todo = format!("nothing is kept of a `{kind}`; of {}", kinds.join(", "));
        return Err(Failure::bad("subject", todo));
    }
    let (from, to) = (p.moment("from")?, p.moment("to")?);
    let now = s.web.snapshot.load().at;
    let to = to.unwrap_or(now + MINUTE);
    let from = from.unwrap_or(to - DEFAULT);
    if from >= to || to - from > LONGEST {
        let todo = "from must be before to, by at most 400 days";
        return Err(Failure::bad("from and to make no time", todo));
    }
    if !there(&s, &subject) && !kept(&s, &subject, known().map(|k| k.name), (from, to)).await {
        let todo = "/api/v1/jobs and /api/v1/lineage name those that are known";
        let error = format!("nothing is known of {subject:?} in that time");
        return Err(Failure::new(StatusCode::NOT_FOUND, error, todo));
    }
    let todo = "the log of the server says since when";
    let failed = |e| Failure::new(StatusCode::SERVICE_UNAVAILABLE, e, todo);
    let name = p.text("name");
    let by_minute = to - from <= BY_MINUTE;
    let points = match &name {
        None => Vec::new(),
        Some(name) => {
            if !known().any(|k| k.name == name) {
                let names: Vec<&str> = known().map(|k| k.name).collect();
                return Err(Failure::bad("name", format!("one of: {}", names.join(", "))));
            }
            let read = s.web.history.minutes(&subject, name, from, to).await;
            points(read.map_err(failed)?, by_minute)
        }
    };
    let cluster = cluster_of(&subject);
    let told_by = s.web.history.told_by(cluster, name.as_deref(), from, to).await;
    let told = |(day, server): (Millis, String)| HistoryTold { day: day.0, server };
    let told_by = told_by.map_err(failed)?.into_iter().map(told).collect();
    let measure = |k: &Kept| HistoryMeasure { name: k.name.to_owned(), ask: k.ask.to_owned() };
    let view = HistoryView {
        subject,
        name,
        from: from.0,
        to: to.0,
        step_ms: if by_minute { MINUTE.0 } else { HOUR.0 },
        points,
        told_by,
        measures: known().map(measure).collect(),
    };
    Ok(Json(view).into_response())
}

/// In whose cluster it is: `job:<cluster>/<key>`, `flink_cluster:<cluster>`.
fn cluster_of(subject: &str) -> &str {
    let rest = subject.split_once(':').map_or(subject, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(cluster, _)| cluster)
}

/// It is seen now.
fn there(s: &Shared, subject: &str) -> bool {
    let snapshot = s.web.snapshot.load();
    let e = &snapshot.estate;
    let Some((kind, name)) = subject.split_once(':') else { return false };
    let topic = |(cluster, topic): (&str, &str)| {
        let kafka = e.kafka.iter().find(|(c, _)| c.as_str() == cluster);
        kafka.is_some_and(|(_, k)| k.topics.keys().any(|t| &**t == topic))
    };
    match kind {
        "job" => e.jobs.keys().any(|j| j.to_string() == name),
        "topic" => name.split_once('/').is_some_and(topic),
        "flink_cluster" => e.flink.keys().any(|c| c.as_str() == name),
        "kafka_cluster" => e.kafka.keys().any(|c| c.as_str() == name),
        _ => false,
    }
}

/// Something of it was kept of that time. What cannot be read is told later.
async fn kept(
    s: &Shared,
    subject: &str,
    names: impl Iterator<Item = &'static str>,
    (from, to): (Millis, Millis),
) -> bool {
    for name in names {
        let read = s.web.history.minutes(subject, name, from, to).await;
        if read.is_err() || read.is_ok_and(|all| !all.is_empty()) {
            return true;
        }
    }
    false
}

fn points(minutes: Points, by_minute: bool) -> Vec<HistoryPoint> {
    let minute =
        |(at, v): (Millis, f64)| HistoryPoint { at: at.0, known: 1, min: v, mean: v, max: v };
    let hour = |h: Hour| HistoryPoint {
        at: h.start.0,
        known: h.known.into(),
        min: h.min,
        mean: h.mean,
        max: h.max,
    };
    match by_minute {
        true => minutes.into_iter().map(minute).collect(),
        false => Hour::of(&minutes).into_iter().map(hour).collect(),
    }
}
