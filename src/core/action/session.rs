use super::next::{PAGE_AFTER, PAGE_TAKEN_UP};
use super::{ActionState, Command, Entry, Observation, next};
use crate::case::{Cure, Hold, RestorePoint};
use crate::estate::{JobState, Millis, Name, RunId, VertexId};
use crate::plan::Switch;
use std::collections::BTreeMap;

/// What a look at the job showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// When the first question went out, by the asker's own clock.
    pub asked: Millis,
    /// The JobManager answered everything. Without it absence says nothing.
    pub whole: bool,
    /// The plan's run, the action's runs, and every run that the job's identity covers, as far as
    /// they are listed. States are asked *before* checkpoints: what is completed when a run is seen
    /// to have ended is all that it will ever complete.
    pub runs: BTreeMap<RunId, RunSeen>,
    /// Restore points known otherwise: by listing a directory that we may read, or told before by
    /// a JobManager that has forgotten since.
    pub elsewhere: Vec<RestorePoint>,
    /// The result of the open trigger id.
    pub operation: Option<Operation>,
}

impl Seen {
    /// Every restore point that is known of the job.
    pub fn known(&self) -> impl Iterator<Item = &RestorePoint> {
        self.runs.values().flat_map(|r| &r.completed).chain(&self.elsewhere)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunSeen {
    pub state: JobState,
    /// Every task runs.
    pub all_running: bool,
    pub restored: Option<Restored>,
    /// Completed and usable, newest first.
    pub completed: Vec<RestorePoint>,
    pub parallelism: BTreeMap<VertexId, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub checkpoint: u64,
    pub path: Option<Name>,
}

/// A triggered checkpoint or savepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    InProgress,
    Completed,
    Failed(Name),
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Accepted,
    /// Nothing happened, in the other side's words.
    Refused(Name),
    /// No answer in time, or a broken one.
    InDoubt,
}

/// The open intent, as far as this process has sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The last time.
    pub at: Millis,
    pub times: u32,
    pub reply: Option<Reply>,
}

/// Where an entry has to be durable before the action goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// In the database, conditional on our epoch, and in the local file.
    Both,
    /// The job is down, or on its way: the local file is enough, the database gets it when it is
    /// back.
    Local,
}

/// What one process knows of an action under way. All times are the process's own.
#[derive(Clone, Debug)]
pub struct Session {
    pub state: ActionState,
    /// When this process took it up.
    started: Millis,
    step_since: Millis,
    /// The open intent is older than this process: it may have been sent.
    resumed: bool,
    sent: Option<Sent>,
    seen: Option<Seen>,
    /// Since when the job is down by our doing, or by a request in doubt.
    down_since: Option<Millis>,
}

/// What the world says beside the looks: fences, guards, verdict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    pub fenced: bool,
    /// Guards asked again, [`crate::plan::guard::Stage::Effect`].
    pub holds: &'a [Hold],
    pub hard: Option<&'a Switch>,
    pub cure: Option<Cure>,
}

impl Session {
    /// Begun by this process a moment ago, or taken up from the journal.
    pub fn new(state: ActionState, now: Millis) -> Session {
        let resumed = state.open.is_some();
        // nobody knows for how long it has been down
        let known = if state.stopped || state.stops() { PAGE_TAKEN_UP } else { PAGE_AFTER };
        let down_since = (state.stopped || resumed).then(|| now - PAGE_AFTER + known);
        Session {
            state,
            started: now,
            step_since: now,
            resumed,
            sent: None,
            seen: None,
            down_since,
        }
    }

    pub fn decide(&self, now: Millis, around: Around<'_>) -> Command {
        next(
            &self.state,
            &Observation {
                now,
                around,
                started: self.started,
                step_since: self.step_since,
                resumed: self.resumed,
                sent: self.sent.as_ref(),
                seen: self.seen.as_ref(),
                down_since: self.down_since,
            },
        )
    }

    /// What came of the last sending of the open intent.
    pub fn reply(&self) -> Option<&Reply> {
        self.sent.as_ref()?.reply.as_ref()
    }

    /// How durable `entry` has to be. What follows from a cancel in the journal is found again by
    /// a look: it waits for no database. The end does: until it stands there somebody else may go
    /// on with the action.
    pub fn durable(&self, entry: &Entry) -> Durable {
        let stops = self.state.stops() && (self.resumed || self.sent.is_some());
        match entry {
            Entry::Closed { .. } => Durable::Both,
            _ if self.state.stopped || stops => Durable::Local,
            _ => Durable::Both,
        }
    }

    /// How durable every entry so far has to be before a request goes out. What an earlier process
    /// left may stand in its file alone: while the job runs that is no journal. With the job down
    /// the file is enough.
    pub fn sends_after(&self) -> Durable {
        if self.state.stopped { Durable::Local } else { Durable::Both }
    }

    pub fn looked(&mut self, mut seen: Seen) {
        // a JobManager that forgets does not make what it told untrue
        let before = self.seen.iter().flat_map(|s| s.known());
        if let Some(point) = before.max_by_key(|p| (p.taken, p.checkpoint)) {
            seen.elsewhere.push(point.clone());
        }
        self.seen = Some(seen);
    }

    pub fn sending(&mut self, now: Millis) {
        let times = self.sent.as_ref().map_or(0, |s| s.times) + 1;
        self.sent = Some(Sent { at: now, times, reply: None });
        self.down_since = self.down_since.or(Some(now));
    }

    pub fn replied(&mut self, reply: Reply) {
        if let Some(sent) = &mut self.sent {
            sent.reply = Some(reply);
        }
    }

    /// The entry is durable.
    pub fn recorded(&mut self, entry: &Entry, now: Millis) {
        let paged = matches!(entry, Entry::Paged { .. });
        self.state.apply(entry);
        if paged {
            return;
        }
        (self.resumed, self.sent) = (false, None);
        if !matches!(entry, Entry::Intent { .. } | Entry::Dropped) {
            self.step_since = now;
            self.down_since = self.state.stopped.then(|| self.down_since.unwrap_or(now));
        }
    }
}
