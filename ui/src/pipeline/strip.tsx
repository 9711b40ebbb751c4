// The whole way of the data in one line: collection → queue → processing → warehouse. What nobody
// has named, and what is not seen, is grey.
import { address } from '../api/client'
import type { PipelineView, StageDelay, StagePart, StageShare, StageView } from '../api/types'
import { useApi } from '../api/use'
import { minutes, nines, seconds } from '../format'
import { t, tn, word } from '../i18n'
import { Card, Mark, Unknown, tone } from '../parts/basic'
import { DelayFig } from '../parts/delay'
import { href, nodeScreen } from '../route'

/** Parts named in a stage; the rest is counted. */
const NAMED = 6

export function Pipeline() {
  const { data } = useApi<PipelineView>(address('pipeline', {}))
  if (data === null) return null
  return (
    <Card title={t('pipeline')} aside={t('pipeline_aside', { zone: data.zone })}>
      <ol class="pipeline">
        {data.stages.map((stage) => (
          <Stage key={stage.name} stage={stage} />
        ))}
      </ol>
      {data.not_kept !== null && <p class="pad unk">{t('pipeline_not_kept', { why: data.not_kept })}</p>}
    </Card>
  )
}

function Stage({ stage }: { stage: StageView }) {
  const named = stage.parts.length > 0 || stage.delays > 0
  return (
    <li class={tone(stage.status)} aria-label={`${word('stage', stage.name)}: ${word('status', stage.status)}`}>
      <h3>
        <Mark status={stage.status} /> {word('stage', stage.name)}
        <span class="aside">{word('stage_is', stage.status)}</span>
      </h3>
      {named ? (
        <>
          <dl>
            <dt>{t('delay')}</dt>
            <dd>
              <Worst stage={stage} />
            </dd>
            <dt>{t('pipeline_today')}</dt>
            <dd>
              <Within share={stage.today} />
            </dd>
            <dt>{t('pipeline_month')}</dt>
            <dd>
              <Within share={stage.month} />
            </dd>
          </dl>
          <ul>
            {stage.parts.slice(0, NAMED).map((part) => (
              <Part key={`${part.kind} ${part.id}`} part={part} />
            ))}
            {stage.parts_total > NAMED && <li class="soft">{tn('pipeline_more', stage.parts_total - NAMED)}</li>}
          </ul>
        </>
      ) : (
        <p class="unk">{word('stage_none', stage.name)}</p>
      )}
    </li>
  )
}

function Worst({ stage }: { stage: StageView }) {
  const { worst } = stage
  if (worst === null) return <Unknown why={t(stage.delays === 0 ? 'pipeline_no_delay' : 'no_delay_known')} />
  const unknown = stage.delays - stage.delays_known
  return (
    <>
      <DelayFig delay={worst.delay} withTarget /> {p95(worst)}
      <div>
        <a href={href('lineage', { focus: worst.id })}>{worst.label}</a>
      </div>
      {unknown > 0 && <div class="unk">{tn('pipeline_unknown', unknown)}</div>}
    </>
  )
}

const p95 = ({ delay }: StageDelay) =>
  delay.quantiles.p95 === null ? null : <span class="soft nowrap">· p95 {seconds(delay.quantiles.p95)}</span>

function Within({ share }: { share: StageShare }) {
  const text = nines(share.share, share.known)
  if (text === null) return <Unknown why={t('availability_unknown')} />
  const facts = `${t('availability_out')} ${minutes(share.known - share.within)} · ${t('unknown')} ${minutes(share.unknown)}`
  return (
    <span class="n nowrap" title={facts}>
      {text}
    </span>
  )
}

function Part({ part }: { part: StagePart }) {
  const to = link(part)
  return (
    <li>
      <Mark status={part.status} />{' '}
      <span class="kind">{part.kind === 'layer' ? t('of_layer') : part.sort}</span>{' '}
      {to === null ? part.name : <a href={to}>{part.name}</a>}
      {part.of !== null && (
        <span class="soft n">
          {' '}
          {part.up ?? t('unknown')} / {part.of}
        </span>
      )}
    </li>
  )
}

function link(part: StagePart): string | null {
  if (part.kind === 'flink') return href('jobs', { q: part.name })
  if (part.kind === 'kafka') return href('system')
  if (part.kind === 'layer') return href('availability', { id: `layer:${part.name}` })
  return href(nodeScreen(part.id), { id: part.id })
}
