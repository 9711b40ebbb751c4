// One risk: of whom, what it is, by which figures, what to do; and a button to take it.
import { useState } from 'preact/hooks'
import * as link from '../api/link'
import type { PlaceView, RiskView, WaiveRequest } from '../api/types'
import { seconds } from '../format'
import { t, tn, word } from '../i18n'
import { Many } from '../incident/parts'
import { say } from '../incident/words'
import { Moment } from '../parts/basic'
import { Line, Submit, Token, filled, sent, useSend } from '../parts/form'
import { href, nodeScreen } from '../route'

/** By its name: a link to its page where it has one. */
export function At({ of }: { of: PlaceView }) {
  if (of.node === null) return <span title={of.id}>{of.name}</span>
  return (
    <a href={href(nodeScreen(of.node), { id: of.node })} title={of.id}>
      {of.name}
    </a>
  )
}

export function Risks({ risks, waive }: { risks: RiskView[]; waive: boolean }) {
  return (
    <Many of={risks}>
      {(shown) => (
        <ul class="risks">
          {shown.map((risk) => (
            <Risk key={`${risk.check} ${risk.subject.id}`} risk={risk} waive={waive} />
          ))}
        </ul>
      )}
    </Many>
  )
}

function Risk({ risk, waive }: { risk: RiskView; waive: boolean }) {
  const { level, standing, subject } = risk
  return (
    <li class={level === 'high' ? 'high' : 'low'}>
      <p>
        <b>
          <At of={subject} />
        </b>
        {standing === '' ? null : standing === 'still' ? (
          <span class="soft">
            {' '}
            · {word('standing', standing)} <Moment at={risk.since} />
          </span>
        ) : (
          <span class={`chip ${level === 'high' ? 'bad' : 'hurt'}`}>{word('standing', standing)}</span>
        )}
        {risk.team !== null && <span class="chip">{risk.team}</span>}
      </p>
      <p class="says">{say(risk.says)}</p>
      {risk.evidence.length > 0 && (
        <ul class="proof">
          {risk.evidence.map((one) => (
            <li key={one.name} title={one.expr}>
              {say(one.says)}
            </li>
          ))}
        </ul>
      )}
      {risk.advice.map((one, i) => (
        <p key={i} class="todo">
          {say(one)}
        </p>
      ))}
      <p class="soft small">{small(risk)}</p>
      {waive && risk.waived === null && <Waive risk={risk} />}
    </li>
  )
}

const small = (risk: RiskView) =>
  [
    risk.check,
    risk.prevents.length > 0 ? t('prevents', { causes: risk.prevents.join(', ') }) : null,
    t('evidence_more', { source: say(risk.source) }),
    risk.counted_by !== null ? t('counted_by', { check: risk.counted_by }) : null,
    risk.points > 0 ? tn('points_taken', risk.points) : null,
  ]
    .filter((part) => part !== null)
    .join(' · ')

const DAY = 86_400
const LENGTHS = [DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]

function Waive({ risk }: { risk: RiskView }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <details class="announce">
      <summary>{t('waive')}</summary>
      <form
        class="form narrow"
        onSubmit={(event) => {
          const data = sent(event)
          const [by, why] = [filled(data, 'by'), filled(data, 'why')]
          if (by === null || why === null) return
          const for_s = Number(filled(data, 'lasts'))
          const body = { check: risk.check, subject: risk.subject.id, until: null, for_s, by, why }
          void send<WaiveRequest>('api/v1/waiver/add', body, data, event.currentTarget)
        }}
      >
        <p class="soft small">{t('waive_what')}</p>
        <label>
          <span>{t('waive_lasts')}</span>
          <select name="lasts">
            {LENGTHS.map((s) => (
              <option key={s} value={String(s)} selected={s === 30 * DAY}>
                {seconds(s)}
              </option>
            ))}
          </select>
        </label>
        <Line name="why" label={t('waive_why')} required long />
        <Line name="by" label={t('your_name')} required />
        <Token />
        <Submit text={t('waive_send')} sending={sending} />
      </form>
    </details>
  )
}
