// Made by `npm run types` from src/web/view.rs: do not edit.

// normal | near | over | no_target | unknown: grey for the last two, never green.
export type Status = 'normal' | 'near' | 'over' | 'no_target' | 'unknown'

export interface Quantiles {
  window_s: number
  // Share of the window (0 to 1) in which it was known.
  known: number
  p50: number | null
  p95: number | null
  p99: number | null
}

// A delay: age of the oldest record not yet processed there, seconds.
export interface Delay {
  // None: unknown; `unknown` says why.
  seconds: number | null
  // It is at least this much; how much more is not known.
  at_least: boolean
  // The moment the figure speaks of; its age is now minus this.
  at: number | null
  // position | committed | timestamps | counters | watermark | transactions | chained | sum
  method: string | null
  unknown: string | null
  quantiles: Quantiles
  // Seconds per second; positive: getting later.
  trend: number | null
  // Of it: what waits in the topic, and inside the reading job.
  topic_wait: number | null
  inside_wait: number | null
  // Told apart from trouble: waiting for a watermark, for a commit.
  window_wait: number | null
  commit_wait: number | null
  // Length of the longest window on the way.
  window_span: number | null
  records: number | null
  rate: number | null
  target_s: number | null
  status: Status
}

export interface Overview {
  at: number
  version: string
  // observe (the only mode yet: collectors only read).
  mode: string
  jobs: JobCounts
  topics: number
  targets_up: number
  targets: number
  // Worst first: what is late, by how much, where.
  late: LateItem[]
  groups: GroupRow[]
  clusters: ClusterRow[]
  recent_changes: ChangeView[]
  blind: BlindView[]
}

export interface JobCounts {
  total: number
  running: number
  // RESTARTING, FAILING, INITIALIZING, CREATED, ...: on its way somewhere.
  changing: number
  failed: number
  // CANCELED, FINISHED, SUSPENDED.
  ended: number
  unknown: number
}

// One line of "what is late": a job, a path or an edge.
export interface LateItem {
  // path | job | edge
  kind: string
  // Node or path id, for a link.
  id: string
  label: string
  delay: Delay
  // The node where most of the delay arises, when known.
  arises_at: string | null
  // topic | inside | window | commit
  arises_as: string | null
  // True: late only because an upstream is.
  inherited: boolean
}

// Row of the grouped overview: a business line, cluster or layer.
export interface GroupRow {
  name: string
  jobs: number
  topics: number
  status: Status
  // Worst p99 in it, seconds.
  p99: number | null
  worst: LateItem | null
}

export interface ClusterRow {
  name: string
  // flink | kafka
  kind: string
  version: string | null
  // False: read tolerantly, not claimed.
  version_claimed: boolean
  reachable: boolean
  seen: number | null
  jobs: number | null
  taskmanagers: number | null
  slots_total: number | null
  slots_available: number | null
  brokers: number | null
  topics: number | null
}

export interface BlindView {
  // snake_case of a `BlindKind` of the lineage or of a `GapReason`, for the reader's language.
  kind: string
  node: string | null
  // What cannot be seen, in words: "what ads-risk writes".
  what: string
  why: string
  since: number
  target: string | null
  // What would open the eye: "give --kafka", "declare it".
  todo: string | null
}

export interface LineageView {
  // The moment it speaks of.
  at: number
  // Node in focus, if any.
  focus: string | null
  hops: number
  // around | upstream | downstream | path
  direction: string
  nodes: NodeView[]
  edges: EdgeView[]
  // Slowest path through what is shown (thick line): ids of its nodes in order.
  critical: string[]
  paths: PathView[]
  // Nodes in the whole graph; what is not shown stands in `rest` by group.
  total_nodes: number
  rest: GroupRow[]
  // Column captions from the left where a layer owns a column.
  columns: (string | null)[]
  // True: delays and states of colour are those of `at`; the structure is as known now.
  historic: boolean
  // The earliest moment that can be asked for with `at`.
  history_since: number | null
}

export interface NodeView {
  // "job:<cluster>/<key>" or "topic:<cluster>/<topic>".
  id: string
  // job | topic
  kind: string
  name: string
  cluster: string
  layer: string | null
  // A job's Flink state; a topic: None.
  state: string | null
  ambiguous: boolean
  inside: Delay | null
  // Age of the data when it leaves the job, whoever made it late.
  total: Delay | null
  // Of `total`, what arises here, s.
  own: number | null
  status: Status
  arises: boolean
  inherits: boolean
  // A topic's retention, ms; -1 unlimited; None unknown.
  retention_ms: number | null
  // Neighbours that exist but are not shown: the node can be expanded.
  hidden_upstream: number
  hidden_downstream: number
  column: number
  row: number
}

export interface EdgeView {
  id: string
  from: string
  to: string
  // reads | writes
  kind: string
  // In words, most certain first: "connector metrics", "matched rates (3 levels, 0.4 % off)".
  known_from: string[]
  // Only inferred (matched rates): drawn lighter.
  inferred: boolean
  groups: string[]
  delay: Delay
  unread_partitions: number[]
  critical: boolean
}

export interface PathView {
  id: string
  nodes: string[]
  label: string
  delay: Delay
  declared: boolean
  // Node where most of it is spent.
  slowest: string | null
}

// The table of tasks by levels around a job.
export interface LevelsView {
  at: number
  focus: string
  rows: LevelRow[]
}

export interface LevelRow {
  // -2: up two, 0: this, 1: down one.
  level: number
  // The run's Flink job id (application id).
  application: string | null
  node: string
  name: string
  // The topic read on the way, where the row is an edge.
  topic: string | null
  group: string | null
  delay: Delay
  checked_at: number | null
  // The delay arises in this job, or only reaches it from upstream.
  arises: boolean
  inherits: boolean
}

export interface JobRow {
  id: string
  name: string
  cluster: string
  layer: string | null
  state: string
  ambiguous: boolean
  run: string
  start: number
  parallelism: number | null
  restarts: number | null
  status: Status
  // Age of the data when it leaves the job.
  delay: Delay
  // Of it, what arises here, s.
  own: number | null
  checkpoint_age_s: number | null
  seen: number
  // Its JobManager did not tell of it for a minute: the state is the last known one.
  stale: boolean
}

export interface JobList {
  at: number
  total: number
  jobs: JobRow[]
}

export interface JobView {
  at: number
  row: JobRow
  gone_since: number | null
  max_parallelism: number | null
  scheduler: string | null
  inside: Delay | null
  reads: EdgeView[]
  writes: EdgeView[]
  vertices: VertexView[]
  hops: HopView[]
  checkpoints: CheckpointsView
  // What the time before we came was like.
  past: PastView
  exceptions: ExceptionView[]
  changes: ChangeView[]
  config: ConfigEntry[]
  // Source and age of each part: "checkpoints" -> when they were read.
  seen: Seen[]
}

export interface Seen {
  part: string
  source: string
  at: number | null
}

export interface ConfigEntry {
  key: string
  value: string
}

export interface VertexView {
  id: string
  name: string
  description: string
  status: string
  parallelism: number
  max_parallelism: number | null
  // Max over subtasks, 0 to 1.
  busy: number | null
  back_pressure: number | null
  idle: number | null
  records_in: number | null
  records_out: number | null
  // Busiest subtask's records in over the median of the others; None at parallelism 1.
  skew: number | null
  // Now minus the input watermark, s.
  watermark_lag: number | null
  subtasks: SubtaskView[]
  at: number | null
}

export interface SubtaskView {
  index: number
  taskmanager: string | null
  busy: number | null
  back_pressure: number | null
  idle: number | null
  // Records per second.
  records_in: number | null
  records_out: number | null
  watermark_lag: number | null
}

// A cold start's knowledge: Kafka's offsets by timestamp, Flink's checkpoint history and counters
// that ran before we did.
export interface PastView {
  inputs: PastInput[]
  // Records per second that its sources have read since its start; unknown after a restart.
  lifetime_rate: number | null
  running_s: number | null
  // Checkpoints that Flink still remembers.
  checkpoints: number
  checkpoints_since: number | null
  checkpoint_mean_ms: number | null
  checkpoint_max_ms: number | null
}

// What came into one topic that the job reads.
export interface PastInput {
  topic: string
  // From when on it is told, at most an hour before we came.
  since: number
  // Records per second from then until now,
  rate: number
  // and now.
  rate_now: number | null
}

export interface HopView {
  from: string
  to: string
  from_name: string
  to_name: string
  ship: string
  delay: Delay
}

export interface CheckpointsView {
  completed: number | null
  failed: number | null
  in_progress: number | null
  age_s: number | null
  history: CheckpointView[]
}

export interface CheckpointView {
  id: number
  status: string
  savepoint: boolean
  triggered: number
  duration_ms: number | null
  state_size: number | null
  external_path: string | null
  failure: string | null
}

export interface ExceptionView {
  at: number
  class: string
  stack: string
  task: string | null
  taskmanager: string | null
  concurrent: number
}

export interface ChangeView {
  at: number
  seen: number
  // Node id where it is about one.
  node: string | null
  label: string
  // snake_case of ChangeKind.
  kind: string
  what: string | null
  from: string | null
  to: string | null
}

export interface ChangeList {
  at: number
  changes: ChangeView[]
}

export interface TopicView {
  at: number
  id: string
  name: string
  cluster: string
  retention_ms: number | null
  rate: number | null
  partitions: PartitionView[]
  readers: EdgeView[]
  writers: EdgeView[]
  // Groups with committed offsets here that belong to no job we know.
  other_groups: string[]
}

export interface PartitionView {
  id: number
  leader: number | null
  replicas: number
  in_sync: number
  begin: number | null
  end: number | null
  rate: number | null
}

// A curve. Points are (ms, value); a hole in time is a hole, not a line: draw none between points
// further apart than three times `Curves::step_ms`.
export interface SeriesView {
  name: string
  label: string
  unit: string
  source: string
  points: [number, number][]
}

export interface Curves {
  at: number
  from: number
  to: number
  // Each point stands for this much time (ages: the worst in it; rates: the mean).
  step_ms: number
  series: SeriesView[]
}

export interface SystemView {
  at: number
  version: string
  started: number
  targets: TargetView[]
  loops: LoopView[]
  blind: BlindView[]
  store: StoreView
}

export interface TargetView {
  name: string
  // flink_rest | prometheus | kafka
  kind: string
  address: string
  up: boolean | null
  last_ok: number | null
  last_try: number | null
  took_ms: number | null
  samples: number | null
  // Since our start.
  requests: number | null
  bytes: number | null
  error: string | null
  // Since when it fails.
  since: number | null
}

export interface LoopView {
  name: string
  // idle | running | stopped
  state: string
  since: number
  runs: number
  last_outcome: string | null
  last_took_ms: number | null
  late_ticks: number
}

export interface StoreView {
  path: string
  series: number
  memory_bytes: number
  disk_bytes: number
  oldest: number | null
  last_flush: number | null
  error: string | null
}

// What an event of `/api/v1/events` carries: an assessment is done.
export interface TickView {
  at: number
  // Changes found since the tick before.
  changes: number
  // Of all nodes.
  worst: Status
  // Nodes over and near their targets.
  late: number
}

// Every error of the API: what was wrong and what to do.
export interface ApiError {
  error: string
  todo: string | null
}
