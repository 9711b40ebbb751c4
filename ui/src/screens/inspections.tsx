// Inspections: those that are kept, one of them, one made now, two compared, who has taken which risk.
import { useState } from 'preact/hooks'
import { address } from '../api/client'
import * as link from '../api/link'
import type {
  ComparedView,
  InspectionList,
  InspectionRow,
  InspectionView,
  RiskView,
  UnwaiveRequest,
  WaiverList,
} from '../api/types'
import { useApi } from '../api/use'
import { lang, t } from '../i18n'
import { say } from '../incident/words'
import { Gone, Report, points } from '../inspect/report'
import { Risks } from '../inspect/risk'
import { Card, Empty, Loading, Moment, Problem, Table, num } from '../parts/basic'
import { Line, Submit, Token, filled, sent, useSend } from '../parts/form'
import { type Query, go, href, hrefWith } from '../route'

const LIST = address('inspections', {})

export function InspectionsScreen({ query }: { query: Query }) {
  const { data, error } = useApi<InspectionList>(LIST, query['id'] === undefined)
  if (query['id'] !== undefined) {
    return <One id={query['id']} to={query['with'] ?? null} list={data?.inspections ?? []} />
  }
  return (
    <>
      <h1>{t('nav_inspections')}</h1>
      {error !== null && <Problem error={error} />}
      {data === null && error === null && <Loading />}
      {data !== null && <Reports list={data} />}
      <Waivers />
    </>
  )
}

function Reports({ list }: { list: InspectionList }) {
  const next = list.next
  return (
    <Card
      title={t('reports')}
      aside={
        <>
          {list.schedule === null ? t('inspect_never') : t('inspect_every', { line: list.schedule, zone: list.zone })}
          {next !== null && (
            <>
              {' '}
              · {t('inspect_next')} <Moment at={next} />
            </>
          )}{' '}
          · <a href={href('inspections', { id: 'now' })}>{t('inspect_now')}</a>
        </>
      }
    >
      {list.inspections.length === 0 ? <Empty>{t('inspect_none')}</Empty> : <Rows rows={list.inspections} />}
    </Card>
  )
}

const Rows = ({ rows }: { rows: InspectionRow[] }) => (
  <Table
    stacks
    label={t('reports')}
    head={[t('when'), num(t('points')), num(t('high')), num(t('low')), num(t('fixed')), num(t('inspect_unseen')), '']}
  >
    {rows.map((row) => (
      <tr key={row.at}>
        <td class="nowrap">
          <a href={href('inspections', { id: row.at })}>
            <Moment at={row.at} />
          </a>
        </td>
        <td class="num" data-label={t('points')}>
          {points(row.points)}
        </td>
        <td class={row.high > 0 ? 'num over' : 'num'} data-label={t('high')}>
          <Count n={row.high} fresh={row.high_new} />
        </td>
        <td class="num" data-label={t('low')}>
          <Count n={row.low} fresh={row.low_new} />
        </td>
        <td class="num" data-label={t('fixed')}>
          {row.fixed}
        </td>
        <td class="num soft" data-label={t('inspect_unseen')}>
          {row.not_judged}
        </td>
        <td class="soft">
          {row.by === null ? t('inspect_due') : t('inspect_asked', { by: row.by })}
          <WasDue row={row} />
        </td>
      </tr>
    ))}
  </Table>
)

/** Of one that was made up for; the others are made within a minute. */
function WasDue({ row }: { row: InspectionRow }) {
  if (row.due === null || row.at - row.due <= 120_000) return null
  return (
    <span class="soft">
      {' '}
      · {t('inspect_was_due')} <Moment at={row.due} />
    </span>
  )
}

const Count = ({ n, fresh }: { n: number; fresh: number }) => (
  <>
    {n}
    {fresh > 0 && <span class="chip hurt">{t('inspect_new', { n: fresh })}</span>}
  </>
)

function One({ id, to, list }: { id: string; to: string | null; list: InspectionRow[] }) {
  const path = id === 'now' ? address('inspection/now', {}) : address('inspection', { at: id })
  const { data, error } = useApi<InspectionView>(path, false)
  return (
    <>
      <p class="crumb">
        <a href={href('inspections')}>{t('nav_inspections')}</a>
        {data !== null && (
          <>
            {' / '}
            <Moment at={data.row.at} /> · {data.estate}
            <WasDue row={data.row} />
          </>
        )}
      </p>
      {error !== null && <Problem error={error} />}
      {data === null && error === null && <Empty>{t('inspect_wait')}</Empty>}
      {data !== null && (
        <>
          <h1>{say(data.says)}</h1>
          <Head view={data} to={to} list={list} />
          {to === null ? <Report view={data} waive /> : <Compared a={to} b={data} />}
        </>
      )}
    </>
  )
}

function Head({ view, to, list }: { view: InspectionView; to: string | null; list: InspectionRow[] }) {
  const { row, before } = view
  const how = { at: view.kept ? row.at : null, lang: lang() }
  const name = view.kept ? 'inspection' : 'inspection/now'
  const document = (as: string, text: string) => (
    <a href={address(name, { ...how, as })} target="_blank" rel="noopener">
      {text}
    </a>
  )
  return (
    <div class="bar inspected">
      <span class="fig">
        <span class="v">{points(row.points)}</span> <span class="l">{t('points_of')}</span>
      </span>
      <span class="soft">
        {before !== null && `${t('inspect_before', { points: points(before.points) })} · `}
        {t('judged_of', { n: row.not_judged, all: row.judged })}
        {!view.kept && ` · ${t('inspect_now_what')}`}
      </span>
      {view.kept && list.length > 1 && (
        <label>
          {t('compare_with')}{' '}
          <select value={to ?? ''} onChange={(event) => go(hrefWith({ with: event.currentTarget.value || null }))}>
            <option value="">{t('compare_none')}</option>
            {list
              .filter((one) => one.at !== row.at)
              .map((one) => (
                <option key={one.at} value={String(one.at)}>
                  {new Date(one.at).toISOString().slice(0, 16).replace('T', ' ')} UTC · {points(one.points)}
                </option>
              ))}
          </select>
        </label>
      )}
      <span>
        {document('html', t('document_html'))} · {document('markdown', t('document_markdown'))} ·{' '}
        {document('csv', t('document_csv'))}
      </span>
    </div>
  )
}

/** From `a` to the report that is shown. */
function Compared({ a, b }: { a: string; b: InspectionView }) {
  const { data, error } = useApi<ComparedView>(address('inspection/compare', { a, b: b.row.at }), false)
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const parts: [string, RiskView[]][] = [
    [t('findings_new'), data.new],
    [t('findings_worse'), data.worse],
    [t('findings_better'), data.better],
    [t('findings_still'), data.still],
  ]
  return (
    <>
      {parts.map(([name, risks]) => (
        <Card key={name} title={`${name} · ${risks.length}`}>
          {risks.length === 0 ? <Empty>{t('no_risks')}</Empty> : <Risks risks={risks} waive={false} />}
        </Card>
      ))}
      <Gone gone={data.gone} />
      {data.moved.length > 0 && (
        <Card title={t('moved')}>
          <ul class="lines">
            {data.moved.slice(0, 50).map((one) => (
              <li key={one.id}>
                {one.name}: <span class="n">{points(one.from)}</span> → <span class="n">{points(one.to)}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  )
}

function Waivers() {
  const { data, error } = useApi<WaiverList>(address('waivers', {}))
  return (
    <Card title={t('waived')} aside={t('waivers_aside')}>
      {error !== null && <Problem error={error} />}
      {data !== null && data.waivers.length === 0 && <Empty>{t('waived_none')}</Empty>}
      {data !== null && data.waivers.length > 0 && (
        <ul class="lines">
          {data.waivers.map((one) => (
            <li key={one.id}>
              <span class="mono">{one.check}</span> · <span class="mono">{one.subject}</span> · {one.owner}: {one.reason}{' '}
              <span class="soft">
                · {t('planned_until')} <Moment at={one.until} />
              </span>
              <Unwaive id={one.id} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Unwaive({ id }: { id: string }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <details>
      <summary>{t('unwaive')}</summary>
      <form
        class="form narrow"
        onSubmit={(event) => {
          const data = sent(event)
          const by = filled(data, 'by')
          if (by !== null) void send<UnwaiveRequest>('api/v1/waiver/end', { id, by }, data, event.currentTarget)
        }}
      >
        <Line name="by" label={t('your_name')} required />
        <Token />
        <Submit text={t('waiver_count_again')} sending={sending} />
      </form>
    </details>
  )
}
