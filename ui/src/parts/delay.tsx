// A delay wherever it is shown: the figure in the colour of its status, and what it rests on.
import type { Delay } from '../api/types'
import * as link from '../api/link'
import { useNow } from '../api/use'
import { age, number, percent, rate, seconds, target, trend } from '../format'
import { t, word } from '../i18n'
import { both } from '../time'
import { serverText } from '../i18n/server'
import { tone } from './basic'

/** Everything a tooltip says about a delay, a fact a line. */
export function delayFacts(d: Delay, now: number): string[] {
  const lines: (string | false | null)[] = [
    d.seconds === null
      ? `${t('unknown')}: ${d.unknown === null ? t('no_reason') : serverText(d.unknown)}`
      : `${t('delay_is', { delay: seconds(d.seconds, d.at_least) ?? '' })}${d.at_least ? ` (${t('at_least_why')})` : ''}`,
    d.target_s === null ? t('target_none') : t('target_is', { target: target(d.target_s) ?? '' }),
    d.method !== null && t('source_is', { source: word('method', d.method) }),
    d.at !== null && t('read_at', { at: both(d.at), age: age(now - d.at) ?? '' }),
    quantiles(d),
    course(d),
    d.topic_wait !== null && t('topic_is', { delay: seconds(d.topic_wait) ?? '' }),
    d.inside_wait !== null && t('inside_is', { delay: seconds(d.inside_wait) ?? '' }),
    d.window_wait !== null && t('window_is', { delay: seconds(d.window_wait) ?? '' }),
    d.commit_wait !== null && t('commit_is', { delay: seconds(d.commit_wait) ?? '' }),
    d.window_span !== null && t('span_is', { span: seconds(d.window_span) ?? '' }),
    d.records !== null && t('records_is', { n: number(d.records) ?? '' }),
    d.rate !== null && t('rate_is', { rate: rate(d.rate) ?? '' }),
  ]
  return lines.filter((line): line is string => typeof line === 'string')
}

function course({ trend: slope }: Delay): string | null {
  if (slope === null || !Number.isFinite(slope)) return null
  if (Math.abs(slope) < 0.05) return t('trend_flat')
  return t(slope > 0 ? 'trend_up' : 'trend_down', { trend: seconds(Math.abs(slope)) ?? '' })
}

function quantiles(d: Delay): string | null {
  const q = d.quantiles
  if (q.p50 === null && q.p95 === null && q.p99 === null) return null
  const one = (value: number | null) => seconds(value) ?? t('unknown')
  return t('quantiles', {
    p50: one(q.p50),
    p95: one(q.p95),
    p99: one(q.p99),
    window: age(q.window_s * 1000) ?? '',
    known: percent(q.known) ?? '',
  })
}

export const isStale = (d: Delay, now: number) => d.seconds !== null && d.at !== null && now - d.at > link.staleAfter()

export function DelayFig(props: { delay: Delay; withTrend?: boolean; withTarget?: boolean }) {
  const { delay } = props
  const now = useNow()
  const stale = isStale(delay, now)
  const text = seconds(delay.seconds, delay.at_least)
  const said = text ?? t('unknown')
  const rising = props.withTrend === true && delay.trend !== null && Math.abs(delay.trend) >= 0.05
  return (
    <span
      class={`delay ${text === null ? 'unk unknown' : `n ${tone(delay.status)}`} ${stale ? 'stale' : ''}`}
      title={delayFacts(delay, now).join('\n')}
    >
      {said}
      {text === null && delay.unknown !== null && <span class="sr"> ({serverText(delay.unknown)})</span>}
      {props.withTarget === true && delay.target_s !== null && (
        <span class="soft"> {t('of_target', { target: target(delay.target_s) ?? '' })}</span>
      )}
      {rising && <span class="soft trend"> {trend(delay.trend)}</span>}
      {stale && <span class="staled"> {t('ago', { age: age(now - (delay.at ?? now)) ?? '' })}</span>}
    </span>
  )
}

/** The facts spelled out, for places with room. */
export function DelayFacts(props: { delay: Delay }) {
  return (
    <ul class="facts">
      {delayFacts(props.delay, useNow()).map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
