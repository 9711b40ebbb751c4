// Incidents, each one sentence; and what looks like trouble and is none.
import type { CalmView, IncidentRow } from '../api/types'
import { useNow } from '../api/use'
import { age, seconds } from '../format'
import { t, word } from '../i18n'
import { Moment } from '../parts/basic'
import { href } from '../route'
import { IncidentLink, Many, Place } from './parts'
import { of } from './marks'
import { harmTone, lossTone, say, verdictText, victimsText } from './words'

/** Open and hurting, open, recovering, closed: by shape as well as by colour. */
const shapes: Record<string, string> = { over: '▲', near: '◆', soft: '○' }

export const Incidents = ({ incidents }: { incidents: IncidentRow[] }) => (
  <ol class="incidents">
    {incidents.map((row) => (
      <li key={row.id}>
        <Line row={row} />
      </li>
    ))}
  </ol>
)

function Line({ row }: { row: IncidentRow }) {
  const now = useNow()
  const tone = harmTone(row)
  const loss = row.harm.data_loss_s
  return (
    <>
      <p class="sentence">
        <i class={tone} aria-hidden="true">
          {shapes[tone]}
        </i>{' '}
        <IncidentLink id={row.id}>{say(row.sentence)}</IncidentLink>
      </p>
      <p class="soft indent">
        <span class={`chip ${tone === 'over' ? 'bad' : ''}`}>{word('stage', row.state)}</span>{' '}
        {row.planned !== null && <span class="chip">{t('planned')}</span>}{' '}
        {row.silenced !== null && <span class="chip">{t('silenced')}</span>}{' '}
        {row.repair !== null && (
          <a class="chip" href={href('repairs', { id: row.repair.action })}>
            {t('under_repair')}
          </a>
        )}{' '}
        {t('root')}:{' '}
        <Place subject={row.subject} /> · <span class="mono">{verdictText(row.verdict)}</span> · {t('since')}{' '}
        <Moment at={row.onset} /> ({age((row.closed ?? now) - row.onset)}) · {victimsText(row.harm.victims)}
        {loss !== null && (
          <>
            {' '}
            · <span class={lossTone(loss)}>{t('loss_in', { time: seconds(loss) ?? '' })}</span>
          </>
        )}
        {row.acked !== null && ` · ${t('acked_by', { by: row.acked.by })}`}
      </p>
    </>
  )
}

export function Calm({ calm }: { calm: CalmView[] }) {
  if (calm.length === 0) return null
  return (
    <>
      <h3>{t('calm')}</h3>
      <Many of={calm}>
        {(shown) => (
          <ul class="lines">
            {shown.map((one, i) => (
              <li key={i}>
                <Place subject={one.subject} />: {word('calm', one.why)}
                {one.usual !== null && <span class="soft"> · {say(one.usual)}</span>}
                <span class="soft">
                  {' '}
                  · {t('since')} <Moment at={one.since} />
                  {one.eta_s !== null && ` · ${t('over_in', { time: seconds(one.eta_s) ?? '' })}`}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Many>
    </>
  )
}

/** On another screen: what this job or topic is the root or a victim of. */
export function IllOf(props: { incidents: IncidentRow[]; node: string }) {
  return (
    <>
      {of(props.incidents, props.node).map(({ row, part }) => (
        <IncidentLink key={row.id} id={row.id} class={`chip ${part === 'root' ? 'bad' : 'hurt'}`}>
          {word('part_is', part)}
        </IncidentLink>
      ))}
    </>
  )
}
