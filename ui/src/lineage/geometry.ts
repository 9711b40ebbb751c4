// From columns and rows (given by the server) to places: boxes, curves, and where a figure can
// stand on its curve without covering another.
import type { EdgeView, LineageView, NodeView } from '../api/types'

export interface Box {
  id: string
  x: number
  y: number
  w: number
  h: number
}
export interface Label {
  x: number
  y: number
  w: number
  h: number
}
export interface Curve {
  edge: EdgeView
  path: string
  label: Label
}
export interface Picture {
  width: number
  height: number
  boxes: Map<string, Box>
  curves: Curve[]
  captions: { x: number; text: string }[]
}

export const JOB = { w: 196, h: 64 }
export const TOPIC = { w: 164, h: 46 }
/** Room between columns: at least this, more for long figures and for many lines. */
const GAP_X = 92
const AROUND_LABEL = 40
const FOR_A_LINE = 7
const MOST_FOR_LINES = 90
const PITCH_Y = 84
const EDGE_OF_PAPER = 26
const CAPTIONS = 30
const LABEL_H = 17

type Point = [number, number]
type Bezier = [Point, Point, Point, Point]

export function picture(
  view: Pick<LineageView, 'nodes' | 'edges' | 'columns'>,
  labelWidth: (edge: EdgeView) => number,
): Picture {
  const boxes = place(view, labelWidth)
  const curves = route(view.edges, boxes, labelWidth)
  const all = [...boxes.values()]
  const lowest = Math.max(
    0,
    ...all.map((box) => box.y + box.h),
    ...curves.map((curve) => curve.label.y + curve.label.h),
  )
  return {
    width: Math.max(0, ...all.map((box) => box.x + box.w)) + EDGE_OF_PAPER,
    height: lowest + EDGE_OF_PAPER,
    boxes,
    curves,
    captions: captions(view, boxes),
  }
}

/** Columns as wide as their widest node; unused columns and rows take no room. */
function place(
  { nodes, edges }: Pick<LineageView, 'nodes' | 'edges'>,
  labelWidth: (edge: EdgeView) => number,
): Map<string, Box> {
  const columns = rank(nodes.map((node) => node.column))
  const rows = rank(nodes.map((node) => node.row))
  const widths: number[] = [...columns].map(() => 0)
  for (const node of nodes) {
    const c = columns.get(node.column) ?? 0
    widths[c] = Math.max(widths[c] ?? 0, size(node).w)
  }
  const gaps = between(nodes, edges, columns, labelWidth)
  const lefts = widths.map(
    (_, i) => EDGE_OF_PAPER + widths.slice(0, i).reduce((sum, w, c) => sum + w + (gaps[c] ?? GAP_X), 0),
  )
  const taken = new Set<string>()
  const boxes = new Map<string, Box>()
  for (const node of [...nodes].sort((a, b) => a.row - b.row || a.id.localeCompare(b.id))) {
    const c = columns.get(node.column) ?? 0
    let r = rows.get(node.row) ?? 0
    // Two nodes at one place would hide each other: the second goes to the next free row.
    while (taken.has(`${c}:${r}`)) r += 1
    taken.add(`${c}:${r}`)
    const { w, h } = size(node)
    boxes.set(node.id, {
      id: node.id,
      x: (lefts[c] ?? 0) + ((widths[c] ?? w) - w) / 2,
      y: CAPTIONS + r * PITCH_Y + (PITCH_Y - h) / 2,
      w,
      h,
    })
  }
  return boxes
}

/** The gap after each column. */
function between(
  nodes: NodeView[],
  edges: EdgeView[],
  columns: Map<number, number>,
  labelWidth: (edge: EdgeView) => number,
): number[] {
  const of = new Map(nodes.map((node) => [node.id, columns.get(node.column) ?? 0]))
  return [...columns.keys()].map((_, c) => {
    const here = edges.filter((edge) => of.get(edge.from) === c && of.has(edge.to))
    const widest = Math.max(0, ...here.map(labelWidth))
    const crowd = here.length - nodes.filter((node) => of.get(node.id) === c).length
    return Math.max(GAP_X, widest + AROUND_LABEL) + Math.min(MOST_FOR_LINES, FOR_A_LINE * Math.max(0, crowd))
  })
}

const size = (node: NodeView) => (node.kind === 'topic' ? TOPIC : JOB)

function rank(values: number[]): Map<number, number> {
  return new Map([...new Set(values)].sort((a, b) => a - b).map((value, i) => [value, i]))
}

function captions(view: Pick<LineageView, 'nodes' | 'columns'>, boxes: Map<string, Box>) {
  const out: { x: number; text: string }[] = []
  view.columns.forEach((text, column) => {
    const first = view.nodes.find((node) => node.column === column)
    const box = first && boxes.get(first.id)
    if (text !== null && box) out.push({ x: box.x, text })
  })
  return out
}

function route(edges: EdgeView[], boxes: Map<string, Box>, labelWidth: (edge: EdgeView) => number): Curve[] {
  const placed: Label[] = []
  const solid = [...boxes.values()]
  const curves: Curve[] = []
  // The critical path first: its figures get the best places.
  for (const edge of [...edges].sort((a, b) => Number(b.critical) - Number(a.critical))) {
    const from = boxes.get(edge.from)
    const to = boxes.get(edge.to)
    if (!from || !to) continue
    const line = bezier(from, to)
    const label = settle(line, labelWidth(edge), [...placed, ...solid])
    placed.push(label)
    curves.push({ edge, path: draw(line), label })
  }
  return curves
}

function bezier(from: Box, to: Box): Bezier {
  const start: Point = [from.x + from.w, from.y + from.h / 2]
  const end: Point = [to.x - 3, to.y + to.h / 2]
  if (end[0] > start[0]) {
    const pull = Math.max(30, (end[0] - start[0]) / 2)
    return [start, [start[0] + pull, start[1]], [end[0] - pull, end[1]], end]
  }
  // Backwards (a loop): out to the right, under the boxes and in from the left.
  const dip = Math.max(from.y + from.h, to.y + to.h) + 60
  return [start, [start[0] + 90, dip], [end[0] - 90, dip], end]
}

const draw = ([a, b, c, d]: Bezier) => `M${pt(a)}C${pt(b)} ${pt(c)} ${pt(d)}`
const pt = ([x, y]: Point) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`

function at([a, b, c, d]: Bezier, s: number): Point {
  const r = 1 - s
  const mix = (i: 0 | 1) => r * r * r * a[i] + 3 * r * r * s * b[i] + 3 * r * s * s * c[i] + s * s * s * d[i]
  return [mix(0), mix(1)]
}

const tries = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82]
const lifts = [0, -13, 13, -22, 22]

function settle(line: Bezier, w: number, others: { x: number; y: number; w: number; h: number }[]): Label {
  let best: Label | null = null
  let least = Infinity
  for (const lift of lifts) {
    for (const s of tries) {
      const [x, y] = at(line, s)
      const label = { x: x - w / 2, y: y - LABEL_H / 2 + lift, w, h: LABEL_H }
      const covered = others.reduce((sum, other) => sum + overlap(label, other), 0)
      if (covered === 0) return label
      if (covered < least) [best, least] = [label, covered]
    }
  }
  return best ?? { x: 0, y: 0, w, h: LABEL_H }
}

export function overlap(a: Label, b: Label): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y)
  return w > 0 && h > 0 ? w * h : 0
}
