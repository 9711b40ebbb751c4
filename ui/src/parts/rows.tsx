// Rows that several screens share: changes, blind spots, edges of a job or topic, late items.
import type { BlindView, ChangeView, EdgeView, LateItem } from '../api/types'
import { number, rate, seconds } from '../format'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { href, nodeName, nodeScreen } from '../route'
import { Ago, Empty, Fig, Mark, Moment, Table, Unknown, num } from './basic'
import { DelayFig } from './delay'

export const NodeLink = (props: { id: string; text?: string }) => (
  <a href={href(nodeScreen(props.id), { id: props.id })} title={props.id}>
    {props.text ?? nodeName(props.id)}
  </a>
)

export const LineageLink = (props: { id: string; text?: string }) => (
  <a href={href('lineage', { focus: props.id })}>{props.text ?? t('in_lineage')}</a>
)

/** Where a late item leads: a job or topic is a node; an edge or path is seen around its origin. */
export function LateName(props: { item: LateItem }) {
  const { item } = props
  if (item.kind === 'component') return <NodeLink id={item.id} text={item.label} />
  const focus = item.kind === 'job' ? item.id : item.arises_at
  return focus === null ? <span>{item.label}</span> : <a href={href('lineage', { focus })}>{item.label}</a>
}

export function Arises(props: { item: LateItem }) {
  const { item } = props
  if (item.kind === 'component') return <span class="soft">–</span>
  if (item.arises_at === null) {
    const late = item.delay.status === 'over' || item.delay.status === 'near' || item.inherited
    return late ? <Unknown why={t('arises_unknown')} /> : <span class="soft">–</span>
  }
  return (
    <>
      <NodeLink id={item.arises_at} />
      {item.arises_as !== null && <span class="soft"> · {word('as', item.arises_as)}</span>}
    </>
  )
}

export function Changes(props: { changes: ChangeView[]; label: string; withEntity: boolean }) {
  if (props.changes.length === 0) return <Empty>{t('no_changes')}</Empty>
  return (
    <Table label={props.label} head={[t('when'), ...(props.withEntity ? [t('where')] : []), t('change'), t('from_to')]}>
      {props.changes.map((change, i) => (
        <tr key={i}>
          <td class="nowrap">
            <Moment at={change.at} />
          </td>
          {props.withEntity && (
            <td>{change.node === null ? change.label : <NodeLink id={change.node} text={change.label} />}</td>
          )}
          <td>
            {word('change', change.kind)}
            {change.what !== null && <span class="soft mono"> {change.what}</span>}
          </td>
          <td class="mono wrap">{fromTo(change)}</td>
        </tr>
      ))}
    </Table>
  )
}

function fromTo(change: ChangeView): string {
  if (change.from === null && change.to === null) return ''
  if (change.from === null) return change.to ?? ''
  return `${change.from} → ${change.to ?? t('unknown')}`
}

export function Blind(props: { blind: BlindView[] }) {
  if (props.blind.length === 0) return <Empty>{t('no_blind')}</Empty>
  return (
    <ul class="blind">
      {props.blind.map((spot, i) => (
        <li key={i}>
          <p>
            <Mark status="unknown" /> {serverText(spot.what)}
            {spot.node !== null && (
              <>
                {' · '}
                <LineageLink id={spot.node} />
              </>
            )}
            {spot.target !== null && <span class="soft mono"> {spot.target}</span>}
          </p>
          <p class="soft">
            {serverText(spot.why)} · {t('since')} <Moment at={spot.since} /> (<Ago at={spot.since} steady />)
          </p>
          {spot.todo !== null && <p class="todo">{serverText(spot.todo)}</p>}
        </li>
      ))}
    </ul>
  )
}

export function Edges(props: { edges: EdgeView[]; label: string; far: 'from' | 'to'; nothing: string }) {
  if (props.edges.length === 0) return <Empty>{props.nothing}</Empty>
  // nobody waits for records where they are written: only a commit may
  const reads = props.edges[0]?.kind === 'reads'
  const head = [
    t(props.edges[0]?.[props.far].startsWith('topic:') ? 'topic' : 'job'),
    num(t('delay')),
    ...(reads ? [num(t('in_topic')), num(t('in_job')), num('p50'), num('p95'), num('p99')] : []),
    ...(reads ? [num(t('waiting')), num(t('rate')), t('group')] : []),
    t('known_by'),
    t('checked'),
  ]
  return (
    <Table label={props.label} head={head}>
      {props.edges.map((edge) => (
        <tr key={edge.id}>
          <td>
            <span class="nowrap">
              <Mark status={edge.delay.status} /> <NodeLink id={edge[props.far]} />
            </span>
            {edge.unread_partitions.length > 0 && (
              <div class="soft">{t('unread', { partitions: edge.unread_partitions.join(', ') })}</div>
            )}
          </td>
          <td class="num">
            <DelayFig delay={edge.delay} withTarget withTrend />
          </td>
          {reads && <Reading edge={edge} />}
          <td>
            {edge.inferred && <span class="chip">{t('inferred')}</span>}{' '}
            <span class="soft">{edge.known_from.map(serverText).join(' · ')}</span>
          </td>
          <td class="nowrap">
            <Ago at={edge.delay.at} />
          </td>
        </tr>
      ))}
    </Table>
  )
}

function Reading({ edge: { delay, groups } }: { edge: EdgeView }) {
  return (
    <>
      <td class="num">
        <Seconds value={delay.topic_wait} why={t('not_told_apart')} />
      </td>
      <td class="num">
        <Seconds value={delay.inside_wait} why={t('not_told_apart')} />
      </td>
      <Quantile delay={delay} which="p50" />
      <Quantile delay={delay} which="p95" />
      <Quantile delay={delay} which="p99" />
      <td class="num">
        <Fig text={number(delay.records)} why={t('not_reported')} />
      </td>
      <td class="num">
        <Fig text={rate(delay.rate)} why={t('not_reported')} />
      </td>
      <td class="mono">{groups.join(', ')}</td>
    </>
  )
}

function Quantile(props: { delay: EdgeView['delay']; which: 'p50' | 'p95' | 'p99' }) {
  const value = props.delay.quantiles[props.which]
  return (
    <td class="num">
      <Seconds value={value} why={t('too_little_known')} />
    </td>
  )
}

export const Seconds = (props: { value: number | null; why?: string }) => (
  <Fig text={seconds(props.value)} why={props.why ?? null} />
)
