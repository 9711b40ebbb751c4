// The small plot beside a piece of evidence: its curve, the threshold, and when it began.
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import { address } from '../api/client'
import type { CheckView, EvidenceCurve, SeriesView } from '../api/types'
import { useApi } from '../api/use'
import { t } from '../i18n'
import { range, readOut } from '../parts/curve'
import { css, drawLine, tzDate, useDrawn } from '../parts/drawn'
import { align } from '../parts/series'
import { isLocal, moment } from '../time'

const HEIGHT = 64

/** What is plotted: the moments from which to which, and when it began. */
export interface Span {
  from: number
  to: number
  onset: number
}

const MINUTE = 60_000
/** The plot moves in such steps, so that the address asked for is not new each second. */
const STEP_MS = 15_000

/** A third before the onset, the rest after; two hours at most, for a plot this small. */
export function span(onset: number, until: number): Span {
  const to = Math.ceil(until / STEP_MS) * STEP_MS
  const begun = Math.max(onset, to - 120 * MINUTE)
  const before = Math.max(3 * MINUTE, (to - begun) / 2)
  return { from: Math.round(begun - before), to, onset }
}

const isNumber = (check: CheckView) => check.value?.value != null || check.threshold?.value != null

export function Spark(props: { check: CheckView; span: Span }) {
  const { check, span } = props
  const frame = useRef<HTMLDivElement>(null)
  const seen = useSeen(frame)
  const plotted = isNumber(check)
  const asked = plotted && seen
    ? address('evidence-curve', {
        subject: check.subject.id,
        expr: check.expr,
        from: span.from,
        to: span.to,
      })
    : null
  const { data, error } = useApi<EvidenceCurve>(asked, false)
  if (!plotted) return null
  return (
    <div class="spark" ref={frame}>
      {(error !== null || data?.points.length === 0) && <p class="soft">{t('no_curve')}</p>}
      {error === null && data !== null && data.points.length > 0 && (
        <Drawn curve={data} threshold={check.threshold?.value ?? data.threshold} span={span} />
      )}
    </div>
  )
}

/** Whether it has come into view: what nobody looks at is not asked for. */
function useSeen(frame: RefObject<HTMLElement>): boolean {
  const [seen, set] = useState(false)
  useEffect(() => {
    if (seen || frame.current === null) return
    const watch = new IntersectionObserver((all) => all.some((one) => one.isIntersecting) && set(true))
    watch.observe(frame.current)
    return () => watch.disconnect()
  }, [seen])
  return seen
}

function Drawn(props: { curve: EvidenceCurve; threshold: number | null; span: Span }) {
  const { curve, threshold, span } = props
  const holder = useRef<HTMLDivElement>(null)
  const unit = curve.unit ?? ''
  const series: SeriesView[] = [{ name: '', label: curve.expr, unit, source: '', points: curve.points }]
  const plot = useDrawn(holder, `${threshold} ${span.onset} ${isLocal()}`, HEIGHT, (width) => [
    options(props, series, width),
    align(series, curve.step_ms),
  ])
  useEffect(() => {
    plot.current?.setData(align(series, curve.step_ms), false)
    plot.current?.setScale('x', { min: curve.from / 1000, max: curve.to / 1000 })
  }, [curve])
  return (
    <figure>
      <div ref={holder} role="img" aria-label={t('curve_of', { what: `${curve.expr} (${curve.subject.name})` })} />
      <figcaption>
        <span>{moment(curve.from, curve.to)}</span>
        <span>{moment(curve.to, curve.to)}</span>
      </figcaption>
    </figure>
  )
}

function options(
  { curve, threshold, span }: { curve: EvidenceCurve; threshold: number | null; span: Span },
  series: SeriesView[],
  width: number,
): uPlot.Options {
  return {
    width,
    height: HEIGHT,
    padding: [4, 2, 4, 2],
    cursor: { drag: { x: false, y: false }, points: { size: 5 }, y: false },
    legend: { show: false },
    tzDate,
    scales: {
      x: { time: true, auto: false, min: curve.from / 1000, max: curve.to / 1000 },
      y: { range: (_plot, low, high) => range(low, high, threshold) },
    },
    axes: [{ show: false }, { show: false }],
    series: [
      {},
      {
        label: curve.expr,
        stroke: css('--accent'),
        width: 1.6,
        spanGaps: false,
        points: { show: curve.points.length < 3 },
      },
    ],
    hooks: {
      draw: [
        (plot) => threshold !== null && drawLine(plot, { y: threshold }, css('--near'), [4, 3]),
        (plot) => drawLine(plot, { x: span.onset / 1000 }, css('--over'), []),
      ],
      setCursor: [(plot) => readOut(plot, series, curve.unit ?? '')],
    },
  }
}
