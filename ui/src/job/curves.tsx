import { useMemo } from 'preact/hooks'
import { address } from '../api/client'
import * as link from '../api/link'
import type { Curves as CurvesView, JobView } from '../api/types'
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

export function Curves(props: { id: string; at: number | null; view: JobView }) {
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
              threshold={threshold(group.name, group.unit, props.view)}
            />
          ))}
      </div>
    </Card>
  )
}

/** The target of the job is one of the age of its data when it leaves. */
const threshold = (name: string, unit: string, view: JobView) =>
  unit === 's' && name === 'delay' ? view.row.delay.target_s : null
