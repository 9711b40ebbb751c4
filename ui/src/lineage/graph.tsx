// The focus view: SVG whose nodes are links and whose edges can be reached by keyboard.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { EdgeView, LineageView, NodeView } from '../api/types'
import { useNow } from '../api/use'
import { ellipsis, millis, seconds, width } from '../format'
import { lang, t, word } from '../i18n'
import { delayFacts, isStale } from '../parts/delay'
import { tone } from '../parts/basic'
import { underRepair } from '../repair/now'
import { hrefWith, nodeName } from '../route'
import { type Box, type Curve, JOB, picture } from './geometry'
import { serverText } from '../i18n/server'

const edgeText = (edge: EdgeView) => seconds(edge.delay.seconds, edge.delay.at_least) ?? '?'
const labelWidth = (edge: EdgeView) => 14 + 7.6 * width(edgeText(edge))
const failing = (state: string | null) => state === 'FAILED' || state === 'FAILING'

export interface Shown {
  kind: 'node' | 'edge'
  id: string
}

/** The smallest text is 11.5 px at full size: seven columns on a laptop still are read. */
const LEGIBLE = 0.68

interface Props {
  view: LineageView
  /** Null: as much of it as can still be read. */
  zoom: number | 'fit' | null
  expanded: string[]
  onShow: (shown: Shown | null) => void
  /** What an incident makes of a node: root, victim, ... */
  marks?: ReadonlyMap<string, string>
  /** Where a node leads; without it, it comes into focus. */
  to?: (id: string) => string
}

export function Graph(props: Props) {
  const { view } = props
  const drawn = useMemo(() => picture(view, labelWidth), [view, lang()])
  const frame = useRef<HTMLDivElement>(null)
  const room = useWidth(frame)
  const now = useNow()
  // Small graphs fill the room, large ones stay legible and scroll, unless all of it is asked for.
  const fit = room === 0 ? 1 : Math.min(1.15, room / drawn.width)
  const scale = props.zoom === 'fit' ? fit : (props.zoom ?? Math.max(fit, LEGIBLE))
  useEffect(() => {
    const box = view.focus === null ? undefined : drawn.boxes.get(view.focus)
    if (box && frame.current) frame.current.scrollLeft = (box.x + box.w / 2) * scale - room / 2
  }, [view.focus, room, scale])
  const label = view.focus === null ? t('graph_all') : t('graph_around', { name: nodeName(view.focus) })
  return (
    <div class="frame" ref={frame}>
      <svg
        class="graph"
        width={drawn.width * scale}
        height={drawn.height * scale}
        viewBox={`0 0 ${drawn.width} ${drawn.height}`}
        role="group"
        aria-label={label}
      >
        <Arrows />
        {drawn.captions.map((caption) => (
          <text key={caption.text + caption.x} class="s" x={caption.x} y={20}>
            {caption.text}
          </text>
        ))}
        {drawn.curves.map((curve) => (
          <Line key={curve.edge.id} curve={curve} />
        ))}
        {drawn.curves.map((curve) => (
          <Seconds key={curve.edge.id} curve={curve} now={now} onShow={props.onShow} />
        ))}
        {view.nodes.map((node) => {
          const box = drawn.boxes.get(node.id)
          return box && <Node key={node.id} node={node} box={box} {...props} now={now} />
        })}
      </svg>
    </div>
  )
}

function useWidth(frame: { current: HTMLDivElement | null }): number {
  const [room, set] = useState(0)
  useLayoutEffect(() => {
    const element = frame.current
    if (element === null) return
    const watch = new ResizeObserver(() => set(element.clientWidth))
    watch.observe(element)
    set(element.clientWidth)
    return () => watch.disconnect()
  }, [])
  return room
}

function Arrows() {
  return (
    <defs>
      {['ok', 'near', 'over', 'unk'].map((name) => (
        <marker
          key={name}
          id={`arrow-${name}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path class={`head ${name}`} d="M0 0L8 4L0 8z" />
        </marker>
      ))}
    </defs>
  )
}

function Line({ curve }: { curve: Curve }) {
  const { edge } = curve
  const colour = tone(edge.delay.status)
  const classes = ['line', colour]
  if (edge.critical) classes.push('critical')
  if (edge.delay.seconds === null) classes.push('dashed')
  if (edge.inferred) classes.push('inferred')
  return <path class={classes.join(' ')} d={curve.path} marker-end={`url(#arrow-${colour})`} />
}

function edgeSays(edge: EdgeView): string {
  const what =
    edge.kind === 'reads'
      ? t('edge_reads', { topic: nodeName(edge.from), job: nodeName(edge.to) })
      : t('edge_writes', { job: nodeName(edge.from), topic: nodeName(edge.to) })
  return `${what}${edge.inferred ? ` (${t('inferred')})` : ''}`
}

export function edgeFacts(edge: EdgeView, now: number): string[] {
  const out = [
    edgeSays(edge),
    ...delayFacts(edge.delay, now),
    t('known_from', { from: edge.known_from.map(serverText).join(' · ') || t('unknown') }),
  ]
  if (edge.groups.length > 0) out.push(t('groups_are', { groups: edge.groups.join(', ') }))
  if (edge.unread_partitions.length > 0) out.push(t('unread', { partitions: edge.unread_partitions.join(', ') }))
  if (edge.repair !== null) out.push(underRepair(edge.repair))
  return out
}

function Seconds({ curve, now, onShow }: { curve: Curve; now: number; onShow: Props['onShow'] }) {
  const { edge, label } = curve
  const stale = isStale(edge.delay, now)
  const show = () => onShow({ kind: 'edge', id: edge.id })
  const said = edge.delay.seconds === null ? t('unknown') : edgeText(edge)
  return (
    <a
      class={`seconds ${stale ? 'stale' : ''}`}
      href={hrefWith({ sel: edge.id })}
      aria-label={`${edgeSays(edge)}: ${said}, ${word('status', edge.delay.status)}`}
      onMouseEnter={show}
      onFocus={show}
      onMouseLeave={() => onShow(null)}
      onBlur={() => onShow(null)}
    >
      <title>{edgeFacts(edge, now).join('\n')}</title>
      <rect x={label.x} y={label.y} width={label.w} height={label.h} rx="4" />
      <text class={`m ${tone(edge.delay.status)}`} x={label.x + label.w / 2} y={label.y + 12.8} text-anchor="middle">
        {edgeText(edge)}
      </text>
    </a>
  )
}

/** What a node says under its name. */
export function nodeLines(node: NodeView, mark?: string): { text: string; tone: string }[] {
  const part = mark === 'root' || mark === 'victim' ? word('part_is', mark) : null
  if (node.kind === 'topic') {
    const kept = keeps(node.retention_ms)
    return [part === null ? { text: kept, tone: 'soft' } : { text: `${part} · ${kept}`, tone: marked(mark) }]
  }
  if (node.kind === 'component') return componentLines(node, part)
  const lines: { text: string; tone: string }[] = []
  const { inside, total, own } = node
  const leaves = total === null ? null : seconds(total.seconds, total.at_least)
  const late = total === null || total.seconds === null ? 'unk' : tone(total.status)
  lines.push({ text: leaves === null ? t('delay_unknown') : fitting(`${leaves} · `, adds(own, total?.seconds ?? null)), tone: late })
  const said: string[] = part === null ? [] : [part]
  if (node.repair !== null) said.push(t('under_repair'))
  if (node.state !== 'RUNNING') said.push(node.state ?? t('state_unknown'))
  // Root and victim say more than where a delay arises, and there is room for one of the two.
  if (node.arises && part === null) said.push(t('arises_here'))
  if (node.inherits && part === null) said.push(t('inherits'))
  if (inside?.seconds != null) said.push(t('inside', { delay: seconds(inside.seconds, inside.at_least) ?? '' }))
  // small ones would push out what matters: they stand in the detail
  const counts = (wait: number | null | undefined) => (wait ?? 0) > Math.max(1, inside?.seconds ?? 0)
  if (inside?.window_wait && counts(inside.window_wait)) said.push(t('window_short', { delay: seconds(inside.window_wait) ?? '' }))
  if (inside?.commit_wait && counts(inside.commit_wait)) said.push(t('commit_short', { delay: seconds(inside.commit_wait) ?? '' }))
  lines.push({
    text: said.join(' · ') || (mark === undefined ? t('inside_unknown_short') : ''),
    tone: failing(node.state) || node.arises ? 'over' : marked(mark),
  })
  return lines
}

/** What it is, how it stands, and what waits in it by a figure of its own. */
function componentLines(node: NodeView, part: string | null): { text: string; tone: string }[] {
  const stands = word('standing', node.state ?? 'unknown')
  const late = node.inside === null ? null : (seconds(node.inside.seconds) ?? t('delay_unknown'))
  const said = [part, node.cluster, stands].filter((text) => text !== null && text !== '').join(' · ')
  return [
    { text: said, tone: node.state === 'ill' ? 'over' : node.state === 'well' ? 'soft' : 'unk' },
    ...(late === null ? [] : [{ text: t('waits_in_it', { delay: late }), tone: tone(node.inside?.status ?? 'unknown') }]),
  ]
}

/** What of the delay arises here, in words from the fullest to the shortest. */
function adds(own: number | null, total: number | null): string[] {
  if (own === null) return []
  const figure = t('adds', { delay: seconds(own) ?? '' })
  return total !== null && own >= total * MOST_OF_IT ? [figure, t('adds_all')] : [figure]
}

/** So much is all of it to a reader. */
const MOST_OF_IT = 0.95
/** What a job's box takes of the small text. */
const ROOM = Math.floor((JOB.w - 26) / 5.9)

/** With the first of `ends` that still is whole in a job's box. */
function fitting(begin: string, ends: string[]): string {
  const end = ends.find((text) => width(begin + text) <= ROOM)
  return end === undefined ? begin.replace(/ · $/, '') : begin + end
}

const marked = (mark: string | undefined) => (mark === 'root' ? 'over' : mark === 'victim' ? 'near' : 'soft')

function keeps(retention: number | null): string {
  if (retention === null) return t('keeps_unknown')
  return retention < 0 ? t('keeps_all') : t('keeps', { span: millis(retention) ?? '' })
}

function Node(props: Props & { node: NodeView; box: Box; now: number }) {
  const { node, box, view } = props
  const topic = node.kind === 'topic'
  const inFocus = view.focus === node.id
  const mark = props.marks?.get(node.id)
  const lines = nodeLines(node, mark)
  const inner = box.w - (topic ? 40 : 26)
  const classes = ['node', node.kind, tone(node.status)]
  if (inFocus) classes.push('focus')
  if (node.status === 'unknown') classes.push('dashed')
  if (mark !== undefined) classes.push(`is-${mark}`)
  const says = [
    `${word('kind', node.kind)} ${node.name}`,
    ...(node.cluster === '' ? [] : [node.cluster]),
    word('status', node.status),
    ...lines.map((line) => line.text),
  ]
  // What the mark took the room of is still said.
  if (mark !== undefined && node.arises) says.push(t('arises_here'))
  if (mark !== undefined && node.inherits) says.push(t('inherits'))
  if (node.ambiguous) says.push(t('ambiguous'))
  if (node.repair !== null) says.push(underRepair(node.repair))
  const show = () => props.onShow({ kind: 'node', id: node.id })
  const top = box.y + (topic ? 20 : 21)
  return (
    <g>
      <a
        class={classes.join(' ')}
        href={props.to?.(node.id) ?? hrefWith({ focus: node.id, sel: null, expand: null })}
        aria-label={says.join(', ')}
        aria-current={inFocus ? 'true' : undefined}
        onMouseEnter={show}
        onFocus={show}
        onMouseLeave={() => props.onShow(null)}
        onBlur={() => props.onShow(null)}
      >
        <title>{says.join('\n')}</title>
        <rect x={box.x} y={box.y} width={box.w} height={box.h} rx={topic ? box.h / 2 : 6} />
        <text x={box.x + (topic ? 20 : 14)} y={top}>
          {ellipsis(node.name, Math.floor(inner / 6.9))}
        </text>
        {lines.map((line, i) => (
          <text key={i} class={`s ${line.tone}`} x={box.x + (topic ? 20 : 14)} y={top + 16.5 * (i + 1)}>
            {ellipsis(line.text, Math.floor(inner / 5.9))}
          </text>
        ))}
      </a>
      <More node={node} side="up" x={box.x - 9} y={box.y + box.h / 2} expanded={props.expanded} />
      <More node={node} side="down" x={box.x + box.w + 9} y={box.y + box.h / 2} expanded={props.expanded} />
    </g>
  )
}

/** The button that brings in neighbours that are not shown. */
function More(props: { node: NodeView; side: 'up' | 'down'; x: number; y: number; expanded: string[] }) {
  const { node, side, x, y } = props
  const n = side === 'up' ? node.hidden_upstream : node.hidden_downstream
  if (n === 0) return null
  const says = t(side === 'up' ? 'more_up' : 'more_down', { n, name: node.name })
  return (
    <a class="more" href={hrefWith({ expand: [...props.expanded, node.id].join(',') })} aria-label={says}>
      <title>{says}</title>
      <rect x={x - 13} y={y - 9} width="26" height="18" rx="9" />
      <text x={x} y={y + 4} text-anchor="middle">
        +{n > 99 ? '99' : n}
      </text>
    </a>
  )
}
