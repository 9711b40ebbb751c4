// What was considered and not taken, what would tell, what follows, who suffers, what to do.
import { useState } from 'preact/hooks'
import type { ConsideredView, FindingView, IncidentView, MissingView, SymptomView, TextView, VictimView } from '../api/types'
import { seconds, target } from '../format'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { Card, Empty, Fig, Moment, Table, num } from '../parts/basic'
import { EvidenceList } from './evidence'
import { Cause, Many, Place } from './parts'
import type { Span } from './spark'
import { quantity, say, sign } from './words'

export function Considered(props: { considered: ConsideredView[]; span: Span }) {
  return (
    <Card title={t('considered')}>
      {props.considered.length === 0 ? (
        <Empty>{t('nothing_considered')}</Empty>
      ) : (
        <Many of={props.considered}>
          {(shown) => shown.map((one, i) => <NotTaken key={`${i} ${one.cause}`} one={one} span={props.span} />)}
        </Many>
      )}
    </Card>
  )
}

/** Its evidence is drawn, and its curves asked for, only once it is opened. */
function NotTaken({ one, span }: { one: ConsideredView; span: Span }) {
  const [open, set] = useState(false)
  const decided = one.evidence[0]
  return (
    <details class="stack" onToggle={(event) => set(event.currentTarget.open)}>
      <summary>
        <span class="mono">{one.cause}</span> <span class="soft">· {one.subject.name} · </span>
        <span class={one.why_not === 'unknown' ? 'unk' : ''}>{word('why_not', one.why_not)}</span>
        {decided?.words != null && <span class="soft"> · {say(decided.words)}</span>}
      </summary>
      {open && (
        <>
          <p class="pad soft">
            <Cause cause={one.cause} /> · <Place subject={one.subject} flink />
          </p>
          <EvidenceList evidence={one.evidence} span={span} home={one.subject.id} nothing={t('no_evidence')} />
        </>
      )}
    </details>
  )
}

export function Missing({ missing }: { missing: MissingView[] }) {
  if (missing.length === 0) return null
  return (
    <Card title={t('missing')} aside={t('missing_aside')}>
      <ul class="lines">
        {missing.map((one, i) => (
          <li key={i}>
            <span class="unk">? {serverText(one.what)}</span>
            <p class="soft">
              <Cause cause={one.cause} /> <span class="mono">· {one.name}</span>
            </p>
            {one.probe !== null && <p class="soft">{t('probe_would', { probe: word('probe', one.probe) })}</p>}
          </li>
        ))}
      </ul>
    </Card>
  )
}

export function Consequences({ found }: { found: FindingView[] }) {
  if (found.length === 0) return null
  return (
    <Card title={t('consequences')} aside={t('consequences_aside')}>
      <Many of={found}>
        {(shown) => (
          <ul class="lines">
            {shown.map((one, i) => (
              <li key={i}>
                {say(one.says)}
                <p class="soft">
                  <Cause cause={one.cause} /> · <Place subject={one.subject} flink />
                </p>
              </li>
            ))}
          </ul>
        )}
      </Many>
    </Card>
  )
}

const isOver = ({ late_s, target_s }: VictimView) => late_s !== null && target_s !== null && late_s > target_s

export function Victims({ view }: { view: IncidentView }) {
  return (
    <Card title={t('victims')} aside={t('victims_aside')}>
      {view.victims.length === 0 ? (
        <Empty>{t('no_victims')}</Empty>
      ) : (
        <Many of={view.victims}>
          {(shown) => (
            <Table label={t('victims')} head={[t('job'), num(t('delay')), num(t('target'))]}>
              {shown.map((one) => (
                <tr key={one.subject.id}>
                  <td class="wrap">
                    <Place subject={one.subject} flink />
                  </td>
                  <td class={`num ${isOver(one) ? 'over' : ''}`}>
                    <Fig text={seconds(one.late_s)} />
                  </td>
                  <td class="num">{target(one.target_s) ?? <span class="unk">{t('status_no_target')}</span>}</td>
                </tr>
              ))}
            </Table>
          )}
        </Many>
      )}
    </Card>
  )
}

export function Symptoms({ symptoms }: { symptoms: SymptomView[] }) {
  if (symptoms.length === 0) return null
  return (
    <Card title={t('symptoms')} aside={t('symptoms_aside')}>
      <SymptomList symptoms={symptoms} />
    </Card>
  )
}

export const SymptomList = ({ symptoms }: { symptoms: SymptomView[] }) => (
  <Many of={symptoms}>
    {(shown) => (
      <ul class="lines">
        {shown.map((one, i) => (
          <Symptom key={i} one={one} />
        ))}
      </ul>
    )}
  </Many>
)

function Symptom({ one }: { one: SymptomView }) {
  const { value, threshold, unit } = one
  return (
    <li>
      {word('symptom', one.kind)} · <Place subject={one.subject} />
      {one.what !== null && <span class="soft"> · {one.what}</span>}
      <p class="soft">
        {value !== null && <span class="n">{quantity(value, unit)} </span>}
        {value !== null && threshold !== null && `(${word('against', one.against)} ${quantity(threshold, unit)}) `}
        {value !== null && '· '}
        {t('since')} {one.onset_at_least && sign('<=')} <Moment at={one.onset} />
        {one.usual !== null && ` · ${say(one.usual)}`}
      </p>
    </li>
  )
}

export function Advice({ view }: { view: IncidentView }) {
  return (
    <Card title={t('advice')} aside={view.cures.length > 0 && t('cures', { cures: view.cures.join(t('comma')) })}>
      {view.advice.length === 0 ? <Empty>{t('no_advice')}</Empty> : <Texts texts={view.advice} />}
      {view.never.length > 0 && (
        <>
          <h3>{t('never')}</h3>
          <Texts texts={view.never} never />
        </>
      )}
    </Card>
  )
}

export const Texts = (props: { texts: TextView[]; never?: boolean }) => (
  <ul class={props.never === true ? 'todos never' : 'todos'}>
    {props.texts.map((text, i) => (
      <li key={i}>{say(text)}</li>
    ))}
  </ul>
)
