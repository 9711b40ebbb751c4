import { useState } from 'preact/hooks'
import { address } from '../api/client'
import type { PartitionView, TopicView } from '../api/types'
import { useApi } from '../api/use'
import { millis, number, rate } from '../format'
import { t, tn } from '../i18n'
import { Curves, sharedTarget } from '../job/curves'
import { Card, Empty, Fig, Loading, Moment, Problem, Table, num } from '../parts/basic'
import { Edges, LineageLink } from '../parts/rows'
import { Announce, Works } from '../planned/work'
import type { Query } from '../route'
import { StandsOn } from './components'

const FIRST = 100

export function TopicScreen({ query }: { query: Query }) {
  const { data, error } = useApi<TopicView>(address('topic', { id: query['id'] }))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const keeps = data.retention_ms !== null && data.retention_ms < 0 ? t('unlimited') : millis(data.retention_ms)
  return (
    <>
      {error !== null && !error.lost && <Problem error={error} />}
      <p class="crumb">
        {t('kind_topic')} · {data.cluster} · <LineageLink id={data.id} />
      </p>
      <h1>{data.name}</h1>
      <Works scopes={[data.id, `cluster:${data.cluster}`, 'estate']} />
      <StandsOn rows={data.components} label={t('used_by')} />
      <div class="figs">
        <div class="fig">
          <div class="v">
            <Fig text={rate(data.rate)} why={t('no_rate')} />
          </div>
          <div class="l">{t('grows_by')}</div>
        </div>
        <div class="fig">
          <div class="v">
            <Fig text={keeps} why={t('no_right_or_read')} />
          </div>
          <div class="l">{t('retention')}</div>
        </div>
        <div class="fig">
          <div class="v">{data.partitions.length}</div>
          <div class="l">{t('partitions')}</div>
        </div>
        <div class="fig">
          <div class="v">
            <Moment at={data.at} />
          </div>
          <div class="l">{t('as_of')}</div>
        </div>
      </div>
      <Announce scope={data.id} />
      <Card title={t('readers')} aside={t('delay_aside')}>
        <Edges edges={data.readers} label={t('readers')} far="to" nothing={t('no_readers')} />
      </Card>
      <Card title={t('writers')}>
        <Edges edges={data.writers} label={t('writers')} far="from" nothing={t('no_writers')} />
      </Card>
      <Curves id={data.id} at={null} target={sharedTarget(data.readers)} />
      <Card title={t('other_groups')} aside={t('other_groups_aside')}>
        {data.other_groups.length === 0 ? (
          <Empty>{t('no_other_groups')}</Empty>
        ) : (
          <p class="pad mono">{data.other_groups.join(' · ')}</p>
        )}
      </Card>
      <Card title={t('partitions')}>
        <Partitions all={data.partitions} />
      </Card>
    </>
  )
}

function Partitions({ all }: { all: PartitionView[] }) {
  const [every, show] = useState(false)
  if (all.length === 0) return <Empty>{t('no_partitions')}</Empty>
  const shown = every ? all : all.slice(0, FIRST)
  const most = Math.max(...shown.map((one) => one.rate ?? 0), 1e-9)
  return (
    <>
      <Table
        label={t('partitions')}
        head={[
          num(t('partition')),
          num(t('leader')),
          num(t('in_sync')),
          num(t('first_offset')),
          num(t('end_offset')),
          num(t('held')),
          num(t('rate')),
          '',
        ]}
      >
        {shown.map((one) => (
          <tr key={one.id}>
            <td class="num n">{one.id}</td>
            <td class="num">
              <Fig text={one.leader === null || one.leader < 0 ? null : String(one.leader)} why={t('no_leader')} />
            </td>
            <td class={`num n ${one.in_sync < one.replicas ? 'near' : ''}`}>
              {one.in_sync} / {one.replicas}
            </td>
            <td class="num">
              <Fig text={number(one.begin)} why={t('not_reported')} />
            </td>
            <td class="num">
              <Fig text={number(one.end)} why={t('not_reported')} />
            </td>
            <td class="num">
              <Fig
                text={one.end === null || one.begin === null ? null : number(one.end - one.begin)}
                why={t('not_reported')}
              />
            </td>
            <td class="num">
              <Fig text={rate(one.rate)} why={t('no_rate')} />
            </td>
            <td>
              <svg width="80" height="8" aria-hidden="true">
                <rect class="track" width="80" height="8" rx="2" />
                <rect class="fill" width={(80 * (one.rate ?? 0)) / most} height="8" rx="2" />
              </svg>
            </td>
          </tr>
        ))}
      </Table>
      {all.length > shown.length && (
        <p class="pad">
          <button type="button" onClick={() => show(true)}>
            {tn('show_all', all.length)}
          </button>
        </p>
      )}
    </>
  )
}
