// What months of incidents tell: causes, who offends again, how long until we said it and until it
// was over; and a search through what is over.
import { useEffect, useState } from 'preact/hooks'
import { address } from '../api/client'
import type { IncidentList, ReviewAgain, ReviewGroup, ReviewView } from '../api/types'
import { useApi } from '../api/use'
import { number, seconds } from '../format'
import { t, tn } from '../i18n'
import { Incidents } from '../incident/list'
import { useSettled } from '../lineage/search'
import { Ago, Card, Empty, Fig, Loading, Problem, Segment, Table, num } from '../parts/basic'
import { type Query, go, href, hrefWith } from '../route'
import { dayIn } from '../time'

const DAYS = [7, 30, 90]
/** As many as somebody reads through who looks for one. */
const FOUND = 50

export function ReviewScreen({ query }: { query: Query }) {
  const days = DAYS.find((d) => String(d) === query['days']) ?? 90
  const { cluster, team, place } = query
  const { data, error } = useApi<ReviewView>(address('review', { days, cluster, team, place }))
  const only = { cluster, team, place }
  return (
    <>
      <h1>{t('nav_review')}</h1>
      <p class="crumb">{t('review_what')}</p>
      <div class="bar">
        <Segment
          label={t('review_days')}
          items={DAYS.map((d) => ({
            text: tn('n_days', d),
            to: hrefWith({ days: d === 90 ? null : d }),
            on: d === days,
          }))}
        />
        {Object.entries(only).map(
          ([key, value]) =>
            value !== undefined && (
              <a key={key} class="chip" href={hrefWith({ [key]: null })} title={t('review_all')}>
                {value} ✕
              </a>
            ),
        )}
      </div>
      {error !== null && <Problem error={error} />}
      {data === null ? error === null && <Loading /> : <Told view={data} />}
      <Search query={query} />
    </>
  )
}

function Told({ view }: { view: ReviewView }) {
  const { all } = view
  return (
    <>
      <div class="figs">
        <Figure value={number(all.incidents)} label={t('review_incidents')} />
        <Figure value={number(all.open)} label={t('review_open')} />
        <Figure value={seconds(all.detect_p50_s)} label={t('review_detect')} />
        <Figure value={seconds(all.recover_p50_s)} label={t('review_recover')} />
        <Figure value={seconds(all.trouble_s)} label={t('review_trouble')} />
      </div>
      <p class="crumb">{t('review_from', { day: dayIn(view.from, view.zone), zone: view.zone })}</p>
      <Again again={view.again} />
      <Groups title={t('review_causes')} groups={view.causes} to={(name) => hrefWith({ q: name })} />
      <Groups title={t('review_places')} groups={view.places} to={(name) => hrefWith({ place: name })} />
      <Groups title={t('clusters')} groups={view.clusters} to={(name) => hrefWith({ cluster: name })} />
      <Groups title={t('review_teams')} groups={view.teams} to={(name) => hrefWith({ team: name })} />
    </>
  )
}

const Figure = (props: { value: string | null; label: string }) => (
  <div class="fig">
    <div class="v">
      <Fig text={props.value} why={t('review_none_known')} />
    </div>
    <div class="l">{props.label}</div>
  </div>
)

function Groups(props: { title: string; groups: ReviewGroup[]; to: (name: string) => string }) {
  if (props.groups.length === 0) return null
  return (
    <Card title={props.title} aside={t('review_most_first')}>
      <Table
        label={props.title}
        head={[
          t('name'),
          num(t('review_incidents')),
          num(t('review_trouble')),
          num(t('review_detect')),
          num('95 %'),
          num(t('review_recover')),
          num('95 %'),
          t('review_last'),
        ]}
      >
        {props.groups.map((g) => (
          <tr key={g.name}>
            <td class="wrap">
              <a href={props.to(g.name)}>{g.name}</a>
              {g.open > 0 && <span class="chip bad">{tn('review_n_open', g.open)}</span>}
            </td>
            <td class="num n">{g.incidents}</td>
            <td class="num">{seconds(g.trouble_s)}</td>
            <Time value={g.detect_p50_s} />
            <Time value={g.detect_p95_s} />
            <Time value={g.recover_p50_s} />
            <Time value={g.recover_p95_s} />
            <td class="nowrap">
              <Ago at={g.last} steady />
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

const Time = ({ value }: { value: number | null }) => (
  <td class="num">
    <Fig text={seconds(value)} why={t('review_none_known')} />
  </td>
)

function Again({ again }: { again: ReviewAgain[] }) {
  return (
    <Card title={t('review_again')} aside={t('review_again_aside')}>
      {again.length === 0 ? (
        <Empty>{t('review_again_none')}</Empty>
      ) : (
        <Table
          label={t('review_again')}
          head={[t('review_place'), t('review_cause'), num(t('review_times')), num(t('review_trouble')), t('review_last')]}
        >
          {again.map((one) => (
            <tr key={`${one.place} ${one.cause}`}>
              <td class="wrap">
                <a href={hrefWith({ place: one.place })} title={one.place}>
                  {one.place_name}
                </a>
              </td>
              <td class="wrap">{one.cause}</td>
              <td class="num n near">{one.times}</td>
              <td class="num">{seconds(one.trouble_s)}</td>
              <td class="nowrap">
                <a href={href('incident', { id: one.incident })}>
                  <Ago at={one.last} steady />
                </a>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

/** Every word must stand somewhere in the incident: cause, job, topic, who took it, what was said. */
function Search({ query }: { query: Query }) {
  const [text, set] = useState(query['q'] ?? '')
  const settled = useSettled(text, 250)
  useEffect(() => set(query['q'] ?? ''), [query['q']])
  useEffect(() => {
    if (settled !== (query['q'] ?? '') && settled === text) go(hrefWith({ q: settled || null }), 'replace')
  }, [settled])
  const asked = query['q'] ?? ''
  const path = address('incidents', { state: 'closed', q: asked === '' ? undefined : asked, limit: FOUND })
  const { data, error } = useApi<IncidentList>(path, false)
  return (
    <Card title={t('review_search')} aside={data === null ? undefined : tn('n_incidents', data.total)}>
      <div class="pad" role="search">
        <input
          type="search"
          class="wide-search"
          aria-label={t('review_search_any')}
          placeholder={t('review_search_any')}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </div>
      {error !== null && <Problem error={error} />}
      {data === null ? (
        error === null && <Loading />
      ) : data.incidents.length === 0 ? (
        <Empty>{t('review_not_found')}</Empty>
      ) : (
        <Incidents incidents={data.incidents} />
      )}
      {data !== null && data.incidents.length < data.total && (
        <Empty>{t('shown_of', { n: data.incidents.length, total: data.total })}</Empty>
      )}
    </Card>
  )
}
