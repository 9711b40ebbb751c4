//! Where the web side reads what would be done, what was done, and writes what people say to it.

use futures_util::future::BoxFuture;
use std::path::PathBuf;
use std::sync::Arc;
use streamwarden_core::action::ActionRecord;
use streamwarden_core::case::{Hold, IncidentId, Mode, PlanReport, Scope};
use streamwarden_core::estate::{ClusterId, JobKey, Millis, Name};
use streamwarden_core::plan::{Ask, OpenAction, Playbook, Switch};

/// Why it cannot be answered or written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepairError {
    NotFound,
    /// Several ids begin so.
    Several(Vec<String>),
    /// No such plan stands now: the job, or what would be done, has changed since it was shown.
    Stale {
        /// Plans of the same incident and job that stand now.
        now: Vec<Name>,
    },
    /// The store does not work: what was wrong.
    Store(String),
}

/// What would be done now for one job of an incident, whatever the mode.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub incident: IncidentId,
    pub job: JobKey,
    /// Of the look that it was made from.
    pub at: Millis,
    pub report: PlanReport,
    /// [`streamwarden_core::case::Plan::hash`]: what a person says yes to.
    pub hash: Option<Name>,
    /// How far we may go by ourselves with a plan of this risk on this job.
    pub mode: Mode,
    /// The plan's requests in order as they would go out, secrets hidden.
    pub requests: Vec<String>,
}

/// See [`Proposal::applies`].
pub fn applies(holds: &[Hold]) -> bool {
    let fails = |h: &Hold| match h {
        Hold::Precondition { unknown: false, .. } => true,
        Hold::Precondition { name, .. } => **name == *Ask::TrueRate.name(),
        _ => false,
    };
    !holds.iter().any(fails)
}

impl Proposal {
    /// None of its conditions fails, and it is known what it would do. A condition that is unknown
    /// may hold yet; where it is not known how wide a job has to be, a yes would be to nothing.
    pub fn applies(&self) -> bool {
        applies(&self.report.holds)
    }
}

/// A plan that was made and not carried out, kept from when it was first seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub incident: Name,
    pub job: JobKey,
    pub playbook: Name,
    pub hash: Name,
    pub first: Millis,
    pub last: Millis,
    pub report: PlanReport,
}

/// How often a playbook was used, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub helped: u32,
    pub no_change: u32,
    pub failed: u32,
    pub rolled_back: u32,
    pub stuck: u32,
    /// Ended before anything was touched.
    pub held: u32,
}

#[derive(Clone, Debug)]
pub struct Book {
    pub playbook: Playbook,
    pub record: Record,
    /// Two failures within a day: off until a person has looked.
    pub off_since: Option<Millis>,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    pub n: i64,
    pub at: Millis,
    pub who: String,
    pub what: String,
    /// JSON.
    pub detail: String,
}

/// What may be done at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// By risk: A may lose or double data, B interrupts, C is harmless.
    pub a: Mode,
    pub b: Mode,
    pub c: Mode,
    /// Clusters with `act`; all others are only observed.
    pub clusters: Vec<ClusterId>,
    /// Honoured also where there is no database.
    pub kill_file: PathBuf,
    /// There is somebody to call.
    pub calls: bool,
}

/// An open action that is damaged, or of another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub open: OpenAction,
    /// Who let it.
    pub by: Name,
    pub seen: Vec<(Millis, Name, Name)>,
}

/// A kill switch that somebody throws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSwitch {
    pub scope: Scope,
    pub by: Name,
    pub why: Name,
    /// None: until somebody takes it back.
    pub until: Option<Millis>,
    /// Also in the middle of an action.
    pub hard: bool,
}

/// Where a switch stands that was thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    Journal,
    /// The database did not take it in time. A line of the file has no end: it stays until somebody
    /// takes it out.
    File,
}

type Asked<'a, T> = BoxFuture<'a, Result<T, RepairError>>;

pub trait Repairs: Send + Sync {
    fn reach(&self) -> Reach;

    /// Of the last look, the worst incident first.
    fn proposals(&self) -> Arc<Vec<Proposal>>;

    /// Plans that were not carried out, newest first; of one incident where it is named.
    fn held<'a>(&'a self, incident: Option<&'a str>, limit: u32) -> Asked<'a, Vec<Held>>;

    /// Newest first; of one incident where it is named. The open ones among them.
    fn actions<'a>(
        &'a self,
        incident: Option<&'a str>,
        offset: u32,
        limit: u32,
    ) -> Asked<'a, Vec<ActionRecord>>;

    /// By its id or the beginning of one.
    fn action<'a>(&'a self, id: &'a str) -> Asked<'a, ActionRecord>;

    /// Open ones that cannot be read: they are in no other list.
    fn unreadable(&self) -> Asked<'_, Vec<Unreadable>>;

    /// A yes or no to the plan with this hash (or the beginning of it); on disk when it returns,
    /// with what it was said to.
    fn answer<'a>(&'a self, plan: &'a str, by: Name, yes: bool) -> Asked<'a, Proposal>;

    /// Of the database and of the file.
    fn switches(&self) -> Asked<'_, Vec<Switch>>;

    /// What stands in the file alone: told where the database does not work. Reads it.
    fn switches_of_file(&self) -> Vec<Switch>;

    /// On disk when it returns, within a second: in the file where the database is not quick enough.
    fn throw(&self, switch: NewSwitch) -> Asked<'_, Stands>;

    /// Takes back every switch of exactly this scope; how many there were. What stands in the file
    /// stays.
    fn release<'a>(&'a self, scope: &'a Scope, by: Name) -> Asked<'a, u64>;

    /// Somebody has looked at what became of an action: a stuck one's job is no longer left alone.
    /// `action`: its whole id.
    fn look_at<'a>(&'a self, action: &'a str, by: Name, note: Name) -> Asked<'a, ()>;

    fn playbooks(&self) -> Asked<'_, Vec<Book>>;

    /// Somebody has looked at a playbook that failed twice.
    fn playbook_on<'a>(&'a self, playbook: &'a str, by: Name, note: Name) -> Asked<'a, ()>;

    /// After row `after`, oldest first.
    fn audit(&self, after: i64, limit: u32) -> Asked<'_, Vec<AuditLine>>;
}
