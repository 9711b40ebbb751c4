// What the job's own records say: delay between operators, checkpoints, exceptions.
import type { JobView } from '../api/types'
import { bytes, millis, number } from '../format'
import { t, tn, word } from '../i18n'
import { serverText } from '../i18n/server'
import { Ago, Card, Empty, Fig, Moment, Table, num } from '../parts/basic'
import { DelayFig } from '../parts/delay'
import { SeenOf } from './sources'

export function Hops({ view }: { view: JobView }) {
  return (
    <Card title={t('hops_inside')} aside={t('hops_aside')}>
      {view.hops.length === 0 ? (
        <Empty>{t('no_hops')}</Empty>
      ) : (
        <Table
          label={t('hops_inside')}
          head={[t('from'), t('to'), t('ship'), num(t('delay')), t('method'), t('checked')]}
        >
          {view.hops.map((hop) => (
            <tr key={`${hop.from} ${hop.to}`}>
              <td class="wrap">{hop.from_name}</td>
              <td class="wrap">{hop.to_name}</td>
              <td class="mono">{hop.ship}</td>
              <td class="num">
                <DelayFig delay={hop.delay} withTrend />
              </td>
              <td class="soft">
                {hop.delay.method === null ? serverText(hop.delay.unknown ?? '') : word('method', hop.delay.method)}
              </td>
              <td class="nowrap">
                <Ago at={hop.delay.at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

export function Checkpoints({ view }: { view: JobView }) {
  const { checkpoints } = view
  const count = (n: number | null) => number(n) ?? t('unknown')
  return (
    <Card title={t('checkpoints')} aside={<SeenOf view={view} part="checkpoints" />}>
      <p class="pad">
        {t('checkpoint_counts', {
          completed: count(checkpoints.completed),
          failed: count(checkpoints.failed),
          running: count(checkpoints.in_progress),
        })}
      </p>
      {checkpoints.history.length === 0 ? (
        <Empty>{t('no_checkpoint')}</Empty>
      ) : (
        <Table
          label={t('checkpoints')}
          head={['ID', t('state'), t('triggered'), num(t('took')), num(t('state_size')), t('path')]}
        >
          {checkpoints.history.map((one) => (
            <tr key={one.id}>
              <td class="n">
                {one.id}
                {one.savepoint && <span class="chip">{t('savepoint')}</span>}
              </td>
              <td class={one.status === 'FAILED' ? 'over' : ''}>
                {one.status}
                {one.failure !== null && <div class="soft wrap">{one.failure}</div>}
              </td>
              <td class="nowrap">
                <Moment at={one.triggered} />
              </td>
              {one.status === 'IN_PROGRESS' ? (
                <td class="num soft" colSpan={2}>
                  {t('not_finished')}
                </td>
              ) : (
                <>
                  <td class="num">
                    <Fig text={millis(one.duration_ms)} why={t('not_finished')} />
                  </td>
                  <td class="num">
                    <Fig text={bytes(one.state_size)} why={t('not_reported')} />
                  </td>
                </>
              )}
              <td class="mono path">{one.external_path ?? (one.status === 'COMPLETED' && <span class="soft">{t('no_path')}</span>)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

export function Exceptions({ view }: { view: JobView }) {
  return (
    <Card title={t('exceptions')} aside={<SeenOf view={view} part="exceptions" />}>
      {view.exceptions.length === 0 ? (
        <Empty>{t('no_exceptions')}</Empty>
      ) : (
        view.exceptions.map((one, i) => (
          <details key={i} class="stack">
            <summary>
              <Moment at={one.at} /> <span class="mono">{one.class}</span>
              {one.task !== null && <span class="soft"> · {one.task}</span>}
              {one.taskmanager !== null && <span class="soft"> · {one.taskmanager}</span>}
              {one.concurrent > 0 && <span class="soft"> · {tn('n_concurrent', one.concurrent)}</span>}
            </summary>
            <pre tabIndex={0}>{one.stack}</pre>
          </details>
        ))
      )}
    </Card>
  )
}
