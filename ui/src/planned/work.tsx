// Announced work and silences: what is going on and what comes, where it is worked, and one button to announce it.
import { useState } from 'preact/hooks'
import { address } from '../api/client'
import * as link from '../api/link'
import type { EndRequest, Overview, PlanRequest, PlannedList, PlannedView } from '../api/types'
import { useApi } from '../api/use'
import { seconds } from '../format'
import { parts, t, word } from '../i18n'
import { Card, Empty, Moment, Problem, Table } from '../parts/basic'
import { Line, Submit, Token, filled, sent, useSend } from '../parts/form'
import { NodeLink } from '../parts/rows'
import { href } from '../route'
import { isLocal } from '../time'

const path = address('planned-work', {})

/** Of these scopes; null: all that is announced. */
export function Works({ scopes }: { scopes: string[] | null }) {
  const open = useApi<PlannedList>(path).data?.open ?? []
  const shown = open.filter((work) => scopes === null || scopes.includes(work.scope))
  if (shown.length === 0) return null
  return (
    <ul class="works" aria-label={t('planned')}>
      {shown.map((work) => (
        <li key={work.id} class={work.state === 'now' ? 'on' : 'soft'}>
          <Said work={work} /> <a href={href('system')}>{t('nav_system')}</a>
        </li>
      ))}
    </ul>
  )
}

const sentences = {
  work: { coming: 'planned_coming', now: 'planned_now', over: 'planned_over' },
  silence: { coming: 'silence_coming', now: 'silence_now', over: 'silence_over' },
} as const

/** "Planned work on job orders until 04:00:00 UTC · li.wei: new version" */
export function Said({ work }: { work: PlannedView }) {
  const filling: Record<string, preact.ComponentChildren> = {
    what: <What work={work} />,
    from: <Moment at={work.from} />,
    until: <Moment at={end(work)} />,
  }
  const key = sentences[work.silence ? 'silence' : 'work'][
    work.state === 'coming' || work.state === 'over' ? work.state : 'now'
  ]
  return (
    <>
      {parts(key).map(({ text, place }) => text ?? filling[place ?? ''])}
      {work.no_remediate && `, ${t('silence_no_remediate')}`} · {work.who}: {work.why}
    </>
  )
}

const end = (work: PlannedView) => Math.min(work.until, work.ended ?? work.until)

function What({ work }: { work: PlannedView }) {
  const kind = word('scope', work.kind)
  if (work.kind === 'estate') return <>{kind}</>
  const node = work.kind === 'job' || work.kind === 'topic'
  return (
    <>
      {kind} {node ? <NodeLink id={work.scope} text={work.name} /> : <b>{work.name}</b>}
    </>
  )
}

const HOUR = 3600
const LENGTHS = [HOUR / 2, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR]

/** Two buttons: for work, and for a silence. */
export const Announce = ({ scope }: { scope: string | null }) => (
  <>
    <AnnounceOne scope={scope} silence={false} />
    <AnnounceOne scope={scope} silence={true} />
  </>
)

/** One button, and what has to be said with it. */
function AnnounceOne({ scope, silence }: { scope: string | null; silence: boolean }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  const [lasts, set] = useState(String(HOUR))
  return (
    <details class="announce">
      <summary>{t(silence ? 'announce_silence' : 'announce')}</summary>
      <form
        class="form narrow"
        onSubmit={(event) => {
          const data = sent(event)
          const [where, by, why] = [scope ?? filled(data, 'scope'), filled(data, 'by'), filled(data, 'why')]
          if (where === null || by === null || why === null) return
          const until = lasts === '' ? read(filled(data, 'until')) : null
          if (lasts === '' && until === null) return
          const for_s = lasts === '' ? null : Number(lasts)
          const no_remediate = silence && data.get('no_remediate') !== null
          const body = { scope: where, from: null, until, for_s, by, why, silence, no_remediate }
          void send<PlanRequest>('api/v1/planned-work/add', body, data, event.currentTarget)
        }}
      >
        <p class="soft small">{t(silence ? 'silence_what' : 'planned_what')}</p>
        {scope === null && <Line name="scope" label={t('planned_where')} list="scopes" required />}
        {scope === null && <Scopes />}
        <label>
          <span>{t('planned_lasts')}</span>
          <select value={lasts} onChange={(event) => set(event.currentTarget.value)}>
            {LENGTHS.map((s) => (
              <option key={s} value={String(s)}>
                {seconds(s)}
              </option>
            ))}
            <option value="">{t('planned_until')}</option>
          </select>
        </label>
        {lasts === '' && (
          <label>
            <span>
              {t('planned_until')} ({isLocal() ? t('local_time') : 'UTC'})
            </span>
            <input type="datetime-local" name="until" required />
          </label>
        )}
        {silence && (
          <label>
            <input type="checkbox" name="no_remediate" /> <span>{t('silence_no_remediate_too')}</span>
          </label>
        )}
        <Line name="why" label={t(silence ? 'silence_why' : 'planned_why')} required long />
        <Line name="by" label={t('your_name')} required />
        <Token />
        <Submit text={t('announce_send')} sending={sending} />
      </form>
    </details>
  )
}

/** In the zone that the page shows. */
function read(text: string | null): number | null {
  const at = text === null ? NaN : Date.parse(isLocal() ? text : `${text}Z`)
  return Number.isFinite(at) ? at : null
}

/** A job or a topic is written by its name; these have none that people type. */
function Scopes() {
  const { data } = useApi<Overview>(address('overview', {}), false)
  return (
    <datalist id="scopes">
      <option value="estate">{word('scope', 'estate')}</option>
      {data?.clusters.map((cluster) => (
        <option key={cluster.name} value={`cluster:${cluster.name}`} />
      ))}
    </datalist>
  )
}

/** All that is announced, and what was not long ago: who, when, why, and who ended it. */
export function PlannedWork() {
  const { data, error } = useApi<PlannedList>(path)
  return (
    <Card title={t('planned_title')} aside={t('planned_aside')}>
      {error !== null && <Problem error={error} />}
      {data !== null && data.open.length === 0 && <Empty>{t('planned_none')}</Empty>}
      {data !== null && data.open.length > 0 && (
        <ul class="lines">
          {data.open.map((work) => (
            <li key={work.id}>
              <Said work={work} /> <span class="soft mono">{work.id.slice(0, 8)}</span>
              <End id={work.id} />
            </li>
          ))}
        </ul>
      )}
      <Announce scope={null} />
      {data !== null && data.over.length > 0 && <Over works={data.over} />}
    </Card>
  )
}

function End({ id }: { id: string }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <details>
      <summary>{t('planned_end')}</summary>
      <form
        class="form narrow"
        onSubmit={(event) => {
          const data = sent(event)
          const by = filled(data, 'by')
          if (by !== null) void send<EndRequest>('api/v1/planned-work/end', { id, by }, data, event.currentTarget)
        }}
      >
        <Line name="by" label={t('your_name')} required />
        <Token />
        <Submit text={t('planned_end')} sending={sending} />
      </form>
    </details>
  )
}

const Over = ({ works }: { works: PlannedView[] }) => (
  <details class="stack">
    <summary>{t('planned_before', { n: works.length })}</summary>
    <Table
      label={t('planned')}
      head={[t('planned_where'), t('from'), t('planned_until'), t('who'), t('planned_why'), t('planned_ended_by')]}
    >
      {works.map((work) => (
        <tr key={work.id}>
          <td>
            <What work={work} />
          </td>
          <td class="nowrap">
            <Moment at={work.from} />
          </td>
          <td class="nowrap">
            <Moment at={end(work)} />
          </td>
          <td>{work.who}</td>
          <td class="wrap">{work.why}</td>
          <td>{work.ended_by ?? <span class="soft">–</span>}</td>
        </tr>
      ))}
    </Table>
  </details>
)
