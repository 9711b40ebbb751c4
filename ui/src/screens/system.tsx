import { address } from '../api/client'
import type { LoopView, StoreView, SystemView, TargetView } from '../api/types'
import { useApi } from '../api/use'
import { bytes, millis, number } from '../format'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { Ago, Card, Empty, Fig, Loading, Moment, Problem, Table, Unknown, num } from '../parts/basic'
import { Blind } from '../parts/rows'
import { PlannedWork } from '../planned/work'

export function SystemScreen() {
  const { data, error } = useApi<SystemView>(address('system', {}))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  return (
    <>
      <h1>{t('nav_system')}</h1>
      <p class="soft">
        Streamwarden {data.version} · {t('runs_since')} <Moment at={data.started} />
      </p>
      <PlannedWork />
      <Targets targets={data.targets} />
      <Card title={t('blind_spots')} aside={t('blind_aside')}>
        <Blind blind={data.blind} />
      </Card>
      <Loops loops={data.loops} />
      <Store store={data.store} />
    </>
  )
}

function Targets({ targets }: { targets: TargetView[] }) {
  const why = t('never_answered')
  return (
    <Card title={t('targets')} aside={t('targets_aside')}>
      {targets.length === 0 ? (
        <Empty>{t('no_targets')}</Empty>
      ) : (
        <Table
          label={t('targets')}
          head={[
            t('name'),
            t('state'),
            t('address'),
            t('last_ok'),
            t('last_try'),
            num(t('took')),
            num(t('samples')),
            num(t('read_since_start')),
          ]}
        >
          {targets.map((target) => (
            <tr key={`${target.kind} ${target.name} ${target.address}`}>
              <td>
                {target.name} <span class="soft">{word('target', target.kind)}</span>
              </td>
              <td class="wrap">
                {target.up === null ? (
                  <Unknown why={t('not_tried')} />
                ) : (
                  <span class={target.up ? '' : 'over'}>{t(target.up ? 'up' : 'down')}</span>
                )}
                {target.since !== null && (
                  <span class="soft">
                    {' '}
                    · {t('since')} <Moment at={target.since} />
                  </span>
                )}
                {target.error !== null && <div class="soft">{serverText(target.error)}</div>}
              </td>
              <td class="mono wrap">{target.address}</td>
              <td class="nowrap">{target.last_ok === null ? <Unknown why={why} /> : <Ago at={target.last_ok} />}</td>
              <td class="nowrap">
                {target.last_try === null ? <Unknown why={t('not_tried')} /> : <Ago at={target.last_try} steady />}
              </td>
              <td class="num">
                <Fig text={millis(target.took_ms)} why={why} />
              </td>
              <td class="num">
                <Fig text={number(target.samples)} why={why} />
              </td>
              <td class="num">
                <Fig text={bytes(target.bytes)} why={why} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Loops({ loops }: { loops: LoopView[] }) {
  return (
    <Card title={t('loops')} aside={t('loops_aside')}>
      {loops.length === 0 ? (
        <Empty>{t('no_loops')}</Empty>
      ) : (
        <Table
          label={t('loops')}
          head={[t('name'), t('state'), num(t('runs')), num(t('took')), num(t('late_ticks')), t('outcome')]}
        >
          {loops.map((loop) => (
            <tr key={loop.name}>
              <td class="mono">{loop.name}</td>
              <td class="nowrap">
                <span class={loop.state === 'stopped' ? 'over' : ''}>{word('loop', loop.state)}</span>{' '}
                <span class="soft">
                  {t('since')} <Moment at={loop.since} />
                </span>
              </td>
              <td class="num">
                <Fig text={number(loop.runs)} />
              </td>
              <td class="num">
                <Fig text={millis(loop.last_took_ms)} why={t('not_run')} />
              </td>
              <td class={`num n ${loop.late_ticks > 0 ? 'near' : ''}`}>{number(loop.late_ticks)}</td>
              <td class="wrap">
                {loop.last_outcome === null ? <Unknown why={t('not_run')} /> : serverText(loop.last_outcome)}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Store({ store }: { store: StoreView }) {
  return (
    <Card title={t('store')}>
      {store.error !== null && (
        <div class="problem" role="alert">
          <p>{store.error}</p>
        </div>
      )}
      <dl class="pairs">
        <dt>{t('path')}</dt>
        <dd class="mono wrap">{store.path === '' ? t('memory_only') : store.path}</dd>
        <dt>{t('series_kept')}</dt>
        <dd class="n">{number(store.series)}</dd>
        <dt>{t('memory')}</dt>
        <dd class="n">{bytes(store.memory_bytes)}</dd>
        <dt>{t('disk')}</dt>
        <dd class="n">{bytes(store.disk_bytes)}</dd>
        <dt>{t('oldest')}</dt>
        <dd>{store.oldest === null ? <Unknown why={t('nothing_kept')} /> : <Moment at={store.oldest} />}</dd>
        <dt>{t('last_flush')}</dt>
        <dd>{store.last_flush === null ? <Unknown why={t('not_flushed')} /> : <Ago at={store.last_flush} steady />}</dd>
      </dl>
    </Card>
  )
}
