import { afterEach, describe, expect, it } from 'vitest'
import { age, bytes, ellipsis, millis, number, percent, rate, seconds, trend } from '../src/format'
import { setLang } from '../src/i18n'
import { both, moment } from '../src/time'

afterEach(() => setLang('en'))

describe('seconds', () => {
  it.each([
    [0, '0.0 s'],
    [0.01, '< 0.1 s'],
    [0.4, '0.4 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [94, '94 s'],
    [119.4, '119 s'],
    [125, '2 min 5 s'],
    [720, '12 min'],
    [3599, '1 h'],
    [6000, '1 h 40 min'],
    [273_600, '3 d 4 h'],
    [-0.4, '−0.4 s'],
  ])('%d is %s', (value, text) => expect(seconds(value)).toBe(text))

  it('says when it is at least this much', () => expect(seconds(94, true)).toBe('≥ 94 s'))

  it('is null for what is not known, never 0', () => {
    for (const value of [null, undefined, Number.NaN, Infinity]) expect(seconds(value)).toBeNull()
  })

  it('speaks Chinese', () => {
    setLang('zh')
    expect([seconds(94), seconds(720), seconds(6000)]).toEqual(['94 秒', '12 分钟', '1 小时 40 分钟'])
  })
})

it('ages are whole and never negative', () => {
  expect([age(2400), age(-300), age(61_000), age(720_000), age(null)]).toEqual(['2 s', '0 s', '61 s', '12 min', null])
})

it('figures', () => {
  expect([number(2010.4), number(12.44), number(0.314), number(null)]).toEqual(['2,010', '12.4', '0.31', null])
  expect([rate(2010), percent(0.976), millis(340), millis(21_600_000)]).toEqual(['2,010/s', '98 %', '340 ms', '6 h'])
  expect([bytes(0), bytes(999), bytes(1000), bytes(123_456_789), bytes(null)]).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '123 MB',
    null,
  ])
  expect([trend(0.9), trend(-0.24), trend(0.01), trend(null)]).toEqual(['+0.9 s/s', '−0.2 s/s', '±0 s/s', null])
})

it('an ellipsis counts wide characters as two', () => {
  expect(ellipsis('dwd-order-stats', 10)).toBe('dwd-order…')
  expect(ellipsis('订单统计作业', 8)).toBe('订单统…')
  expect(ellipsis('short', 10)).toBe('short')
})

it('a moment has its zone, and its day when that is another', () => {
  const at = Date.UTC(2026, 10, 20, 3, 14, 6)
  expect(moment(at, at + 1000, false)).toBe('03:14:06 UTC')
  expect(moment(at, at + 86_400_000, false)).toBe('2026-11-20 03:14 UTC')
  expect(moment(null, at)).toBeNull()
  expect(both(at)).toContain('2026-11-20 03:14:06 UTC')
})
