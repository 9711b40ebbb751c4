import { useMemo } from 'preact/hooks'
import { address } from '../api/client'
import * as link from '../api/link'
import type { Curves as CurvesView, EdgeView, JobView } from '../api/types'
import { useApi, useBeats } from '../api/use'
import { t } from '../i18n'
import { Card, Empty, Loading, Problem, Segment } from '../parts/basic'
import { Plot } from '../parts/curve'
import { plots } from '../parts/series'
import { current, hrefWith } from '../route'

const windows = { '15m': 900_000, '1h': 3_600_000, '2h': 7_200_000 }
type Window = keyof typeof windows
/** As many as a plot has pixels for. */
const POINTS = 400
/** The window moves in such steps, so that the address asked for is not new each second. */
const STEP_MS = 5_000

export function Curves(props: { id: string; at: number | null; target: number | null }) {
  useBeats()
  const asked = current().query['w']
  const chosen: Window = asked !== undefined && asked in windows ? (asked as Window) : '15m'
  const to = props.at ?? Math.ceil(link.now() / STEP_MS) * STEP_MS
  const from = to - windows[chosen]
  const { data, error } = useApi<CurvesView>(address('curves', { id: props.id, from, to, points: POINTS }), false)
  const groups = useMemo(() => plots(data?.series ?? []), [data])
  const choice = (
    <Segment
      label={t('window')}
      items={(Object.keys(windows) as Window[]).map((w) => ({
        text: t(`window_${w}`),
        to: hrefWith({ w }),
        on: w === chosen,
      }))}
    />
  )
  return (
    <Card title={t('curves')} aside={choice}>
      {error !== null && <Problem error={error} />}
      {data === null && error === null && <Loading />}
      {data !== null && groups.length === 0 && <Empty>{t('no_curves')}</Empty>}
      <div class="plots">
        {data !== null &&
          groups.map((group) => (
            <Plot
              key={group.name}
              {...group}
              from={data.from}
              to={data.to}
              step={data.step_ms}
              threshold={group.unit === 's' && group.name === 'delay' ? props.target : null}
            />
          ))}
      </div>
    </Card>
  )
}

/** The job's own target, for the age of its data when it leaves; else the one that its inputs share. */
export const jobTarget = (view: JobView) => view.row.delay.target_s ?? sharedTarget(view.reads)

export function sharedTarget(edges: EdgeView[]): number | null {
  const all = new Set(edges.map((edge) => edge.delay.target_s))
  return all.size === 1 ? ([...all][0] ?? null) : null
}
