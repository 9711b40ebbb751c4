import { address } from '../api/client'
import type { JobView, Seen } from '../api/types'
import { AsOf, useApi } from '../api/use'
import { bytes, millis, number, seconds } from '../format'
import { t, tn, word } from '../i18n'
import { Curves } from '../job/curves'
import { Operators } from '../job/operators'
import { Ago, Card, Empty, Fig, Loading, Mark, Moment, Problem, Table, Unknown } from '../parts/basic'
import { DelayFacts, DelayFig } from '../parts/delay'
import { Changes, Edges, LineageLink, Seconds } from '../parts/rows'
import type { Query } from '../route'
import { asOf } from './lineage'

const num = (text: string) => ({ text, num: true as const })

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
      <Curves id={id} at={at} view={data} />
      <Operators view={data} query={query} aside={<SeenOf view={data} part="vertices" />} />
      <Hops view={data} />
      <Checkpoints view={data} />
      <Exceptions view={data} />
      <Card title={t('changes')}>
        <Changes changes={data.changes} label={t('changes')} withEntity={false} />
      </Card>
      <Config view={data} />
      <Sources seen={data.seen} />
    </AsOf.Provider>
  )
}

function SeenOf({ view, part }: { view: JobView; part: string }) {
  const seen = view.seen.find((one) => one.part === part)
  if (seen === undefined) return null
  return (
    <>
      {seen.source} · <Ago at={seen.at} steady={part === 'config'} />
    </>
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
        {at !== null && (
          <>
            {' '}· {t('as_of')} <Moment at={view.at} />
          </>
        )}
      </p>
      <h1>
        <Mark status={row.status} /> {row.name}
      </h1>
      {row.stale && <p class="near">{t('stale_job')}</p>}
      {row.ambiguous && <p class="near">{t('ambiguous_why')}</p>}
      {view.gone_since !== null && (
        <p class="near">
          {t('gone_since')} <Moment at={view.gone_since} />
        </p>
      )}
      <div class="figs">
        <div class="fig"><div class={`v ${bad ? 'over' : ''}`}>{row.state}</div><div class="l">{t('state')}</div></div>
        <div class="fig"><div class="v"><DelayFig delay={row.delay} withTrend /></div><div class="l">{t('leaves_with')}{row.delay.target_s !== null && ` · ${t('target_is', { target: seconds(row.delay.target_s) ?? '' })}`}</div></div>
        <div class="fig"><div class="v"><Seconds value={row.own} why={t('not_told_apart')} /></div><div class="l">{t('of_it_own')}</div></div>
        <div class="fig"><div class="v"><Fig text={number(row.parallelism)} why={t('not_reported')} /></div><div class="l">{t('parallelism')}{view.max_parallelism !== null && ` · ${t('max_is', { n: view.max_parallelism })}`}</div></div>
        <div class="fig"><div class="v"><Fig text={number(row.restarts)} why={t('not_reported')} /></div><div class="l">{t('restarts')}</div></div>
        <div class="fig"><div class="v"><Fig text={seconds(row.checkpoint_age_s)} why={t('no_checkpoint')} /></div><div class="l">{t('checkpoint_age')}</div></div>
      </div>
      <p class="soft">
        {t('run')} <span class="mono">{row.run}</span> · {t('started')} <Moment at={row.start} />
        {view.scheduler !== null && <> · {t('scheduler')} <span class="mono">{view.scheduler}</span></>} · {t('read')} <Ago at={row.seen} />
      </p>
    </>
  )
}

function Inputs({ view }: { view: JobView }) {
  return (
    <Card title={t('reads_writes')} aside={t('delay_aside')}>
      <h3>{t('reads')}</h3>
      <Edges edges={view.reads} label={t('reads')} far="from" nothing={t('no_reads')} />
      <h3>
        {t('inside_the_job')} {view.inside === null ? <Unknown why={t('inside_unknown')} /> : <DelayFig delay={view.inside} withTarget withTrend />}
      </h3>
      {view.inside !== null && <DelayFacts delay={view.inside} />}
      <h3>{t('writes')}</h3>
      <Edges edges={view.writes} label={t('writes')} far="to" nothing={t('no_writes')} />
    </Card>
  )
}

function Hops({ view }: { view: JobView }) {
  return (
    <Card title={t('hops_inside')} aside={t('hops_aside')}>
      {view.hops.length === 0 ? <Empty>{t('no_hops')}</Empty> : (
        <Table label={t('hops_inside')} head={[t('from'), t('to'), t('ship'), num(t('delay')), t('method'), t('checked')]}>
          {view.hops.map((hop) => (
            <tr key={`${hop.from} ${hop.to}`}>
              <td class="wrap">{hop.from_name}</td>
              <td class="wrap">{hop.to_name}</td>
              <td class="mono">{hop.ship}</td>
              <td class="num"><DelayFig delay={hop.delay} withTrend /></td>
              <td class="soft">{hop.delay.method === null ? hop.delay.unknown : word('method', hop.delay.method)}</td>
              <td class="nowrap"><Ago at={hop.delay.at} /></td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Checkpoints({ view }: { view: JobView }) {
  const { checkpoints } = view
  const count = (n: number | null) => number(n) ?? t('unknown')
  return (
    <Card title={t('checkpoints')} aside={<SeenOf view={view} part="checkpoints" />}>
      <p class="pad">{t('checkpoint_counts', { completed: count(checkpoints.completed), failed: count(checkpoints.failed), running: count(checkpoints.in_progress) })}</p>
      {checkpoints.history.length === 0 ? <Empty>{t('no_checkpoint')}</Empty> : (
        <Table label={t('checkpoints')} head={['ID', t('state'), t('triggered'), num(t('took')), num(t('state_size')), t('path')]}>
          {checkpoints.history.map((one) => (
            <tr key={one.id}>
              <td class="n">{one.id}{one.savepoint && <span class="chip">{t('savepoint')}</span>}</td>
              <td class={one.status === 'FAILED' ? 'over' : ''}>{one.status}{one.failure !== null && <div class="soft wrap">{one.failure}</div>}</td>
              <td class="nowrap"><Moment at={one.triggered} /></td>
              <td class="num"><Fig text={millis(one.duration_ms)} why={t('not_finished')} /></td>
              <td class="num"><Fig text={bytes(one.state_size)} why={t('not_reported')} /></td>
              <td class="mono path">{one.external_path ?? <span class="soft">{t('no_path')}</span>}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Exceptions({ view }: { view: JobView }) {
  return (
    <Card title={t('exceptions')} aside={<SeenOf view={view} part="exceptions" />}>
      {view.exceptions.length === 0 ? <Empty>{t('no_exceptions')}</Empty> : view.exceptions.map((one, i) => (
        <details key={i} class="stack">
          <summary>
            <Moment at={one.at} /> <span class="mono">{one.class}</span>
            {one.task !== null && <span class="soft"> · {one.task}</span>}
            {one.taskmanager !== null && <span class="soft"> · {one.taskmanager}</span>}
            {one.concurrent > 0 && <span class="soft"> · {tn('n_concurrent', one.concurrent)}</span>}
          </summary>
          <pre tabIndex={0}>{one.stack}</pre>
        </details>
      ))}
    </Card>
  )
}

function Config({ view }: { view: JobView }) {
  return (
    <Card title={t('configuration')} aside={<SeenOf view={view} part="config" />}>
      {view.config.length === 0 ? <Empty>{t('no_config')}</Empty> : (
        <details>
          <summary>{t('n_entries', { n: view.config.length })}</summary>
          <Table label={t('configuration')} head={[t('key'), t('value')]}>
            {view.config.map((entry) => (
              <tr key={entry.key}><td class="mono">{entry.key}</td><td class="mono wrap">{entry.value}</td></tr>
            ))}
          </Table>
        </details>
      )}
    </Card>
  )
}

function Sources({ seen }: { seen: Seen[] }) {
  if (seen.length === 0) return null
  return (
    <Card title={t('sources')}>
      <Table label={t('sources')} head={[t('part'), t('source'), t('read')]}>
        {seen.map((one) => (
          <tr key={`${one.part} ${one.source}`}>
            <td>{word('part', one.part)}</td>
            <td class="mono">{one.source}</td>
            <td><Ago at={one.at} steady /></td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}
