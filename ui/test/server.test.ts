import { afterEach, expect, it } from 'vitest'
import curves from '../../tests/fixtures/api/curves.json'
import job from '../../tests/fixtures/api/job.json'
import lineage from '../../tests/fixtures/api/lineage.json'
import overview from '../../tests/fixtures/api/overview.json'
import { setLang } from '../src/i18n'
import { serverText } from '../src/i18n/server'

afterEach(() => setLang('en'))

/** What the server says about the estate in words of its own, not in those of the estate. */
const said = [
  ...overview.blind.filter((spot) => spot.node !== null).flatMap((spot) => [spot.what, spot.why]),
  ...overview.blind.map((spot) => spot.todo),
  ...overview.late.map((item) => item.delay.unknown),
  ...lineage.edges.flatMap((edge) => [...edge.known_from, edge.delay.unknown]),
  ...job.hops.map((hop) => hop.delay.unknown),
  ...curves.series.map((series) => series.source),
].filter((text): text is string => text !== null)

it('what the server said in the recorded answers is said in Chinese', () => {
  setLang('zh')
  expect(said.length).toBeGreaterThan(10)
  expect(said.filter((text) => !/[\u4e00-\u9fff]/.test(serverText(text)))).toEqual([])
})

it('a reason from the closed list is said in words', () => {
  expect(serverText('position_stale')).toBe('where it stands was last seen too long ago')
})

it('what a rule did not see is said in Chinese', () => {
  setLang('zh')
  expect(serverText('cpu of taskmanager tm-1')).toBe('tm-1 的 cpu')
  expect(serverText('busy of subtask 3 of orders / Enrich of all')).toBe('orders / Enrich of all 子任务 3 的 busy')
})

it('a text of unknown shape stays as it came', () => {
  setLang('zh')
  expect(serverText('GROUP_AUTHORIZATION_FAILED of <b>x</b>')).toBe('GROUP_AUTHORIZATION_FAILED of <b>x</b>')
})
