//! What the API answers about repair: what would be done, what was done, what stops it. As in
//! `view`: times are ms since the epoch, lengths of time seconds, an absent number is unknown.

use super::view_incident::{RuleCondition, SubjectView, TextView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far we may go by ourselves. Modes: observe | suggest | approve | auto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReachView {
    /// By risk: A may lose or double data, B interrupts, C is harmless.
    pub a: String,
    pub b: String,
    pub c: String,
    /// Flink clusters with `act`; all others are only observed.
    pub clusters: Vec<String>,
    /// The kill-switch file on the server: works without a database.
    pub kill_file: String,
}

/// What would be done now, and what was held before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProposalList {
    pub at: i64,
    pub reach: ReachView,
    /// Of the last look, the worst incident first; at most 200.
    pub proposals: Vec<ProposalView>,
    /// Plans that were not carried out, newest first.
    pub held: Vec<HeldView>,
    /// Why `held` is not known: what is wrong with the store.
    pub error: Option<String>,
}

/// What would be done now for one job of an incident, whatever the mode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProposalView {
    pub incident: String,
    pub job: SubjectView,
    pub at: i64,
    /// observe | suggest | approve | auto: for a plan of this risk on this job.
    pub mode: String,
    /// None: no playbook is for it.
    pub plan: Option<RepairPlan>,
    /// What a person says yes or no to.
    pub hash: Option<String>,
    /// The requests in order as they would go out, secrets hidden.
    pub requests: Vec<String>,
    /// Why it is not carried out; empty: it may be.
    pub holds: Vec<HoldView>,
    /// False: a condition of its playbook does not hold, so that it is no plan for now.
    pub applies: bool,
    /// Playbooks that were looked at too, and why it is not them.
    pub not: Vec<NotTaken>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RepairPlan {
    pub playbook: String,
    /// A | B | C
    pub risk: String,
    pub says: TextView,
    /// The run that was observed: it is not carried out on another.
    pub run: String,
    pub made: i64,
    pub steps: Vec<TextView>,
    /// How to get back where the steps do not help; empty: there is no way back.
    pub rollback: Vec<TextView>,
    /// The job is interrupted.
    pub interrupts: bool,
    pub preconditions: Vec<PreconditionView>,
    pub secured: Option<PointView>,
}

/// A checkpoint or savepoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PointView {
    pub checkpoint: u64,
    pub savepoint: bool,
    pub path: String,
    pub taken: i64,
}

/// What must hold, with the value that it has now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreconditionView {
    pub name: String,
    pub says: TextView,
    /// None: unknown, which holds the plan.
    pub holds: Option<bool>,
    pub now: TextView,
}

/// A reason why nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// mode_forbids | needs_approval | declined | kill_switch | debounce | blast_radius | ...
    pub hold: String,
    pub says: TextView,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotTaken {
    pub playbook: String,
    pub holds: Vec<HoldView>,
}

/// A plan that was made and not carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HeldView {
    pub incident: String,
    pub job: SubjectView,
    pub playbook: String,
    pub hash: String,
    pub says: TextView,
    /// First and last time that it stood so.
    pub first: i64,
    pub last: i64,
    pub holds: Vec<HoldView>,
}

/// `POST /api/v1/plan/answer`: a yes or no to exactly this plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// Its hash, or the first eight digits and more.
    pub plan: String,
    pub yes: bool,
    pub by: String,
}

/// As it was written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswerView {
    pub yes: bool,
    pub by: String,
    pub to: ProposalView,
}

/// One action, as a line of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionRow {
    pub id: String,
    pub incident: String,
    pub job: SubjectView,
    pub playbook: String,
    pub risk: String,
    pub says: TextView,
    /// Who let it: a person, or the policy.
    pub by: String,
    pub began: i64,
    pub ended: Option<i64>,
    /// open | let_go | unreadable | helped | no_change | held | failed | rolled_back | stuck: with
    /// `let_go` and `unreadable` it is open, and nobody goes on with it here.
    pub state: String,
    /// The verdict, once it is over; why nobody goes on with it.
    pub verdict: Option<TextView>,
    /// Steps of its way (or of its way back) that are done, and how many there are.
    pub done: u32,
    pub steps: u32,
    /// On the way back.
    pub back: bool,
    /// What it does now.
    pub doing: Option<TextView>,
    /// It waits for a person to look at what became of it.
    pub look: bool,
    pub seen: Vec<LookView>,
}

/// Newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionList {
    pub at: i64,
    pub actions: Vec<ActionRow>,
    /// There are older ones.
    pub more: bool,
}

/// One action with its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionView {
    pub at: i64,
    pub row: ActionRow,
    pub plan: RepairPlan,
    pub hash: String,
    pub generation: u64,
    /// Oldest first.
    pub lines: Vec<LineView>,
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineView {
    pub at: i64,
    pub says: TextView,
    /// What was about to be sent.
    pub request: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookView {
    pub at: i64,
    pub by: String,
    pub note: String,
}

/// `POST /api/v1/action/look`: somebody has looked at what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookRequest {
    /// The action's id, or enough of its beginning.
    pub id: String,
    pub note: String,
    pub by: String,
}

/// What stops actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SwitchView {
    /// `estate`, `cluster:<name>`, `playbook:<name>` or `job:<cluster>/<key>`
    pub scope: String,
    pub says: TextView,
    pub by: String,
    pub why: String,
    pub at: i64,
    /// None: until somebody takes it back.
    pub until: Option<i64>,
    /// Also in the middle of an action, after a stop.
    pub hard: bool,
    /// It stands in the file, and goes only when it is taken out there: also where the database
    /// did not take one in time.
    pub file: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SwitchList {
    pub at: i64,
    pub reach: ReachView,
    pub switches: Vec<SwitchView>,
    /// Why those of the database are not known: what is wrong with the store.
    pub error: Option<String>,
}

/// `POST /api/v1/kill-switch/throw`: until a moment, for a length of time, or until it is taken
/// back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThrowRequest {
    pub scope: String,
    pub why: String,
    pub until: Option<i64>,
    /// Instead of `until`, s.
    pub for_s: Option<u32>,
    pub hard: bool,
    pub by: String,
}

/// `POST /api/v1/kill-switch/release`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    pub scope: String,
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedView {
    pub scope: String,
    /// How many switches of this scope there were.
    pub released: u64,
    /// What still stops actions there: the file, or a wider switch.
    pub left: Vec<SwitchView>,
}

/// A lesser risk than the playbook's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EasedView {
    pub risk: String,
    /// observe | suggest | approve | auto: of that risk.
    pub mode: String,
    pub says: TextView,
}

/// A playbook with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaybookView {
    pub name: String,
    pub file: String,
    pub risk: String,
    /// observe | suggest | approve | auto: for its risk.
    pub mode: String,
    pub says: TextView,
    /// When it is of a lesser risk than `risk`, and what that comes to.
    pub eased: Option<EasedView>,
    pub cures: Vec<String>,
    pub needs: Vec<RuleCondition>,
    pub asks: Vec<TextView>,
    /// With the requests that each step sends.
    pub steps: Vec<PlaybookStep>,
    pub rollback: Vec<PlaybookStep>,
    /// Instead of `steps` where the scheduler is the adaptive one.
    pub in_place: Vec<PlaybookStep>,
    pub source: String,
    pub record: PlaybookRecord,
    /// Two failures within a day: off until a person has looked.
    pub off_since: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaybookStep {
    pub says: TextView,
    /// `PATCH /jobs/<run>?mode=cancel`; None: nothing goes out.
    pub request: Option<String>,
}

/// How often it was used, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaybookRecord {
    pub helped: u32,
    pub no_change: u32,
    pub failed: u32,
    pub rolled_back: u32,
    pub stuck: u32,
    /// Ended before anything was touched.
    pub held: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaybookList {
    pub at: i64,
    pub reach: ReachView,
    pub playbooks: Vec<PlaybookView>,
}

/// `POST /api/v1/playbook/on`: somebody has looked at what failed; it may be used again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnRequest {
    pub playbook: String,
    pub note: String,
    pub by: String,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditRow {
    pub n: i64,
    pub at: i64,
    pub who: String,
    pub what: String,
    /// JSON.
    pub detail: String,
}

/// Oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditList {
    pub at: i64,
    pub rows: Vec<AuditRow>,
    /// To be asked for with `after`, for those that follow; None: these are all.
    pub next: Option<i64>,
}
