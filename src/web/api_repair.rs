//! The routes about repair: what would be done and what was done, what people say to it, and what
//! stops it.

use super::api_incident::{by, failed as no_case, off};
use super::auth::{Change, Reader, refused};
use super::build;
use super::error::Failure;
use super::params::Params;
use super::repairs::{NewSwitch, Proposal, RepairError, Stands, Unreadable};
use super::router::Shared;
use super::view::ApiError;
use super::view_repair::*;
use crate::access::{Role, Who};
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use streamwarden_core::action::ActionRecord;
use streamwarden_core::case::{Hold, Mode, Scope};
use streamwarden_core::estate::{ClusterId, Millis, Name, Span};
use streamwarden_core::plan::{Limits, Switch, say};

const MAX_WHY: usize = 200;
/// The names of the playbooks are waited for so long.
const NAMES: Duration = Duration::from_millis(200);
const MAX_NOTE: usize = 2000;
/// So much of a hash says which plan is meant; a shorter one may be a slip.
const MIN_HASH: usize = 8;
const MAX_HASH: usize = 64;
/// Of the id of an action, as of a hash.
const MIN_ID: usize = 4;
const MAX_ACTIONS: u32 = 200;
const DEFAULT_ACTIONS: u32 = 50;
const MAX_HELD: u32 = 100;
const MAX_AUDIT: u32 = 1000;
const DEFAULT_AUDIT: u32 = 100;
/// Hashes that a refusal names.
const NAMED: usize = 5;
/// What is to last longer is thrown until it is taken back.
const LONGEST: Span = Span::secs(365 * 86_400);

/// What would be done now, whatever the mode, and what was held before.
#[utoipa::path(get, path = "/api/v1/plans", params(
    ("incident" = Option<String>, Query, description = "Of this incident alone: its id, or enough of its beginning"),
), responses((status = 200, body = ProposalList), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn plans(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["incident"])?;
    let incident = incident(&s, &p).await?;
    let held = s.web.repairs.held(incident.as_deref(), MAX_HELD).await;
    let held = held.map_err(|e| failed("", e).error);
    let (reach, proposals) = (s.web.repairs.reach(), s.web.repairs.proposals());
    let list = off(&s, move |scene| {
        build::proposal_list(scene, &reach, &proposals, incident.as_deref(), held)
    });
    Ok(Json(list.await?).into_response())
}

/// The whole id of the incident that is asked for.
async fn incident(s: &Shared, p: &Params) -> Result<Option<String>, Failure> {
    let Some(id) = p.text("incident") else { return Ok(None) };
    let record = s.web.cases.find(&id).await.map_err(|e| no_case(&id, e))?;
    Ok(Some(record.incident.id.0.to_string()))
}

/// What was done and is being done, newest first.
#[utoipa::path(get, path = "/api/v1/actions", params(
    ("incident" = Option<String>, Query, description = "Of this incident alone: its id, or enough of its beginning"),
    ("offset" = Option<u32>, Query, description = "How many to leave out"),
    ("limit" = Option<u32>, Query, description = "At most so many, 1 to 200; 50"),
), responses((status = 200, body = ActionList), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn actions(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["incident", "offset", "limit"])?;
    let incident = incident(&s, &p).await?;
    let offset = p.number("offset", 0..=1_000_000)?.unwrap_or(0);
    let limit = p.number("limit", 1..=MAX_ACTIONS)?.unwrap_or(DEFAULT_ACTIONS);
    let found = s.web.repairs.actions(incident.as_deref(), offset, limit + 1).await;
    let found = found.map_err(|e| failed("", e))?;
    // in front of the first page
    let mut unreadable = match offset {
        0 => s.web.repairs.unreadable().await.map_err(|e| failed("", e))?,
        _ => Vec::new(),
    };
    unreadable.retain(|u| incident.as_deref().is_none_or(|id| *u.open.incident == *id));
    let list = off(&s, move |scene| build::action_list(scene, &unreadable, &found, limit)).await?;
    Ok(Json(list).into_response())
}

/// One action with its journal.
#[utoipa::path(get, path = "/api/v1/action", params(
    ("id" = String, Query, description = "Action, or enough of its beginning"),
), responses((status = 200, body = ActionView), (status = 400, body = ApiError),
    (status = 404, body = ApiError), (status = 503, body = ApiError)))]
pub async fn action(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&["id"])?;
    let id = p.required("id", "action")?;
    Ok(Json(show(&s, one(&s, &id).await?).await?).into_response())
}

enum Found {
    Action(Box<ActionRecord>),
    Unreadable(Unreadable),
}

async fn show(s: &Shared, found: Found) -> Result<ActionView, Failure> {
    let calls = s.web.repairs.reach().calls;
    off(s, move |scene| match found {
        Found::Action(record) => build::action(scene, &record, calls),
        Found::Unreadable(found) => build::unreadable(scene, &found),
    })
    .await
}

/// A slip must not stand for whatever came last.
async fn one(s: &Shared, id: &str) -> Result<Found, Failure> {
    if id.chars().count() < MIN_ID {
        let todo = format!("at least its first {MIN_ID} characters: `streamwarden actions`");
        return Err(Failure::bad(format!("the id of an action is {id:?}"), todo));
    }
    match s.web.repairs.action(id).await {
        Ok(record) => Ok(Found::Action(Box::new(record))),
        Err(RepairError::NotFound) => {
            let all = s.web.repairs.unreadable().await.map_err(|e| failed(id, e))?;
            let found = all.into_iter().find(|u| u.open.action.starts_with(id));
            found.map(Found::Unreadable).ok_or_else(|| failed(id, RepairError::NotFound))
        }
        Err(e) => Err(failed(id, e)),
    }
}

/// A yes or no to exactly this plan. Needs the token of an approver.
#[utoipa::path(post, path = "/api/v1/plan/answer", request_body = AnswerRequest, responses(
    (status = 200, body = AnswerView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 409, body = ApiError),
    (status = 415, body = ApiError), (status = 503, body = ApiError)))]
pub async fn answer(
    State(s): State<Shared>,
    Change(request, who): Change<AnswerRequest>,
) -> Result<Response, Failure> {
    // first of all: what is refused for the role tells nothing of what stands
    who.may(Role::Approver, who.clusters.first()).map_err(|r| refused(&r))?;
    let by = by(&who, &request.by)?;
    let plan = standing(&s, &who, &request.plan)?;
    if request.yes {
        takes_a_yes(&s.web.repairs.proposals(), &plan)?;
    }
    let to = s.web.repairs.answer(&plan, by.clone(), request.yes).await;
    let mut to = to.map_err(|e| failed(&request.plan, e))?;
    if request.yes {
        // without the database the file still stops
        let all = s.web.repairs.switches().await;
        still_stopped(&mut to, all.unwrap_or_else(|_| s.web.repairs.switches_of_file()));
    }
    let view = off(&s, move |scene| AnswerView {
        yes: request.yes,
        by: by.to_string(),
        to: build::proposal(scene, &to),
    });
    Ok(Json(view.await?).into_response())
}

/// A yes that nothing would come of is no yes: it would lie there, and count once somebody has
/// changed the mode.
fn takes_a_yes(all: &[Proposal], plan: &Name) -> Result<(), Failure> {
    let Some(p) = all.iter().find(|p| p.hash.as_ref() == Some(plan)) else { return Ok(()) };
    if p.mode < Mode::Approve {
        let mode = build::word(&p.mode);
        let error = format!("nothing is carried out here: the mode is {mode}");
        let todo = "set `heal: mode: approve` (and restart), then approve what is planned then";
        return Err(Failure::new(StatusCode::CONFLICT, error, todo));
    }
    if !p.applies() {
        let error = "this plan does not apply now: a condition of it does not hold, or what it would do is not known";
        let todo = "look at what would be done now: /api/v1/plans";
        return Err(Failure::new(StatusCode::CONFLICT, error, todo));
    }
    if p.report.holds.contains(&Hold::NoSubmitter) {
        let error = format!("this plan cannot be sent: {}", say::NO_WAY);
        let todo = "add a rule that names it under `flink[].submit`";
        return Err(Failure::new(StatusCode::CONFLICT, error, todo));
    }
    // nothing but time takes it away, and by then the yes is over
    let approval = Limits::default().approval;
    let late = p.report.holds.iter().find_map(|h| match h {
        Hold::BackOff { left_s } if *left_s > approval.as_secs() => Some(*left_s),
        _ => None,
    });
    if let Some(left_s) = late {
        let (left, yes) = (minutes(left_s), minutes(approval.as_secs()));
        let error = format!(
            "it is too early for a yes: an action on this job ended a short while ago, and none begins for another {left}"
        );
        let todo = format!(
            "a yes counts for {yes}: give it then, or start the job by hand from the restore point that `streamwarden plan` names"
        );
        return Err(Failure::new(StatusCode::CONFLICT, error, todo));
    }
    Ok(())
}

fn minutes(seconds: f64) -> String {
    format!("{:.0} min", (seconds / 60.0).ceil())
}

/// A switch that was thrown after the last look, beside what held then.
fn still_stopped(p: &mut Proposal, switches: Vec<Switch>) {
    let Some(plan) = &p.report.plan else { return };
    if p.report.holds.iter().any(|h| matches!(h, Hold::KillSwitch { .. })) {
        return;
    }
    let on = switches.into_iter().find(|s| s.is_on(clock::now(), &plan.job, &plan.playbook));
    let hold = on.map(|s| Hold::KillSwitch { scope: s.scope, by: s.by, why: s.why });
    p.report.holds.extend(hold);
}

/// The whole hash of the plan that is meant, once it is sure that it may be answered. One that does
/// not stand now is looked up by whoever may answer all.
fn standing(s: &Shared, who: &Who, given: &str) -> Result<Name, Failure> {
    let digits = given.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    if !digits || !(MIN_HASH..=MAX_HASH).contains(&given.len()) {
        let todo = format!("at least the first {MIN_HASH} hexadecimal digits of its hash");
        return Err(Failure::bad(format!("plan is {given:?}"), todo));
    }
    let all = s.web.repairs.proposals();
    let hash = |p: &Proposal| p.hash.clone().filter(|h| h.starts_with(given));
    let mut found: Vec<(Name, &ClusterId)> =
        all.iter().filter_map(|p| Some((hash(p)?, &p.job.cluster))).collect();
    found.sort();
    found.dedup();
    match found.as_slice() {
        [(hash, cluster)] => {
            who.may(Role::Approver, Some(cluster)).map_err(|r| refused(&r))?;
            Ok(hash.clone())
        }
        [] if who.clusters.is_empty() => Ok(given.into()),
        [] => {
            let ours = all.iter().filter(|p| who.clusters.contains(&p.job.cluster));
            Err(stale(ours.filter_map(|p| p.hash.clone()).collect()))
        }
        several => {
            let hashes: Vec<&str> = several.iter().take(NAMED).map(|(h, _)| &**h).collect();
            let error = format!("{given:?} may mean several: give more of it");
            Err(Failure::bad(error, format!("one of: {}", hashes.join(", "))))
        }
    }
}

/// What stops actions, in the database and in the file.
#[utoipa::path(get, path = "/api/v1/kill-switches", responses(
    (status = 200, body = SwitchList), (status = 400, body = ApiError)))]
pub async fn kill_switches(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    let (all, repairs) = (s.web.repairs.switches().await, s.web.repairs.clone());
    let list = off(&s, move |scene| {
        let (switches, error) = match all {
            Ok(all) => (all, None),
            Err(e) => (repairs.switches_of_file(), Some(failed("", e).error)),
        };
        build::switch_list(scene, &repairs.reach(), &switches, error)
    });
    let list = list.await?;
    Ok(Json(list).into_response())
}

/// Stops all actions within a scope. Needs the token of an operator.
#[utoipa::path(post, path = "/api/v1/kill-switch/throw", request_body = ThrowRequest, responses(
    (status = 200, body = SwitchView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn throw(
    State(s): State<Shared>,
    Change(request, who): Change<ThrowRequest>,
) -> Result<Response, Failure> {
    let now = clock::now();
    let (reach, snapshot) = (s.web.repairs.reach(), s.web.snapshot.load_full());
    let books = named_books(&s, &request.scope).await;
    let scope = build::repair_scope(&snapshot.estate, &reach, &books, &request.scope)?;
    let cluster = cluster_of(&scope);
    who.may(Role::Operator, cluster.as_ref()).map_err(|r| refused(&r))?;
    let (by, why) = (by(&who, &request.by)?, why(&request.why)?);
    let (until, hard) = (until(&request, now)?, request.hard);
    let switch = NewSwitch { scope, by, why, until, hard };
    let file = build::reach(&reach).kill_file;
    let stands = s.web.repairs.throw(switch.clone()).await.map_err(|e| {
        let todo = format!("write `{}` into {file} on the server", line_of(&switch.scope, hard));
        Failure { todo: Some(todo), ..failed(&request.scope, e) }
    })?;
    let NewSwitch { scope, by, why, until, hard } = switch;
    let file = stands == Stands::File;
    let switch = Switch { scope, by, why, at: now, until, hard };
    let view = build::switch(&snapshot.estate, &switch);
    Ok(Json(SwitchView { file, ..view }).into_response())
}

/// Asked only where a playbook may be meant: a store that hangs must not hold up a switch. Where it
/// does not work, one that is named is believed, and the answer tells of the file.
async fn named_books(s: &Shared, scope: &str) -> Vec<Name> {
    let named = scope.strip_prefix("playbook:");
    if named.is_none() && (scope == "estate" || scope.contains(':')) {
        return Vec::new();
    }
    // a switch counts within a second, whatever the database does
    let known = tokio::time::timeout(NAMES, s.web.repairs.playbooks()).await;
    match known.unwrap_or_else(|_| Err(RepairError::Store("it does not answer".into()))) {
        Ok(books) => books.into_iter().map(|b| b.playbook.name).collect(),
        Err(_) => named.into_iter().map(Name::from).collect(),
    }
}

/// As the kill-switch file has it.
fn line_of(scope: &Scope, hard: bool) -> String {
    let place = match scope {
        Scope::Estate => "estate".to_owned(),
        Scope::Cluster { cluster } => format!("cluster {}", in_file(cluster)),
        Scope::Playbook { playbook } => format!("playbook {}", in_file(playbook)),
        Scope::Job { job } => format!("job {}", in_file(&job.to_string())),
    };
    if hard { format!("hard {place}") } else { place }
}

/// What is more than a plain name stands in quotes, as JSON has it.
fn in_file(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    let quoted = || serde_json::to_string(name).unwrap_or_default();
    if name.chars().all(plain) { name.to_owned() } else { quoted() }
}

/// Takes back every switch of exactly this scope. Needs the token of an administrator.
#[utoipa::path(post, path = "/api/v1/kill-switch/release", request_body = ReleaseRequest,
    responses((status = 200, body = ReleasedView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn release(
    State(s): State<Shared>,
    Change(request, who): Change<ReleaseRequest>,
) -> Result<Response, Failure> {
    who.may(Role::Admin, who.clusters.first()).map_err(|r| refused(&r))?;
    let by = by(&who, &request.by)?;
    let store = |e| failed(&request.scope, e);
    let before = s.web.repairs.switches().await.map_err(store)?;
    let Some(found) = meant(&before, &request.scope) else {
        let error = format!("no kill switch is on for {:?}", request.scope);
        let todo = "ask for the list: /api/v1/kill-switches";
        return Err(Failure::new(StatusCode::NOT_FOUND, error, todo));
    };
    let scope = found.scope.clone();
    who.may(Role::Admin, cluster_of(&scope).as_ref()).map_err(|r| refused(&r))?;
    let released = s.web.repairs.release(&scope, by).await.map_err(store)?;
    let left = s.web.repairs.switches().await.map_err(store)?;
    let snapshot = s.web.snapshot.load();
    let stops = |w: &&Switch| w.scope == Scope::Estate || w.scope == scope;
    let left = left.iter().filter(stops).map(|w| build::switch(&snapshot.estate, w)).collect();
    let scope = build::scope_id(&scope);
    Ok(Json(ReleasedView { scope, released, left }).into_response())
}

/// A name may end in a blank, which a list does not show: then the only one that looks so.
fn meant<'a>(all: &'a [Switch], given: &str) -> Option<&'a Switch> {
    let exactly = |w: &&Switch| build::scope_id(&w.scope) == given;
    let alike = |w: &&Switch| build::scope_id(&w.scope).trim() == given.trim();
    let first = || all.iter().find(alike);
    let only = first().filter(|f| all.iter().filter(alike).all(|w| w.scope == f.scope));
    all.iter().find(exactly).or(only)
}

/// None: more than one cluster.
fn cluster_of(scope: &Scope) -> Option<ClusterId> {
    match scope {
        Scope::Estate | Scope::Playbook { .. } => None,
        Scope::Cluster { cluster } => Some(ClusterId::new(cluster.clone())),
        Scope::Job { job } => Some(job.cluster.clone()),
    }
}

/// Somebody has looked at what became of an action. Needs the token of an administrator.
#[utoipa::path(post, path = "/api/v1/action/look", request_body = LookRequest, responses(
    (status = 200, body = ActionView), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn look(
    State(s): State<Shared>,
    Change(request, who): Change<LookRequest>,
) -> Result<Response, Failure> {
    who.may(Role::Admin, who.clusters.first()).map_err(|r| refused(&r))?;
    let (by, note) = (by(&who, &request.by)?, note(&request.note)?);
    let snapshot = s.web.snapshot.load_full();
    let (id, job, goes_on) = match one(&s, &request.id).await? {
        Found::Action(r) => {
            let let_go = snapshot.repairs.iter().any(|u| u.action == r.id && u.let_go.is_some());
            (r.id, r.plan.job, r.ended.is_none() && !let_go)
        }
        Found::Unreadable(u) => (u.open.action, u.open.job, false),
    };
    who.may(Role::Admin, Some(&job.cluster)).map_err(|r| refused(&r))?;
    if goes_on {
        let todo = "wait for its end, or stop it with a kill switch";
        return Err(Failure::bad(format!("action {:?} is still open", request.id), todo));
    }
    s.web.repairs.look_at(&id, by, note).await.map_err(|e| failed(&id, e))?;
    Ok(Json(show(&s, one(&s, &id).await?).await?).into_response())
}

/// What may be done, and what came of it so far.
#[utoipa::path(get, path = "/api/v1/playbooks", responses(
    (status = 200, body = PlaybookList), (status = 400, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn playbooks(State(s): State<Shared>, p: Params) -> Result<Response, Failure> {
    p.only(&[])?;
    Ok(Json(books(&s).await?).into_response())
}

async fn books(s: &Shared) -> Result<PlaybookList, Failure> {
    let books = s.web.repairs.playbooks().await.map_err(|e| failed("", e))?;
    Ok(build::playbook_list(&s.web.repairs.reach(), s.web.snapshot.load().at, &books))
}

/// Somebody has looked at what failed: the playbook may be used again. Needs the token of an
/// administrator of the whole estate.
#[utoipa::path(post, path = "/api/v1/playbook/on", request_body = OnRequest, responses(
    (status = 200, body = PlaybookList), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 404, body = ApiError), (status = 415, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn playbook_on(
    State(s): State<Shared>,
    Change(request, who): Change<OnRequest>,
) -> Result<Response, Failure> {
    who.may(Role::Admin, None).map_err(|r| refused(&r))?;
    let (by, note) = (by(&who, &request.by)?, note(&request.note)?);
    let known = books(&s).await?.playbooks;
    let Some(book) = known.iter().find(|b| b.name == request.playbook) else {
        let names: Vec<&str> = known.iter().map(|b| b.name.as_str()).collect();
        let error = format!("no playbook {:?} is known", request.playbook);
        let todo = format!("one of: {}", names.join(", "));
        return Err(Failure::new(StatusCode::NOT_FOUND, error, todo));
    };
    let done = s.web.repairs.playbook_on(&book.name, by, note).await;
    done.map_err(|e| failed(&request.playbook, e))?;
    Ok(Json(books(&s).await?).into_response())
}

/// Who did what, oldest first. Needs the token of a viewer: names stand in it.
#[utoipa::path(get, path = "/api/v1/audit", params(
    ("after" = Option<i64>, Query, description = "Rows behind this one; 0: from the first on"),
    ("limit" = Option<u32>, Query, description = "At most so many, 1 to 1000; 100"),
), responses((status = 200, body = AuditList), (status = 400, body = ApiError),
    (status = 401, body = ApiError), (status = 403, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn audit(
    State(s): State<Shared>,
    Reader(_who): Reader,
    p: Params,
) -> Result<Response, Failure> {
    p.only(&["after", "limit"])?;
    let after = p.number("after", 0..=i64::MAX)?.unwrap_or(0);
    let limit = p.number("limit", 1..=MAX_AUDIT)?.unwrap_or(DEFAULT_AUDIT);
    let rows = s.web.repairs.audit(after, limit).await.map_err(|e| failed("", e))?;
    let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next = rows.last().map(|r| r.n).filter(|_| full);
    let rows = rows.into_iter().map(|r| AuditRow {
        n: r.n,
        at: r.at.0,
        who: r.who,
        what: r.what,
        detail: r.detail,
    });
    let list = AuditList { at: clock::now().0, rows: rows.collect(), next };
    Ok(Json(list).into_response())
}

fn why(text: &str) -> Result<Name, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_WHY || text.contains(char::is_control) {
        let todo = format!("why it is stopped: 1 to {MAX_WHY} characters on one line");
        return Err(Failure::bad("`why` gives no reason", todo));
    }
    Ok(text.into())
}

fn note(text: &str) -> Result<Name, Failure> {
    let text = text.trim();
    let bad = |c: char| c.is_control() && c != '\n';
    if text.is_empty() || text.chars().count() > MAX_NOTE || text.contains(bad) {
        let todo = format!("what was found and done: 1 to {MAX_NOTE} characters");
        return Err(Failure::bad("`note` says nothing", todo));
    }
    Ok(text.into())
}

fn until(r: &ThrowRequest, now: Millis) -> Result<Option<Millis>, Failure> {
    let until = match (r.until, r.for_s) {
        (None, None) => return Ok(None),
        (Some(until), None) => Millis(until),
        (None, Some(s)) => now + Span::secs(i64::from(s)),
        (Some(_), Some(_)) => {
            let todo = "give `until` (ms since the epoch) or `for_s` (seconds), or neither";
            return Err(Failure::bad("its end is said twice", todo));
        }
    };
    if until <= now || until - now > LONGEST {
        let todo = "a moment within a year from now, or none: until it is taken back";
        return Err(Failure::bad("it would end in the past, or too late", todo));
    }
    Ok(Some(until))
}

fn failed(what: &str, e: RepairError) -> Failure {
    match e {
        RepairError::NotFound => {
            let todo = "ask for a list: /api/v1/plans, /api/v1/actions";
            Failure::new(StatusCode::NOT_FOUND, format!("no {what:?} is known"), todo)
        }
        RepairError::Several(ids) => {
            let named: Vec<&str> = ids.iter().take(NAMED).map(String::as_str).collect();
            let error = format!("{what:?} may mean several: give more of it");
            Failure::bad(error, format!("one of: {}", named.join(", ")))
        }
        RepairError::Stale { now } => stale(now),
        RepairError::Store(e) => {
            let error = format!("the store does not work: {e}");
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, error, "look at /api/v1/system")
        }
    }
}

fn stale(now: Vec<Name>) -> Failure {
    let todo = match now.get(..now.len().min(NAMED)) {
        Some(some) if !some.is_empty() => {
            format!("look at what would be done now, and answer that: {}", some.join(", "))
        }
        _ => "look at what would be done now: /api/v1/plans, `streamwarden plan`".to_owned(),
    };
    let error = "no such plan stands now: the job, or what would be done, has changed";
    Failure::new(StatusCode::CONFLICT, error, todo)
}

#[cfg(test)]
mod tests;
