// One incident: the sentence first, then where, why, why not, and what to do.
import type { ComponentChildren } from 'preact'
import { address } from '../api/client'
import * as link from '../api/link'
import type { IncidentView } from '../api/types'
import { useApi, useNow } from '../api/use'
import { age, percent, seconds, target } from '../format'
import { t, word } from '../i18n'
import { EvidenceList } from '../incident/evidence'
import { Feedback } from '../incident/forms'
import { FlinkLink, IncidentLink, Place, Verdict } from '../incident/parts'
import { Path } from '../incident/path'
import { span } from '../incident/spark'
import { SaidBefore, Timeline } from '../incident/timeline'
import { Advice, Considered, Consequences, Missing, Symptoms, Victims } from '../incident/why'
import { harmTone, lossTone, say } from '../incident/words'
import { Card, Fig, Loading, Moment, Problem } from '../parts/basic'
import { Said } from '../planned/work'
import { Repair, RepairBefore } from '../repair/incident'
import { type Query, href } from '../route'

export function IncidentScreen({ query }: { query: Query }) {
  const id = query['id'] ?? ''
  const { data, error } = useApi<IncidentView>(address('incident', { id }))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const { row } = data
  const shown = span(row.onset, row.closed ?? link.now())
  return (
    <>
      {error !== null && !error.lost && <Problem error={error} />}
      <Head view={data} />
      {data.path !== null && data.path.nodes.length > 0 && <Path path={data.path} at={data.at} />}
      <div class="cols three">
        <div class="first">
          <Repair view={data} />
        </div>
        <div class="main">
          <Card
            title={t('because')}
            aside={
              <>
                <span class="key near" aria-hidden="true">
                  ┄
                </span>{' '}
                {t('threshold')} ·{' '}
                <span class="key over" aria-hidden="true">
                  │
                </span>{' '}
                {t('onset')} · {t('support_is', { share: percent(data.support) ?? t('unknown') })}
              </>
            }
          >
            <EvidenceList evidence={data.evidence} span={shown} home={row.subject.id} nothing={t('no_evidence')} />
          </Card>
          <Considered considered={data.considered} span={shown} />
          <Missing missing={data.missing} />
          <Consequences found={data.consequences} />
          <Symptoms symptoms={data.symptoms} />
          <Timeline events={data.timeline} />
          <SaidBefore said={data.said} events={data.timeline} />
        </div>
        <div>
          <RepairBefore view={data} />
          <Advice view={data} />
          <Victims view={data} />
          {data.recording !== null && <Recorded id={row.id} path={data.recording} />}
          <Feedback view={data} changed={link.refresh} />
        </div>
      </div>
    </>
  )
}

const Recorded = (props: { id: string; path: string }) => (
  <Card title={t('recorded')}>
    <p class="pad">
      <a href={address('incident/recording', { id: props.id })} download>
        {t('download')}
      </a>{' '}
      · {t('or_on_the_server')}
    </p>
    <pre tabIndex={0}>streamwarden replay {props.path}</pre>
  </Card>
)

function Head({ view }: { view: IncidentView }) {
  const { row } = view
  const sentence = say(row.sentence) || say(view.says)
  return (
    <>
      <p class="crumb">
        <a href={href('incidents')}>{t('nav_incidents')}</a> / <span class="mono">{row.id}</span> ·{' '}
        <span class={`chip ${harmTone(row) === 'soft' ? '' : 'bad'}`}>
          {word('stage', row.state)}
        </span>
        {row.role !== 'root' && <span class="chip">{word('role', row.role)}</span>} ·{' '}
        {row.acked === null ? t('nobody_acked') : t('acked_by', { by: row.acked.by })}
      </p>
      <h1>{sentence}</h1>
      {[row.planned, row.silenced].map(
        (work) =>
          work !== null && (
            <ul class="works" key={work.id}>
              <li class="on">
                <Said work={work} />
              </li>
            </ul>
          ),
      )}
      <p class="soft lead">
        <Place subject={row.subject} />
        <FlinkLink url={row.subject.flink_url} />
        {' · '}
        <Verdict verdict={row.verdict} />
        {view.merged_into !== null && <Other text={t('merged_into')} id={view.merged_into} />}
        {view.split_from !== null && <Other text={t('split_from')} id={view.split_from} />}
      </p>
      <Figures view={view} />
    </>
  )
}

const Other = (props: { text: string; id: string }) => (
  <>
    {' '}
    · {props.text} <IncidentLink id={props.id}>{props.id}</IncidentLink>
  </>
)

function Figures({ view }: { view: IncidentView }) {
  const { row } = view
  const { worst, victims, data_loss_s, data_loss_topic } = row.harm
  const now = useNow()
  const lasted = (row.closed ?? now) - row.onset
  return (
    <div class="figs">
      {worst !== null && (
        <Figure
          label={
            worst.target_s === null
              ? t('late_is', { name: worst.subject.name })
              : t('late_of', { name: worst.subject.name, target: target(worst.target_s) ?? '' })
          }
          class={harmTone(row)}
        >
          <Fig text={seconds(worst.late_s)} />
        </Figure>
      )}
      <Figure label={t('victims')}>{victims}</Figure>
      {data_loss_s !== null && (
        <Figure
          label={data_loss_topic === null ? t('to_data_loss') : t('to_data_loss_of', { topic: data_loss_topic })}
          class={lossTone(data_loss_s)}
        >
          <Fig text={seconds(data_loss_s)} />
        </Figure>
      )}
      <Figure label={t(row.closed === null ? 'lasts' : 'lasted')}>{age(lasted)}</Figure>
      <Figure label={t('since')}>
        <Moment at={row.onset} />
      </Figure>
      <Figure label={t('until_said')}>{age(row.opened - row.onset)}</Figure>
    </div>
  )
}

const Figure = (props: { label: string; class?: string; children: ComponentChildren }) => (
  <div class="fig">
    <div class={`v ${props.class ?? ''}`}>{props.children}</div>
    <div class="l">{props.label}</div>
  </div>
)
