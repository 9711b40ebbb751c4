import { useEffect, useState } from 'preact/hooks'
import { address } from '../api/client'
import type { JobList, JobRow } from '../api/types'
import { useApi } from '../api/use'
import { number, seconds, target } from '../format'
import { t, tn, word } from '../i18n'
import { IllOf } from '../incident/list'
import { useIncidents } from '../incident/open'
import { useSettled } from '../lineage/search'
import { Ago, Card, Empty, Fig, Loading, Mark, Moment, Problem, Table, num } from '../parts/basic'
import { DelayFig } from '../parts/delay'
import { LineageLink, NodeLink, Seconds } from '../parts/rows'
import { type Query, go, hrefWith } from '../route'

const PAGE = 50
const states = [
  'RUNNING',
  'RESTARTING',
  'INITIALIZING',
  'CREATED',
  'FAILING',
  'FAILED',
  'CANCELED',
  'FINISHED',
  'SUSPENDED',
]
const statuses = ['over', 'near', 'normal', 'no_target', 'unknown']
export function JobsScreen({ query }: { query: Query }) {
  const offset = Math.max(0, Number(query['offset']) || 0)
  const { data, error } = useApi<JobList>(
    address('jobs', { q: query['q'], state: query['state'], status: query['status'], offset, limit: PAGE }),
  )
  return (
    <>
      <h1>{t('nav_jobs')}</h1>
      <Filter query={query} />
      {error !== null && <Problem error={error} />}
      {data === null ? (
        error === null && <Loading />
      ) : (
        <Card
          title={tn('n_jobs', data.total)}
          aside={
            <>
              {t('as_of')} <Moment at={data.at} />
            </>
          }
        >
          {data.jobs.length === 0 ? <Empty>{t('no_jobs')}</Empty> : <Rows jobs={data.jobs} />}
          <Pages offset={offset} total={data.total} shown={data.jobs.length} />
        </Card>
      )}
    </>
  )
}

function Filter({ query }: { query: Query }) {
  const [text, set] = useState(query['q'] ?? '')
  const settled = useSettled(text, 250)
  useEffect(() => {
    if (settled !== (query['q'] ?? '')) go(hrefWith({ q: settled, offset: null }), 'replace')
  }, [settled])
  const choose = (key: string) => (event: { currentTarget: HTMLSelectElement }) =>
    go(hrefWith({ [key]: event.currentTarget.value, offset: null }))
  return (
    <div class="bar" role="search">
      <input
        type="search"
        aria-label={t('filter_jobs')}
        placeholder={t('filter_jobs')}
        value={text}
        onInput={(event) => set(event.currentTarget.value)}
      />
      <select aria-label={t('state')} value={query['state'] ?? ''} onChange={choose('state')}>
        <option value="">{t('any_state')}</option>
        {states.map((state) => (
          <option key={state} value={state}>
            {state}
          </option>
        ))}
      </select>
      <select aria-label={t('status')} value={query['status'] ?? ''} onChange={choose('status')}>
        <option value="">{t('any_status')}</option>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {word('status', status)}
          </option>
        ))}
      </select>
    </div>
  )
}

function Rows({ jobs }: { jobs: JobRow[] }) {
  const incidents = useIncidents()
  return (
    <Table
      label={t('nav_jobs')}
      head={[
        t('name'),
        t('state'),
        num(t('delay')),
        num(t('of_it_own')),
        num(t('target')),
        num(t('parallelism')),
        num(t('restarts')),
        num(t('checkpoint_age')),
        t('started'),
        t('seen'),
      ]}
    >
      {jobs.map((job) => (
        <tr key={job.id}>
          <td>
            <Mark status={job.status} /> <NodeLink id={job.id} text={job.name} />{' '}
            <IllOf incidents={incidents} node={job.id} />
            <div class="soft">
              {job.cluster}
              {job.layer !== null && ` · ${job.layer}`} · <LineageLink id={job.id} />
            </div>
            {job.ambiguous && <span class="chip">{t('ambiguous')}</span>}
          </td>
          <td class={job.state === 'FAILED' || job.state === 'FAILING' ? 'over' : ''}>
            {job.state}
            {job.stale && <span class="chip">{t('stale')}</span>}
          </td>
          <td class="num">
            <DelayFig delay={job.delay} withTrend />
          </td>
          <td class="num">
            <Seconds value={job.own} why={t('not_told_apart')} />
          </td>
          <td class="num n">{target(job.delay.target_s) ?? <span class="unk">{t('status_no_target')}</span>}</td>
          <td class="num">
            <Fig text={number(job.parallelism)} why={t('not_reported')} />
          </td>
          <td class="num">
            <Fig text={number(job.restarts)} why={t('not_reported')} />
          </td>
          <td class="num">
            <Fig text={seconds(job.checkpoint_age_s)} why={t('no_checkpoint')} />
          </td>
          <td class="nowrap">
            <Moment at={job.start} />
          </td>
          <td class="nowrap">
            <Ago at={job.seen} />
          </td>
        </tr>
      ))}
    </Table>
  )
}

function Pages(props: { offset: number; total: number; shown: number }) {
  const { offset, total, shown } = props
  if (total <= PAGE && offset === 0) return null
  return (
    <nav class="pages" aria-label={t('pages')}>
      {offset > 0 && (
        <a class="button" href={hrefWith({ offset: Math.max(0, offset - PAGE) || null })}>
          {t('page_before')}
        </a>
      )}
      <span class="n soft">{t('page_of', { from: shown === 0 ? 0 : offset + 1, to: offset + shown, total })}</span>
      {offset + shown < total && (
        <a class="button" href={hrefWith({ offset: offset + PAGE })}>
          {t('page_next')}
        </a>
      )}
    </nav>
  )
}
