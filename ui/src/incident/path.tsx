// The way from the root to its victims, drawn as the lineage is.
import { useMemo, useState } from 'preact/hooks'
import type { Delay, EdgeView, HarmEdge, HarmNode, HarmPath, LineageView, NodeView, Status } from '../api/types'
import { useNow } from '../api/use'
import { t } from '../i18n'
import { Graph, type Shown, edgeFacts } from '../lineage/graph'
import { Card, Moment } from '../parts/basic'
import { href } from '../route'
import { LineageLink } from '../parts/rows'

export function Path(props: { path: HarmPath; at: number }) {
  const { path, at } = props
  const [shown, show] = useState<Shown | null>(null)
  const view = useMemo(() => lineage(path, at), [path, at])
  const marks = useMemo(() => new Map(path.nodes.map((node) => [node.id, node.part])), [path])
  const edge = shown?.kind === 'edge' ? view.edges.find((one) => one.id === shown.id) : undefined
  const root = path.nodes.find((node) => node.part === 'root') ?? path.nodes[0]
  return (
    <Card
      title={t('where_it_arises')}
      aside={
        <>
          {t('delay_aside')} · {t('as_of')} <Moment at={at} />
          {root !== undefined && (
            <>
              {' '}
              · <LineageLink id={root.id} />
            </>
          )}
        </>
      }
    >
      <Graph
        view={view}
        zoom={null}
        expanded={[]}
        onShow={show}
        marks={marks}
        to={(id) => href('lineage', { focus: id })}
      />
      <div class="detail short">{edge ? <Facts edge={edge} /> : <p class="soft">{t('path_hint')}</p>}</div>
    </Card>
  )
}

function Facts({ edge }: { edge: EdgeView }) {
  const now = useNow()
  return (
    <ul class="facts named">
      {edgeFacts(edge, now).map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}

/** As a view of the lineage, so that the same drawing serves both. */
export function lineage(path: HarmPath, at: number): LineageView {
  return {
    at,
    focus: path.nodes.find((node) => node.part === 'root')?.id ?? null,
    hops: 0,
    direction: 'path',
    nodes: path.nodes.map((node) => drawn(node, at)),
    edges: path.edges.map(line),
    critical: [],
    paths: [],
    total_nodes: path.nodes.length,
    rest: [],
    columns: [],
    historic: false,
    history_since: null,
  }
}

const line = (edge: HarmEdge): EdgeView => ({
  id: `${edge.from} -> ${edge.to}`,
  from: edge.from,
  to: edge.to,
  kind: edge.kind,
  known_from: [],
  inferred: edge.inferred,
  groups: [],
  delay: edge.delay,
  unread_partitions: [],
  critical: false,
  repair: null,
})

function drawn(node: HarmNode, at: number): NodeView {
  const status = judged(node)
  return {
    id: node.id,
    kind: node.kind,
    name: node.name,
    cluster: '',
    layer: null,
    state: node.state,
    ambiguous: false,
    inside: null,
    total: node.kind === 'job' ? age(node, at, status) : null,
    own: node.own_s,
    status,
    arises: false,
    inherits: false,
    retention_ms: node.retention_ms,
    hidden_upstream: 0,
    hidden_downstream: 0,
    repair: null,
    column: node.column,
    row: node.row,
  }
}

function judged({ kind, late_s, target_s }: HarmNode): Status {
  if (kind === 'topic') return 'no_target'
  if (late_s === null) return 'unknown'
  if (target_s === null) return 'no_target'
  return late_s > target_s ? 'over' : 'normal'
}

const age = (node: HarmNode, at: number, status: Status): Delay => ({
  seconds: node.late_s,
  at_least: false,
  at,
  method: null,
  unknown: null,
  quantiles: { window_s: 0, known: 0, p50: null, p95: null, p99: null },
  trend: null,
  topic_wait: null,
  inside_wait: null,
  window_wait: null,
  commit_wait: null,
  window_span: null,
  records: null,
  rate: null,
  target_s: node.target_s,
  status,
})
