//! What the API answers, and so what the page, `--json` and the command line show. Made from a
//! snapshot by pure functions; text in it is as the estate gave it (the page sets text, never
//! markup; a terminal gets it through `plain`). Times are ms since the epoch; delays are seconds;
//! an absent number is unknown, never zero.

use super::view_base::{ComponentRow, StandRow};
use super::view_incident::TextView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// normal | near | over | no_target | unknown: grey for the last two, never green.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Normal,
    Near,
    Over,
    NoTarget,
    Unknown,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quantiles {
    pub window_s: f64,
    /// Share of the window (0 to 1) in which it was known.
    pub known: f64,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
}

/// A delay: age of the oldest record not yet processed there, seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delay {
    /// None: unknown; `unknown` says why.
    pub seconds: Option<f64>,
    /// It is at least this much; how much more is not known.
    pub at_least: bool,
    /// The moment the figure speaks of; its age is now minus this.
    pub at: Option<i64>,
    /// position | committed | timestamps | counters | watermark | transactions | chained | sum
    pub method: Option<String>,
    pub unknown: Option<String>,
    pub quantiles: Quantiles,
    /// Seconds per second; positive: getting later.
    pub trend: Option<f64>,
    /// Of it: what waits in the topic, and inside the reading job.
    pub topic_wait: Option<f64>,
    pub inside_wait: Option<f64>,
    /// Told apart from trouble: waiting for a watermark, for a commit.
    pub window_wait: Option<f64>,
    pub commit_wait: Option<f64>,
    /// Length of the longest window on the way.
    pub window_span: Option<f64>,
    pub records: Option<f64>,
    pub rate: Option<f64>,
    pub target_s: Option<f64>,
    pub status: Status,
}

/// A job on which an action of ours is under way: what is seen of it meanwhile is our doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepairNow {
    /// Its node in the lineage.
    pub job: String,
    pub name: String,
    pub action: String,
    pub says: TextView,
    pub since: i64,
    /// Nobody goes on with it, and somebody has to look: why.
    pub let_go: Option<TextView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    pub at: i64,
    pub version: String,
    /// observe | suggest | approve | auto: the most that may be done by itself, anywhere.
    pub mode: String,
    pub jobs: JobCounts,
    pub topics: u32,
    pub targets_up: u32,
    pub targets: u32,
    pub repairs: Vec<RepairNow>,
    /// Worst first: what is late, by how much, where.
    pub late: Vec<LateItem>,
    pub groups: Vec<GroupRow>,
    pub clusters: Vec<ClusterRow>,
    /// What the jobs stand on; what is ill first.
    pub components: Vec<ComponentRow>,
    pub recent_changes: Vec<ChangeView>,
    pub blind: Vec<BlindView>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobCounts {
    pub total: u32,
    pub running: u32,
    /// RESTARTING, FAILING, INITIALIZING, CREATED, ...: on its way somewhere.
    pub changing: u32,
    pub failed: u32,
    /// CANCELED, FINISHED, SUSPENDED.
    pub ended: u32,
    pub unknown: u32,
    /// No longer listed, and nobody has seen them end: their JobManager was lost with them.
    pub lost: u32,
}

/// One line of "what is late": a job, a path, an edge, or a component by its own figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LateItem {
    /// path | job | edge | component
    pub kind: String,
    /// Node or path id, for a link.
    pub id: String,
    pub label: String,
    pub delay: Delay,
    /// The node where most of the delay arises, when known.
    pub arises_at: Option<String>,
    /// topic | inside | window | commit
    pub arises_as: Option<String>,
    /// True: late only because an upstream is.
    pub inherited: bool,
}

/// Row of the grouped overview: a business line, layer or cluster. What is in a business line or a
/// layer counts there and in its cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupRow {
    pub name: String,
    /// group | layer | cluster
    pub kind: String,
    pub jobs: u32,
    pub topics: u32,
    pub status: Status,
    /// Worst p99 in it, seconds.
    pub p99: Option<f64>,
    pub worst: Option<LateItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterRow {
    pub name: String,
    /// flink | kafka
    pub kind: String,
    pub version: Option<String>,
    /// False: read tolerantly, not claimed.
    pub version_claimed: bool,
    pub reachable: bool,
    pub seen: Option<i64>,
    pub jobs: Option<u32>,
    pub taskmanagers: Option<u32>,
    pub slots_total: Option<u32>,
    pub slots_available: Option<u32>,
    pub brokers: Option<u32>,
    pub topics: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlindView {
    /// snake_case of a `BlindKind` of the lineage or of a `GapReason`, for the reader's language.
    pub kind: String,
    pub node: Option<String>,
    /// What cannot be seen, in words: "what ads-risk writes".
    pub what: String,
    pub why: String,
    pub since: i64,
    pub target: Option<String>,
    /// What would open the eye: "give --kafka", "declare it".
    pub todo: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LineageView {
    /// The moment it speaks of.
    pub at: i64,
    /// Node in focus, if any.
    pub focus: Option<String>,
    pub hops: u32,
    /// around | upstream | downstream | path
    pub direction: String,
    pub nodes: Vec<NodeView>,
    pub edges: Vec<EdgeView>,
    /// Slowest path through what is shown (thick line): ids of its nodes in order.
    pub critical: Vec<String>,
    pub paths: Vec<PathView>,
    /// Nodes in the whole graph; what is not shown stands in `rest` by group.
    pub total_nodes: u32,
    pub rest: Vec<GroupRow>,
    /// Column captions from the left where a layer owns a column.
    pub columns: Vec<Option<String>>,
    /// True: delays and states of colour are those of `at`; the structure is as known now.
    pub historic: bool,
    /// The earliest moment that can be asked for with `at`.
    pub history_since: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeView {
    /// "job:<cluster>/<key>", "topic:<cluster>/<topic>" or "component:<name>".
    pub id: String,
    /// job | topic | component
    pub kind: String,
    pub name: String,
    /// Of a component: what it is called, such as `pulsar`.
    pub cluster: String,
    pub layer: Option<String>,
    /// A job's Flink state; a component: well, ill or unknown; a topic: None.
    pub state: Option<String>,
    pub ambiguous: bool,
    pub inside: Option<Delay>,
    /// Age of the data when it leaves the job, whoever made it late.
    pub total: Option<Delay>,
    /// Of `total`, what arises here, s.
    pub own: Option<f64>,
    pub status: Status,
    pub arises: bool,
    pub inherits: bool,
    /// A topic's retention, ms; -1 unlimited; None unknown.
    pub retention_ms: Option<i64>,
    /// Neighbours that exist but are not shown: the node can be expanded.
    pub hidden_upstream: u32,
    pub hidden_downstream: u32,
    pub column: u32,
    pub row: u32,
    pub repair: Option<RepairNow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EdgeView {
    pub id: String,
    pub from: String,
    pub to: String,
    /// reads | writes
    pub kind: String,
    /// In words, most certain first: "connector metrics", "matched rates (3 levels, 0.4 % off)".
    pub known_from: Vec<String>,
    /// Only inferred (matched rates): drawn lighter.
    pub inferred: bool,
    pub groups: Vec<String>,
    pub delay: Delay,
    pub unread_partitions: Vec<i32>,
    pub critical: bool,
    /// Of the job at one end: its delay moves by our doing.
    pub repair: Option<RepairNow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PathView {
    pub id: String,
    pub nodes: Vec<String>,
    pub label: String,
    pub delay: Delay,
    pub declared: bool,
    /// Node where most of it is spent.
    pub slowest: Option<String>,
}

/// The table of tasks by levels around a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LevelsView {
    pub at: i64,
    pub focus: String,
    pub rows: Vec<LevelRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LevelRow {
    /// -2: up two, 0: this, 1: down one.
    pub level: i32,
    /// The run's Flink job id (application id).
    pub application: Option<String>,
    pub node: String,
    pub name: String,
    /// The topic read on the way, where the row is an edge.
    pub topic: Option<String>,
    pub group: Option<String>,
    pub delay: Delay,
    pub checked_at: Option<i64>,
    /// The delay arises in this job, or only reaches it from upstream.
    pub arises: bool,
    pub inherits: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobRow {
    pub id: String,
    pub name: String,
    pub cluster: String,
    pub layer: Option<String>,
    pub state: String,
    pub ambiguous: bool,
    pub run: String,
    pub start: i64,
    pub parallelism: Option<u32>,
    pub restarts: Option<f64>,
    pub status: Status,
    /// Age of the data when it leaves the job.
    pub delay: Delay,
    /// Of it, what arises here, s.
    pub own: Option<f64>,
    pub checkpoint_age_s: Option<f64>,
    pub seen: i64,
    /// Its JobManager did not tell of it for a minute: the state is the last known one.
    pub stale: bool,
    pub repair: Option<RepairNow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobList {
    pub at: i64,
    pub total: u32,
    pub jobs: Vec<JobRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    pub at: i64,
    pub row: JobRow,
    /// The page of Flink that shows it.
    pub flink_url: Option<String>,
    pub gone_since: Option<i64>,
    /// ZooKeeper, HDFS, YARN and components.
    pub stands_on: Vec<StandRow>,
    pub max_parallelism: Option<u32>,
    pub scheduler: Option<String>,
    pub inside: Option<Delay>,
    pub reads: Vec<EdgeView>,
    pub writes: Vec<EdgeView>,
    pub vertices: Vec<VertexView>,
    pub hops: Vec<HopView>,
    pub checkpoints: CheckpointsView,
    /// What the time before we came was like.
    pub past: PastView,
    pub exceptions: Vec<ExceptionView>,
    pub changes: Vec<ChangeView>,
    pub config: Vec<ConfigEntry>,
    /// Source and age of each part: "checkpoints" -> when they were read.
    pub seen: Vec<Seen>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    pub part: String,
    pub source: String,
    pub at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConfigEntry {
    pub key: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VertexView {
    pub id: String,
    pub name: String,
    pub description: String,
    pub status: String,
    pub parallelism: u32,
    pub max_parallelism: Option<u32>,
    /// Max over subtasks, 0 to 1.
    pub busy: Option<f64>,
    pub back_pressure: Option<f64>,
    pub idle: Option<f64>,
    pub records_in: Option<f64>,
    pub records_out: Option<f64>,
    /// Busiest subtask's records in over the median of the others; None at parallelism 1.
    pub skew: Option<f64>,
    /// Now minus the input watermark, s.
    pub watermark_lag: Option<f64>,
    pub subtasks: Vec<SubtaskView>,
    pub at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubtaskView {
    pub index: u32,
    pub taskmanager: Option<String>,
    pub busy: Option<f64>,
    pub back_pressure: Option<f64>,
    pub idle: Option<f64>,
    /// Records per second.
    pub records_in: Option<f64>,
    pub records_out: Option<f64>,
    pub watermark_lag: Option<f64>,
}

/// A cold start's knowledge: Kafka's offsets by timestamp, Flink's checkpoint history and counters
/// that ran before we did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastView {
    pub inputs: Vec<PastInput>,
    /// Records per second that its sources have read since its start; unknown after a restart.
    pub lifetime_rate: Option<f64>,
    pub running_s: Option<f64>,
    /// Checkpoints that Flink still remembers.
    pub checkpoints: u32,
    pub checkpoints_since: Option<i64>,
    pub checkpoint_mean_ms: Option<f64>,
    pub checkpoint_max_ms: Option<u64>,
}

/// What came into one topic that the job reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastInput {
    pub topic: String,
    /// From when on it is told, at most an hour before we came.
    pub since: i64,
    /// Records per second from then until now,
    pub rate: f64,
    /// and now.
    pub rate_now: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HopView {
    pub from: String,
    pub to: String,
    pub from_name: String,
    pub to_name: String,
    pub ship: String,
    pub delay: Delay,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointsView {
    pub completed: Option<u64>,
    pub failed: Option<u64>,
    pub in_progress: Option<u64>,
    pub age_s: Option<f64>,
    pub history: Vec<CheckpointView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointView {
    pub id: u64,
    pub status: String,
    pub savepoint: bool,
    pub triggered: i64,
    pub duration_ms: Option<u64>,
    pub state_size: Option<u64>,
    pub external_path: Option<String>,
    pub failure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExceptionView {
    pub at: i64,
    pub class: String,
    pub stack: String,
    pub task: Option<String>,
    pub taskmanager: Option<String>,
    pub concurrent: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    pub at: i64,
    pub seen: i64,
    /// Node id where it is about one.
    pub node: Option<String>,
    pub label: String,
    /// snake_case of ChangeKind.
    pub kind: String,
    pub what: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeList {
    pub at: i64,
    pub changes: Vec<ChangeView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicView {
    pub at: i64,
    pub id: String,
    pub name: String,
    pub cluster: String,
    pub retention_ms: Option<i64>,
    pub rate: Option<f64>,
    pub partitions: Vec<PartitionView>,
    pub readers: Vec<EdgeView>,
    pub writers: Vec<EdgeView>,
    /// Groups with committed offsets here that belong to no job we know.
    pub other_groups: Vec<String>,
    /// Components that take records from it or put records into it.
    pub components: Vec<StandRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PartitionView {
    pub id: i32,
    pub leader: Option<i32>,
    pub replicas: u32,
    pub in_sync: u32,
    pub begin: Option<i64>,
    pub end: Option<i64>,
    pub rate: Option<f64>,
}

/// A curve. Points are (ms, value); a hole in time is a hole, not a line: draw none between points
/// further apart than three times `Curves::step_ms`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SeriesView {
    pub name: String,
    pub label: String,
    pub unit: String,
    pub source: String,
    pub points: Vec<(i64, f64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Curves {
    pub at: i64,
    pub from: i64,
    pub to: i64,
    /// Each point stands for this much time (ages: the worst in it; rates: the mean).
    pub step_ms: i64,
    pub series: Vec<SeriesView>,
}

/// One measure over days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryView {
    pub subject: String,
    pub name: Option<String>,
    pub from: i64,
    pub to: i64,
    /// A minute or an hour.
    pub step_ms: i64,
    pub points: Vec<HistoryPoint>,
    /// Days of which some minutes were not seen by us: a Prometheus that was there before told them.
    pub told_by: Vec<HistoryTold>,
    /// What is kept of such a subject.
    pub measures: Vec<HistoryMeasure>,
}

/// What one server told of a day (UTC) before we looked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryTold {
    /// When the day began.
    pub day: i64,
    pub server: String,
}

/// A minute or an hour that is known, in part or whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryPoint {
    pub at: i64,
    /// Minutes of it that are known.
    pub known: u32,
    pub min: f64,
    pub mean: f64,
    pub max: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryMeasure {
    pub name: String,
    /// In the rules' language.
    pub ask: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemView {
    pub at: i64,
    pub version: String,
    pub started: i64,
    pub targets: Vec<TargetView>,
    pub loops: Vec<LoopView>,
    pub blind: Vec<BlindView>,
    pub store: StoreView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TargetView {
    pub name: String,
    /// flink_rest | prometheus | kafka
    pub kind: String,
    pub address: String,
    pub up: Option<bool>,
    pub last_ok: Option<i64>,
    pub last_try: Option<i64>,
    pub took_ms: Option<f64>,
    pub samples: Option<u64>,
    /// Since our start.
    pub requests: Option<u64>,
    pub bytes: Option<u64>,
    pub error: Option<String>,
    /// Since when it fails.
    pub since: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LoopView {
    pub name: String,
    /// idle | running | stopped
    pub state: String,
    pub since: i64,
    pub runs: u64,
    pub last_outcome: Option<String>,
    pub last_took_ms: Option<f64>,
    pub late_ticks: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StoreView {
    pub path: String,
    pub series: u64,
    pub memory_bytes: u64,
    pub disk_bytes: u64,
    pub oldest: Option<i64>,
    pub last_flush: Option<i64>,
    pub error: Option<String>,
}

/// What an event of `/api/v1/events` carries: an assessment is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TickView {
    pub at: i64,
    /// Changes found since the tick before.
    pub changes: u32,
    /// Of all nodes.
    pub worst: Status,
    /// Nodes over and near their targets.
    pub late: u32,
}

/// Every error of the API: what was wrong and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    pub error: String,
    pub todo: Option<String>,
}
