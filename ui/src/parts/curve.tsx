// One plot: uPlot for the drawing, the last values beside it as text.
import { useEffect, useRef } from 'preact/hooks'
import type uPlot from 'uplot'
import type { SeriesView } from '../api/types'
import { bytes, number, percent, seconds, target } from '../format'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { isLocal } from '../time'
import { Ago, Fig } from './basic'
import { css, drawLine, tzDate, useDrawn } from './drawn'
import { align } from './series'

interface Props {
  name: string
  unit: string
  series: SeriesView[]
  from: number
  to: number
  /** ms that a point stands for. */
  step: number
  /** Drawn as a dashed line, s. */
  threshold: number | null
}

/** Lines differ by shade and dash, not by a colour that would mean something. */
const SHOWN = 8
const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]]
const HEIGHT = 150

export function valueText(value: number | null | undefined, unit: string): string | null {
  if (unit === 's' || unit === 'seconds') return seconds(value)
  if (unit === 'ms') return seconds(value === null || value === undefined ? null : value / 1000)
  if (unit === 'bytes' || unit === 'B') return bytes(value)
  if (unit === 'ratio' || unit === 'share') return percent(value)
  const text = number(value)
  return text === null ? null : `${text}${unitText(unit)}`
}

const unitText = (unit: string) => (unit === '' || unit === '1' ? '' : unit.endsWith('/s') ? '/s' : ` ${unit}`)

/** Short, for an axis: figures without their unit unless it is a time. */
const axisText = (value: number, unit: string) =>
  valueText(value, ['s', 'seconds', 'ms', 'bytes', 'B', 'ratio', 'share'].includes(unit) ? unit : '')?.replace(
    /,000$/,
    'k',
  ) ?? ''

export function Plot(props: Props) {
  const holder = useRef<HTMLDivElement>(null)
  const shown = props.series.slice(0, SHOWN)
  const shape = `${props.name} ${shown.map((one) => one.label).join('|')} ${props.threshold} ${isLocal()}`
  const plot = useDrawn(holder, shape, HEIGHT, (width) => [options(props, shown, width), align(shown, props.step)])
  useEffect(() => {
    plot.current?.setData(align(shown, props.step), false)
    plot.current?.setScale('x', { min: props.from / 1000, max: props.to / 1000 })
  }, [props.series, props.from, props.to])
  return (
    <figure class="plot">
      <figcaption>
        {word('series', props.name)}
        {props.unit === 'records/s' && <span class="soft"> /s</span>}
        {props.threshold !== null && (
          <span class="over"> ┄ {t('target_is', { target: target(props.threshold) ?? '' })}</span>
        )}
      </figcaption>
      <div ref={holder} role="img" aria-label={word('series', props.name)} />
      <ul class="lasts">
        {shown.map((one, i) => (
          <li key={i}>
            <svg width="20" height="6" aria-hidden="true">
              <path class={`stroke${i % 4}`} d="M0 3H20" stroke-dasharray={dashes[i % 4]?.join(' ')} />
            </svg>
            <span class="clip" title={one.label}>
              {serverText(one.label)}
            </span>{' '}
            <Last series={one} unit={props.unit} />
          </li>
        ))}
        {props.series.length > SHOWN && <li class="soft">{t('more_series', { n: props.series.length - SHOWN })}</li>}
      </ul>
    </figure>
  )
}

function Last({ series, unit }: { series: SeriesView; unit: string }) {
  const last = series.points.at(-1)
  return (
    <>
      <Fig text={valueText(last?.[1], unit)} why={t('no_points')} />
      {last && (
        <span class="soft">
          {' '}
          <Ago at={last[0]} source={serverText(series.source)} />
        </span>
      )}
    </>
  )
}

function options(props: Props, shown: SeriesView[], width: number): uPlot.Options {
  const grid = { stroke: css('--faint'), width: 1 }
  const axis = { stroke: css('--soft'), grid, ticks: grid, font: '11px system-ui, sans-serif' }
  const shades = ['--accent', '--ink', '--soft', '--unk'].map(css)
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { size: 5 } },
    legend: { show: false },
    tzDate,
    scales: {
      x: { time: true, auto: false, min: props.from / 1000, max: props.to / 1000 },
      y: { range: (_plot, low, high) => (props.unit === 'ratio' ? [0, 1.04] : range(low, high, props.threshold)) },
    },
    axes: [
      { ...axis, values: '{HH}:{mm}:{ss}', space: 70, size: 26 },
      { ...axis, size: 64, values: (_plot, values) => values.map((value) => axisText(value, props.unit)) },
    ],
    series: [
      {},
      ...shown.map((one, i) => ({
        label: one.label,
        stroke: shades[i % 4] ?? '',
        width: 1.5,
        dash: dashes[i % 4] ?? [],
        spanGaps: false,
        points: { show: alone(one) },
      })),
    ],
    hooks: {
      draw: [
        (plot) => props.threshold !== null && drawLine(plot, { y: props.threshold }, css('--over'), [4, 4]),
      ],
      setCursor: [(plot) => readOut(plot, shown, props.unit)],
    },
  }
}

/** A lone point has no line: it is shown as a dot. */
const alone = (series: SeriesView) => series.points.length < 3

export function range(low: number | null, high: number | null, threshold: number | null): [number, number] {
  const top = Math.max(high ?? 0, threshold ?? 0)
  const bottom = Math.min(0, low ?? 0)
  return [bottom, top <= bottom ? bottom + 1 : top + (top - bottom) * 0.08]
}

/** The values under the pointer, as the plot's tooltip. */
export function readOut(plot: uPlot, shown: SeriesView[], unit: string) {
  const i = plot.cursor.idx
  if (i === null || i === undefined) return
  const at = plot.data[0][i]
  if (at === undefined) return
  const lines = shown.map((one, s) => `${one.label}: ${valueText(plot.data[s + 1]?.[i] ?? null, unit) ?? t('unknown')}`)
  plot.root.title = [`${new Date(at * 1000).toISOString().slice(11, 19)} UTC`, ...lines].join('\n')
}
