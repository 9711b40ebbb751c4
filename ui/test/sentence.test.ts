import { afterEach, describe, expect, it } from 'vitest'
import type { IncidentRow } from '../src/api/types'
import { setLang } from '../src/i18n'
import { plain, sentence } from '../src/sentence'
import { delay, late, overview } from './make'

const none = { no_target: 0, unknown: 0 }
const over = (s: number, target: number) => delay(s, { status: 'over', target_s: target })
const victim = late('ads-risk', over(94, 10), {
  inherited: true,
  arises_at: 'job:demo/dwd-order-stats',
  arises_as: 'inside',
})
const root = late('dwd-order-stats', over(93, 5), { arises_at: 'job:demo/dwd-order-stats', arises_as: 'inside' })

afterEach(() => setLang('en'))

describe('the sentence', () => {
  it('names what is late of itself, by how much, where it arises, and who inherits', () => {
    const said = sentence(overview({ late: [victim, root] }), none)
    expect(plain(said)).toBe(
      'dwd-order-stats is 93 s late (5 s wanted). It arises there, inside the job. ads-risk is late only because of it.',
    )
    expect(said.status).toBe('over')
    expect(said.pieces.filter((piece) => piece.node).map((piece) => piece.node)).toEqual([root.id, victim.id])
  })

  it('says the same in Chinese', () => {
    setLang('zh')
    expect(plain(sentence(overview({ late: [victim] }), none))).toBe(
      'ads-risk 数据延迟 94 秒（目标 10 秒）。延迟产生于 dwd-order-stats 作业内部。',
    )
  })

  it('names a topic where records wait', () => {
    const path = late('ods-orders → ads-risk', over(94, 10), {
      kind: 'path',
      arises_at: 'topic:pay-1/orders',
      arises_as: 'topic',
    })
    expect(plain(sentence(overview({ late: [path] }), none))).toBe(
      'ods-orders → ads-risk is 94 s late (10 s wanted). It arises in topic orders: records wait there to be read.',
    )
  })

  it('says what is near', () => {
    const near = late('ads-risk', delay(8.2, { status: 'near', target_s: 10 }))
    expect(plain(sentence(overview({ late: [near] }), none))).toBe(
      'Nothing is over its target, but ads-risk is near it: 8.2 s of 10 s.',
    )
  })

  it('counts what has no target and what is unknown, and is not good then', () => {
    const said = sentence(overview(), { no_target: 3, unknown: 1 })
    expect(plain(said)).toBe('Cannot be judged: 3 jobs without a target, 1 of unknown delay.')
    expect(said.status).toBe('unknown')
    const rest = sentence(overview(), { no_target: 1, unknown: 0 })
    expect(plain(rest)).toBe('Cannot be judged: 1 job without a target. Nothing else is over its target.')
  })

  it('says what is wrong where nobody can judge how late anything is', () => {
    const says = { en: 'Broker 1 is down', zh: '' }
    const ill = { id: 'i1', state: 'confirmed', role: 'root', planned: null, sentence: says, harm: { breach: false } }
    const open = (more: object) => [{ ...ill, ...more } as unknown as IncidentRow]
    const said = sentence(overview(), { no_target: 1, unknown: 3 }, open({}))
    expect(said).toEqual({ status: 'over', pieces: [{ text: 'Broker 1 is down.', incident: 'i1' }] })
    const failed = sentence(overview({ jobs: { ...overview().jobs, failed: 1 } }), none, open({}))
    expect(plain(failed)).toBe('Broker 1 is down. 1 job has failed.')
    for (const calm of [{ state: 'provisional' }, { role: 'hazard' }, { planned: {} }])
      expect(sentence(overview(), none, open(calm)).status).toBe('normal')
    expect(plain(sentence(overview({ late: [root] }), none, open({})))).toMatch(/^dwd-order-stats is 93 s late/)
    // why it is late is told before that it is
    const why = sentence(overview({ late: [root] }), none, open({ harm: { breach: true } }))
    expect(plain(why)).toBe('Broker 1 is down.')
  })

  it('is good only when everything is known to be', () => {
    expect(sentence(overview(), none)).toEqual({
      status: 'normal',
      pieces: [{ text: 'Everything is within its target.' }],
    })
    expect(sentence(overview(), { no_target: null, unknown: null }).status).toBe('unknown')
  })

  it('names the slowest where nothing has a target', () => {
    const worst = late('ads-risk', delay(94, { at_least: true }))
    const view = overview({ groups: [{ kind: 'cluster', name: 'ADS', jobs: 1, topics: 1, status: 'no_target', p99: null, worst }] })
    expect(plain(sentence(view, { no_target: 1, unknown: 0 }))).toBe(
      'Cannot be judged: 1 job without a target. Nothing else is over its target. Slowest now: ads-risk, ≥ 94 s.',
    )
  })

  it('says first that nothing can be seen', () => {
    expect(plain(sentence(overview({ targets_up: 0, late: [root] }), none))).toBe(
      'Nothing can be seen: none of 3 targets answers.',
    )
    expect(sentence(overview({ targets: 0, targets_up: 0 }), none).status).toBe('unknown')
  })

  it('adds failed jobs', () => {
    const jobs = { total: 4, running: 3, changing: 0, failed: 1, ended: 0, unknown: 0, lost: 2 }
    const said = sentence(overview({ jobs }), none)
    expect(plain(said)).toMatch(/ 1 job has failed\. 2 jobs are lost: their JobManager does not know them any more\.$/)
    expect(said.status).toBe('over')
  })
})
