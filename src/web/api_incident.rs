//! The routes about trouble: the list, one incident, and what people say of it.

use super::auth::{Change, refused};
use super::build::{self, *};
use super::casebook::{CaseError, Word, Written};
use super::error::Failure;
use super::params::Params;
use super::router::Shared;
use super::view::ApiError;
use super::view_incident::*;
use crate::access::{Role, Who};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use streamwarden_core::case::Record;
use streamwarden_core::estate::Name;
use streamwarden_core::plan::Switch;

const DEFAULT_LIMIT: usize = 100;
const MAX_BY: usize = 100;
pub const MAX_NOTE: usize = 2000;

/// What is the matter: open incidents in order of harm, then closed ones, newest first.
#[utoipa::path(get, path = "/api/v1/incidents", params(
    ("state" = Option<String>, Query, description = "open (where nothing is said), closed or all"),
    ("job" = Option<String>, Query, description = "Touches this job: node id, key or name"),
    ("cause" = Option<String>, Query, description = "A cause or family"),
    ("q" = Option<String>, Query, description = "Part of id, cause, place or sentence"),
    ("offset" = Option<u32>, Query, description = "How many to leave out"),
    ("limit" = Option<u32>, Query, description = "At most so many, 1 to 1000; 100"),
), responses((status = 200, body = IncidentList), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn incidents(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["state", "job", "cause", "q", "offset", "limit"])?;
    let filter = IncidentFilter {
        state: p.one_of("state", &Which::ALL)?.unwrap_or_default(),
        job: p.text("job"),
        cause: p.text("cause"),
        text: p.text("q"),
        offset: p.number("offset", 0..=1_000_000)?.unwrap_or(0),
        limit: p.number("limit", 1..=MAX_INCIDENTS)?.unwrap_or(DEFAULT_LIMIT),
    };
    let book = s.web.cases.book();
    let open = match filter.state {
        Which::Closed => Vec::new(),
        Which::Open | Which::All => {
            let (book, filter) = (book.clone(), filter.clone());
            off(&s, move |scene| open_rows(scene, &book, &filter)).await?
        }
    };
    let fitting = open.len();
    let mut rows: Vec<_> = open.into_iter().skip(filter.offset).take(filter.limit).collect();
    let mut closed = 0;
    if filter.state != Which::Open {
        // whole rows of the open ones come first: the closed ones fill what is left of the page
        let rest = IncidentFilter {
            offset: filter.offset.saturating_sub(fitting),
            limit: filter.limit - rows.len(),
            ..filter
        };
        let (total, records) = s.web.cases.closed(&rest).await.map_err(|e| failed("", e))?;
        closed = total;
        let more =
            off(&s, move |scene| records.iter().map(|r| record_row(scene, r)).collect::<Vec<_>>());
        rows.extend(more.await?);
    }
    let total = u32::try_from(fitting).unwrap_or(u32::MAX).saturating_add(closed);
    let list = off(&s, move |scene| incident_list(scene, &book, rows, total)).await?;
    Ok(Json(list).into_response())
}

/// One incident with its evidence.
#[utoipa::path(get, path = "/api/v1/incident", params(
    ("id" = String, Query, description = "Incident, or enough of its beginning"),
), responses((status = 200, body = IncidentView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn incident(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id"])?;
    let id = p.required("id", "incident")?;
    let record: Arc<Record> = s.web.cases.find(&id).await.map_err(|e| failed(&id, e))?;
    let cases = s.web.cases.clone();
    let view = off(&s, move |scene| {
        let recording = cases.recording(&record.incident.id);
        let recording = recording.map(|p| p.display().to_string());
        IncidentView { recording, ..build::incident(scene, &record) }
    });
    let view = view.await?;
    Ok(Json(view).into_response())
}

/// What was recorded around it, for `streamwarden replay`.
#[utoipa::path(get, path = "/api/v1/incident/recording", params(
    ("id" = String, Query, description = "Incident, or enough of its beginning"),
), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 400, body = ApiError), (status = 404, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn recording(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id"])?;
    let id = p.required("id", "incident")?;
    let record = s.web.cases.find(&id).await.map_err(|e| failed(&id, e))?;
    let cases = s.web.cases.clone();
    let read = off(&s, move |_| {
        let id = &record.incident.id;
        let bytes = cases.recording(id).and_then(|path| std::fs::read(path).ok());
        bytes.map(|bytes| (id.0.clone(), bytes))
    });
    let Some((id, bytes)) = read.await? else {
        let todo = "it is written 15 s after an incident opens; of many the oldest are removed";
        let error = format!("nothing is recorded of {id:?}");
        return Err(Failure::new(StatusCode::NOT_FOUND, error, todo));
    };
    let name = format!("attachment; filename=\"{id}.bundle\"");
    // it is packed already
    let head = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_ENCODING, "identity"),
        (header::CONTENT_DISPOSITION, &name),
    ];
    Ok((head, bytes).into_response())
}

/// Somebody takes care of it. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/incident/ack", request_body = AckRequest, responses(
    (status = 200, body = AckView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn acknowledge(
    State(s): State<Shared>,
    Change(request, who): Change<AckRequest>,
) -> Result<Response, Failure> {
    in_scope(&s, &who, &request.id).await?;
    let word = Word::Ack { by: by(&who, &request.by)?, note: note("note", request.note)? };
    match s.web.cases.say(&request.id, word).await.map_err(|e| failed(&request.id, e))? {
        Written::Ack(ack) => Ok(Json(build::ack(&ack)).into_response()),
        Written::Correct(c) => Ok(Json(build::correction(&c)).into_response()),
    }
}

/// Whether the diagnosis was right; kept with who and why. Needs the bearer token.
#[utoipa::path(post, path = "/api/v1/incident/correct", request_body = CorrectRequest, responses(
    (status = 200, body = CorrectionView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn correct(
    State(s): State<Shared>,
    Change(request, who): Change<CorrectRequest>,
) -> Result<Response, Failure> {
    in_scope(&s, &who, &request.id).await?;
    let right = match request.verdict.as_str() {
        "right" => true,
        "wrong" => false,
        other => return Err(Failure::bad(format!("verdict is {other:?}"), "one of: right, wrong")),
    };
    let (by, said) = (by(&who, &request.by)?, note("note", request.note)?);
    let (cause, subject) = (note("cause", request.cause)?, note("subject", request.subject)?);
    known(&s, &request.id, cause.as_ref(), subject.as_ref()).await?;
    let word = Word::Correct { by, right, cause, subject, note: said };
    match s.web.cases.say(&request.id, word).await.map_err(|e| failed(&request.id, e))? {
        Written::Ack(ack) => Ok(Json(build::ack(&ack)).into_response()),
        Written::Correct(c) => Ok(Json(build::correction(&c)).into_response()),
    }
}

/// A name that nothing has would stay in the record for good.
async fn known(
    s: &Shared,
    id: &str,
    cause: Option<&Name>,
    subject: Option<&Name>,
) -> Result<(), Failure> {
    if cause.is_none() && subject.is_none() {
        return Ok(());
    }
    let record = s.web.cases.find(id).await.map_err(|e| failed(id, e))?;
    let (rules, cause, subject) = (s.web.rules.clone(), cause.cloned(), subject.cloned());
    off(s, move |scene| {
        if let Some(cause) = &cause
            && let Some(todo) = unknown_cause(cause, &rules.shelf().causes)
        {
            return Err(Failure::bad(format!("no cause is called {cause:?}"), todo));
        }
        let place = subject.as_ref().and_then(|word| {
            unknown_place(scene, &record.incident.diagnosis, word).map(|todo| (word, todo))
        });
        match place {
            Some((word, todo)) => {
                Err(Failure::bad(format!("nothing here is called {word:?}"), todo))
            }
            None => Ok(()),
        }
    })
    .await?
}

/// Whose scope is narrower than the estate may speak of incidents that begin inside it.
async fn in_scope(s: &Shared, who: &Who, id: &str) -> Result<(), Failure> {
    if who.clusters.is_empty() {
        return Ok(());
    }
    let record = s.web.cases.find(id).await.map_err(|e| failed(id, e))?;
    let cluster = record.incident.diagnosis.subject.cluster();
    who.may(Role::Operator, cluster).map_err(|r| refused(&r))
}

/// A token with a name signs for itself; only the one token leaves it to the sender.
pub fn by(who: &Who, text: &str) -> Result<Name, Failure> {
    let text = who.name.as_deref().unwrap_or(text).trim();
    let long = text.chars().count() > MAX_BY;
    if text.is_empty() || long || text.contains(unseen) || is_ours(text) {
        let todo = format!("give your name: 1 to {MAX_BY} characters on one line");
        return Err(Failure::bad("`by` names nobody", todo));
    }
    Ok(text.into())
}

/// Control characters, and those that are not seen or turn the text around.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Names that stand for what the product did itself.
fn is_ours(name: &str) -> bool {
    ["policy", "streamwarden", Switch::FILE].iter().any(|own| name.eq_ignore_ascii_case(own))
}

fn note(what: &str, text: Option<String>) -> Result<Option<Name>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    let bad = |c: char| c.is_control() && c != '\n';
    if text.chars().count() > MAX_NOTE || text.contains(bad) {
        let todo = format!("plain text of at most {MAX_NOTE} characters");
        return Err(Failure::bad(format!("`{what}` cannot be kept"), todo));
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

pub fn failed(id: &str, e: CaseError) -> Failure {
    match e {
        CaseError::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            format!("no incident {id:?} is known"),
            "ask for the list: /api/v1/incidents?state=all",
        ),
        CaseError::Several(ids) => {
            let error = format!("{id:?} may mean several: give more of it");
            Failure::bad(error, format!("one of: {}", ids.join(", ")))
        }
        CaseError::Store(e) => {
            let error = format!("the store does not work: {e}");
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, error, "look at /api/v1/system")
        }
    }
}

/// Builds a view away from the threads that serve, in the estate as it is now.
pub async fn off<T: Send + 'static>(
    shared: &Shared,
    build: impl FnOnce(&Scene) -> T + Send + 'static,
) -> Result<T, Failure> {
    let (snapshot, flink) = (shared.web.snapshot.load_full(), shared.web.flink.load_full());
    let work = move || build(&Scene { s: &snapshot, flink: &flink });
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        let todo = "look at the log of the server; this is a bug";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the view could not be built", todo)
    })
}
