// The table of tasks by levels around a job.
import { address } from '../api/client'
import type { LevelsView } from '../api/types'
import { useApi } from '../api/use'
import { target } from '../format'
import { t } from '../i18n'
import { Card, Loading, Moment, Problem, Table, Unknown, num } from '../parts/basic'
import { DelayFig } from '../parts/delay'
import { NodeLink } from '../parts/rows'

export function Levels({ focus, at }: { focus: string; at: number | null }) {
  const { data, error } = useApi<LevelsView>(address('levels', { id: focus, at }), at === null)
  return (
    <Card title={t('levels_title')} aside={t('levels_aside')}>
      {error !== null && <Problem error={error} />}
      {data === null ? (
        error === null && <Loading />
      ) : (
        <Table
          label={t('levels_title')}
          head={[
            t('level'),
            t('application'),
            t('name'),
            t('group'),
            num(t('delay')),
            num(t('threshold')),
            t('checked_at'),
          ]}
        >
          {data.rows.map((row, i) => (
            <tr key={i} class={row.node === focus && row.topic === null ? 'this' : undefined}>
              <td class="nowrap soft">{levelName(row.level)}</td>
              <td class="mono">
                {row.application === null ? (
                  row.topic !== null ? (
                    <span class="soft">{t('topic')}</span>
                  ) : (
                    <Unknown why={t('no_run')} />
                  )
                ) : (
                  <span title={row.application}>{row.application.slice(0, 12)}</span>
                )}
              </td>
              <td>
                {row.topic !== null && <span class="soft">{row.topic} → </span>}
                <NodeLink id={row.node} text={row.name} />
                {row.topic === null && row.arises && <span class="chip bad">{t('arises_here')}</span>}
                {row.topic === null && row.inherits && <span class="chip">{t('inherits')}</span>}
              </td>
              <td class="mono">{row.group ?? <span class="soft">–</span>}</td>
              <td class="num">
                <DelayFig delay={row.delay} withTrend />
              </td>
              <td class="num n">{target(row.delay.target_s) ?? <span class="unk">{t('status_no_target')}</span>}</td>
              <td class="nowrap">
                <Moment at={row.checked_at} why={t('never_read')} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function levelName(level: number): string {
  if (level === 0) return t('level_this')
  return t(level < 0 ? 'level_up' : 'level_down', { n: Math.abs(level) })
}
