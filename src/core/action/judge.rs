//! What a look says about the open step.

use super::{ActionState, Operation, Request, RunSeen, Seen, Why};
use crate::case::{RestorePoint, Step, newest_first};
use crate::estate::{JobState, Name, RunId};

/// What has become of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Judged {
    /// It is so.
    Confirmed { started: Option<RunId> },
    /// Under way.
    Pending,
    /// Nothing of it is to be seen.
    Absent,
    /// It is there and will not come to what was asked; `burnt`: its id is used up.
    Dead { why: Why, burnt: bool },
    /// It must not go on.
    Wrong { why: Why },
}

pub(super) fn judge(state: &ActionState, request: &Request, seen: &Seen) -> Judged {
    let run = seen.runs.get(request.run());
    match request {
        Request::Checkpoint { .. } | Request::Savepoint { .. } => operation(seen),
        Request::Cancel { .. } => ended(run),
        Request::Submit { run: id, point, .. } => {
            if let Some(other) = foreign(state, seen, Some(id)) {
                return Judged::Wrong { why: Why::Foreign { run: other } };
            }
            submitted(id, run, point)
        }
        Request::Scale { parallelism, .. } => match run {
            Some(r) if r.state.is_terminal() => {
                Judged::Wrong { why: Why::Foreign { run: request.run().clone() } }
            }
            Some(r) if r.state == JobState::Running && r.parallelism == *parallelism => {
                Judged::Confirmed { started: None }
            }
            _ => Judged::Absent,
        },
    }
}

fn operation(seen: &Seen) -> Judged {
    match &seen.operation {
        None => Judged::Absent,
        Some(Operation::InProgress) => Judged::Pending,
        Some(Operation::Completed) => Judged::Confirmed { started: None },
        Some(Operation::Failed(text)) => {
            Judged::Dead { why: Why::Refused { text: text.clone() }, burnt: true }
        }
    }
}

/// A JobManager that answered and does not list it has forgotten it: it does not run there.
pub(super) fn ended(run: Option<&RunSeen>) -> Judged {
    match run.map(|r| &r.state) {
        None => Judged::Confirmed { started: None },
        Some(state) if state.is_terminal() => Judged::Confirmed { started: None },
        Some(JobState::Cancelling) => Judged::Pending,
        Some(JobState::Unknown(s)) => unknown(s),
        Some(_) => Judged::Absent,
    }
}

fn submitted(id: &RunId, run: Option<&RunSeen>, point: &RestorePoint) -> Judged {
    let Some(run) = run else { return Judged::Absent };
    if let Some(name) = &run.other {
        return Judged::Wrong { why: Why::OtherJob { run: id.clone(), name: name.clone() } };
    }
    match &run.state {
        JobState::Failed => Judged::Dead { why: Why::JobFailed, burnt: true },
        JobState::Canceled | JobState::Finished | JobState::Cancelling => {
            Judged::Wrong { why: Why::Foreign { run: id.clone() } }
        }
        JobState::Unknown(s) => unknown(s),
        JobState::Running => match &run.restored {
            None => Judged::Pending,
            Some(r) if r.checkpoint == point.checkpoint && same_path(&r.path, &point.path) => {
                if run.all_running {
                    Judged::Confirmed { started: Some(id.clone()) }
                } else {
                    Judged::Pending
                }
            }
            Some(r) => Judged::Wrong { why: Why::RestoredOther { path: r.path.clone() } },
        },
        _ => Judged::Pending,
    }
}

/// Flink writes `file:/x` and `file:///x` for the same place.
fn same_path(told: &Option<Name>, chosen: &str) -> bool {
    fn plain(path: &str) -> &str {
        let path = path.strip_prefix("file:").unwrap_or(path);
        let bare = path.trim_start_matches('/');
        bare.trim_end_matches('/')
    }
    told.as_ref().is_some_and(|t| plain(t) == plain(chosen))
}

fn unknown(state: &Name) -> Judged {
    Judged::Wrong { why: Why::UnknownState { state: state.clone() } }
}

/// A run of the same job that lives and is none of those that this action has to do with.
pub(super) fn foreign(state: &ActionState, seen: &Seen, but: Option<&RunId>) -> Option<RunId> {
    let live = seen.runs.iter().filter(|(_, r)| !r.state.is_terminal());
    live.map(|(id, _)| id).find(|id| Some(*id) != but && **id != *state.current()).cloned()
}

/// Every restore point that is known now, also from before the stop.
fn known<'a>(state: &'a ActionState, seen: &'a Seen) -> impl Iterator<Item = &'a RestorePoint> {
    seen.known().chain(&state.plan.secured).chain(&state.chosen)
}

pub(super) fn newest(state: &ActionState, seen: &Seen) -> Option<RestorePoint> {
    let there = known(state, seen).filter(|p| !seen.gone.contains(&p.path));
    let mut all: Vec<RestorePoint> = there.cloned().collect();
    newest_first(&mut all);
    all.into_iter().next()
}

/// What a run says that it was restored from.
pub(super) fn origin(state: &ActionState, seen: &Seen, run: &RunSeen) -> Option<RestorePoint> {
    let told = run.restored.as_ref()?;
    let same =
        |p: &&RestorePoint| p.checkpoint == told.checkpoint && same_path(&told.path, &p.path);
    known(state, seen).find(same).cloned()
}

/// The request that carries out the step; None: the step asks nothing of Flink.
pub fn request(state: &ActionState, step: &Step) -> Option<Request> {
    let run = state.current().clone();
    Some(match step {
        Step::Checkpoint { .. } => Request::Checkpoint { run, trigger: state.trigger() },
        Step::Savepoint { .. } => Request::Savepoint { run, trigger: state.trigger() },
        Step::Stop { .. } => Request::Cancel { run },
        Step::Submit { parallelism, .. } => Request::Submit {
            run: state.next_run(),
            point: state.chosen.clone()?,
            parallelism: *parallelism,
        },
        Step::Scale { parallelism, .. } => Request::Scale { run, parallelism: parallelism.clone() },
        Step::Choose | Step::Watch { .. } => return None,
    })
}
