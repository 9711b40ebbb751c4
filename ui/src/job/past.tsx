// What the time before we came was like: Kafka's offsets by timestamp, Flink's own memory.
import type { JobView } from '../api/types'
import { age, millis, number } from '../format'
import { t, tn } from '../i18n'
import { Card, Empty, Fig, Moment, Table, num } from '../parts/basic'

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
