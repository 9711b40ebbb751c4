// Small views for tests: a delay, a node, an edge.
import type { Delay, EdgeView, LateItem, NodeView, Overview } from '../src/api/types'

export const delay = (seconds: number | null, more: Partial<Delay> = {}): Delay => ({
  seconds,
  at_least: false,
  at: seconds === null ? null : 1_000_000,
  method: null,
  unknown: seconds === null ? 'its metrics were not seen' : null,
  quantiles: { window_s: 300, known: 1, p50: null, p95: null, p99: null },
  trend: null,
  topic_wait: null,
  inside_wait: null,
  window_wait: null,
  commit_wait: null,
  window_span: null,
  records: null,
  rate: null,
  target_s: null,
  status: seconds === null ? 'unknown' : 'no_target',
  ...more,
})

export const node = (id: string, column: number, row: number, more: Partial<NodeView> = {}): NodeView => ({
  id,
  kind: id.startsWith('topic:') ? 'topic' : 'job',
  name: id.replace(/^.*\//, ''),
  cluster: 'demo',
  layer: null,
  state: id.startsWith('topic:') ? null : 'RUNNING',
  ambiguous: false,
  inside: null,
  total: null,
  own: null,
  status: 'no_target',
  arises: false,
  inherits: false,
  retention_ms: null,
  hidden_upstream: 0,
  hidden_downstream: 0,
  repair: null,
  column,
  row,
  ...more,
})

export const edge = (from: string, to: string, more: Partial<EdgeView> = {}): EdgeView => ({
  id: `${from} -> ${to}`,
  from,
  to,
  kind: from.startsWith('topic:') ? 'reads' : 'writes',
  known_from: ['connector metrics'],
  inferred: false,
  groups: [],
  delay: delay(1),
  unread_partitions: [],
  critical: false,
  repair: null,
  ...more,
})

export const late = (label: string, of: Delay, more: Partial<LateItem> = {}): LateItem => ({
  kind: 'job',
  id: `job:demo/${label}`,
  label,
  delay: of,
  arises_at: null,
  arises_as: null,
  inherited: false,
  ...more,
})

export const overview = (more: Partial<Overview> = {}): Overview => ({
  at: 1_000_000,
  version: '0',
  mode: 'observe',
  jobs: { total: 4, running: 4, changing: 0, failed: 0, ended: 0, unknown: 0, lost: 0 },
  topics: 3,
  targets_up: 3,
  targets: 3,
  repairs: [],
  late: [],
  groups: [],
  clusters: [],
  components: [],
  recent_changes: [],
  blind: [],
  ...more,
})
