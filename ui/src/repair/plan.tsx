// What would be done now, as the exact requests; why it is not; a person's yes or no to it.
import { useState } from 'preact/hooks'
import * as link from '../api/link'
import type { AnswerRequest, HeldView, NotTaken, PreconditionView, ProposalView, RepairPlan } from '../api/types'
import { t, word } from '../i18n'
import { Holds, IncidentLink, Place } from '../incident/parts'
import { say } from '../incident/words'
import { Card, Empty, Moment } from '../parts/basic'
import { Line, Submit, Token, filled, sent, useSend } from '../parts/form'
import { Reasons, Requests, Steps, reasons, risks } from './parts'

export function Proposal({ one }: { one: ProposalView }) {
  const { plan } = one
  return (
    <Card title={t(one.applies ? 'would_be_done' : 'does_not_apply')} aside={<Place subject={one.job} />}>
      {plan === null ? <Empty>{t('no_playbook')}</Empty> : <Planned one={one} plan={plan} />}
      <Others not={one.not} />
    </Card>
  )
}

function Planned({ one, plan }: { one: ProposalView; plan: RepairPlan }) {
  return (
    <>
      <p class="pad">
        <b>{say(plan.says)}</b>{' '}
        <span class="chip">{plan.playbook}</span>
        <span class="chip" title={t('risk_why', risks)}>
          {t('risk', { risk: plan.risk })}
        </span>
        <span class="chip">{word('mode', one.mode)}</span>
        {plan.interrupts && <span class="chip hurt">{t('interrupts')}</span>}
      </p>
      <h3>{one.holds.length === 0 ? t('nothing_holds') : t('held_because')}</h3>
      {one.holds.length > 0 && <Reasons holds={one.holds} />}
      <Answer one={one} />
      <h3>{t('requests')}</h3>
      {one.requests.length === 0 ? <Empty>{t('no_requests')}</Empty> : <Requests requests={one.requests} />}
      <h3>{t('steps')}</h3>
      <Steps steps={plan.steps} />
      <Terms plan={plan} title={t('must_hold')} />
    </>
  )
}

/** On what it rests, and how it would be taken back. */
export function Terms({ plan, title }: { plan: RepairPlan; title: string }) {
  return (
    <>
      <Conditions all={plan.preconditions} title={title} />
      {plan.secured !== null && (
        <>
          <h3>{t('secured')}</h3>
          <p class="pad soft">
            {t(plan.secured.savepoint ? 'savepoint_n' : 'checkpoint_n', { n: plan.secured.checkpoint })} ·{' '}
            <Moment at={plan.secured.taken} /> · <span class="mono">{plan.secured.path}</span>
          </p>
        </>
      )}
      <details class="stack">
        <summary>{t('way_back')}</summary>
        {plan.rollback.length === 0 ? <Empty>{t('no_way_back')}</Empty> : <Steps steps={plan.rollback} />}
      </details>
    </>
  )
}

function Conditions({ all, title }: { all: PreconditionView[]; title: string }) {
  if (all.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul class="lines hang">
        {all.map((one) => (
          <li key={one.name}>
            <Holds truth={one.holds === null ? 'unknown' : one.holds ? 'true' : 'false'} /> {say(one.says)}
            <span class={one.holds === null ? 'unk' : 'soft'}> · {say(one.now)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Others({ not }: { not: NotTaken[] }) {
  if (not.length === 0) return null
  return (
    <details class="stack">
      <summary>{t('other_playbooks', { n: not.length })}</summary>
      <ul class="lines">
        {not.map((one) => (
          <li key={one.playbook}>
            <span class="mono">{one.playbook}</span>
            <p class="soft">{reasons(one.holds)}</p>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** Only where an answer changes something. Another plan is another form: what was filled in for
 * this one is never sent for that one. */
function Answer({ one }: { one: ProposalView }) {
  const { hash } = one
  if (hash === null || !one.applies || !['approve', 'auto'].includes(one.mode)) return null
  const asks = one.holds.some((hold) => ['needs_approval', 'declined'].includes(hold.hold))
  return (
    <div key={hash}>
      {asks && <Say hash={hash} yes />}
      <Say hash={hash} yes={false} />
    </div>
  )
}

function Say({ hash, yes }: { hash: string; yes: boolean }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  const text = t(yes ? 'approve' : 'decline')
  return (
    <details class="answer">
      <summary>{text} …</summary>
      <form
        class="form"
        onSubmit={(event) => {
          const data = sent(event)
          const by = filled(data, 'by')
          const body = { plan: hash, yes, by: by ?? '' }
          if (by !== null) void send<AnswerRequest>('api/v1/plan/answer', body, data, event.currentTarget)
        }}
      >
        <p class="soft small">
          {t(yes ? 'approve_what' : 'decline_what')} <span class="mono">{hash}</span>
        </p>
        <Line name="by" label={t('your_name')} required />
        <Token />
        <Submit text={text} sending={sending} />
      </form>
    </details>
  )
}

/** Plans that were made and not carried out; `incident`: these are all of the one that is shown. */
export function HeldBefore({ held, incident }: { held: HeldView[]; incident?: boolean }) {
  return (
    <ul class="lines">
      {held.map((one) => (
        <li key={`${one.hash} ${one.first}`}>
          {say(one.says) || one.playbook}
          {incident !== true && (
            <>
              {' · '}
              <IncidentLink id={one.incident}>{one.incident.slice(0, 8)}</IncidentLink>
            </>
          )}
          <p class="soft">
            <Moment at={one.first} /> – <Moment at={one.last} /> · {reasons(one.holds)}
          </p>
        </li>
      ))}
    </ul>
  )
}
