// Repair as its incident shows it: what is being done, what would be done, what was done.
import { address } from '../api/client'
import type { ActionList, ActionRow, IncidentView, ProposalList } from '../api/types'
import { type Answer, useApi } from '../api/use'
import { t } from '../i18n'
import { Card, Empty, Problem } from '../parts/basic'
import { Done } from './action'
import { reachText } from './parts'
import { HeldBefore, Proposal } from './plan'
import { Throw } from './switches'

interface Known {
  plans: Answer<ProposalList>
  done: Answer<ActionList>
}

const useRepair = (id: string): Known => ({
  plans: useApi<ProposalList>(address('plans', { incident: id })),
  done: useApi<ActionList>(address('actions', { incident: id })),
})

/** Under way, or waiting for somebody to look. */
const live = (row: ActionRow) => row.state === 'open' || row.look

/** What is being done and what would be done: it comes before everything else. */
export function Repair({ view }: { view: IncidentView }) {
  const { id, state } = view.row
  const { plans, done } = useRepair(id)
  const actions = done.data?.actions ?? []
  const proposals = state === 'closed' ? [] : (plans.data?.proposals ?? [])
  const busy = new Set(actions.filter((one) => one.state === 'open').map((one) => one.job.id))
  const jobs = [...new Set([...proposals, ...actions].map((one) => one.job.node).filter((node) => node !== null))]
  return (
    <>
      {plans.error !== null && !plans.error.lost && <Problem error={plans.error} />}
      {done.error !== null && !done.error.lost && <Problem error={done.error} />}
      {actions.filter(live).map((row) => (
        <Done key={row.id} row={row} />
      ))}
      {proposals
        .filter((one) => !busy.has(one.job.id))
        .map((one) => (
          <Proposal key={one.job.id} one={one} />
        ))}
      {state !== 'closed' && plans.data !== null && proposals.length === 0 && busy.size === 0 && (
        <Card title={t('would_be_done')}>
          <Empty>{t('no_proposal')}</Empty>
          <p class="pad soft">{reachText(plans.data.reach)}</p>
        </Card>
      )}
      {state !== 'closed' && jobs.map((job) => <Throw key={job} scope={job} />)}
    </>
  )
}

/** What was done, and what was not. */
export function RepairBefore({ view }: { view: IncidentView }) {
  const { plans, done } = useRepair(view.row.id)
  const held = plans.data?.held ?? []
  return (
    <>
      {(done.data?.actions ?? [])
        .filter((row) => !live(row))
        .map((row) => (
          <Done key={row.id} row={row} />
        ))}
      {held.length > 0 && (
        <Card title={t('held_before')}>
          <HeldBefore held={held} incident />
        </Card>
      )}
    </>
  )
}
