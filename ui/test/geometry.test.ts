import { describe, expect, it } from 'vitest'
import { JOB, overlap, picture } from '../src/lineage/geometry'
import { edge, node } from './make'

const width = () => 52

function chain() {
  const ids = ['job:a/ods', 'topic:k/orders', 'job:a/dwd', 'topic:k/stats', 'job:a/ads']
  return {
    nodes: ids.map((id, i) => node(id, i, 0)),
    edges: ids.slice(1).map((id, i) => edge(ids[i] ?? '', id)),
    columns: ['ODS', null, 'DWD', null, 'ADS'],
  }
}

/** Seven columns of nine: every node reads its neighbour and one across. */
function crowd() {
  const id = (c: number, r: number) => `${c % 2 ? 'topic:k' : 'job:a'}/${c}-${r}`
  const cells = [...Array(63).keys()].map((i) => [Math.floor(i / 9), i % 9] as const)
  const nodes = cells.map(([c, r]) => node(id(c, r), c, r))
  const edges = cells.filter(([c]) => c > 0).map(([c, r]) => edge(id(c - 1, r), id(c, r)))
  return {
    nodes,
    edges: [...edges, ...cells.filter(([c, r]) => c > 0 && r > 0).map(([c, r]) => edge(id(c - 1, r - 1), id(c, r)))],
    columns: [],
  }
}

describe('the picture', () => {
  it('goes from left to right, with every edge and figure between its nodes', () => {
    const drawn = picture(chain(), width)
    for (const { edge: one, label } of drawn.curves) {
      const [from, to] = [drawn.boxes.get(one.from), drawn.boxes.get(one.to)]
      if (!from || !to) throw new Error('lost a node')
      expect(from.x + from.w).toBeLessThanOrEqual(label.x)
      expect(label.x + label.w).toBeLessThanOrEqual(to.x)
    }
    expect(drawn.captions.map((caption) => caption.text)).toEqual(['ODS', 'DWD', 'ADS'])
  })

  it('covers no node and no figure with 63 nodes', () => {
    const drawn = picture(crowd(), width)
    const boxes = [...drawn.boxes.values()]
    const solid = [...boxes, ...drawn.curves.map((curve) => curve.label)]
    const covered = solid.flatMap((a, i) => solid.slice(i + 1).filter((b) => overlap(a, b) > 0))
    expect(drawn.curves).toHaveLength(54 + 48)
    expect(covered).toEqual([])
    expect(boxes.every((box) => box.x + box.w <= drawn.width && box.y + box.h <= drawn.height)).toBe(true)
  })

  it('gives two nodes at one place a place each, and unused rows none', () => {
    const drawn = picture({ nodes: [node('job:a/x', 0, 4), node('job:a/y', 0, 4)], edges: [], columns: [] }, width)
    const [x, y] = [drawn.boxes.get('job:a/x'), drawn.boxes.get('job:a/y')]
    if (!x || !y) throw new Error('lost a node')
    expect(y.y - x.y).toBeGreaterThanOrEqual(JOB.h)
    expect(drawn.height).toBeLessThan(300)
  })

  it('widens the gap for a long figure', () => {
    const far = (w: number) => picture(chain(), () => w).width
    expect(far(120)).toBeGreaterThan(far(52))
  })

  it('draws a loop and skips an edge whose end is not shown', () => {
    const view = {
      nodes: [node('job:a/x', 0, 0), node('topic:k/t', 1, 0)],
      edges: [edge('job:a/x', 'topic:k/t'), edge('topic:k/t', 'job:a/x'), edge('topic:k/t', 'job:a/gone')],
      columns: [],
    }
    const drawn = picture(view, width)
    expect(drawn.curves).toHaveLength(2)
    expect(drawn.curves.every((curve) => !curve.path.includes('NaN'))).toBe(true)
  })
})
