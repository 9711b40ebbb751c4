// What happened and what was said, oldest first.
import type { ComponentChildren } from 'preact'
import type { EventView, SaidView } from '../api/types'
import { t, word } from '../i18n'
import { Card, Empty, Moment } from '../parts/basic'
import { IncidentLink } from './parts'
import { say, verdictText } from './words'

const tones: Record<string, string> = {
  onset: 'over',
  opened: 'over',
  relapsed: 'over',
  spread: 'over',
  eased: 'ok',
  recovering: 'ok',
  closed: 'ok',
  acknowledged: 'ink',
  corrected: 'ink',
}

export function Timeline({ events }: { events: EventView[] }) {
  return (
    <Card title={t('timeline')}>
      {events.length === 0 ? (
        <Empty>{t('no_events')}</Empty>
      ) : (
        <ol class="timeline">
          {events.map((event, i) => (
            <li key={i}>
              <Moment at={event.at} />
              <i class={tones[event.event] ?? 'unk'} aria-hidden="true" />
              <span>
                {word('event', event.event)}
                <About event={event} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

function About({ event }: { event: EventView }) {
  const more: ComponentChildren[] = []
  if (event.why !== null) more.push(word('close', event.why))
  if (event.by !== null) more.push(event.by)
  if (event.victims.length > 0) more.push(event.victims.join(t('comma')))
  if (event.other !== null) more.push(<IncidentLink id={event.other}>{event.other}</IncidentLink>)
  if (event.note !== null) more.push(<q>{event.note}</q>)
  return (
    <>
      {more.map((piece, i) => (
        <span key={i} class="soft">
          {' '}
          · {piece}
        </span>
      ))}
      {event.says !== null && <WasSaid said={event.says} />}
    </>
  )
}

const WasSaid = ({ said }: { said: SaidView }) => (
  <span class="said">
    {say(said.says) || said.subject.name} <span class="soft mono">{verdictText(said.verdict)}</span>
  </span>
)

/** What was said before and is not in the timeline, which is bounded. */
export function SaidBefore(props: { said: SaidView[]; events: EventView[] }) {
  const said = props.said.filter((one) => !props.events.some(({ says }) => says?.at === one.at))
  if (said.length === 0) return null
  return (
    <Card title={t('said_before')}>
      <ol class="timeline">
        {said.map((one, i) => (
          <li key={i}>
            <Moment at={one.at} />
            <i class="unk" aria-hidden="true" />
            <span>
              {say(one.says)} <span class="soft mono">{verdictText(one.verdict)}</span>
              <span class="soft"> · {one.subject.name}</span>
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
