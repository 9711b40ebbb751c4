import { useState } from 'preact/hooks'
import { address } from '../api/client'
import type { LevelsView, LineageView, NodeView, PathView } from '../api/types'
import { AsOf, useApi, useNow } from '../api/use'
import { seconds } from '../format'
import { t, word } from '../i18n'
import { Graph, type Shown, edgeFacts, nodeLines } from '../lineage/graph'
import { Search } from '../lineage/search'
import { TimeBar } from '../lineage/timebar'
import { Card, Empty, Loading, Moment, Problem, Segment, Table, Unknown, tone } from '../parts/basic'
import { DelayFacts, DelayFig } from '../parts/delay'
import { NodeLink, Seconds } from '../parts/rows'
import { type Query, current, go, href, hrefWith, nodeName, nodeScreen } from '../route'
import { GroupTable } from './overview'

const directions = ['around', 'upstream', 'downstream', 'path'] as const

export function LineageScreen({ query }: { query: Query }) {
  const at = asOf(query)
  const direction = directions.find((name) => name === query['direction']) ?? 'around'
  // A path needs its other end; until it is chosen the surroundings stay.
  const asked = direction === 'path' && query['to'] === undefined ? 'around' : direction
  const params = { focus: query['focus'], hops: query['hops'] ?? 2, direction: asked, to: asked === 'path' ? query['to'] : null, at, expand: query['expand'] }
  const { data, error, loading } = useApi<LineageView>(address('lineage', params), at === null)
  return (
    <AsOf.Provider value={at}>
      <h1 class="sr">{t('nav_lineage')}</h1>
      <Controls query={query} direction={direction} nodes={data?.nodes ?? []} />
      <TimeBar at={at} oldest={data?.history_since ?? null} />
      {error !== null && <Problem error={error} />}
      {data?.historic === true && <p class="soft">{t('historic')}</p>}
      {data === null ? error === null && <Loading /> : <Focus view={data} query={query} busy={loading && at !== null} />}
      {data !== null && data.focus?.startsWith('job:') === true && <Levels focus={data.focus} at={at} />}
      {data !== null && data.rest.length > 0 && (
        <Card title={t('rest_title')} aside={t('rest_aside', { n: Math.max(0, data.total_nodes - data.nodes.length) })}>
          <GroupTable groups={data.rest} label={t('rest_title')} />
        </Card>
      )}
    </AsOf.Provider>
  )
}

export function asOf(query: Query): number | null {
  const at = Number(query['at'])
  return query['at'] !== undefined && Number.isFinite(at) ? at : null
}

function Controls(props: { query: Query; direction: string; nodes: NodeView[] }) {
  const { query, direction, nodes } = props
  const hops = query['hops'] ?? '2'
  const focus = query['focus']
  return (
    <div class="bar">
      <Search key={`focus ${focus ?? ''}`} label={t('search_label')} value={focus === undefined ? '' : nodeName(focus)} nodes={nodes} pick={(id) => go(hrefWith({ focus: id, expand: null, sel: null }))} />
      <Segment label={t('direction')} items={directions.map((name) => ({ text: word('dir', name), to: hrefWith({ direction: name === 'around' ? null : name, expand: null }), on: name === direction }))} />
      {direction === 'path' ? (
        <Search key={`to ${query['to'] ?? ''}`} label={t('search_to')} value={query['to'] === undefined ? '' : nodeName(query['to'])} nodes={nodes} pick={(id) => go(hrefWith({ to: id }))} />
      ) : (
        <Segment label={t('hops')} items={['1', '2', '3'].map((n) => ({ text: t(n === '1' ? 'hops_one' : 'hops_n', { n }), to: hrefWith({ hops: n, expand: null }), on: n === hops }))} />
      )}
    </div>
  )
}

function Focus({ view, query, busy }: { view: LineageView; query: Query; busy: boolean }) {
  const [hovered, hover] = useState<Shown | null>(null)
  const zoom = query['z'] === undefined ? null : Number(query['z'])
  const selected: Shown | null = query['sel'] === undefined ? null : { kind: 'edge', id: query['sel'] }
  const shown = hovered ?? selected ?? (view.focus === null ? null : { kind: 'node' as const, id: view.focus })
  const expanded = (query['expand'] ?? '').split(',').filter(Boolean)
  if (view.nodes.length === 0) return <Card title={t('nav_lineage')}><Empty>{t('no_nodes')}</Empty></Card>
  return (
    <Card title={<Title view={view} />} aside={<Slowest view={view} />}>
      <div class="zoom">
        {[['zoom_out', '−', 0.8], ['zoom_in', '+', 1.25]].map(([key, sign, by]) => (
          <a key={key as string} role="button" class="button" href={hrefWith({ z: Math.min(3, Math.max(0.25, Math.round((zoom ?? 1) * Number(by) * 100) / 100)) })} aria-label={word('x', key as string)} title={word('x', key as string)}>
            {sign}
          </a>
        ))}
        <a role="button" class="button" href={hrefWith({ z: null })}>{t('zoom_fit')}</a>
      </div>
      <div class={busy ? 'busy' : ''}>
        <Graph view={view} zoom={zoom !== null && Number.isFinite(zoom) ? zoom : null} expanded={expanded} onShow={hover} />
      </div>
      <Legend />
      <Detail view={view} shown={shown} />
    </Card>
  )
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
      {t('slowest_path', { path: path.label })} <DelayFig delay={path.delay} withTarget /> · {t('as_of')} <Moment at={view.at} />
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
          <svg width="22" height="8" aria-hidden="true"><path class={`line ${tone(status)} ${status === 'unknown' ? 'dashed' : ''}`} d="M0 4H22" /></svg>
          {word('status', status)}
        </span>
      ))}
      <span><svg width="22" height="8" aria-hidden="true"><path class="line unk inferred" d="M0 4H22" /></svg>{t('inferred')}</span>
      <span>{t('thick')}</span>
    </div>
  )
}

/** What is under the pointer or the keyboard's focus, else the node in focus. */
function Detail({ view, shown }: { view: LineageView; shown: Shown | null }) {
  const now = useNow()
  const edge = shown?.kind === 'edge' ? view.edges.find((one) => one.id === shown.id) : undefined
  const node = shown?.kind === 'node' ? view.nodes.find((one) => one.id === shown.id) : undefined
  return (
    <div class="detail">
      {edge && <ul class="facts">{edgeFacts(edge, now).map((line) => <li key={line}>{line}</li>)}</ul>}
      {node && <NodeDetail node={node} view={view} />}
      {!edge && !node && <p class="soft">{t('detail_hint')}</p>}
    </div>
  )
}

function NodeDetail({ node, view }: { node: NodeView; view: LineageView }) {
  const job = node.kind === 'job'
  return (
    <>
      <p>
        <b>{node.name}</b> <span class="soft">{t(job ? 'kind_job' : 'kind_topic')} · {node.cluster}{node.state !== null && ` · ${node.state}`}</span>
        {node.ambiguous && <span class="chip">{t('ambiguous')}</span>}{' '}
        <a href={href(nodeScreen(node.id), { id: node.id, at: asOf(current().query) })}>{t(job ? 'open_job' : 'open_topic')}</a>
      </p>
      {job ? <p><Waits node={node} view={view} /></p> : <p class="soft">{nodeLines(node)[0]?.text}</p>}
      {node.total !== null && <DelayFacts delay={node.total} />}
    </>
  )
}

/** "waits in the topic: 31 s · inside the job: 61 s": the two halves of a job's delay. */
function Waits({ node, view }: { node: NodeView; view: LineageView }) {
  const reads = view.edges.filter((edge) => edge.to === node.id && edge.kind === 'reads')
  const known = reads.filter((edge) => edge.delay.seconds !== null)
  const worst = known.sort((a, b) => (b.delay.seconds ?? 0) - (a.delay.seconds ?? 0))[0]
  const inside = node.inside
  return (
    <>
      {t('waits_topic')} {worst ? <Seconds value={worst.delay.topic_wait} why={worst.delay.unknown ?? t('not_told_apart')} /> : <Unknown why={reads.length === 0 ? t('no_reads') : reads[0]?.delay.unknown} />}
      {known.length < reads.length && known.length > 0 && <span class="unk"> ({t('of_known', { n: known.length, total: reads.length })})</span>}
      {' · '}
      {t('waits_inside')} {inside === null ? <Unknown why={t('inside_unknown')} /> : <DelayFig delay={inside} />}
      {inside?.window_wait ? <span class="soft"> · {t('window_is', { delay: seconds(inside.window_wait) ?? '' })}</span> : null}
      {inside?.commit_wait ? <span class="soft"> · {t('commit_is', { delay: seconds(inside.commit_wait) ?? '' })}</span> : null}
    </>
  )
}

function Levels({ focus, at }: { focus: string; at: number | null }) {
  const { data, error } = useApi<LevelsView>(address('levels', { id: focus, at }), at === null)
  const num = (text: string) => ({ text, num: true as const })
  return (
    <Card title={t('levels_title')} aside={t('levels_aside')}>
      {error !== null && <Problem error={error} />}
      {data === null ? error === null && <Loading /> : (
        <Table label={t('levels_title')} head={[t('level'), t('application'), t('name'), t('group'), num(t('delay')), num(t('threshold')), t('checked_at')]}>
          {data.rows.map((row, i) => (
            <tr key={i} class={row.node === focus && row.topic === null ? 'this' : undefined}>
              <td class="nowrap soft">{levelName(row.level)}</td>
              <td class="mono">{row.application === null ? row.topic !== null ? <span class="soft">{t('topic')}</span> : <Unknown why={t('no_run')} /> : <span title={row.application}>{row.application.slice(0, 12)}</span>}</td>
              <td>
                {row.topic !== null && <span class="soft">{row.topic} → </span>}
                <NodeLink id={row.node} text={row.name} />
                {row.arises && <span class="chip bad">{t('arises_here')}</span>}
                {row.inherits && <span class="chip">{t('inherits')}</span>}
              </td>
              <td class="mono">{row.group ?? <span class="soft">–</span>}</td>
              <td class="num"><DelayFig delay={row.delay} withTrend /></td>
              <td class="num n">{seconds(row.delay.target_s) ?? <span class="unk">{t('status_no_target')}</span>}</td>
              <td class="nowrap"><Moment at={row.checked_at} why={t('never_read')} /></td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function levelName(level: number): string {
  if (level === 0) return t('level_this')
  return t(level < 0 ? 'level_up' : 'level_down', { n: Math.abs(level) })
}
