import { address } from '../api/client'
import type { ClusterRow, GroupRow, IncidentList, JobList, LateItem, Overview } from '../api/types'
import { useApi, useNow } from '../api/use'
import { age, number, target } from '../format'
import { t, tn, word } from '../i18n'
import { Ago, Card, Empty, Fig, Loading, Mark, Problem, Table, Unknown, tone, num } from '../parts/basic'
import { DelayFig } from '../parts/delay'
import { Arises, Blind, Changes, LateName, Seconds } from '../parts/rows'
import { href, nodeScreen } from '../route'
import { Pipeline } from '../pipeline/strip'
import { Components } from './components'
import { Works } from '../planned/work'
import { Stopped, UnderRepair } from '../repair/now'
import { sentence } from '../sentence'
import { OpenIncidents, openIncidents } from './incidents'

export function OverviewScreen() {
  const { data, error } = useApi<Overview>(address('overview', {}))
  const blanks = {
    no_target: useApi<JobList>(address('jobs', { status: 'no_target', limit: 1 })).data?.total ?? null,
    unknown: useApi<JobList>(address('jobs', { status: 'unknown', limit: 1 })).data?.total ?? null,
  }
  const open = useApi<IncidentList>(openIncidents).data
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const said = sentence(data, blanks, open?.incidents)
  return (
    <>
      <h1 class={said.status === 'over' ? 'over' : undefined}>
        {said.pieces.map((piece, i) =>
          piece.incident !== undefined ? (
            <a key={i} href={href('incident', { id: piece.incident })}>
              {piece.text}
            </a>
          ) : piece.node === undefined ? (
            piece.text
          ) : (
            <a key={i} href={href(nodeScreen(piece.node), { id: piece.node })}>
              {piece.text}
            </a>
          ),
        )}
      </h1>
      <Pipeline />
      <Works scopes={null} />
      <Stopped />
      <UnderRepair repairs={data.repairs} />
      <OpenIncidents view={data} />
      <Figures view={data} />
      <Late late={data.late} />
      <Groups groups={data.groups} />
      <Clusters clusters={data.clusters} />
      {data.components.length > 0 && <Components components={data.components} />}
      <Card title={t('recent_changes')} aside={<a href={href('changes')}>{t('all_changes')}</a>}>
        <Changes changes={data.recent_changes} label={t('recent_changes')} withEntity />
      </Card>
      <Card title={t('blind_spots')} aside={t('blind_aside')}>
        <Blind blind={data.blind} />
      </Card>
    </>
  )
}

function Figures({ view }: { view: Overview }) {
  const now = useNow()
  const { jobs } = view
  const over = view.late.filter((item) => item.delay.status === 'over').length
  const rest: [string, number, string][] = [
    ['jobs_changing', jobs.changing, ''],
    ['jobs_failed', jobs.failed, 'over'],
    ['jobs_lost', jobs.lost, 'over'],
    ['jobs_ended', jobs.ended, ''],
    ['jobs_unknown', jobs.unknown, 'unk'],
  ]
  return (
    <div class="figs">
      <Figure value={String(over)} label={t('fig_over')} class={over > 0 ? 'over' : ''} />
      <Figure
        value={`${jobs.running} / ${jobs.total}`}
        label={t('fig_running')}
        class={jobs.failed + jobs.lost > 0 ? 'over' : ''}
      />
      {rest
        .filter(([, n]) => n > 0)
        .map(([key, n, colour]) => (
          <Figure key={key} value={String(n)} label={word('fig', key)} class={colour} />
        ))}
      <Figure value={number(view.topics) ?? ''} label={t('fig_topics')} />
      <Figure
        value={`${view.targets_up} / ${view.targets}`}
        label={t('fig_targets')}
        class={view.targets_up < view.targets ? 'near' : ''}
      />
      <Figure value={age(now - view.at) ?? ''} label={t('fig_age')} />
    </div>
  )
}

const Figure = (props: { value: string; label: string; class?: string }) => (
  <div class="fig">
    <div class={`v ${props.class ?? ''}`}>{props.value}</div>
    <div class="l">{props.label}</div>
  </div>
)

function Late({ late }: { late: LateItem[] }) {
  return (
    <Card title={t('late_title')} aside={t('late_aside')}>
      {late.length === 0 ? (
        <Empty>{t('nothing_late')}</Empty>
      ) : (
        <>
          {late.every((item) => item.delay.status !== 'over' && item.delay.status !== 'near') && (
            <Empty>{t('not_judged')}</Empty>
          )}
          <Table
            stacks
            label={t('late_title')}
            head={[t('what'), num(t('delay')), num(t('target')), num('p99'), t('arises_at'), t('checked')]}
          >
            {late.map((item) => (
              <tr key={`${item.kind} ${item.id}`}>
                <td>
                  <Mark status={item.delay.status} /> <span class="kind">{word('kind', item.kind)}</span>{' '}
                  <LateName item={item} />
                  {item.inherited && <span class="chip">{t('inherits')}</span>}
                </td>
                <td class="num">
                  <DelayFig delay={item.delay} withTrend />
                </td>
                <td class="num" data-label={t('target')}>
                  {item.delay.target_s === null ? (
                    <span class="unk">{t('status_no_target')}</span>
                  ) : (
                    <Fig text={target(item.delay.target_s)} />
                  )}
                </td>
                <td class="num" data-label="p99">
                  <Seconds value={item.delay.quantiles.p99} why={t('too_little_known')} />
                </td>
                <td data-label={t('arises_at')}>
                  <Arises item={item} />
                </td>
                <td class="nowrap" data-label={t('checked')}>
                  <Ago at={item.delay.at} />
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </Card>
  )
}

export function GroupTable({ groups, label }: { groups: GroupRow[]; label: string }) {
  return (
    <Table
      label={label}
      head={[
        t('group_name'),
        t('status'),
        num(t('jobs')),
        num(t('topics')),
        num(t('worst_p99')),
        t('worst_now'),
        num(t('delay')),
      ]}
    >
      {groups.map((group) => (
        <tr key={`${group.kind} ${group.name}`}>
          <td>
            <span class="kind">{word('group_kind', group.kind)}</span> {group.name}
          </td>
          <td class="nowrap">
            <Mark status={group.status} withWord />
          </td>
          <td class="num n">{group.jobs}</td>
          <td class="num n">{group.topics}</td>
          <td class={`num ${tone(group.status)}`}>
            <Seconds value={group.p99} why={t('too_little_known')} />
          </td>
          <td>{group.worst === null ? <Unknown why={t('no_delay_known')} /> : <LateName item={group.worst} />}</td>
          <td class="num">
            {group.worst === null ? (
              <Unknown why={t('no_delay_known')} />
            ) : (
              <DelayFig delay={group.worst.delay} withTarget />
            )}
          </td>
        </tr>
      ))}
    </Table>
  )
}

const Groups = ({ groups }: { groups: GroupRow[] }) => (
  <Card title={t('groups_title')} aside={t('groups_aside')}>
    {groups.length === 0 ? <Empty>{t('no_groups')}</Empty> : <GroupTable groups={groups} label={t('groups_title')} />}
  </Card>
)

function Clusters({ clusters }: { clusters: ClusterRow[] }) {
  return (
    <Card title={t('clusters')}>
      {clusters.length === 0 ? (
        <Empty>{t('no_clusters')}</Empty>
      ) : (
        <Table
          label={t('clusters')}
          head={[t('name'), t('version'), t('state'), num(t('size')), num(t('jobs_topics')), t('seen')]}
        >
          {clusters.map((cluster) => (
            <tr key={`${cluster.kind} ${cluster.name}`}>
              <td>
                <span class="kind">
                  {cluster.kind === 'flink' ? 'Flink' : cluster.kind === 'kafka' ? 'Kafka' : cluster.kind}
                </span>{' '}
                {cluster.name}
              </td>
              <td>
                {cluster.version === null ? (
                  <Unknown why={t('version_unknown')} />
                ) : (
                  <span class="n">{cluster.version}</span>
                )}
                {cluster.version !== null && !cluster.version_claimed && <span class="soft"> {t('not_claimed')}</span>}
              </td>
              <td class={cluster.reachable ? '' : 'over'}>{t(cluster.reachable ? 'reachable' : 'unreachable')}</td>
              <td class="num">
                <Fig text={clusterSize(cluster)} why={t('not_reported')} />
              </td>
              <td class="num">
                <Fig text={number(cluster.kind === 'kafka' ? cluster.topics : cluster.jobs)} why={t('not_reported')} />
              </td>
              <td class="nowrap">
                <Ago at={cluster.seen} steady={cluster.reachable} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function clusterSize(cluster: ClusterRow): string | null {
  if (cluster.kind === 'kafka') return cluster.brokers === null ? null : tn('n_brokers', cluster.brokers)
  if (cluster.taskmanagers === null) return null
  const unknown = t('unknown')
  return tn('n_slots', cluster.taskmanagers, {
    tms: cluster.taskmanagers,
    free: cluster.slots_available ?? unknown,
    slots: cluster.slots_total ?? unknown,
  })
}
