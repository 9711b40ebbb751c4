// Acknowledge, and say whether the diagnosis was right. Both change something and so need the token.
import { useState } from 'preact/hooks'
import { address } from '../api/client'
import * as secret from '../api/token'
import type { AckRequest, CorrectRequest, IncidentView, RuleList } from '../api/types'
import { useApi } from '../api/use'
import { t } from '../i18n'
import { Card, Moment } from '../parts/basic'
import { Line, Note, Submit, Token, filled, sent, useSend } from '../parts/form'

export function Feedback({ view, changed }: { view: IncidentView; changed: () => void }) {
  const [, redraw] = useState(0)
  const again = () => redraw((n) => n + 1)
  return (
    <Card
      title={t('feedback')}
      aside={
        secret.token() !== null && (
          <button type="button" class="link" onClick={() => (secret.keep(null), again())}>
            {t('forget_token')}
          </button>
        )
      }
    >
      <Acks view={view} />
      <details class="stack">
        <summary>{t('acknowledge')}</summary>
        <Acknowledge id={view.row.id} done={changed} redraw={again} />
      </details>
      <details class="stack">
        <summary>{t('correct')}</summary>
        <Correct id={view.row.id} done={changed} redraw={again} />
      </details>
    </Card>
  )
}

function Acks({ view }: { view: IncidentView }) {
  const { acked } = view.row
  return (
    <ul class="lines">
      <li class={acked === null ? 'soft' : ''}>
        {acked === null ? (
          t('nobody_acked')
        ) : (
          <>
            {t('acked_by', { by: acked.by })} · <Moment at={acked.at} />
            {acked.note !== null && <q class="note">{acked.note}</q>}
          </>
        )}
      </li>
      {view.corrections.map((one, i) => (
        <li key={i}>
          {t(one.right ? 'said_right' : 'said_wrong', { by: one.by })} · <Moment at={one.at} />
          {one.cause !== null && (
            <p>
              {t('true_cause')}: <span class="mono">{one.cause}</span>
            </p>
          )}
          {one.subject !== null && (
            <p>
              {t('true_place')}: {one.subject}
            </p>
          )}
          {one.note !== null && <q class="note">{one.note}</q>}
        </li>
      ))}
    </ul>
  )
}

interface Form {
  id: string
  done: () => void
  redraw: () => void
}

function Acknowledge({ id, done, redraw }: Form) {
  const [sending, send] = useSend(redraw, done)
  return (
    <form
      class="form"
      onSubmit={(event) => {
        const data = sent(event)
        const by = filled(data, 'by')
        if (by === null) return
        const body = { id, by, note: filled(data, 'note') }
        void send<AckRequest>('api/v1/incident/ack', body, data, event.currentTarget)
      }}
    >
      <Line name="by" label={t('your_name')} required />
      <Note />
      <Token />
      <Submit text={t('acknowledge')} sending={sending} />
    </form>
  )
}

function Correct({ id, done, redraw }: Form) {
  const [sending, send] = useSend(redraw, done)
  const [wrong, set] = useState(false)
  return (
    <form
      class="form"
      onSubmit={(event) => {
        const data = sent(event)
        const by = filled(data, 'by')
        if (by === null) return
        const body = {
          id,
          by,
          verdict: wrong ? 'wrong' : 'right',
          cause: wrong ? filled(data, 'cause') : null,
          subject: wrong ? filled(data, 'subject') : null,
          note: filled(data, 'note'),
        }
        void send<CorrectRequest>('api/v1/incident/correct', body, data, event.currentTarget)
      }}
    >
      <fieldset>
        <legend>{t('was_it_right')}</legend>
        {[false, true].map((value) => (
          <label key={String(value)} class="choice">
            <input type="radio" name="verdict" checked={wrong === value} onChange={() => set(value)} />{' '}
            {t(value ? 'wrong' : 'right')}
          </label>
        ))}
      </fieldset>
      {wrong && <Line name="cause" label={t('true_cause')} list="causes" />}
      {wrong && <Causes />}
      {wrong && <Line name="subject" label={t('true_place')} />}
      <Line name="by" label={t('your_name')} required />
      <Note />
      <Token />
      <Submit text={t('send')} sending={sending} />
    </form>
  )
}

/** The causes that have a rule, to choose from; any other words do as well. */
function Causes() {
  const { data } = useApi<RuleList>(address('rules', {}), false)
  return (
    <datalist id="causes">
      {data?.rules.map((rule) => (
        <option key={rule.cause} value={rule.cause} />
      ))}
    </datalist>
  )
}
