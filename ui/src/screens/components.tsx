import type { ComponentRow, FigureRow, MemberCount, StandRow } from '../api/types'
import { bytes, number, percent, seconds } from '../format'
import { t, word } from '../i18n'
import { Ago, Card, Fig, Table, Unknown, num } from '../parts/basic'
import { href } from '../route'

// What the jobs stand on: ZooKeeper, HDFS, YARN, components. Grey is not known, never well.
export function Components({ components }: { components: ComponentRow[] }) {
  return (
    <Card title={t('components')} aside={t('components_aside')}>
      <Table
        label={t('components')}
        stacks
        head={[t('name'), t('state'), t('component_members'), t('component_figures'), num(t('jobs')), t('seen')]}
      >
        {components.map((c) => (
          <tr key={c.id}>
            <td>
              <span class="kind">{c.sort}</span> <a href={href('component', { id: c.id })}>{c.name}</a>
              {c.version !== null && <span class="soft"> {c.version}</span>}
            </td>
            <td>
              <Standing component={c} />
            </td>
            <td>{c.members.map(counted).join(t('comma'))}</td>
            <td>
              {c.figures.map((f) => (
                <span class="nowrap" key={f.name}>
                  {word('figure', f.name)} <Fig text={shown(f)} why={t('not_reported')} />{' '}
                </span>
              ))}
            </td>
            <td class="num">{number(c.jobs)}</td>
            <td class="nowrap">
              <Ago at={c.seen} steady={c.standing !== 'unknown'} />
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

function Standing({ component: c }: { component: ComponentRow }) {
  if (c.standing === 'unknown') return <Unknown why={t('component_unknown')} />
  if (c.standing === 'well') return <>{t('component_well')}</>
  return (
    <span class="over">
      {word('component_why', c.why ?? 'not_serving')}
      {c.detail !== null && <span class="soft"> {c.detail}</span>} <Ago at={c.since} />
    </span>
  )
}

const counted = (m: MemberCount) => `${m.count} ${m.role}${m.state === null ? '' : ` ${m.state}`}`

function shown(f: FigureRow): string | null {
  if (f.unit === 'ratio') return percent(f.value)
  if (f.unit === 'bytes') return bytes(f.value)
  if (f.unit === 's') return seconds(f.value)
  return number(f.value)
}

// One line about what a job or topic stands on; nothing where nobody has named anything.
export function StandsOn({ rows, label }: { rows: StandRow[]; label: string }) {
  if (rows.length === 0) return null
  return (
    <p class="soft">
      {label}{' '}
      {rows.map((row, i) => (
        <span key={row.id} class={row.standing === 'ill' ? 'over' : ''}>
          {i > 0 && t('comma')}
          {row.sort} {row.name}
          {row.standing !== 'well' && ` (${t(row.standing === 'ill' ? 'component_ill' : 'unknown')})`}
        </span>
      ))}
    </p>
  )
}
