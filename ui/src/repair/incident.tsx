// Repair as its incident shows it: what is being done, what would be done, what was done.
import { address } from '../api/client'
import type { ActionList, IncidentView, ProposalList } from '../api/types'
import { useApi } from '../api/use'
import { t } from '../i18n'
import { Card, Empty, Problem } from '../parts/basic'
import { Done } from './action'
import { reachText } from './parts'
import { HeldBefore, Proposal } from './plan'
import { Throw } from './switches'

export function Repair({ view }: { view: IncidentView }) {
  const { id, state } = view.row
  const plans = useApi<ProposalList>(address('plans', { incident: id }))
  const done = useApi<ActionList>(address('actions', { incident: id }))
  const actions = done.data?.actions ?? []
  const proposals = state === 'closed' ? [] : (plans.data?.proposals ?? [])
  const held = plans.data?.held ?? []
  const open = actions.some((one) => one.state === 'open')
  // What is under way or waits for somebody comes first, what is over last.
  const now = actions.filter((one) => one.state === 'open' || one.look)
  const past = actions.filter((one) => !now.includes(one))
  const jobs = [...new Set([...proposals, ...actions].map((one) => one.job.node).filter((node) => node !== null))]
  return (
    <>
      {plans.error !== null && !plans.error.lost && <Problem error={plans.error} />}
      {done.error !== null && !done.error.lost && <Problem error={done.error} />}
      {now.map((row) => (
        <Done key={row.id} row={row} />
      ))}
      {!open && proposals.map((one) => <Proposal key={one.job.id} one={one} />)}
      {state !== 'closed' && plans.data !== null && proposals.length === 0 && !open && (
        <Card title={t('would_be_done')}>
          <Empty>{t('no_proposal')}</Empty>
          <p class="pad soft">{reachText(plans.data.reach)}</p>
        </Card>
      )}
      {past.map((row) => (
        <Done key={row.id} row={row} />
      ))}
      {held.length > 0 && (
        <Card title={t('held_before')}>
          <HeldBefore held={held} incident />
        </Card>
      )}
      {state !== 'closed' && jobs.map((job) => <Throw key={job} scope={job} />)}
    </>
  )
}
