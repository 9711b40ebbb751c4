import { address } from '../api/client'
import type { IncidentList, Overview, RuleList } from '../api/types'
import { useApi } from '../api/use'
import { t, tn, word } from '../i18n'
import { Calm, Incidents } from '../incident/list'
import { isOpen } from '../incident/open'
import { SymptomList } from '../incident/why'
import { Card, Empty, Loading, Moment, Problem, Segment } from '../parts/basic'
import { type Query, href, hrefWith } from '../route'

/** As many as a reader scrolls through. */
const MOST = 200
const states = ['open', 'closed', 'all'] as const

export function IncidentsScreen({ query }: { query: Query }) {
  const state = states.find((one) => one === query['state']) ?? 'open'
  const { data, error } = useApi<IncidentList>(address('incidents', { state, limit: MOST }))
  return (
    <>
      <h1>{t('nav_incidents')}</h1>
      <div class="bar">
        <Segment
          label={t('state')}
          items={states.map((one) => ({
            text: word('incidents', one),
            to: hrefWith({ state: one === 'open' ? null : one }),
            on: one === state,
          }))}
        />
      </div>
      {error !== null && <Problem error={error} />}
      {data === null ? (
        error === null && <Loading />
      ) : (
        <Card
          title={tn('n_incidents', data.total)}
          aside={
            <>
              {t('incidents_aside')} · {t('as_of')} <Moment at={data.at} />
            </>
          }
        >
          {data.incidents.length > 0 && <Incidents incidents={data.incidents} />}
          {data.incidents.length === 0 && state === 'open' && <NothingWrong list={data} />}
          {data.incidents.length === 0 && state !== 'open' && <Empty>{t('no_incidents')}</Empty>}
          {data.incidents.length < data.total && (
            <Empty>{t('shown_of', { n: data.incidents.length, total: data.total })}</Empty>
          )}
          {state !== 'closed' && <Rest list={data} />}
        </Card>
      )}
    </>
  )
}

export const openIncidents = address('incidents', { state: 'open', limit: 20 })

/** On the overview: what is open, worst first. */
export function OpenIncidents({ view }: { view: Overview }) {
  const { data, error } = useApi<IncidentList>(openIncidents)
  return (
    <Card title={t('nav_incidents')} aside={<a href={href('incidents')}>{t('all_incidents')}</a>}>
      {data === null ? (
        error === null ? (
          <Loading />
        ) : (
          <Problem error={error} />
        )
      ) : (
        <>
          {data.incidents.filter(isOpen).length === 0 ? (
            <NothingWrong list={data} view={view} />
          ) : (
            <Incidents incidents={data.incidents.filter(isOpen)} />
          )}
          {data.open > data.incidents.length && (
            <Empty>{t('shown_of', { n: data.incidents.length, total: data.open })}</Empty>
          )}
          <Rest list={data} />
        </>
      )}
    </Card>
  )
}

function Rest({ list }: { list: IncidentList }) {
  return (
    <>
      {list.pending.length > 0 && (
        <>
          <h3>{t('pending')}</h3>
          <SymptomList symptoms={list.pending} />
        </>
      )}
      <Calm calm={list.calm} />
    </>
  )
}

/** Said with what it rests on: what is watched, and what cannot be seen. */
function NothingWrong({ list, view }: { list: IncidentList; view?: Overview }) {
  const fetched = useApi<Overview>(view === undefined ? address('overview', {}) : null).data
  const rules = useApi<RuleList>(address('rules', {}), false).data
  const seen = view ?? fetched
  if (seen === null) return <Empty>{t('no_incidents')}</Empty>
  const blind = seen.blind.length
  const late = seen.late.some((item) => item.delay.status === 'over')
  const unexplained = late || list.pending.length > 0
  const said = seen.targets_up === 0 ? 'nothing_seen' : unexplained ? 'not_explained' : 'nothing_wrong'
  return (
    <div class="pad">
      <p class="calmly">{t(said)}</p>
      <p class="soft calmly">
        {t('watched', {
          jobs: tn('n_jobs', seen.jobs.total),
          topics: tn('n_topics', seen.topics),
          up: seen.targets_up,
          targets: seen.targets,
        })}
        {rules !== null && ` · ${tn('n_rules', rules.rules.length)}`} ·{' '}
        {blind === 0 ? t('no_blind_known') : <span class="unk">{tn('n_blind', blind)}</span>}
      </p>
    </div>
  )
}
