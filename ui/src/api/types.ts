// Made by `npm run types` from src/web/view*.rs: do not edit.

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

// A job on which an action of ours is under way: what is seen of it meanwhile is our doing.
export interface RepairNow {
  // Its node in the lineage.
  job: string
  name: string
  action: string
  says: TextView
  since: number
  // Nobody goes on with it, and somebody has to look: why.
  let_go: TextView | null
}

export interface Overview {
  at: number
  version: string
  // observe | suggest | approve | auto: the most that may be done by itself, anywhere.
  mode: string
  jobs: JobCounts
  topics: number
  targets_up: number
  targets: number
  repairs: RepairNow[]
  // Worst first: what is late, by how much, where.
  late: LateItem[]
  groups: GroupRow[]
  clusters: ClusterRow[]
  // What the jobs stand on; what is ill first.
  components: ComponentRow[]
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
  // No longer listed, and nobody has seen them end: their JobManager was lost with them.
  lost: number
}

// One line of "what is late": a job, a path, an edge, or a component by its own figure.
export interface LateItem {
  // path | job | edge | component
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

// Row of the grouped overview: a business line, layer or cluster. What is in a business line or a
// layer counts there and in its cluster.
export interface GroupRow {
  name: string
  // group | layer | cluster
  kind: string
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
  // "job:<cluster>/<key>", "topic:<cluster>/<topic>" or "component:<name>".
  id: string
  // job | topic | component
  kind: string
  name: string
  // Of a component: what it is called, such as `pulsar`.
  cluster: string
  layer: string | null
  // A job's Flink state; a component: well, ill or unknown; a topic: None.
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
  repair: RepairNow | null
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
  // Of the job at one end: its delay moves by our doing.
  repair: RepairNow | null
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
  repair: RepairNow | null
}

export interface JobList {
  at: number
  total: number
  jobs: JobRow[]
}

export interface JobView {
  at: number
  row: JobRow
  // The page of Flink that shows it.
  flink_url: string | null
  gone_since: number | null
  // ZooKeeper, HDFS, YARN and components.
  stands_on: StandRow[]
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
  // Components that take records from it or put records into it.
  components: StandRow[]
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

// One measure over days.
export interface HistoryView {
  subject: string
  name: string | null
  from: number
  to: number
  // A minute or an hour.
  step_ms: number
  points: HistoryPoint[]
  // Days of which some minutes were not seen by us: a Prometheus that was there before told them.
  told_by: HistoryTold[]
  // What is kept of such a subject.
  measures: HistoryMeasure[]
}

// What one server told of a day (UTC) before we looked.
export interface HistoryTold {
  // When the day began.
  day: number
  server: string
}

// A minute or an hour that is known, in part or whole.
export interface HistoryPoint {
  at: number
  // Minutes of it that are known.
  known: number
  min: number
  mean: number
  max: number
}

export interface HistoryMeasure {
  name: string
  // In the rules' language.
  ask: string
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

// A ZooKeeper, an HDFS, a YARN or a component.
export interface ComponentRow {
  // `zookeeper:<name>`, `hdfs:<name>`, ...
  id: string
  // zookeeper | hdfs | yarn | component
  kind: string
  // As people call such a thing: of a component its own word.
  sort: string
  name: string
  version: string | null
  // well | ill | unknown
  standing: string
  // Since when it is ill.
  since: number | null
  // not_serving | safe_mode | condition: why it is ill.
  why: string | null
  // The condition that does not hold, or its own words about its safe mode.
  detail: string | null
  // When one of those that are asked last answered.
  seen: number | null
  // Of its members by role and state, so many.
  members: MemberCount[]
  figures: FigureRow[]
  // Jobs that stand on it.
  jobs: number
  // Topics that it takes records from, and puts records into, as configured.
  reads: string[]
  writes: string[]
  // collection | queue | processing | warehouse
  stage: string
  // It is a node of the lineage.
  flows: boolean
}

// What a job or a topic stands on, in short.
export interface StandRow {
  id: string
  sort: string
  name: string
  // well | ill | unknown
  standing: string
}

export interface MemberCount {
  // server | namenode | datanode | journalnode | resourcemanager | nodemanager | queue | endpoint
  role: string
  // leader, active, live, lost, ...; None: nobody says.
  state: string | null
  count: number
}

// A measure of the rules' language.
export interface FigureRow {
  name: string
  // As it can be asked again.
  ask: string
  // None: unknown.
  value: number | null
  unit: string
}

export interface ComponentList {
  at: number
  // What is ill first.
  components: ComponentRow[]
  hosts_total: number
  // Such as do not answer.
  hosts_silent: number
  // Those that do not answer, then those with the fullest disks; at most `limit`.
  hosts: HostRow[]
}

export interface HostRow {
  host: string
  answers: boolean
  error: string | null
  figures: FigureRow[]
}

// One of them, with everybody who is in it.
export interface BaseView {
  component: ComponentRow
  // Jobs that stand on it, by id; at most 1000.
  job_ids: string[]
  // Before `members` was cut at 1000.
  members_total: number
  // Those that do not answer or are in a bad state first.
  members: MemberRow[]
  // Of YARN: newest first, at most 100; what goes wrong before what goes well.
  applications: ApplicationRow[]
}

export interface MemberRow {
  name: string
  role: string
  state: string | null
  // Since when it is in that state, as far as we saw.
  since: number
  // answers | silent | unreachable | refuses; None: it is not asked itself.
  answering: string | null
  detail: string | null
}

export interface ApplicationRow {
  id: string
  name: string
  sort: string
  queue: string
  state: string
  outcome: string
  diagnostics: string
  started: number
  finished: number | null
  // Flink clusters whose TaskManagers live in it.
  flink: string[]
}

// The same in both languages.
export interface TextView {
  en: string
  zh: string
}

// true | false | unknown: unknown is neither.
export type Truth = 'true' | 'false' | 'unknown'

// provisional | confirmed | recovering | closed
export type IncidentStage = 'provisional' | 'confirmed' | 'recovering' | 'closed'

// What kind of answer it is.
export type VerdictKind = 'root' | 'family' | 'undetermined'

// A place that something is said of.
export interface SubjectView {
  // job | vertex | subtask | taskmanager | flink_cluster | topic | partition | broker |
  // kafka_cluster | host
  kind: string
  // `<kind>:<path>`, as `/api/v1/ask` takes it; the same across restarts.
  id: string
  // As people call it.
  name: string
  // The node of the lineage that it belongs to, if any.
  node: string | null
  // The page of Flink that shows it.
  flink_url: string | null
}

// A number in the unit that it is shown in, or a text, or a bare truth: one of the three.
export interface FigureView {
  value: number | null
  // s | ratio | records | records/s | bytes | cores | count | ...
  unit: string | null
  text: string | null
  truth: boolean | null
}

// What a verdict says.
export interface VerdictView {
  kind: VerdictKind
  // The one cause of a root; those that a family or an undecided answer leaves open.
  causes: string[]
  family: string | null
}

// How much it hurts: what the list is ordered by.
export interface HarmView {
  // Something is over its declared target.
  breach: boolean
  // The job that is furthest over its target, else the one that is latest.
  worst: VictimView | null
  // Jobs that suffer and are not at fault.
  victims: number
  // Their nodes in the lineage, nearest first, at most 50.
  victim_nodes: string[]
  // Until unread records fall out of a topic's retention, s, if nothing is done; None: nothing
  // that waits is known to be in danger.
  data_loss_s: number | null
  // Of which topic.
  data_loss_topic: string | null
}

export interface AckView {
  at: number
  by: string
  note: string | null
}

// One line of the list of incidents.
export interface IncidentRow {
  id: string
  state: IncidentStage
  // The first line: who suffers how much, and why.
  sentence: TextView
  verdict: VerdictView
  // root | relation | consequence | hazard | not_a_fault
  role: string
  subject: SubjectView
  // When it began, by its evidence; `opened`: when it was first said.
  onset: number
  opened: number
  closed: number | null
  // When it was last seen to be so.
  last_seen: number
  // From its onset until it was closed or now, s.
  duration_s: number
  harm: HarmView
  acked: AckView | null
  // Its root lies where somebody works (or worked all the while it was open): nobody is called.
  planned: PlannedView | null
  // Open, under a silence: nobody is called, and all else goes on.
  silenced: PlannedView | null
  // What is being done about it.
  repair: RepairNow | null
}

// Incidents in order of harm; closed ones, newest first, after the open ones.
export interface IncidentList {
  at: number
  // How many fit the filter.
  total: number
  // How many are open in all.
  open: number
  incidents: IncidentRow[]
  // Looks like trouble and is none.
  calm: CalmView[]
  // Seen, and too young to be explained or to be called undetermined.
  pending: SymptomView[]
}

// Seen, and no trouble.
export interface CalmView {
  subject: SubjectView
  // catching_up | planned_restart | under_repair | seasonal | one_checkpoint_failed | not_seen | window_burst |
  // commits_only
  why: string
  since: number
  // When it will be over at the present speed, s from now.
  eta_s: number | null
  // Seasonal: what is usual at this time of day, and by which days.
  usual: TextView | null
}

// One incident with all that is known of it.
export interface IncidentView {
  // The moment that delays and `data_loss_s` speak of.
  at: number
  row: IncidentRow
  // What is the matter, with figures: one sentence about the root alone.
  says: TextView
  // 0 to 1: share of the evidence that the cause needs which was seen to hold.
  support: number
  // Oldest first.
  timeline: EventView[]
  // From the root to its victims; None: nothing of it is in the lineage.
  path: HarmPath | null
  // Most telling first.
  evidence: EvidenceView[]
  considered: ConsideredView[]
  missing: MissingView[]
  // What was found too and follows from it.
  consequences: FindingView[]
  // Nearest first.
  victims: VictimView[]
  symptoms: SymptomView[]
  advice: TextView[]
  // What must not be done.
  never: TextView[]
  // Playbooks that cure it, by name.
  cures: string[]
  // What was said before, oldest first.
  said: SaidView[]
  corrections: CorrectionView[]
  // Another incident's id.
  merged_into: string | null
  split_from: string | null
  // The file on the server in which its surroundings were recorded: `streamwarden replay` tells
  // it, `/api/v1/incident/recording` gives it.
  recording: string | null
}

// A moment of the timeline.
export interface EventView {
  at: number
  // onset | opened | revised | confirmed | spread | eased | recovering | relapsed | merged |
  // split | closed | acknowledged | corrected
  event: string
  // opened, revised: what is said from then on.
  says: SaidView | null
  // revised: what was said until then.
  from: SaidView | null
  // spread: who suffers now, by name; eased: who no longer does.
  victims: string[]
  // merged, split: the other incident's id.
  other: string | null
  // closed: over | no_trouble | merged | gone
  why: string | null
  // acknowledged, corrected: who, and what they said of it.
  by: string | null
  note: string | null
}

// What was said at some time.
export interface SaidView {
  at: number
  verdict: VerdictView
  subject: SubjectView
  says: TextView
}

// The way through the lineage from the root to its victims.
export interface HarmPath {
  // Upstream first.
  nodes: HarmNode[]
  edges: HarmEdge[]
}

export interface HarmNode {
  // Node id of the lineage.
  id: string
  // job | topic
  kind: string
  name: string
  // root | victim | between | upstream
  part: string
  // A job's Flink state.
  state: string | null
  // A job: age of its output, s, and what of it arises here.
  late_s: number | null
  own_s: number | null
  target_s: number | null
  // A topic's retention, ms; -1 unlimited; None unknown.
  retention_ms: number | null
  // For drawing: from the left, from the top.
  column: number
  row: number
}

export interface HarmEdge {
  from: string
  to: string
  // reads | writes
  kind: string
  delay: Delay
  // Only inferred (matched rates): drawn lighter.
  inferred: boolean
}

// One named condition, as it was found.
export interface EvidenceView {
  name: string
  truth: Truth
  // None: say the checks.
  words: TextView | null
  // The condition as the rule writes it.
  expr: string
  at: number
  checks: CheckView[]
}

// One comparison with its figures. `/api/v1/ask` and `/api/v1/evidence-curve` take `subject.id`
// and `expr`.
export interface CheckView {
  truth: Truth
  subject: SubjectView
  // The left side, in the rules' language.
  expr: string
  value: FigureView | null
  // >= | <= | > | < | = | != | matches | ...; None for a bare truth.
  op: string | null
  threshold: FigureView | null
  // How long it had to hold, s.
  held_s: number | null
  // Why it is unknown.
  missing: string | null
}

// A cause that fitted the place and was not taken.
export interface ConsideredView {
  cause: string
  subject: SubjectView
  // need_fails | spoken_against | explained_away | unknown | too_late
  why_not: string
  evidence: EvidenceView[]
}

// What would settle it.
export interface MissingView {
  // The evidence's name in the rule of `cause`.
  name: string
  cause: string
  // Which series, rights or probe would tell.
  what: string
  // thread_dump | flame_graph | checkpoint_detail | log_tail | describe_topic: `serve --probe`
  // allows it.
  probe: string | null
}

export interface FindingView {
  cause: string
  subject: SubjectView
  says: TextView
}

// A job that suffers and is not at fault.
export interface VictimView {
  subject: SubjectView
  // Age of what it hands on, s.
  late_s: number | null
  target_s: number | null
}

// What can be seen to be wrong.
export interface SymptomView {
  // late | edge_late | path_late | lag_grows | watermark_stalled | throughput_dropped |
  // restarted | not_running | checkpoint_old | checkpoints_fail | partitions_unread |
  // input_lost | input_stopped | control_lost | base_ill | hazard
  kind: string
  subject: SubjectView
  // A path's or an edge's name.
  what: string | null
  onset: number
  // It began before what history shows.
  onset_at_least: boolean
  value: number | null
  threshold: number | null
  unit: string
  // target | baseline | bound
  against: string
  // Per second; positive: getting worse.
  trend: number | null
  // What is usual at this time of day, where it was held against that.
  usual: TextView | null
}

// What a person said of a diagnosis.
export interface CorrectionView {
  at: number
  by: string
  right: boolean
  // The true cause and place, in their words.
  cause: string | null
  subject: string | null
  note: string | null
}

// Who takes care of it: `POST /api/v1/incident/ack`.
export interface AckRequest {
  // The incident's id, or enough of its beginning.
  id: string
  by: string
  note: string | null
}

// Right or wrong: `POST /api/v1/incident/correct`.
export interface CorrectRequest {
  // The incident's id, or enough of its beginning.
  id: string
  by: string
  // right | wrong
  verdict: string
  // Wrong: the true cause and place, where known.
  cause: string | null
  subject: string | null
  note: string | null
}

// A part of a diagnosis asked again.
export interface Answer {
  // The moment it speaks of.
  at: number
  subject: SubjectView
  expr: string
  // Of a condition.
  truth: Truth | null
  // Of a value; None: unknown.
  value: FigureView | null
  checks: CheckView[]
  // Why it is unknown.
  missing: string | null
}

// A value over time, for the plot beside a piece of evidence. Points are (ms, value); a hole in
// time is a hole.
export interface EvidenceCurve {
  at: number
  from: number
  to: number
  // Points further apart than three times this are not joined.
  step_ms: number
  subject: SubjectView
  expr: string
  unit: string | null
  points: [number, number][]
  // Where `expr` is a comparison: its right side, and how it compares.
  threshold: number | null
  op: string | null
}

// All rules, and the files that could not be read.
export interface RuleList {
  // When they were last read.
  loaded: number | null
  rules: RuleRow[]
  // What these files change is not in force.
  errors: RuleError[]
  // When our rules were last scored on recorded incidents; None: never.
  scored: ScoredView | null
}

// What the records of rules were counted on.
export interface ScoredView {
  at: number
  // Recorded faults, and controls in which nothing is wrong.
  recordings: number
  // Our rules have not changed since.
  same_rules: boolean
}

export interface RuleRow {
  cause: string
  // root | relation | consequence | hazard | not_a_fault
  role: string
  // code | config | resource | cluster | link | data | deploy
  layer: string
  family: string | null
  // Where it is asked: "vertex with input hash".
  at: string
  says: TextView
  // What it was proven with; None: it may advise, never act.
  proof: string | null
  // Where the knowledge comes from.
  source: string | null
  record: RuleRecord
  file: string
}

// How often it was right on recorded incidents; None: not scored.
export interface RuleRecord {
  right: number | null
  wrong: number | null
  undetermined: number | null
  // What people said of its diagnoses.
  said_right: number
  said_wrong: number
}

export interface RuleError {
  file: string
  line: number | null
  column: number | null
  error: string
  todo: string | null
}

// One rule in full.
export interface RuleView {
  row: RuleRow
  needs: RuleCondition[]
  against: RuleCondition[]
  lookalikes: Lookalike[]
  advice: TextView[]
  never: TextView[]
  cures: string[]
  // The file as it is written.
  text: string
}

export interface RuleCondition {
  name: string
  expr: string
}

// Another cause that looks the same, and what tells them apart.
export interface Lookalike {
  cause: string
  told_apart_by: string
}

// What an event `incident` of `/api/v1/events` carries: the book of incidents changed.
export interface IncidentTick {
  at: number
  // How many are open.
  open: number
  // Those that changed.
  changed: string[]
}

// A report in one line.
export interface InspectionRow {
  at: number
  // For which time it was made; none: somebody asked for it.
  due: number | null
  // Who asked for it to be kept.
  by: string | null
  // Of the estate, 0 to 100; none: no check of anything could be made.
  points: number | null
  // Jobs and clusters that the points leave out: no check of them could be made.
  unscored: number
  high: number
  // New, or a low risk before.
  high_new: number
  low: number
  low_new: number
  fixed: number
  waived: number
  // Checks that were made.
  checks: number
  // Times that a check was made of something, or could not be.
  judged: number
  // Times that it could not be.
  not_judged: number
  took_ms: number
}

// Reports that are kept, newest first.
export interface InspectionList {
  at: number
  // The line of cron; none: only when somebody asks.
  schedule: string | null
  // The time zone of it.
  zone: string
  // When it is due next.
  next: number | null
  // So many are kept; the oldest go first.
  most: number
  // How many checks are known.
  checks: number
  inspections: InspectionRow[]
}

// A place, as people call it.
export interface PlaceView {
  // job | flink_cluster | topic | broker | kafka_cluster | ...
  kind: string
  // `<kind>:<path>`
  id: string
  name: string
  cluster: string | null
  // The node of the lineage that it belongs to, if any.
  node: string | null
}

// A risk that somebody has taken.
export interface WaiverView {
  id: string
  check: string
  // A subject's id, or a pattern over it.
  subject: string
  owner: string
  reason: string
  made: number
  until: number
}

// What is taken on now, the next to end first.
export interface WaiverList {
  at: number
  waivers: WaiverView[]
}

// One figure that decided, with what it was held against.
export interface ProofView {
  // As the check names it.
  name: string
  says: TextView
  // In the rules' language; `/api/v1/ask` takes it where it asks nothing of weeks.
  expr: string
}

export interface RiskView {
  check: string
  // flink | kafka | zookeeper | yarn | hdfs | streamwarden | ...
  component: string
  // high | low
  level: string
  // new | worse | still; empty where there was no report before it
  standing: string
  // Since which inspection.
  since: number
  subject: PlaceView
  // Whose it is.
  team: string | null
  says: TextView
  advice: TextView[]
  evidence: ProofView[]
  // Causes that may come of it.
  prevents: string[]
  // Where the threshold comes from.
  source: TextView
  // What it takes from its subject's score.
  points: number
  // Another risk of the same signal and window counts in its place.
  counted_by: string | null
  waived: WaiverView | null
}

// What an earlier inspection found and this one did not.
export interface GoneView {
  check: string
  subject: PlaceView
  level: string
  // As it was.
  says: TextView
  // fixed | not_seen | left
  why: string
}

// A check that could not be made.
export interface UnseenView {
  check: string
  component: string
  // Of how many, and the first of them.
  subjects: number
  first: PlaceView[]
  // What was not seen, of the first.
  missing: string
}

// Risks of one kind.
export interface ComponentView {
  component: string
  name: TextView
  high: RiskView[]
  low: RiskView[]
  // Times that a check of it could not be made of something.
  unseen: number
}

// What was taken, and by what.
export interface DeductionView {
  check: string
  subject: PlaceView
  points: number
}

// Points out of 100: of one job or cluster what the deductions leave; of a team, a cluster or the
// estate the mean over what is in it.
export interface ScoreView {
  // A name; of a job or cluster its id.
  id: string
  name: string
  // None: there is nothing in it that was seen.
  points: number | null
  // How many it is the mean of.
  of: number
  // How many it leaves out: no check of them could be made.
  unscored: number
  // The largest first, at most 50.
  deductions: DeductionView[]
  // Others that are not listed.
  more: number
}

export interface ScoresView {
  estate: ScoreView
  // Each with the worst first.
  clusters: ScoreView[]
  teams: ScoreView[]
  // Jobs and clusters with a deduction; behind them those without points.
  subjects: ScoreView[]
  // Jobs and clusters with all their points.
  whole: number
}

// The report before, which this one is compared with.
export interface BeforeView {
  at: number
  // None: nothing of the estate was seen.
  points: number | null
}

// An incident, as it was known when the report was made.
export interface OccurredView {
  id: string
  onset: number
  // None: it is not over.
  closed: number | null
  says: TextView
}

// Incidents that were open at any time since `from`.
export interface HappenedView {
  from: number
  all: number
  open: number
  // Open ones first, then the newest; at most 50.
  told: OccurredView[]
}

// One report.
export interface InspectionView {
  row: InspectionRow
  // What the estate is called.
  estate: string
  // In which times are told.
  zone: string
  // Made now, and not kept.
  kept: boolean
  before: BeforeView | null
  // The report in a sentence.
  says: TextView
  // What went wrong since the report before. None: nobody remembers any.
  incidents: HappenedView | null
  // Kinds of component with a risk, or with what was not seen; the worst first.
  components: ComponentView[]
  gone: GoneView[]
  waived: RiskView[]
  unseen: UnseenView[]
  scores: ScoresView
  // Risks that had no room.
  left_out: number
}

// A score that is another one in the second report.
export interface MovedView {
  id: string
  name: string
  // None of one: nothing of it could be judged.
  from: number | null
  to: number | null
}

// Two reports held against each other: what the second has that the first had not, and the other
// way round.
export interface ComparedView {
  a: InspectionRow
  b: InspectionRow
  zone: string
  new: RiskView[]
  worse: RiskView[]
  better: RiskView[]
  gone: GoneView[]
  still: RiskView[]
  // The farthest first.
  moved: MovedView[]
}

// `POST /api/v1/inspection/keep`: one is made now and kept.
export interface KeepRequest {
  by: string
}

// `POST /api/v1/waiver/add`: a risk is taken until a moment or for a length of time, at most a
// year.
export interface WaiveRequest {
  // The name of a check.
  check: string
  // The id or name of what it is about, or a pattern over ids: `topic:pay/*`.
  subject: string
  until: number | null
  // Instead of `until`, s.
  for_s: number | null
  by: string
  why: string
}

// `POST /api/v1/waiver/end`: it counts again.
export interface UnwaiveRequest {
  // Its id, or enough of its beginning.
  id: string
  by: string
}

// Collection, queue, processing, warehouse: what stands in each, how late, how much of the time
// within its target.
export interface PipelineView {
  at: number
  // In which today and this month are counted.
  zone: string
  // In the order of the flow.
  stages: StageView[]
  // Why nothing is known of minutes that are past.
  not_kept: string | null
}

export interface StageView {
  // collection | queue | processing | warehouse
  name: string
  // The worst of what stands in it and of its delays.
  status: Status
  // Over the minutes of all that has a target or a health there.
  today: StageShare
  month: StageShare
  // The worst that is known: readers of topics, jobs, what hands over to the warehouse,
  // components by figures of their own.
  worst: StageDelay | null
  // Delays that are known, of how many.
  delays_known: number
  delays: number
  // Worst first, at most 50.
  parts: StagePart[]
  parts_total: number
}

export interface StageShare {
  from: number
  // Of the known minutes, 0 to 1. None: nothing is known.
  share: number | null
  // Minutes, those of each part counted by themselves.
  known: number
  within: number
  unknown: number
}

export interface StageDelay {
  // Node of the lineage for a link.
  id: string
  // The edge, job or component.
  label: string
  delay: Delay
}

export interface StagePart {
  // Of a component: its id; else the name.
  id: string
  // kafka | flink | layer | zookeeper | hdfs | yarn | component
  kind: string
  // As people call such a thing.
  sort: string
  name: string
  status: Status
  // Jobs that run, or brokers that are there.
  up: number | null
  of: number | null
  // This month.
  share: number | null
}

// Work or a silence that somebody announced: nobody is called for what goes wrong there meanwhile.
export interface PlannedView {
  id: string
  // estate | cluster | job | topic
  kind: string
  // `estate`, `cluster:<name>`, `job:<cluster>/<key>` or `topic:<cluster>/<topic>`: a job's and
  // a topic's are their nodes in the lineage.
  scope: string
  // As people call it.
  name: string
  from: number
  until: number
  who: string
  why: string
  // When it was announced.
  made: number
  // Somebody ended it before its time.
  ended: number | null
  ended_by: string | null
  // coming | now | over
  state: string
  // No work: what goes wrong there is trouble like any other, and messages wait.
  silence: boolean
  // Of a silence: nothing is repaired there meanwhile.
  no_remediate: boolean
}

// Announced work and silences: what is not over, the next to begin first; then what is, newest first.
export interface PlannedList {
  at: number
  open: PlannedView[]
  // At most 200.
  over: PlannedView[]
}

// `POST /api/v1/planned-work/add`: until a moment or for a length of time, at most seven days.
export interface PlanRequest {
  // `estate`, or the id or name of a cluster, a job or a topic.
  scope: string
  // Where nothing is said: now.
  from: number | null
  until: number | null
  // Instead of `until`, s.
  for_s: number | null
  by: string
  why: string
  // A silence instead of work: incidents and repair go on as ever, and only messages wait.
  silence: boolean
  // With `silence`: nothing is repaired there meanwhile, either.
  no_remediate: boolean
}

// `POST /api/v1/planned-work/end`: it is over before its time.
export interface EndRequest {
  // Its id, or enough of its beginning.
  id: string
  by: string
}

// How far we may go by ourselves. Modes: observe | suggest | approve | auto.
export interface ReachView {
  // By risk: A may lose or double data, B interrupts, C is harmless.
  a: string
  b: string
  c: string
  // Flink clusters with `act`; all others are only observed.
  clusters: string[]
  // The kill-switch file on the server: works without a database.
  kill_file: string
}

// What would be done now, and what was held before.
export interface ProposalList {
  at: number
  reach: ReachView
  // Of the last look, the worst incident first; at most 200.
  proposals: ProposalView[]
  // Plans that were not carried out, newest first.
  held: HeldView[]
  // Why `held` is not known: what is wrong with the store.
  error: string | null
}

// What would be done now for one job of an incident, whatever the mode.
export interface ProposalView {
  incident: string
  job: SubjectView
  at: number
  // observe | suggest | approve | auto: for a plan of this risk on this job.
  mode: string
  // None: no playbook is for it.
  plan: RepairPlan | null
  // What a person says yes or no to.
  hash: string | null
  // The requests in order as they would go out, secrets hidden.
  requests: string[]
  // Why it is not carried out; empty: it may be.
  holds: HoldView[]
  // False: a condition of its playbook does not hold, so that it is no plan for now.
  applies: boolean
  // Playbooks that were looked at too, and why it is not them.
  not: NotTaken[]
}

export interface RepairPlan {
  playbook: string
  // A | B | C
  risk: string
  says: TextView
  // The run that was observed: it is not carried out on another.
  run: string
  made: number
  steps: TextView[]
  // How to get back where the steps do not help; empty: there is no way back.
  rollback: TextView[]
  // The job is interrupted.
  interrupts: boolean
  preconditions: PreconditionView[]
  secured: PointView | null
}

// A checkpoint or savepoint.
export interface PointView {
  checkpoint: number
  savepoint: boolean
  path: string
  taken: number
}

// What must hold, with the value that it has now.
export interface PreconditionView {
  name: string
  says: TextView
  // None: unknown, which holds the plan.
  holds: boolean | null
  now: TextView
}

// A reason why nothing is done.
export interface HoldView {
  // mode_forbids | needs_approval | declined | kill_switch | debounce | blast_radius | ...
  hold: string
  says: TextView
}

export interface NotTaken {
  playbook: string
  holds: HoldView[]
}

// A plan that was made and not carried out.
export interface HeldView {
  incident: string
  job: SubjectView
  playbook: string
  hash: string
  says: TextView
  // First and last time that it stood so.
  first: number
  last: number
  holds: HoldView[]
}

// `POST /api/v1/plan/answer`: a yes or no to exactly this plan.
export interface AnswerRequest {
  // Its hash, or the first eight digits and more.
  plan: string
  yes: boolean
  by: string
}

// As it was written down.
export interface AnswerView {
  yes: boolean
  by: string
  to: ProposalView
}

// One action, as a line of the list.
export interface ActionRow {
  id: string
  incident: string
  job: SubjectView
  playbook: string
  risk: string
  says: TextView
  // Who let it: a person, or the policy.
  by: string
  began: number
  ended: number | null
  // open | let_go | unreadable | helped | no_change | held | failed | rolled_back | stuck: with
  // `let_go` and `unreadable` it is open, and nobody goes on with it here.
  state: string
  // The verdict, once it is over; why nobody goes on with it.
  verdict: TextView | null
  // Steps of its way (or of its way back) that are done, and how many there are.
  done: number
  steps: number
  // On the way back.
  back: boolean
  // What it does now.
  doing: TextView | null
  // It waits for a person to look at what became of it.
  look: boolean
  seen: LookView[]
}

// Newest first.
export interface ActionList {
  at: number
  actions: ActionRow[]
  // There are older ones.
  more: boolean
}

// One action with its journal.
export interface ActionView {
  at: number
  row: ActionRow
  plan: RepairPlan
  hash: string
  generation: number
  // Oldest first.
  lines: LineView[]
}

// An entry of the journal.
export interface LineView {
  at: number
  says: TextView
  // What was about to be sent.
  request: string | null
}

export interface LookView {
  at: number
  by: string
  note: string
}

// `POST /api/v1/action/look`: somebody has looked at what became of it.
export interface LookRequest {
  // The action's id, or enough of its beginning.
  id: string
  note: string
  by: string
}

// What stops actions.
export interface SwitchView {
  // `estate`, `cluster:<name>`, `playbook:<name>` or `job:<cluster>/<key>`
  scope: string
  says: TextView
  by: string
  why: string
  at: number
  // None: until somebody takes it back.
  until: number | null
  // Also in the middle of an action, after a stop.
  hard: boolean
  // It stands in the file, and goes only when it is taken out there: also where the database
  // did not take one in time.
  file: boolean
}

export interface SwitchList {
  at: number
  reach: ReachView
  switches: SwitchView[]
  // Why those of the database are not known: what is wrong with the store.
  error: string | null
}

// `POST /api/v1/kill-switch/throw`: until a moment, for a length of time, or until it is taken
// back.
export interface ThrowRequest {
  scope: string
  why: string
  until: number | null
  // Instead of `until`, s.
  for_s: number | null
  hard: boolean
  by: string
}

// `POST /api/v1/kill-switch/release`
export interface ReleaseRequest {
  scope: string
  by: string
}

export interface ReleasedView {
  scope: string
  // How many switches of this scope there were.
  released: number
  // What still stops actions there: the file, or a wider switch.
  left: SwitchView[]
}

// A lesser risk than the playbook's own.
export interface EasedView {
  risk: string
  // observe | suggest | approve | auto: of that risk.
  mode: string
  says: TextView
}

// A playbook with what became of it.
export interface PlaybookView {
  name: string
  file: string
  risk: string
  // observe | suggest | approve | auto: for its risk.
  mode: string
  says: TextView
  // When it is of a lesser risk than `risk`, and what that comes to.
  eased: EasedView | null
  cures: string[]
  needs: RuleCondition[]
  asks: TextView[]
  // With the requests that each step sends.
  steps: PlaybookStep[]
  rollback: PlaybookStep[]
  // Instead of `steps` where the scheduler is the adaptive one.
  in_place: PlaybookStep[]
  source: string
  record: PlaybookRecord
  // Two failures within a day: off until a person has looked.
  off_since: number | null
}

export interface PlaybookStep {
  says: TextView
  // `PATCH /jobs/<run>?mode=cancel`; None: nothing goes out.
  request: string | null
}

// How often it was used, and what came of it.
export interface PlaybookRecord {
  helped: number
  no_change: number
  failed: number
  rolled_back: number
  stuck: number
  // Ended before anything was touched.
  held: number
}

export interface PlaybookList {
  at: number
  reach: ReachView
  playbooks: PlaybookView[]
}

// `POST /api/v1/playbook/on`: somebody has looked at what failed; it may be used again.
export interface OnRequest {
  playbook: string
  note: string
  by: string
}

// Who did what.
export interface AuditRow {
  n: number
  at: number
  who: string
  what: string
  // JSON.
  detail: string
}

// Oldest first.
export interface AuditList {
  at: number
  rows: AuditRow[]
  // To be asked for with `after`, for those that follow; None: these are all.
  next: number | null
}

// Declared paths, jobs and layers with a target: what has least of its error budget left comes
// first.
export interface AvailabilityView {
  at: number
  // day | month
  by: string
  // In which days and months are counted.
  zone: string
  from: number
  to: number
  // Minutes that were out under announced work are not among those that count.
  exclude_planned: boolean
  // Before `limit`.
  total: number
  rows: AvailabilityRow[]
}

// Over the whole time. Minutes of which nothing is known are neither good nor bad.
export interface AvailabilityRow {
  // `path:<from>→<to>`, `job:<cluster>/<key>`, `topic:<cluster>/<topic>`, `layer:<name>` or a
  // component's id.
  subject: string
  // path | job | topic | layer | component | zookeeper | hdfs | yarn
  kind: string
  // As people call it.
  name: string
  // Share of minutes that are to be within the target, 0 to 1.
  objective: number
  // Share of the known minutes that were, 0 to 1. None: nothing is known.
  share: number | null
  known: number
  within: number
  unknown: number
  // Minutes that were out while somebody had announced work there or on what feeds it.
  planned: number
  // Minutes that may be out in this time, and those that are left: under 0, more were.
  budget: number
  left: number
  // More was out than may be, counted over a day at least: of the first minutes one is half.
  overspent: boolean
  // Oldest first.
  periods: AvailabilityPeriod[]
}

// A day or month.
export interface AvailabilityPeriod {
  from: number
  to: number
  share: number | null
  known: number
  within: number
  unknown: number
  planned: number
}

// Who spent the error budget of one of them.
export interface SpentView {
  subject: string
  from: number
  to: number
  // Minutes that were out; without those under announced work where these do not count.
  out: number
  // Minutes that were out under announced work.
  planned: number
  // Most first; each minute once, with the incident that began first of those that were on.
  rows: SpentRow[]
  // There were more incidents than were read: some minutes may be theirs.
  cut: boolean
}

export interface SpentRow {
  // None: no incident was on.
  incident: string | null
  sentence: TextView | null
  minutes: number
  // The first of these minutes.
  first: number
}

// What is learned of the incidents that opened in this time.
export interface ReviewView {
  // In which days begin.
  zone: string
  // When the first of the days began.
  from: number
  to: number
  all: ReviewGroup
  // Most trouble first, at most 50 each. A cause: the one that was named, or its family.
  causes: ReviewGroup[]
  // Where the roots sit.
  places: ReviewGroup[]
  clusters: ReviewGroup[]
  // By `groups` of the configuration.
  teams: ReviewGroup[]
  // The same cause at the same place twice or more, most often first; at most 50.
  again: ReviewAgain[]
}

// Incidents that share something.
export interface ReviewGroup {
  name: string
  incidents: number
  open: number
  // From the onset until we said it, s: half of them within, and 95 %.
  detect_p50_s: number | null
  detect_p95_s: number | null
  // From the onset until it was over, s; of those that are.
  recover_p50_s: number | null
  recover_p95_s: number | null
  // All of them together, s; one that is open until now.
  trouble_s: number
  // When the newest opened.
  last: number | null
}

export interface ReviewAgain {
  // Id and name.
  place: string
  place_name: string
  cause: string
  times: number
  trouble_s: number
  // The newest of them.
  incident: string
  last: number
}
