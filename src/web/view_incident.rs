//! What the API answers about trouble: incidents, their evidence, the rules. As in `view`: times
//! are ms since the epoch, lengths of time seconds, an absent number is unknown, text from the
//! estate is as the estate gave it.

use super::view::{Delay, RepairNow};
use super::view_planned::PlannedView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The same in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TextView {
    pub en: String,
    pub zh: String,
}

/// true | false | unknown: unknown is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Unknown,
}

/// provisional | confirmed | recovering | closed
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStage {
    /// Said at once; may still change its mind.
    Provisional,
    Confirmed,
    /// Its symptoms are gone; open for a while in case they come back.
    Recovering,
    Closed,
}

/// What kind of answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// One cause.
    Root,
    /// One of several that share their cure; what tells them apart is missing.
    Family,
    /// Between these it cannot be decided; no causes: nothing that we know fits.
    Undetermined,
}

/// A place that something is said of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubjectView {
    /// job | vertex | subtask | taskmanager | flink_cluster | topic | partition | broker |
    /// kafka_cluster | host
    pub kind: String,
    /// `<kind>:<path>`, as `/api/v1/ask` takes it; the same across restarts.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// The node of the lineage that it belongs to, if any.
    pub node: Option<String>,
    /// The page of Flink that shows it.
    pub flink_url: Option<String>,
}

/// A number in the unit that it is shown in, or a text, or a bare truth: one of the three.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FigureView {
    pub value: Option<f64>,
    /// s | ratio | records | records/s | bytes | cores | count | ...
    pub unit: Option<String>,
    pub text: Option<String>,
    pub truth: Option<bool>,
}

/// What a verdict says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerdictView {
    pub kind: VerdictKind,
    /// The one cause of a root; those that a family or an undecided answer leaves open.
    pub causes: Vec<String>,
    pub family: Option<String>,
}

/// How much it hurts: what the list is ordered by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarmView {
    /// Something is over its declared target.
    pub breach: bool,
    /// The job that is furthest over its target, else the one that is latest.
    pub worst: Option<VictimView>,
    /// Jobs that suffer and are not at fault.
    pub victims: u32,
    /// Their nodes in the lineage, nearest first, at most 50.
    pub victim_nodes: Vec<String>,
    /// Until unread records fall out of a topic's retention, s, if nothing is done; None: nothing
    /// that waits is known to be in danger.
    pub data_loss_s: Option<f64>,
    /// Of which topic.
    pub data_loss_topic: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AckView {
    pub at: i64,
    pub by: String,
    pub note: Option<String>,
}

/// One line of the list of incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentRow {
    pub id: String,
    pub state: IncidentStage,
    /// The first line: who suffers how much, and why.
    pub sentence: TextView,
    pub verdict: VerdictView,
    /// root | relation | consequence | hazard | not_a_fault
    pub role: String,
    pub subject: SubjectView,
    /// When it began, by its evidence; `opened`: when it was first said.
    pub onset: i64,
    pub opened: i64,
    pub closed: Option<i64>,
    /// When it was last seen to be so.
    pub last_seen: i64,
    /// From its onset until it was closed or now, s.
    pub duration_s: f64,
    pub harm: HarmView,
    pub acked: Option<AckView>,
    /// Its root lies where somebody works (or worked all the while it was open): nobody is called.
    pub planned: Option<PlannedView>,
    /// Open, under a silence: nobody is called, and all else goes on.
    pub silenced: Option<PlannedView>,
    /// What is being done about it.
    pub repair: Option<RepairNow>,
}

/// Incidents in order of harm; closed ones, newest first, after the open ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentList {
    pub at: i64,
    /// How many fit the filter.
    pub total: u32,
    /// How many are open in all.
    pub open: u32,
    pub incidents: Vec<IncidentRow>,
    /// Looks like trouble and is none.
    pub calm: Vec<CalmView>,
    /// Seen, and too young to be explained or to be called undetermined.
    pub pending: Vec<SymptomView>,
}

/// Seen, and no trouble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CalmView {
    pub subject: SubjectView,
    /// catching_up | planned_restart | under_repair | seasonal | one_checkpoint_failed | not_seen | window_burst |
    /// commits_only
    pub why: String,
    pub since: i64,
    /// When it will be over at the present speed, s from now.
    pub eta_s: Option<f64>,
    /// Seasonal: what is usual at this time of day, and by which days.
    pub usual: Option<TextView>,
}

/// One incident with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentView {
    /// The moment that delays and `data_loss_s` speak of.
    pub at: i64,
    pub row: IncidentRow,
    /// What is the matter, with figures: one sentence about the root alone.
    pub says: TextView,
    /// 0 to 1: share of the evidence that the cause needs which was seen to hold.
    pub support: f64,
    /// Oldest first.
    pub timeline: Vec<EventView>,
    /// From the root to its victims; None: nothing of it is in the lineage.
    pub path: Option<HarmPath>,
    /// Most telling first.
    pub evidence: Vec<EvidenceView>,
    pub considered: Vec<ConsideredView>,
    pub missing: Vec<MissingView>,
    /// What was found too and follows from it.
    pub consequences: Vec<FindingView>,
    /// Nearest first.
    pub victims: Vec<VictimView>,
    pub symptoms: Vec<SymptomView>,
    pub advice: Vec<TextView>,
    /// What must not be done.
    pub never: Vec<TextView>,
    /// Playbooks that cure it, by name.
    pub cures: Vec<String>,
    /// What was said before, oldest first.
    pub said: Vec<SaidView>,
    pub corrections: Vec<CorrectionView>,
    /// Another incident's id.
    pub merged_into: Option<String>,
    pub split_from: Option<String>,
    /// The file on the server in which its surroundings were recorded: `streamwarden replay` tells
    /// it, `/api/v1/incident/recording` gives it.
    pub recording: Option<String>,
}

/// A moment of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    pub at: i64,
    /// onset | opened | revised | confirmed | spread | eased | recovering | relapsed | merged |
    /// split | closed | acknowledged | corrected
    pub event: String,
    /// opened, revised: what is said from then on.
    pub says: Option<SaidView>,
    /// revised: what was said until then.
    pub from: Option<SaidView>,
    /// spread: who suffers now, by name; eased: who no longer does.
    pub victims: Vec<String>,
    /// merged, split: the other incident's id.
    pub other: Option<String>,
    /// closed: over | no_trouble | merged | gone
    pub why: Option<String>,
    /// acknowledged, corrected: who, and what they said of it.
    pub by: Option<String>,
    pub note: Option<String>,
}

/// What was said at some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SaidView {
    pub at: i64,
    pub verdict: VerdictView,
    pub subject: SubjectView,
    pub says: TextView,
}

/// The way through the lineage from the root to its victims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarmPath {
    /// Upstream first.
    pub nodes: Vec<HarmNode>,
    pub edges: Vec<HarmEdge>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarmNode {
    /// Node id of the lineage.
    pub id: String,
    /// job | topic
    pub kind: String,
    pub name: String,
    /// root | victim | between | upstream
    pub part: String,
    /// A job's Flink state.
    pub state: Option<String>,
    /// A job: age of its output, s, and what of it arises here.
    pub late_s: Option<f64>,
    pub own_s: Option<f64>,
    pub target_s: Option<f64>,
    /// A topic's retention, ms; -1 unlimited; None unknown.
    pub retention_ms: Option<i64>,
    /// For drawing: from the left, from the top.
    pub column: u32,
    pub row: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HarmEdge {
    pub from: String,
    pub to: String,
    /// reads | writes
    pub kind: String,
    pub delay: Delay,
    /// Only inferred (matched rates): drawn lighter.
    pub inferred: bool,
}

/// One named condition, as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceView {
    pub name: String,
    pub truth: Truth,
    /// None: say the checks.
    pub words: Option<TextView>,
    /// The condition as the rule writes it.
    pub expr: String,
    pub at: i64,
    pub checks: Vec<CheckView>,
}

/// One comparison with its figures. `/api/v1/ask` and `/api/v1/evidence-curve` take `subject.id`
/// and `expr`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    pub truth: Truth,
    pub subject: SubjectView,
    /// The left side, in the rules' language.
    pub expr: String,
    pub value: Option<FigureView>,
    /// >= | <= | > | < | = | != | matches | ...; None for a bare truth.
    pub op: Option<String>,
    pub threshold: Option<FigureView>,
    /// How long it had to hold, s.
    pub held_s: Option<f64>,
    /// Why it is unknown.
    pub missing: Option<String>,
}

/// A cause that fitted the place and was not taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConsideredView {
    pub cause: String,
    pub subject: SubjectView,
    /// need_fails | spoken_against | explained_away | unknown | too_late
    pub why_not: String,
    pub evidence: Vec<EvidenceView>,
}

/// What would settle it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MissingView {
    /// The evidence's name in the rule of `cause`.
    pub name: String,
    pub cause: String,
    /// Which series, rights or probe would tell.
    pub what: String,
    /// thread_dump | flame_graph | checkpoint_detail | log_tail | describe_topic: `serve --probe`
    /// allows it.
    pub probe: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    pub cause: String,
    pub subject: SubjectView,
    pub says: TextView,
}

/// A job that suffers and is not at fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VictimView {
    pub subject: SubjectView,
    /// Age of what it hands on, s.
    pub late_s: Option<f64>,
    pub target_s: Option<f64>,
}

/// What can be seen to be wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SymptomView {
    /// late | edge_late | path_late | lag_grows | watermark_stalled | throughput_dropped |
    /// restarted | not_running | checkpoint_old | checkpoints_fail | partitions_unread |
    /// input_lost | input_stopped | control_lost | base_ill | hazard
    pub kind: String,
    pub subject: SubjectView,
    /// A path's or an edge's name.
    pub what: Option<String>,
    pub onset: i64,
    /// It began before what history shows.
    pub onset_at_least: bool,
    pub value: Option<f64>,
    pub threshold: Option<f64>,
    pub unit: String,
    /// target | baseline | bound
    pub against: String,
    /// Per second; positive: getting worse.
    pub trend: Option<f64>,
    /// What is usual at this time of day, where it was held against that.
    pub usual: Option<TextView>,
}

/// What a person said of a diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorrectionView {
    pub at: i64,
    pub by: String,
    pub right: bool,
    /// The true cause and place, in their words.
    pub cause: Option<String>,
    pub subject: Option<String>,
    pub note: Option<String>,
}

/// Who takes care of it: `POST /api/v1/incident/ack`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckRequest {
    /// The incident's id, or enough of its beginning.
    pub id: String,
    pub by: String,
    pub note: Option<String>,
}

/// Right or wrong: `POST /api/v1/incident/correct`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectRequest {
    /// The incident's id, or enough of its beginning.
    pub id: String,
    pub by: String,
    /// right | wrong
    pub verdict: String,
    /// Wrong: the true cause and place, where known.
    pub cause: Option<String>,
    pub subject: Option<String>,
    pub note: Option<String>,
}

/// A part of a diagnosis asked again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The moment it speaks of.
    pub at: i64,
    pub subject: SubjectView,
    pub expr: String,
    /// Of a condition.
    pub truth: Option<Truth>,
    /// Of a value; None: unknown.
    pub value: Option<FigureView>,
    pub checks: Vec<CheckView>,
    /// Why it is unknown.
    pub missing: Option<String>,
}

/// A value over time, for the plot beside a piece of evidence. Points are (ms, value); a hole in
/// time is a hole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceCurve {
    pub at: i64,
    pub from: i64,
    pub to: i64,
    /// Points further apart than three times this are not joined.
    pub step_ms: i64,
    pub subject: SubjectView,
    pub expr: String,
    pub unit: Option<String>,
    pub points: Vec<(i64, f64)>,
    /// Where `expr` is a comparison: its right side, and how it compares.
    pub threshold: Option<f64>,
    pub op: Option<String>,
}

/// All rules, and the files that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleList {
    /// When they were last read.
    pub loaded: Option<i64>,
    pub rules: Vec<RuleRow>,
    /// What these files change is not in force.
    pub errors: Vec<RuleError>,
    /// When our rules were last scored on recorded incidents; None: never.
    pub scored: Option<ScoredView>,
}

/// What the records of rules were counted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScoredView {
    pub at: i64,
    /// Recorded faults, and controls in which nothing is wrong.
    pub recordings: u32,
    /// Our rules have not changed since.
    pub same_rules: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleRow {
    pub cause: String,
    /// root | relation | consequence | hazard | not_a_fault
    pub role: String,
    /// code | config | resource | cluster | link | data | deploy
    pub layer: String,
    pub family: Option<String>,
    /// Where it is asked: "vertex with input hash".
    pub at: String,
    pub says: TextView,
    /// What it was proven with; None: it may advise, never act.
    pub proof: Option<String>,
    /// Where the knowledge comes from.
    pub source: Option<String>,
    pub record: RuleRecord,
    pub file: String,
}

/// How often it was right on recorded incidents; None: not scored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleRecord {
    pub right: Option<u32>,
    pub wrong: Option<u32>,
    pub undetermined: Option<u32>,
    /// What people said of its diagnoses.
    pub said_right: u32,
    pub said_wrong: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleError {
    pub file: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub error: String,
    pub todo: Option<String>,
}

/// One rule in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    pub row: RuleRow,
    pub needs: Vec<RuleCondition>,
    pub against: Vec<RuleCondition>,
    pub lookalikes: Vec<Lookalike>,
    pub advice: Vec<TextView>,
    pub never: Vec<TextView>,
    pub cures: Vec<String>,
    /// The file as it is written.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleCondition {
    pub name: String,
    pub expr: String,
}

/// Another cause that looks the same, and what tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lookalike {
    pub cause: String,
    pub told_apart_by: String,
}

/// What an event `incident` of `/api/v1/events` carries: the book of incidents changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentTick {
    pub at: i64,
    /// How many are open.
    pub open: u32,
    /// Those that changed.
    pub changed: Vec<String>,
}
