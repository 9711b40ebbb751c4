// Points of several series on one time axis, with their holes kept.
import type { SeriesView } from '../api/types'

export type Columns = [number[], ...(number | null)[][]]

/** Further apart than this many steps is a hole, not a line: the API's own rule. */
const HOLE_STEPS = 3

/** Times in seconds, a column for each series; null where it has no value, undefined never. */
export function align(series: SeriesView[], stepMs: number): Columns {
  const whole = series.map((one) => new Map(withHoles(one.points, stepMs)))
  const times = [...new Set(whole.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b)
  // A time that only another series has is no hole of this one: undefined lets its line go on.
  const columns = whole.map((points) =>
    times.map((at) => (points.has(at) ? (points.get(at) ?? null) : (undefined as unknown as null))),
  )
  return [times.map((at) => at / 1000), ...columns]
}

function withHoles(points: [number, number | null][], step: number): [number, number | null][] {
  const sorted = [...points].sort((a, b) => a[0] - b[0])
  const out: [number, number | null][] = []
  sorted.forEach(([at, value], i) => {
    const before = sorted[i - 1]
    if (before && at - before[0] > HOLE_STEPS * step) out.push([before[0] + step, null])
    out.push([at, value !== null && Number.isFinite(value) ? value : null])
  })
  return out
}

/** What a series is of: all ages are one plot; `busy:<operator>` is busy. */
const kind = (name: string) => (/^(total|inside|age)\b/.test(name) ? 'delay' : name.replace(/:.*$/s, ''))

/** Series that can share a plot: of one kind and unit. */
export function plots(series: SeriesView[]): { name: string; unit: string; series: SeriesView[] }[] {
  const groups = new Map<string, { name: string; unit: string; series: SeriesView[] }>()
  for (const one of series) {
    const key = `${kind(one.name)} ${one.unit}`
    const group = groups.get(key) ?? { name: kind(one.name), unit: one.unit, series: [] }
    group.series.push(one)
    groups.set(key, group)
  }
  return [...groups.values()]
}
