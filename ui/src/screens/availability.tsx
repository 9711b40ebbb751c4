// How much of the time data came within its target: per path, layer and job, by days and months,
// with the error budget and who spent it.
import { address } from '../api/client'
import type { AvailabilityPeriod, AvailabilityRow, AvailabilityView, SpentView } from '../api/types'
import { useApi } from '../api/use'
import { minutes, nines } from '../format'
import { lang, t, tn, word } from '../i18n'
import { Card, Empty, Fig, Loading, Moment, Problem, Segment, Table, num } from '../parts/basic'
import { NodeLink } from '../parts/rows'
import { type Query, href, hrefWith } from '../route'
import { dayIn } from '../time'

/** Months begin so long ago at most: hours are kept for a hundred days. */
const DAYS = { day: 30, month: 92 }

export function AvailabilityScreen({ query }: { query: Query }) {
  const by = query['by'] === 'month' ? 'month' : 'day'
  const { data, error } = useApi<AvailabilityView>(address('availability', { by, days: DAYS[by] }))
  const about = data?.rows.find((row) => row.subject === query['id'])
  return (
    <>
      <h1>{t('nav_availability')}</h1>
      <p class="crumb">{t('availability_what')}</p>
      {error !== null && <Problem error={error} />}
      {data === null ? error === null && <Loading /> : <List view={data} by={by} />}
      {data !== null && about !== undefined && <One row={about} view={data} />}
    </>
  )
}

function List({ view, by }: { view: AvailabilityView; by: 'day' | 'month' }) {
  const segment = (['day', 'month'] as const).map((one) => ({
    text: word('by', one),
    to: hrefWith({ by: one === 'day' ? null : one }),
    on: by === one,
  }))
  return (
    <Card title={t('availability_title')} aside={<Segment label={t('availability_by')} items={segment} />}>
      {view.rows.length === 0 ? (
        <Empty>{t('availability_none')}</Empty>
      ) : (
        <Table
          label={t('availability_title')}
          head={[
            t('availability_of'),
            num(t('availability_wanted')),
            num(t('availability_within')),
            t('availability_trend'),
            num(t('availability_out')),
            num(t('availability_planned')),
            num(t('unknown')),
            num(t('availability_left', { n: daysOf(view) })),
          ]}
        >
          {view.rows.map((row) => (
            <tr key={row.subject}>
              <td>
                <span class="soft">{word('of', row.kind)}</span>{' '}
                <a href={href('availability', { id: row.subject, by: by === 'day' ? null : by })}>{row.name}</a>
              </td>
              <td class="num">{nines(row.objective)}</td>
              <td class={`num ${tone(row.share, row.objective)}`}>
                <Fig text={nines(row.share, row.known)} why={t('availability_unknown')} />
              </td>
              <td>
                <Strip row={row} view={view} />
              </td>
              <td class="num">{minutes(row.known - row.within)}</td>
              <td class="num soft">{minutes(row.planned)}</td>
              <td class="num unk">{minutes(row.unknown)}</td>
              <td class={`num ${row.overspent ? 'over' : ''}`}>{minutes(row.left)}</td>
            </tr>
          ))}
        </Table>
      )}
      {view.rows.some((row) => row.planned > 0) && (
        <p class="pad soft">{t(view.exclude_planned ? 'availability_planned_out' : 'availability_planned_in')}</p>
      )}
      <p class="pad soft">{t(by === 'month' ? 'availability_months_in' : 'availability_days_in', { zone: view.zone })}</p>
      {view.total > view.rows.length && <p class="pad soft">{tn('availability_more', view.total - view.rows.length)}</p>}
    </Card>
  )
}

const tone = (share: number | null, objective: number) => (share === null ? 'unk' : share < objective ? 'over' : 'ok')

type Counted = Pick<AvailabilityView, 'by' | 'zone'>

const said = (p: AvailabilityPeriod, view: Counted) =>
  `${day(p.from, view)}: ${nines(p.share, p.known) ?? t('unknown')} · ${t('availability_out')} ${minutes(p.known - p.within)} · ${t('unknown')} ${minutes(p.unknown)}`

/** One block a day: red below what is wanted, grey where nothing is known. */
function Strip({ row, view }: { row: AvailabilityRow; view: Counted }) {
  const shown = row.periods.filter((p) => p.known + p.unknown > 0)
  const bad = shown.filter((p) => p.share !== null && p.share < row.objective).length
  return (
    <span class="strip" role="img" aria-label={tn('availability_bad', bad, { of: shown.length })}>
      {row.periods.map((p) => (
        <i key={p.from} class={p.known + p.unknown === 0 ? 'none' : tone(p.share, row.objective)} title={said(p, view)} />
      ))}
    </span>
  )
}

/** Whole days that it speaks of, the one that is begun with them. */
const daysOf = (view: AvailabilityView) => String(Math.ceil((view.to - view.from) / 86_400_000))

function One({ row, view }: { row: AvailabilityRow; view: AvailabilityView }) {
  const asked = address('availability/spent', { subject: row.subject, days: DAYS.day })
  const { data, error } = useApi<SpentView>(asked)
  // over is only what is more than a whole day may have: of the first minutes one is half
  const short = row.left < 0 && !row.overspent
  const left = t(row.overspent ? 'availability_overspent' : short ? 'availability_short' : 'availability_has_left', {
    left: minutes(Math.abs(row.left)),
    out: minutes(row.known - row.within),
    day: minutes((1 - row.objective) * 1440),
    n: daysOf(view),
  })
  return (
    <>
      <Card
        title={
          <>
            {row.kind === 'job' ? <NodeLink id={row.subject} text={row.name} /> : row.name} · {nines(row.share, row.known) ?? t('unknown')}
          </>
        }
        aside={left}
      >
        <Trend row={row} view={view} />
      </Card>
      <Card title={t('availability_spent')} aside={t('availability_spent_aside')}>
        {error !== null && <Problem error={error} />}
        {data !== null && data.rows.length === 0 && <Empty>{t('availability_spent_none')}</Empty>}
        {data !== null && data.rows.length > 0 && (
          <ul class="lines">
            {data.rows.map((spent) => (
              <li key={spent.incident ?? ''}>
                <b class="n">{minutes(spent.minutes)}</b> · <Moment at={spent.first} /> ·{' '}
                {spent.incident === null ? (
                  <span class="soft">{t('availability_no_incident')}</span>
                ) : (
                  <a href={href('incident', { id: spent.incident })}>{spent.sentence?.[lang()] ?? spent.incident}</a>
                )}
              </li>
            ))}
          </ul>
        )}
        {data?.cut === true && <p class="pad soft">{t('availability_cut')}</p>}
      </Card>
    </>
  )
}

const [WIDE, HIGH, LEFT, FOOT] = [900, 150, 54, 18]
/** Nines: 90 % is one, 99.9 % three; what was never out is at the top. */
const TOP = 5
const height = (share: number) => Math.min(TOP, Math.max(0, share >= 1 ? TOP : -Math.log10(1 - share))) / TOP
const y = (share: number) => (HIGH - FOOT) * (1 - height(share)) + 4

/** A bar a day on a scale of nines, with the lines that people talk of. */
function Trend({ row, view }: { row: AvailabilityRow; view: Counted }) {
  const step = (WIDE - LEFT) / Math.max(1, row.periods.length)
  return (
    <div class="scroll pad" tabIndex={0} role="region" aria-label={t('availability_trend')}>
      <svg class="trend-bars" viewBox={`0 0 ${WIDE} ${HIGH + 8}`} role="img" aria-label={t('availability_trend')}>
        {[0.9, 0.99, 0.999, 0.9999].map((line) => (
          <g key={line}>
            <line x1={LEFT} x2={WIDE} y1={y(line)} y2={y(line)} class={line === row.objective ? 'wanted' : 'line'} />
            <text x={LEFT - 6} y={y(line) + 4} text-anchor="end">
              {nines(line)}
            </text>
          </g>
        ))}
        {row.periods.map((p, i) => {
          if (p.share === null) return null
          const top = y(p.share)
          const wide = Math.min(28, step - 2)
          return (
            <rect
              key={p.from}
              class={tone(p.share, row.objective)}
              x={LEFT + i * step + (step - wide) / 2}
              width={wide}
              y={top}
              height={Math.max(2, HIGH - FOOT + 4 - top)}
            >
              <title>{said(p, view)}</title>
            </rect>
          )
        })}
        {row.periods.map(
          (p, i) =>
            i % Math.ceil(row.periods.length / 10) === 0 && (
              <text key={p.from} x={LEFT + (i + 0.5) * step} y={HIGH + 4} text-anchor="middle">
                {day(p.from, view).slice(view.by === 'month' ? 0 : 5)}
              </text>
            ),
        )}
      </svg>
    </div>
  )
}

/** The day or month that begins then, in the zone that it is counted in. */
const day = (at: number, view: Counted) => dayIn(at, view.zone).slice(0, view.by === 'month' ? 7 : 10)
