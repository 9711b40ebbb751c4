import { expect, it } from 'vitest'
import { format, nodeName, parse } from '../src/route'

it('the address holds the state and gives it back', () => {
  const query = { focus: 'job:demo/a&b=c #?"<x>', hops: '3', at: '1795144000000', lang: 'zh' }
  const hash = format('lineage', query)
  expect(parse(hash)).toEqual({ screen: 'lineage', query })
})

it('an incident by its short address', () => {
  expect(parse('#/incident/7f3a?lang=zh')).toEqual({ screen: 'incident', query: { id: '7f3a', lang: 'zh' } })
  expect(parse('#/rules/code.x%2F%')).toEqual({ screen: 'rules', query: { id: 'code.x%2F%' } })
})

it('what is absent is not in the address', () =>
  expect(format('jobs', { q: '', state: null, offset: 50 })).toBe('#/jobs?offset=50'))

it('an address nobody knows is the overview', () => {
  expect(parse('#/nowhere?x=1')).toEqual({ screen: 'overview', query: { x: '1' } })
  expect(parse('')).toEqual({ screen: 'overview', query: {} })
})

it('the readable end of a node', () => {
  expect(nodeName('job:demo/dwd-order-stats')).toBe('dwd-order-stats')
  expect(nodeName('topic:pay-1/a/b')).toBe('a/b')
})
