import { useMemo, useState } from 'preact/hooks'
import { address } from '../api/client'
import type { LineageView, PathView } from '../api/types'
import { AsOf, useApi } from '../api/use'
import { useIncidents } from '../incident/open'
import { t, word } from '../i18n'
import { marks } from '../incident/marks'
import { Detail } from '../lineage/detail'
import { Graph, type Shown } from '../lineage/graph'
import { Levels } from '../lineage/levels'
import { Search } from '../lineage/search'
import { TimeBar } from '../lineage/timebar'
import { Card, Empty, Loading, Moment, Problem, Segment, tone } from '../parts/basic'
import { DelayFig } from '../parts/delay'
import { type Query, asOf, go, hrefWith, nodeName } from '../route'
import { GroupTable } from './overview'

const directions = ['around', 'upstream', 'downstream', 'path'] as const

export function LineageScreen({ query }: { query: Query }) {
  const at = asOf(query)
  const direction = directions.find((name) => name === query['direction']) ?? 'around'
  // A path needs its other end; until it is chosen the surroundings stay.
  const asked = direction === 'path' && query['to'] === undefined ? 'around' : direction
  const params = {
    focus: query['focus'],
    hops: query['hops'] ?? 2,
    direction: asked,
    to: asked === 'path' ? query['to'] : null,
    at,
    expand: query['expand'],
  }
  const { data, error, loading } = useApi<LineageView>(address('lineage', params), at === null)
  return (
    <AsOf.Provider value={at}>
      <h1 class="sr">{t('nav_lineage')}</h1>
      <Controls query={query} direction={direction} view={data} />
      <TimeBar at={at} oldest={data?.history_since ?? null} />
      {error !== null && <Problem error={error} />}
      {data?.historic === true && <p class="soft">{t('historic')}</p>}
      {data === null ? (
        error === null && <Loading />
      ) : (
        <Focus view={data} query={query} busy={loading && at !== null} />
      )}
      {data !== null && data.focus?.startsWith('job:') === true && <Levels focus={data.focus} at={at} />}
      {data !== null && data.rest.length > 0 && (
        <Card title={t('rest_title')} aside={t('rest_aside', { n: Math.max(0, data.total_nodes - data.nodes.length) })}>
          <GroupTable groups={data.rest} label={t('rest_title')} />
        </Card>
      )}
    </AsOf.Provider>
  )
}

function Controls(props: { query: Query; direction: string; view: LineageView | null }) {
  const { query, direction, view } = props
  const nodes = view?.nodes ?? []
  const hops = query['hops'] ?? '2'
  // Without a choice the server chooses: what is worst.
  const focus = query['focus'] ?? view?.focus ?? undefined
  return (
    <div class="bar">
      <Search
        label={t('search_label')}
        value={focus === undefined ? '' : nodeName(focus)}
        nodes={nodes}
        pick={(id) => go(hrefWith({ focus: id, expand: null, sel: null }))}
      />
      <Segment
        label={t('direction')}
        items={directions.map((name) => ({
          text: word('dir', name),
          to: hrefWith({ direction: name === 'around' ? null : name, expand: null }),
          on: name === direction,
        }))}
      />
      {direction === 'path' ? (
        <Search
          key="to"
          label={t('search_to')}
          value={query['to'] === undefined ? '' : nodeName(query['to'])}
          nodes={nodes}
          pick={(id) => go(hrefWith({ to: id }))}
        />
      ) : (
        <Segment
          label={t('hops')}
          items={['1', '2', '3'].map((n) => ({
            text: t(n === '1' ? 'hops_one' : 'hops_n', { n }),
            to: hrefWith({ hops: n, expand: null }),
            on: n === hops,
          }))}
        />
      )}
    </div>
  )
}

function Focus({ view, query, busy }: { view: LineageView; query: Query; busy: boolean }) {
  const [hovered, hover] = useState<Shown | null>(null)
  const zoom = query['z'] === 'fit' ? 'fit' : readZoom(query['z'])
  const selected: Shown | null = query['sel'] === undefined ? null : { kind: 'edge', id: query['sel'] }
  const shown = hovered ?? selected ?? (view.focus === null ? null : { kind: 'node' as const, id: view.focus })
  const expanded = (query['expand'] ?? '').split(',').filter(Boolean)
  const incidents = useIncidents()
  // The past had other troubles than those that are open now.
  const ill = useMemo(() => (view.historic ? undefined : marks(incidents)), [incidents, view.historic])
  if (view.nodes.length === 0)
    return (
      <Card title={t('nav_lineage')}>
        <Empty>{t('no_nodes')}</Empty>
      </Card>
    )
  return (
    <Card title={<Title view={view} />} aside={<Slowest view={view} />}>
      <div class="zoom">
        {[
          ['zoom_out', '−', 0.8],
          ['zoom_in', '+', 1.25],
        ].map(([key, sign, by]) => (
          <a
            key={key as string}
            role="button"
            class="button"
            href={hrefWith({ z: Math.min(3, Math.max(0.25, Math.round((typeof zoom === 'number' ? zoom : 1) * Number(by) * 100) / 100)) })}
            aria-label={word('x', key as string)}
            title={word('x', key as string)}
          >
            {sign}
          </a>
        ))}
        <a role="button" class="button" href={hrefWith({ z: 'fit' })}>
          {t('zoom_fit')}
        </a>
      </div>
      <div class={busy ? 'busy' : ''}>
        <Graph
          view={view}
          zoom={zoom}
          expanded={expanded}
          onShow={hover}
          {...(ill === undefined ? {} : { marks: ill })}
        />
      </div>
      <Legend />
      <Detail view={view} shown={shown} incidents={incidents} />
    </Card>
  )
}

function readZoom(text: string | undefined): number | null {
  const zoom = Number(text ?? NaN)
  return Number.isFinite(zoom) && zoom > 0 ? zoom : null
}

function Title({ view }: { view: LineageView }) {
  return (
    <>
      {view.focus === null ? t('graph_all') : t('graph_around', { name: nodeName(view.focus) })}
      <span class="soft"> · {t('shown_of', { n: view.nodes.length, total: view.total_nodes })}</span>
    </>
  )
}

function Slowest({ view }: { view: LineageView }) {
  const path = slowestPath(view)
  if (path === null) return <Moment at={view.at} />
  return (
    <>
      {t('slowest_path', { path: path.label })} <DelayFig delay={path.delay} withTarget /> · {t('as_of')}{' '}
      <Moment at={view.at} />
    </>
  )
}

/** The path drawn thick, else the slowest of those that are known. */
function slowestPath(view: LineageView): PathView | null {
  const thick = view.paths.find((path) => path.nodes.join(' ') === view.critical.join(' '))
  const known = view.paths.filter((path) => path.delay.seconds !== null)
  return thick ?? known.sort((a, b) => (b.delay.seconds ?? 0) - (a.delay.seconds ?? 0))[0] ?? null
}

function Legend() {
  return (
    <div class="legend">
      {(['normal', 'near', 'over', 'no_target', 'unknown'] as const).map((status) => (
        <span key={status}>
          <svg width="22" height="8" aria-hidden="true">
            <path class={`line ${tone(status)} ${status === 'unknown' ? 'dashed' : ''}`} d="M0 4H22" />
          </svg>
          {word('status', status)}
        </span>
      ))}
      <span>
        <svg width="22" height="8" aria-hidden="true">
          <path class="line unk inferred" d="M0 4H22" />
        </svg>
        {t('inferred')}
      </span>
      <span>{t('thick')}</span>
    </div>
  )
}
