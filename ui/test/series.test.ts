import { expect, it } from 'vitest'
import { align, plots } from '../src/parts/series'

const series = (label: string, points: [number, number][]) => ({
  name: 'delay',
  label,
  unit: 's',
  source: 'test',
  points,
})

it('a hole stays a hole', () => {
  const [times, values] = align(
    [
      series('a', [
        [0, 1],
        [5000, 2],
        [60_000, 3],
      ]),
    ],
    5000,
  )
  expect(times).toEqual([0, 5, 10, 60])
  expect(values).toEqual([1, 2, null, 3])
})

it('what is not a number is a hole, not 0', () => {
  const [, values] = align(
    [
      series('a', [
        [0, 1],
        [5000, null as unknown as number],
        [10_000, Number.NaN],
      ]),
    ],
    5000,
  )
  expect(values).toEqual([1, null, null])
})

it('a time that only another series has does not cut the line', () => {
  const [, a] = align(
    [
      series('a', [
        [0, 1],
        [10_000, 2],
      ]),
      series('b', [[5000, 7]]),
    ],
    5000,
  )
  expect(a).toEqual([1, undefined, 2])
})

it('one plot for each name and unit', () => {
  expect(
    plots([series('a', []), series('b', []), { ...series('c', []), unit: 'records' }]).map(
      (plot) => plot.series.length,
    ),
  ).toEqual([2, 1])
})
