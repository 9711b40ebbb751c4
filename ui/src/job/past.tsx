// What the time before we came was like: Kafka's offsets by timestamp, Flink's own memory.
import { address } from '../api/client'
import * as link from '../api/link'
import type { HistoryView, JobView } from '../api/types'
import { useApi } from '../api/use'
import { age, millis, number } from '../format'
import { t, tn } from '../i18n'
import { Card, Empty, Fig, Moment, Table, num } from '../parts/basic'

const DAY = 86_400_000
/** As long as minutes are kept by default. */
const WEEKS = 35 * DAY

export function Past({ view }: { view: JobView }) {
  const { past } = view
  const facts = [
    past.lifetime_rate === null
      ? t('past_no_lifetime')
      : t('past_lifetime', { rate: number(past.lifetime_rate) ?? '', time: age((past.running_s ?? 0) * 1000) ?? '' }),
    past.checkpoint_mean_ms === null
      ? t('past_no_checkpoints')
      : tn('past_checkpoints', past.checkpoints, {
          mean: millis(past.checkpoint_mean_ms) ?? '',
          max: millis(past.checkpoint_max_ms) ?? '',
        }),
  ]
  return (
    <Card title={t('past')} aside={t('past_aside')}>
      <p class="pad">{facts.join(' · ')}</p>
      <Told subject={view.row.id} />
      {past.inputs.length === 0 ? (
        <Empty>{t('past_no_input')}</Empty>
      ) : (
        <Table label={t('past')} head={[t('topic'), t('since'), num(t('past_rate')), num(t('past_rate_now'))]}>
          {past.inputs.map((input) => (
            <tr key={input.topic}>
              <td class="wrap">{input.topic}</td>
              <td class="nowrap">
                <Moment at={input.since} />
              </td>
              <td class="num">{number(input.rate)}</td>
              <td class="num">
                <Fig text={number(input.rate_now)} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

/** Of its weeks, what we did not see ourselves. */
function Told({ subject }: { subject: string }) {
  const to = Math.ceil(link.now() / DAY) * DAY
  const { data } = useApi<HistoryView>(address('history', { subject, from: to - WEEKS, to }), false)
  const days = new Set(data?.told_by.map((told) => told.day)).size
  if (data === null || days === 0) return null
  const servers = [...new Set(data.told_by.map((told) => told.server))].join(', ')
  return <p class="pad soft">{tn('past_told', days, { servers })}</p>
}
