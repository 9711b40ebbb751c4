import { address } from '../api/client'
import type { JobView } from '../api/types'
import { AsOf, useApi } from '../api/use'
import { number, seconds, target } from '../format'
import { t } from '../i18n'
import { IllOf } from '../incident/list'
import { FlinkLink } from '../incident/parts'
import { useIncidents } from '../incident/open'
import { Curves, jobTarget } from '../job/curves'
import { Checkpoints, Exceptions, Hops } from '../job/history'
import { Past } from '../job/past'
import { Operators } from '../job/operators'
import { SeenOf, Sources } from '../job/sources'
import { Ago, Card, Empty, Fig, Loading, Mark, Moment, Problem, Table, Unknown } from '../parts/basic'
import { DelayFacts, DelayFig } from '../parts/delay'
import { Changes, Edges, LineageLink, Seconds } from '../parts/rows'
import { Announce, Works } from '../planned/work'
import { StandsOn } from './components'
import { UnderRepair } from '../repair/now'
import { type Query, asOf } from '../route'

export function JobScreen({ query }: { query: Query }) {
  const at = asOf(query)
  const id = query['id'] ?? ''
  const { data, error } = useApi<JobView>(address('job', { id, at }), at === null)
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  return (
    <AsOf.Provider value={at}>
      {error !== null && !error.lost && <Problem error={error} />}
      <Head view={data} at={at} />
      <Inputs view={data} />
      <Curves id={id} at={at} target={jobTarget(data)} />
      <Operators view={data} query={query} aside={<SeenOf view={data} part="operators" />} />
      <Hops view={data} />
      <Checkpoints view={data} />
      <Past view={data} />
      <Exceptions view={data} />
      <Card title={t('changes')}>
        <Changes changes={data.changes} label={t('changes')} withEntity={false} />
      </Card>
      <Config view={data} />
      <Sources seen={data.seen} />
    </AsOf.Provider>
  )
}

function Head({ view, at }: { view: JobView; at: number | null }) {
  const { row } = view
  const bad = row.state === 'FAILED' || row.state === 'FAILING'
  return (
    <>
      <p class="crumb">
        {t('kind_job')} · {row.cluster}
        {row.layer !== null && ` · ${row.layer}`} · <LineageLink id={row.id} />
        {view.flink_url !== null && ' ·'}
        <FlinkLink url={view.flink_url} />
        {at !== null && (
          <>
            {' '}
            · {t('as_of')} <Moment at={view.at} />
          </>
        )}
      </p>
      <h1>
        <Mark status={row.status} /> {row.name}{' '}
        {at === null && <Ill id={row.id} />}
      </h1>
      <Works scopes={[row.id, `cluster:${row.cluster}`, 'estate']} />
      {at === null && <UnderRepair repairs={row.repair === null ? [] : [row.repair]} />}
      {row.stale && <p class="near">{t('stale_job')}</p>}
      <StandsOn rows={view.stands_on} label={t('stands_on')} />
      {row.ambiguous && <p class="near">{t('ambiguous_why')}</p>}
      {view.gone_since !== null && (
        <p class="near">
          {t('gone_since')} <Moment at={view.gone_since} />
        </p>
      )}
      <div class="figs">
        <div class="fig">
          <div class={`v ${bad ? 'over' : ''}`}>{row.state}</div>
          <div class="l">{t('state')}</div>
        </div>
        <div class="fig">
          <div class="v">
            <DelayFig delay={row.delay} withTrend />
          </div>
          <div class="l">
            {t('leaves_with')}
            {row.delay.target_s !== null && ` · ${t('target_is', { target: target(row.delay.target_s) ?? '' })}`}
          </div>
        </div>
        <div class="fig">
          <div class="v">
            <Seconds value={row.own} why={t('not_told_apart')} />
          </div>
          <div class="l">{t('of_it_own')}</div>
        </div>
        <div class="fig">
          <div class="v">
            <Fig text={number(row.parallelism)} why={t('not_reported')} />
          </div>
          <div class="l">
            {t('parallelism')}
            {view.max_parallelism !== null && ` · ${t('max_is', { n: view.max_parallelism })}`}
          </div>
        </div>
        <div class="fig">
          <div class="v">
            <Fig text={number(row.restarts)} why={t('not_reported')} />
          </div>
          <div class="l">{t('restarts')}</div>
        </div>
        <div class="fig">
          <div class="v">
            <Fig text={seconds(row.checkpoint_age_s)} why={t('no_checkpoint')} />
          </div>
          <div class="l">{t('checkpoint_age')}</div>
        </div>
      </div>
      <p class="soft">
        {t('run')} <span class="mono">{row.run}</span> · {t('started')} <Moment at={row.start} />
        {view.scheduler !== null && (
          <>
            {' '}
            · {t('scheduler')} <span class="mono">{view.scheduler}</span>
          </>
        )}{' '}
        · {t('read')} <Ago at={row.seen} />
      </p>
      {at === null && <Announce scope={row.id} />}
    </>
  )
}

const Ill = ({ id }: { id: string }) => <IllOf incidents={useIncidents()} node={id} />

function Inputs({ view }: { view: JobView }) {
  return (
    <Card title={t('reads_writes')} aside={t('delay_aside')}>
      <h3>{t('reads')}</h3>
      <Edges edges={view.reads} label={t('reads')} far="from" nothing={t('no_reads')} />
      <h3>
        {t('inside_the_job')}{' '}
        {view.inside === null ? (
          <Unknown why={t('inside_unknown')} />
        ) : (
          <DelayFig delay={view.inside} withTarget withTrend />
        )}
      </h3>
      {view.inside !== null && <DelayFacts delay={view.inside} />}
      <h3>{t('writes')}</h3>
      <Edges edges={view.writes} label={t('writes')} far="to" nothing={t('no_writes')} />
    </Card>
  )
}

function Config({ view }: { view: JobView }) {
  return (
    <Card title={t('configuration')} aside={<SeenOf view={view} part="configuration" />}>
      {view.config.length === 0 ? (
        <Empty>{t('no_config')}</Empty>
      ) : (
        <details>
          <summary>{t('n_entries', { n: view.config.length })}</summary>
          <Table label={t('configuration')} head={[t('key'), t('value')]}>
            {view.config.map((entry) => (
              <tr key={entry.key}>
                <td class="mono">{entry.key}</td>
                <td class="mono wrap">{entry.value}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </Card>
  )
}
