// Operators: worst subtask first in the row, all subtasks when opened.
import type { ComponentChildren } from 'preact'
import type { JobView, SubtaskView, VertexView } from '../api/types'
import { number, rate, seconds } from '../format'
import { t } from '../i18n'
import { Ago, Card, Empty, Fig, Share, Table, num } from '../parts/basic'
import { type Query, hrefWith } from '../route'

/** More than this many subtasks are cut: the busiest stay. */
const MOST_SUBTASKS = 256

export function Operators(props: { view: JobView; query: Query; aside: ComponentChildren }) {
  const { vertices } = props.view
  const open = props.query['v']
  return (
    <Card title={t('operators')} aside={props.aside}>
      {vertices.length === 0 ? (
        <Empty>{t('no_operators')}</Empty>
      ) : (
        <Table
          label={t('operators')}
          head={[
            t('operator'),
            t('state'),
            num('×'),
            num(t('busy')),
            num(t('back_pressure')),
            num(t('idle')),
            num(t('in')),
            num(t('out')),
            num(t('skew')),
            num(t('watermark_lag')),
            t('checked'),
          ]}
        >
          {vertices.map((vertex) => (
            <Vertex key={vertex.id} vertex={vertex} open={open === vertex.id} />
          ))}
        </Table>
      )}
    </Card>
  )
}

function Vertex({ vertex, open }: { vertex: VertexView; open: boolean }) {
  const can = vertex.subtasks.length > 0
  const why = t('not_reported')
  return (
    <>
      <tr>
        <td class="operator">
          {can ? (
            <a
              role="button"
              class="fold"
              aria-expanded={open}
              href={hrefWith({ v: open ? null : vertex.id })}
              title={vertex.description}
            >
              <i aria-hidden="true">{open ? '▾' : '▸'}</i> {vertex.name}
            </a>
          ) : (
            <span title={vertex.description}>{vertex.name}</span>
          )}
        </td>
        <td>{vertex.status}</td>
        <td class="num n">{vertex.parallelism}</td>
        <td class="num">
          <Share of={vertex.busy} label={t('busy')} />
        </td>
        <td class="num">
          <Share of={vertex.back_pressure} label={t('back_pressure')} />
        </td>
        <td class="num">
          <Share of={vertex.idle} label={t('idle')} />
        </td>
        <td class="num">
          <Fig text={rate(vertex.records_in)} why={why} />
        </td>
        <td class="num">
          <Fig text={rate(vertex.records_out)} why={why} />
        </td>
        <td class="num">
          {vertex.parallelism === 1 ? (
            <span class="soft" title={t('one_subtask')}>
              –
            </span>
          ) : (
            <Fig text={vertex.skew === null ? null : `${number(vertex.skew)}×`} why={why} />
          )}
        </td>
        <td class="num">
          <Fig text={seconds(vertex.watermark_lag)} why={why} />
        </td>
        <td class="nowrap">
          <Ago at={vertex.at} />
        </td>
      </tr>
      {open && (
        <tr class="sub">
          <td colSpan={11}>
            <Subtasks all={vertex.subtasks} />
          </td>
        </tr>
      )}
    </>
  )
}

function Subtasks({ all }: { all: SubtaskView[] }) {
  const shown =
    all.length <= MOST_SUBTASKS ? all : [...all].sort((a, b) => (b.busy ?? -1) - (a.busy ?? -1)).slice(0, MOST_SUBTASKS)
  const most = Math.max(...shown.map((one) => one.records_in ?? 0), 1e-9)
  return (
    <Table
      label={t('subtasks')}
      head={[
        num(t('subtask')),
        t('time_spent'),
        num(t('busy')),
        num(t('back_pressure')),
        num(t('idle')),
        num(t('in')),
        '',
        num(t('out')),
        num(t('watermark_lag')),
        'TaskManager',
      ]}
    >
      {shown.map((one) => (
        <tr key={one.index}>
          <td class="num n">{one.index}</td>
          <td>
            <Spent task={one} />
          </td>
          <td class="num">
            <Fig text={one.busy?.toFixed(2) ?? null} why={t('not_reported')} />
          </td>
          <td class="num">
            <Fig text={one.back_pressure?.toFixed(2) ?? null} why={t('not_reported')} />
          </td>
          <td class="num">
            <Fig text={one.idle?.toFixed(2) ?? null} why={t('not_reported')} />
          </td>
          <td class="num">
            <Fig text={rate(one.records_in)} why={t('not_reported')} />
          </td>
          <td>
            <svg width="80" height="8" aria-hidden="true">
              <rect class="track" width="80" height="8" rx="2" />
              <rect class="fill" width={(80 * (one.records_in ?? 0)) / most} height="8" rx="2" />
            </svg>
          </td>
          <td class="num">
            <Fig text={rate(one.records_out)} why={t('not_reported')} />
          </td>
          <td class="num">
            <Fig text={seconds(one.watermark_lag)} why={t('not_reported')} />
          </td>
          <td class="mono soft">{one.taskmanager ?? ''}</td>
        </tr>
      ))}
    </Table>
  )
}

/** Busy, back-pressured and idle as one bar; what is not reported stays empty. */
function Spent({ task }: { task: SubtaskView }) {
  const parts = [
    ['busy', task.busy],
    ['pressed', task.back_pressure],
    ['idle', task.idle],
  ] as const
  let x = 0
  return (
    <svg width="120" height="10" role="img" aria-label={t('time_spent')}>
      <rect class="track" width="120" height="10" rx="2" />
      {parts.map(([name, share]) => {
        const w = Math.max(0, Math.min(120 - x, 120 * (share ?? 0)))
        const bar = <rect key={name} class={`spent-${name}`} x={x} width={w} height="10" />
        x += w
        return bar
      })}
    </svg>
  )
}
