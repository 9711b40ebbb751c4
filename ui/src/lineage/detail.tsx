// What a job, topic or figure of the graph rests on.
import type { IncidentRow, LineageView, NodeView } from '../api/types'
import { useNow } from '../api/use'
import { seconds } from '../format'
import { t, word } from '../i18n'
import { IllOf } from '../incident/list'
import { Unknown } from '../parts/basic'
import { DelayFacts, DelayFig } from '../parts/delay'
import { Seconds } from '../parts/rows'
import { UnderRepair } from '../repair/now'
import { asOf, current, href, nodeScreen } from '../route'
import { type Shown, edgeFacts, nodeLines } from './graph'

/** What is under the pointer or the keyboard's focus, else the node in focus. */
export function Detail(props: { view: LineageView; shown: Shown | null; incidents: IncidentRow[] }) {
  const { view, shown } = props
  const now = useNow()
  const edge = shown?.kind === 'edge' ? view.edges.find((one) => one.id === shown.id) : undefined
  const node = shown?.kind === 'node' ? view.nodes.find((one) => one.id === shown.id) : undefined
  return (
    <div class="detail">
      {edge && (
        <ul class="facts named">
          {edgeFacts(edge, now).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {node && <NodeDetail node={node} view={view} incidents={props.incidents} />}
      {!edge && !node && <p class="soft">{t('detail_hint')}</p>}
    </div>
  )
}

function NodeDetail({ node, view, incidents }: { node: NodeView; view: LineageView; incidents: IncidentRow[] }) {
  const job = node.kind === 'job'
  return (
    <>
      <p>
        <b>{node.name}</b>{' '}
        <span class="soft">
          {word('kind', node.kind)} · {node.cluster}
          {job && node.state !== null && ` · ${node.state}`}
        </span>
        {node.ambiguous && <span class="chip">{t('ambiguous')}</span>}{' '}
        <a href={href(nodeScreen(node.id), { id: node.id, at: asOf(current().query) })}>
          {word('open', node.kind)}
        </a>{' '}
        {!view.historic && <IllOf incidents={incidents} node={node.id} />}
      </p>
      {job ? (
        <p>
          <Waits node={node} view={view} />
        </p>
      ) : (
        nodeLines(node).map((line) => (
          <p key={line.text} class={line.tone}>
            {line.text}
          </p>
        ))
      )}
      {node.kind === 'component' && node.inside !== null && <DelayFacts delay={node.inside} />}
      {node.repair !== null && <UnderRepair repairs={[node.repair]} />}
      {node.total !== null && <DelayFacts delay={{ ...node.total, window_wait: null, commit_wait: null }} />}
    </>
  )
}

/** Of the same record as what waits in the topic, so that the two add up; else what is inside now. */
function Inside({ node, same }: { node: NodeView; same: number | null }) {
  if (same !== null) return <Seconds value={same} />
  return node.inside === null ? <Unknown why={t('inside_unknown')} /> : <DelayFig delay={node.inside} />
}

/** "waits in the topic: 31 s · inside the job: 61 s": the two halves of a job's delay. */
function Waits({ node, view }: { node: NodeView; view: LineageView }) {
  const reads = view.edges.filter((edge) => edge.to === node.id && edge.kind === 'reads')
  const known = reads.filter((edge) => edge.delay.seconds !== null)
  const worst = known.sort((a, b) => (b.delay.seconds ?? 0) - (a.delay.seconds ?? 0))[0]
  const inside = node.inside
  return (
    <>
      {t('waits_topic')}{' '}
      {worst ? (
        <Seconds value={worst.delay.topic_wait} why={worst.delay.unknown ?? t('not_told_apart')} />
      ) : (
        <Unknown why={reads.length === 0 ? t('no_reads') : reads[0]?.delay.unknown} />
      )}
      {known.length < reads.length && known.length > 0 && (
        <span class="unk"> ({t('of_known', { n: known.length, total: reads.length })})</span>
      )}
      {' · '}
      {t('waits_inside')} <Inside node={node} same={worst?.delay.inside_wait ?? null} />
      {inside?.window_wait ? (
        <span class="soft"> · {t('window_is', { delay: seconds(inside.window_wait) ?? '' })}</span>
      ) : null}
      {inside?.commit_wait ? (
        <span class="soft"> · {t('commit_is', { delay: seconds(inside.commit_wait) ?? '' })}</span>
      ) : null}
    </>
  )
}
