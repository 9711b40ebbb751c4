// Where an action of ours is under way: what is seen there meanwhile is its doing.
import { address } from '../api/client'
import type { ActionList, RepairNow, SwitchList } from '../api/types'
import { useApi } from '../api/use'
import { parts, t } from '../i18n'
import { say } from '../incident/words'
import { Moment } from '../parts/basic'
import { NodeLink } from '../parts/rows'
import { href } from '../route'

export function UnderRepair({ repairs }: { repairs: RepairNow[] }) {
  if (repairs.length === 0) return null
  return (
    <ul class="works" aria-label={t('under_repair')}>
      {repairs.map((one) => (
        <li key={one.action} class={one.let_go === null ? 'on' : 'over'}>
          <Since repair={one} /> <a href={href('repairs', { id: one.action })}>{t('journal')}</a>
        </li>
      ))}
    </ul>
  )
}

/** What stops actions, and what waits for a person to look: on the first page, for nothing is done there meanwhile. */
export function Stopped() {
  const switches = useApi<SwitchList>(address('kill-switches', {})).data?.switches ?? []
  const stuck = (useApi<ActionList>(address('actions', {})).data?.actions ?? []).filter((one) => one.look)
  if (switches.length + stuck.length === 0) return null
  return (
    <ul class="works" aria-label={t('kill_switches')}>
      {switches.map((one, i) => (
        <li key={`${one.scope} ${i}`} class="over">
          <a href={href('repairs')}>{t('stopped', { what: say(one.says) })}</a> · {one.by}
          {one.why !== '' && `: ${one.why}`}
        </li>
      ))}
      {stuck.map((one) => (
        <li key={one.id} class="over">
          <NodeLink id={one.job.id} text={one.job.name} />: {t('look_wanted', { what: say(one.says) })}{' '}
          <a href={href('repairs', { id: one.id })}>{t('journal')}</a>
        </li>
      ))}
    </ul>
  )
}

/** "ods-orders is under repair since 03:12:56 UTC: start it anew from its checkpoint" */
function Since({ repair }: { repair: RepairNow }) {
  const filling: Record<string, preact.ComponentChildren> = {
    name: <NodeLink id={repair.job} text={repair.name} />,
    since: <Moment at={repair.since} />,
    what: say(repair.says),
    why: repair.let_go === null ? '' : say(repair.let_go),
  }
  return <>{parts(repair.let_go === null ? 'under_repair_since' : 'let_go_why').map(({ text, place }) => text ?? filling[place ?? ''])}</>
}

/** In one line of text, where there is no room for more. */
export const underRepair = (repair: RepairNow): string =>
  repair.let_go === null
    ? t('under_repair_here', { name: repair.name, what: say(repair.says) })
    : t('let_go_why', { name: repair.name, what: say(repair.says), why: say(repair.let_go) })
