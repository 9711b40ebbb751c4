// Text from the estate is text, wherever it is set.
import { renderToString } from 'preact-render-to-string'
import { expect, it, vi } from 'vitest'
import { Graph } from '../src/lineage/graph'
import { Blind, Changes, Edges, LateName } from '../src/parts/rows'
import { delay, edge, late, node } from './make'

vi.stubGlobal('location', { hash: '#/lineage' })

const HOSTILE = '<img src=x onerror=alert(1)>'
const id = `job:demo/${HOSTILE}`

const view = {
  at: 0,
  focus: id,
  hops: 1,
  direction: 'around',
  nodes: [
    node(id, 0, 0, { state: HOSTILE, total: delay(null, { unknown: HOSTILE }) }),
    node(`topic:k/${HOSTILE}`, 1, 0),
  ],
  edges: [edge(id, `topic:k/${HOSTILE}`, { known_from: [HOSTILE], groups: [HOSTILE] })],
  critical: [],
  paths: [],
  total_nodes: 2,
  rest: [],
  columns: [HOSTILE],
  historic: false,
  history_since: null,
}

it('no element comes of a name', () => {
  const change = {
    at: 0,
    seen: 0,
    node: null,
    label: HOSTILE,
    kind: HOSTILE,
    what: HOSTILE,
    from: HOSTILE,
    to: HOSTILE,
  }
  const html = renderToString(
    <>
      <Graph view={view} zoom={1} expanded={[]} onShow={() => undefined} />
      <Edges edges={view.edges} label={HOSTILE} far="to" nothing="" />
      <Changes changes={[change]} label="" withEntity />
      <Blind blind={[{ kind: 'x', node: id, what: HOSTILE, why: HOSTILE, since: 0, target: HOSTILE, todo: HOSTILE }]} />
      <LateName item={late(HOSTILE, delay(1))} />
    </>,
  )
  expect(html).toContain('&lt;img src=x')
  expect(html).not.toContain('<img')
})
