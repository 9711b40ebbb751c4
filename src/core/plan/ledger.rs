//! What the journal knows, read in the same transaction that begins an action.

use crate::case::{Plan, Scope};
use crate::estate::{JobKey, Millis, Name, PlannedWork};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// By the clock of the database.
    pub now: Millis,
    /// Who may write: 0 before anybody took the lease.
    pub epoch: u64,
    /// Of the job that is asked about. An action that begins takes the next one: while it is under
    /// way this is its plan's and one more, unless something else moved the job.
    pub generation: u64,
    pub open: Vec<OpenAction>,
    /// Actions of the last 24 hours that are over, newest last; a stuck one that nobody has looked
    /// at stays until somebody does.
    pub past: Vec<Past>,
    pub switches: Vec<Switch>,
    pub planned: Vec<PlannedWork>,
    pub approvals: Vec<Approval>,
    /// What a person said no to, and nobody yes since, of incidents that are not over.
    pub declined: Vec<Declined>,
    /// Playbooks that are off until a person has looked, since when.
    pub playbooks_off: Vec<(Name, Millis)>,
    /// The database is not what it should be: nothing begins.
    pub unsound: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAction {
    pub action: Name,
    pub job: JobKey,
    pub playbook: Name,
    pub failure_domain: Name,
    pub incident: Name,
    pub began: Millis,
    /// [`crate::case::Plan::resumes`]
    pub resumes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndKind {
    /// Cured or improved.
    Helped,
    /// Carried out, and nothing became better.
    NoChange,
    /// It ended before anything was touched.
    Held,
    /// Nothing was changed, and what was asked did not work.
    Failed,
    RolledBack,
    /// A person has to look.
    Stuck,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub action: Name,
    pub job: JobKey,
    pub playbook: Name,
    pub failure_domain: Name,
    pub incident: Name,
    pub began: Millis,
    pub ended: Millis,
    pub end: EndKind,
    /// [`crate::case::Plan::resumes`]
    pub resumes: bool,
    /// A person has looked at it since.
    pub seen_by: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    pub scope: Scope,
    pub by: Name,
    pub why: Name,
    pub at: Millis,
    /// None: until somebody takes it back.
    pub until: Option<Millis>,
    /// Also in the middle of an action, after a stop.
    pub hard: bool,
}

impl Switch {
    /// Whether it stops this playbook on this job at `now`.
    pub fn is_on(&self, now: Millis, job: &JobKey, playbook: &str) -> bool {
        self.until.is_none_or(|until| now < until) && self.scope.covers(job, playbook)
    }

    /// Who has thrown what stands in the kill-switch file: nobody's name.
    pub const FILE: &str = "kill-switch file";

    pub fn of_file(&self) -> bool {
        &*self.by == Switch::FILE
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// [`crate::case::Plan::hash`].
    pub plan: Name,
    pub by: Name,
    pub at: Millis,
    /// Declined: a no to this plan.
    pub yes: bool,
}

/// A no is remembered for every plan of the playbook for the job in the incident: the next look
/// makes another plan for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    pub incident: Name,
    pub job: JobKey,
    pub playbook: Name,
    pub by: Name,
    pub at: Millis,
}

impl Declined {
    pub fn covers(&self, plan: &Plan) -> bool {
        self.incident == plan.incident.0 && self.job == plan.job && self.playbook == plan.playbook
    }
}
