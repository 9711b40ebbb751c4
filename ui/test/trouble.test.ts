// What is said of trouble, in its pure parts: words, figures, marks, the plot's window, search.
import { afterEach, describe, expect, it } from 'vitest'
import incident from '../../tests/fixtures/api/incident.json'
import incidents from '../../tests/fixtures/api/incidents.json'
import rules from '../../tests/fixtures/api/rules.json'
import type { IncidentRow, IncidentView, RuleList } from '../src/api/types'
import { sendable } from '../src/api/token'
import { setLang } from '../src/i18n'
import { marks, of } from '../src/incident/marks'
import { lineage } from '../src/incident/path'
import { span } from '../src/incident/spark'
import { figure, harmTone, lossTone, quantity, safeUrl, say, template, verdictText } from '../src/incident/words'
import { matches } from '../src/screens/rules'

afterEach(() => setLang('en'))

const rows = incidents.incidents as IncidentRow[]
const [row] = rows as [IncidentRow, ...IncidentRow[]]
const number = (value: number | null, unit: string) => ({ value, unit, text: null, truth: null })

it('a rule’s sentence has places where figures and names will stand', () => {
  const says = '{vertex} of {job}: {1 / median(tpr)} each, {min(busy):percent} busy, {new_word}'
  expect(template(says)).toBe('‹operator› of ‹job›: ‹figure› each, ‹figure› busy, ‹new word›')
  setLang('zh')
  expect(template('{job} 的 {vertex}')).toBe('‹作业› 的 ‹算子›')
})

it('data loss is told by how soon somebody must act', () => {
  expect([0, 3599, 3600, 86_399, 86_400, 6 * 86_400].map(lossTone)).toEqual([
    'over', 'over', 'near', 'near', 'soft', 'soft',
  ])
})

describe('figures', () => {
  it('are in their unit', () => {
    expect(figure(number(0.974, 'ratio'))).toBe('0.97')
    expect(figure(number(94.3, 's'))).toBe('94 s')
    expect(figure(number(5, 's'))).toBe('5 s')
    expect(figure(number(2010, 'records/s'))).toBe('2,010/s')
    expect(figure(number(3e9, 'bytes'))).toBe('3 GB')
    expect(figure(number(12, 'count'))).toBe('12')
    expect(quantity(1.8, 'furlongs')).toBe('1.8 furlongs')
  })
  it('an unknown one is no number', () => {
    expect(figure(null)).toBeNull()
    expect(figure(number(null, 's'))).toBeNull()
    expect(figure(number(Number.NaN, 'cores'))).toBeNull()
  })
  it('have their unit in Chinese', () => {
    setLang('zh')
    expect(figure(number(1.8, 'cores'))).toBe('1.8 核')
  })
})

it('a text that is not there in one language is said in the other', () => {
  setLang('zh')
  expect(say({ en: 'slow', zh: '' })).toBe('slow')
  expect(say({ en: 'slow', zh: '慢' })).toBe('慢')
})

it('a verdict says between what it cannot decide', () => {
  const between = { kind: 'undetermined' as const, causes: ['a', 'b'], family: null }
  expect(verdictText(between)).toBe('undetermined between a or b')
  expect(verdictText({ ...between, causes: [] })).toBe('undetermined: nothing that is known fits')
})

it('red is for what breaks a target and still goes on', () => {
  const of = (state: IncidentRow['state'], breach: boolean) =>
    harmTone({ ...row, state, harm: { ...row.harm, breach } })
  expect([of('confirmed', true), of('confirmed', false), of('recovering', true), of('closed', true)]).toEqual([
    'over',
    'near',
    'soft',
    'soft',
  ])
})

it('only addresses that a browser may open are links', () => {
  expect(safeUrl('https://flink:8081/#/job/x')).toBe('https://flink:8081/#/job/x')
  for (const bad of ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', '/job', '', null])
    expect(safeUrl(bad), String(bad)).toBeNull()
})

it('a token with a space or a line break is not sent', () => {
  expect(sendable('s3cret.token=')).toBe(true)
  for (const bad of ['', 'a b', 'a\nb', '令牌']) expect(sendable(bad)).toBe(false)
})

it('roots and victims of what is open are marked; a root stays one', () => {
  const [node, other] = ['job:demo/a', 'job:demo/b']
  const one = { ...row, id: '1', subject: { ...row.subject, node }, harm: { ...row.harm, victim_nodes: [other] } }
  const two = { ...row, id: '2', subject: { ...row.subject, node: other }, harm: { ...row.harm, victim_nodes: [] } }
  expect([...marks([two, one])].sort()).toEqual([
    [node, 'root'],
    [other, 'root'],
  ])
  expect(of([one, two], other).map(({ row, part }) => [row.id, part])).toEqual([
    ['2', 'root'],
    ['1', 'victim'],
  ])
})

it('the plot begins before the onset and holds at most three hours', () => {
  const [onset, minute] = [1_000_000_000, 60_000]
  const short = span(onset, onset + 6 * minute)
  expect(onset - short.from).toBeGreaterThanOrEqual(3 * minute)
  const long = span(onset, onset + 600 * minute)
  expect(long.to - long.from).toBeLessThanOrEqual(180 * minute)
})

it('the path is drawn with the delay on every edge', () => {
  const { path, at } = incident as unknown as IncidentView
  if (path === null) throw new Error('the recorded incident has a path')
  const view = lineage(path, at)
  expect(view.nodes.map((node) => node.id)).toEqual(path.nodes.map((node) => node.id))
  expect(view.edges.map((edge) => edge.delay)).toEqual(path.edges.map((edge) => edge.delay))
  expect(view.focus).toBe(path.nodes.find((node) => node.part === 'root')?.id)
})

it('a rule is found by every word, in either language', () => {
  const [rule] = (rules as RuleList).rules
  if (rule === undefined) throw new Error('no rule is recorded')
  expect(matches(rule, '')).toBe(true)
  expect(matches(rule, `${rule.cause.toUpperCase()} ${rule.role}`)).toBe(true)
  expect(matches(rule, rule.says.zh.slice(0, 4))).toBe(true)
  expect(matches(rule, `${rule.cause} nowhere`)).toBe(false)
})
