// What was done and is being done: an action with its steps, its journal and what came of it.
import { useState } from 'preact/hooks'
import { address } from '../api/client'
import * as link from '../api/link'
import type { ActionRow, ActionView, LookRequest } from '../api/types'
import { useApi } from '../api/use'
import { age } from '../format'
import { t, word } from '../i18n'
import { IncidentLink, Place } from '../incident/parts'
import { say } from '../incident/words'
import { Card, Empty, Loading, Moment, Problem, Table } from '../parts/basic'
import { Line, Note, Submit, Token, filled, sent, useSend } from '../parts/form'
import { href } from '../route'
import { Steps, who } from './parts'
import { Terms } from './plan'

const tones: Record<string, string> = {
  helped: 'good',
  stuck: 'over',
  let_go: 'over',
  unreadable: 'over',
  failed: 'near',
  rolled_back: 'near',
  open: 'ok',
}
export const tone = (row: ActionRow): string => {
  const tone = tones[row.state] ?? 'soft'
  return tone === 'over' && !row.look ? 'near' : tone
}

export function State({ row }: { row: ActionRow }) {
  const said = row.state === 'open' && row.back ? t('going_back') : word('action', row.state)
  return (
    <span class={tone(row)}>
      {said}
      {row.state === 'open' && ` ${row.done}/${row.steps}`}
    </span>
  )
}

/** What is being done to it now, and what came of what was done. */
export function Done({ row }: { row: ActionRow }) {
  const open = row.state === 'open'
  return (
    <Card
      title={t(open ? 'being_done' : 'was_done')}
      aside={
        <>
          <State row={row} /> · <a href={href('repairs', { id: row.id })}>{t('journal')}</a>
        </>
      }
    >
      <p class="pad">
        <b>{say(row.says)}</b>
        <span class="chip">{row.playbook}</span>
      </p>
      <p class="pad soft">
        <Place subject={row.job} /> · {t('let_by', { by: who(row.by) })} · <Moment at={row.began} />
        {row.ended !== null && ` · ${t('ended_after', { time: age(row.ended - row.began) ?? '' })}`}
      </p>
      {open ? <Live id={row.id} /> : row.verdict !== null && <p class={`pad ${tone(row)}`}>{say(row.verdict)}</p>}
      {row.look && (
        <p class="pad over">
          {t('look_needed')} <a href={href('repairs', { id: row.id })}>{t('journal')}</a>
        </p>
      )}
    </Card>
  )
}

/** Its steps, as they are done: asked anew with every tick. */
function Live({ id }: { id: string }) {
  const { data, error } = useApi<ActionView>(address('action', { id }))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const { row, plan, lines } = data
  const last = lines.at(-1)
  return (
    <div aria-live="polite">
      <Steps steps={row.back ? plan.rollback : plan.steps} done={row.done} live={row.state === 'open'} />
      {last !== undefined && (
        <p class="pad soft">
          <Moment at={last.at} /> · {say(last.says)}
        </p>
      )}
    </div>
  )
}

export function Actions({ actions }: { actions: ActionRow[] }) {
  if (actions.length === 0) return <Empty>{t('no_actions')}</Empty>
  return (
    <Table
      stacks
      label={t('actions')}
      head={[t('began'), t('job'), t('what_done'), t('state'), t('came_of_it'), t('let_by_head')]}
    >
      {actions.map((row) => (
        <tr key={row.id}>
          <td class="nowrap">
            <a href={href('repairs', { id: row.id })}>
              <Moment at={row.began} />
            </a>
          </td>
          <td>
            <Place subject={row.job} />
          </td>
          <td class="wrap">
            {say(row.says)} <span class="soft mono">{row.playbook}</span>
          </td>
          <td class="nowrap">
            <State row={row} />
          </td>
          <td class="wrap">
            {row.verdict !== null ? say(row.verdict) : row.doing !== null ? say(row.doing) : null}
            {row.look && <div class="over">{t('look_needed')}</div>}
          </td>
          <td data-label={t('let_by_head')}>{who(row.by)}</td>
        </tr>
      ))}
    </Table>
  )
}

export function One({ id }: { id: string }) {
  const { data, error } = useApi<ActionView>(address('action', { id }))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const { row, plan } = data
  return (
    <>
      <p class="crumb">
        <a href={href('repairs')}>{t('nav_repairs')}</a> / <span class="mono">{row.id.slice(0, 8)}</span> ·{' '}
        <State row={row} /> · <IncidentLink id={row.incident}>{row.incident.slice(0, 8)}</IncidentLink>
      </p>
      <h1>{say(row.says)}</h1>
      <p class="soft lead">
        <Place subject={row.job} flink /> · <span class="mono">{row.playbook}</span> ·{' '}
        {t('risk', { risk: row.risk })} · {t('let_by', { by: who(row.by) })} · <Moment at={row.began} />
      </p>
      {row.verdict !== null && <p class={`lead ${tone(row)}`}>{say(row.verdict)}</p>}
      <div class="cols turned">
        <div>
          <Journal view={data} />
        </div>
        <div>
          <Card title={t('steps')}>
            <Steps
              steps={row.back ? plan.rollback : plan.steps}
              done={row.done}
              live={row.state === 'open'}
            />
          </Card>
          <Card title={t('plan_let')} aside={<span class="mono">{data.hash.slice(0, 8)}</span>}>
            <Terms plan={plan} title={t('must_hold_then')} />
          </Card>
          {(row.look || row.seen.length > 0) && <Looks row={row} />}
        </div>
      </div>
    </>
  )
}

function Journal({ view }: { view: ActionView }) {
  return (
    <Card title={t('journal')} aside={<span class="mono">{view.row.id}</span>}>
      {view.lines.length === 0 ? (
        <Empty>{t('no_lines')}</Empty>
      ) : (
        <ol class="timeline">
          {view.lines.map((line, i) => (
            <li key={i}>
              <Moment at={line.at} />
              <i class={line.request === null ? 'soft' : 'ok'} aria-hidden="true" />
              <span>
                {say(line.says)}
                {line.request !== null && <code class="said mono soft">{line.request}</code>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

function Looks({ row }: { row: ActionRow }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <Card title={t('seen_by')}>
      <ul class="lines">
        {row.seen.map((one, i) => (
          <li key={i}>
            {one.by} · <Moment at={one.at} />
            {one.note !== '' && <q class="note">{one.note}</q>}
          </li>
        ))}
      </ul>
      {row.look && (
        <form
          class="form"
          onSubmit={(event) => {
            const data = sent(event)
            const [by, note] = [filled(data, 'by'), filled(data, 'note')]
            if (by === null || note === null) return
            void send<LookRequest>('api/v1/action/look', { id: row.id, note, by }, data, event.currentTarget)
          }}
        >
          <p class="soft small">{t(row.ended === null ? 'look_what_open' : 'look_what')}</p>
          <Note required />
          <Line name="by" label={t('your_name')} required />
          <Token />
          <Submit text={t('i_looked')} sending={sending} />
        </form>
      )}
    </Card>
  )
}
