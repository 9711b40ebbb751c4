use super::{run_id, trigger_id};
use crate::case::{Cure, Figures, Hold, Plan, RestorePoint, Step};
use crate::estate::{Millis, Name, RunId, VertexId};
use crate::plan::EndKind;
use crate::plan::guard::Stage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The way to the goal, or the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    Forward,
    Back,
}

/// What is asked of Flink, with the ids that make a repetition harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// `POST /jobs/:run/checkpoints {"triggerId"}`
    Checkpoint { run: RunId, trigger: Name },
    /// `POST /jobs/:run/savepoints {"triggerId"}`
    Savepoint { run: RunId, trigger: Name },
    /// `PATCH /jobs/:run?mode=cancel`
    Cancel { run: RunId },
    /// By the job's submitter, NO_CLAIM, never with `allowNonRestoredState`.
    Submit { run: RunId, point: RestorePoint, parallelism: Option<u32> },
    /// `PUT /jobs/:run/resource-requirements`
    Scale { run: RunId, parallelism: BTreeMap<VertexId, u32> },
}

impl Request {
    /// The job is not as it was after it.
    pub fn changes(&self) -> bool {
        !matches!(self, Request::Checkpoint { .. } | Request::Savepoint { .. })
    }

    /// Nothing of the job runs until it is over, or nothing runs before it.
    pub fn is_down(&self) -> bool {
        matches!(self, Request::Cancel { .. } | Request::Submit { .. })
    }

    /// The run that it speaks of.
    pub fn run(&self) -> &RunId {
        match self {
            Request::Checkpoint { run, .. }
            | Request::Savepoint { run, .. }
            | Request::Cancel { run }
            | Request::Submit { run, .. }
            | Request::Scale { run, .. } => run,
        }
    }
}

/// One row of the journal; durable before anything that follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// About to be sent.
    Intent {
        request: Request,
    },
    /// Seen to be so. None: nothing had to be done for it.
    Done {
        started: Option<RunId>,
    },
    /// It did not come about, and the action goes on without it.
    Without {
        why: Why,
    },
    /// It did not come about. `burnt`: Flink knows the id as ended. `live`: something of it is
    /// there all the same: a job that does not come to run, a parallelism that is asked for.
    Failed {
        why: Why,
        burnt: bool,
        live: bool,
    },
    /// The intent was journaled and never sent.
    Dropped,
    Chosen {
        point: RestorePoint,
    },
    /// On the way back from here.
    Turned {
        why: Why,
    },
    /// What was started runs, narrower than was asked for; the action goes on.
    Narrower {
        asked: u32,
        runs: u32,
    },
    /// How the job is at the verdict; the action goes on.
    Measured {
        figures: Figures,
    },
    /// A person was called; the action goes on.
    Paged {
        why: Why,
    },
    Closed {
        end: End,
    },
}

impl Entry {
    /// It tells something, and the action stands where it stood.
    pub fn aside(&self) -> bool {
        matches!(self, Entry::Paged { .. } | Entry::Narrower { .. } | Entry::Measured { .. })
    }
}

/// Why something did not work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// Flink's or the submitter's own words, cut at 1 KiB.
    Refused {
        text: Name,
    },
    TimedOut,
    /// It ended as FAILED.
    JobFailed,
    /// Another run of this job is there that is not ours, or ours was ended by somebody.
    Foreign {
        run: RunId,
    },
    /// What was started is another job: the way in which this one is submitted starts that.
    OtherJob {
        run: RunId,
        name: Name,
    },
    /// It was restored from something else than what was chosen.
    RestoredOther {
        path: Option<Name>,
    },
    /// A state that nobody foresaw.
    UnknownState {
        state: Name,
    },
    NoRestorePoint,
    /// It made things worse.
    Worse,
    /// Nobody can tell whether it helped.
    CannotTell,
    /// Held in the middle, after something had been changed.
    Held {
        hold: Hold,
    },
    /// `kill-switch --hard`.
    HardSwitch {
        by: Name,
    },
    JobManagerSilent,
}

/// How an action ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum End {
    Helped {
        cure: Cure,
    },
    NoChange,
    /// Nothing was touched.
    Held {
        hold: Hold,
    },
    /// Nothing was changed.
    Failed {
        why: Why,
    },
    RolledBack {
        why: Why,
    },
    /// A person is called.
    Stuck {
        why: Why,
    },
}

impl End {
    pub fn kind(&self) -> EndKind {
        match self {
            End::Helped { .. } => EndKind::Helped,
            End::NoChange => EndKind::NoChange,
            End::Held { .. } => EndKind::Held,
            End::Failed { .. } => EndKind::Failed,
            End::RolledBack { .. } => EndKind::RolledBack,
            End::Stuck { .. } => EndKind::Stuck,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    pub request: Request,
}

/// Has a request gone out?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    Not,
    /// It is older than this process.
    Perhaps,
    Surely,
}

/// An action as its journal tells it: [`ActionState::apply`] over its entries, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionState {
    pub id: Name,
    pub plan: Plan,
    /// The generation that its beginning took.
    pub generation: u64,
    pub began: Millis,
    pub leg: Leg,
    /// Which step of the leg.
    pub at: usize,
    /// Number of the submission whose id is in use; grows over both legs.
    pub attempt: u32,
    /// Submissions of this leg that failed.
    pub tries: u32,
    pub open: Option<Intent>,
    /// Of the open intent, as far as this process knows. In no journal.
    pub left: Left,
    /// A stop was seen to be over, and nothing of ours has been seen to run since.
    pub stopped: bool,
    /// The running job is not as it was.
    pub changed: bool,
    /// What our last submission started.
    pub ours: Option<RunId>,
    pub chosen: Option<RestorePoint>,
    /// Why the last try failed.
    pub failed: Option<Why>,
    pub turned: Option<Why>,
    pub paged: bool,
    /// That it runs narrower than was asked for has been said.
    pub narrower: bool,
    /// At the verdict of this leg.
    pub measured: Option<Figures>,
    pub ended: Option<End>,
    /// Entries taken: the number of the next one.
    pub entries: u32,
}

impl ActionState {
    pub fn begun(id: Name, plan: Plan, generation: u64, began: Millis) -> ActionState {
        ActionState {
            id,
            plan,
            generation,
            began,
            leg: Leg::Forward,
            at: 0,
            attempt: 1,
            tries: 0,
            open: None,
            left: Left::Perhaps,
            stopped: false,
            changed: false,
            ours: None,
            chosen: None,
            failed: None,
            turned: None,
            paged: false,
            narrower: false,
            measured: None,
            ended: None,
            entries: 0,
        }
    }

    /// The step that is to be done now; None: the leg is at its end.
    pub fn step(&self) -> Option<&Step> {
        match self.leg {
            Leg::Forward => self.plan.steps.get(self.at),
            Leg::Back => self.plan.rollback.get(self.at),
        }
    }

    /// The run that the action speaks of now.
    pub fn current(&self) -> &RunId {
        self.ours.as_ref().unwrap_or(&self.plan.run)
    }

    /// Under which the next submission goes out.
    pub fn next_run(&self) -> RunId {
        run_id(&self.plan, self.generation, self.attempt)
    }

    /// Every job id that this action has used or may use next.
    pub fn runs(&self) -> impl Iterator<Item = RunId> + '_ {
        (1..=self.attempt).map(|n| run_id(&self.plan, self.generation, n))
    }

    /// A cancel is in the journal, and its end not yet: it may have been sent.
    pub fn stops(&self) -> bool {
        matches!(self.open.as_ref().map(|o| &o.request), Some(Request::Cancel { .. }))
    }

    /// Something of the job was changed, or may have been.
    pub fn touched(&self) -> bool {
        self.changed_by(Left::Perhaps)
    }

    /// By a request that has left so surely, at least.
    fn changed_by(&self, left: Left) -> bool {
        let asks = self.open.as_ref().is_some_and(|i| i.request.changes());
        self.changed || self.stopped || (asks && self.left >= left)
    }

    /// At which the guards are asked before an effect. What only may have been sent, by a process
    /// that is no more, is weighed as if it had not.
    pub fn stage(&self) -> Stage {
        if self.changed_by(Left::Surely) { Stage::Effect } else { Stage::First }
    }

    pub fn trigger(&self) -> Name {
        trigger_id(&self.plan, self.generation, self.leg, self.at)
    }

    pub fn apply(&mut self, entry: &Entry) {
        self.entries += 1;
        match entry {
            Entry::Intent { request } => self.open = Some(Intent { request: request.clone() }),
            Entry::Done { started } => self.done(started.clone()),
            Entry::Without { .. } => self.done(None),
            Entry::Failed { why, burnt, live } => {
                self.failed = Some(why.clone());
                self.failed(*burnt, *live);
            }
            Entry::Dropped => self.open = None,
            Entry::Chosen { point } => {
                self.chosen = Some(point.clone());
                // also anew before a submission, where the one before had got further
                self.at += usize::from(self.step() == Some(&Step::Choose));
            }
            Entry::Turned { why } => {
                self.turned = Some(why.clone());
                (self.leg, self.at, self.tries, self.open) = (Leg::Back, 0, 0, None);
                (self.measured, self.paged) = (None, false);
            }
            Entry::Paged { .. } => self.paged = true,
            Entry::Narrower { .. } => self.narrower = true,
            Entry::Measured { figures } => self.measured = Some(*figures),
            Entry::Closed { end } => {
                self.ended = Some(end.clone());
                self.open = None;
            }
        }
    }

    fn done(&mut self, started: Option<RunId>) {
        let sent = self.open.take().is_some();
        match self.step() {
            // one that had ended before we asked is not down by our doing
            Some(Step::Stop { .. }) if sent => (self.stopped, self.changed) = (true, true),
            Some(Step::Submit { .. }) => (self.stopped, self.ours) = (false, started),
            Some(Step::Scale { .. }) => self.changed |= sent,
            _ => {}
        }
        if matches!(self.step(), Some(Step::Submit { .. })) {
            // the id is used: another submission needs another
            self.attempt += 1;
            // who was called while it was down is called anew when it goes down again
            (self.narrower, self.paged) = (false, false);
            self.changed = true;
        }
        self.at += 1;
        self.tries = 0;
    }

    fn failed(&mut self, burnt: bool, live: bool) {
        let intent = self.open.take();
        self.tries += 1;
        let submit = matches!(self.step(), Some(Step::Submit { .. }));
        if submit && live {
            self.ours = intent.map(|i| i.request.run().clone());
            self.stopped = false;
        }
        if submit && (burnt || live) {
            self.attempt += 1;
        }
        // it may have come about in part, or come about yet
        self.changed |= live;
    }
}
