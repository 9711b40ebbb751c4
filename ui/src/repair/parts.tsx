// What the screens about repair share: reasons, steps, what went out, how far we may go.
import type { ComponentChildren } from 'preact'
import type { HoldView, ReachView, TextView } from '../api/types'
import { t, word } from '../i18n'
import { say } from '../incident/words'

export const Steps = (props: { steps: TextView[]; done?: number; live?: boolean }) => (
  <ol class="steps">
    {props.steps.map((step, i) => {
      const done = props.done !== undefined && i < props.done
      const now = props.live === true && i === props.done
      return (
        <li key={i} class={done ? 'good' : now ? 'now' : ''} aria-current={now ? 'step' : undefined}>
          {say(step)}
          {done && <span class="sr"> ({t('step_done')})</span>}
        </li>
      )
    })}
  </ol>
)

/** Whoever let it: a person by name, or what is configured. */
export const who = (by: string): string => (by === 'policy' ? t('by_policy') : by)

/** As they would go out: nothing is left out, long ones are wrapped. */
export const Requests = ({ requests }: { requests: string[] }) => (
  <pre class="requests" tabIndex={0} aria-label={t('requests')}>
    {requests.join('\n')}
  </pre>
)

export const Reasons = ({ holds }: { holds: HoldView[] }) => (
  <ul class="lines">
    {holds.map((hold, i) => (
      <li key={i}>{say(hold.says)}</li>
    ))}
  </ul>
)

export const reasons = (holds: HoldView[]): string => holds.map((hold) => say(hold.says)).join(t('semicolon'))

export const Pairs = ({ of }: { of: [string, ComponentChildren][] }) => (
  <dl class="pairs">
    {of.map(([name, value]) => (
      <>
        <dt>{name}</dt>
        <dd class="wrap">{value}</dd>
      </>
    ))}
  </dl>
)

/** Letters are the same in every language. */
export const risks = { risk_a: 'A', risk_b: 'B', risk_c: 'C' }

/** How far we may go by ourselves, in one line. */
export function reachText(reach: ReachView): string {
  if (reach.clusters.length === 0) return t('reach_none')
  const by = { a: word('mode', reach.a), b: word('mode', reach.b), c: word('mode', reach.c) }
  return t('reach', { clusters: reach.clusters.join(t('comma')), ...risks, ...by })
}
