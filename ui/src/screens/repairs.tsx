// Repair over the whole estate: what stops it, what would be done, what was done, by which playbooks.
import { address } from '../api/client'
import type { ActionList, PlaybookList, ProposalList, ProposalView } from '../api/types'
import { useApi } from '../api/use'
import { t, word } from '../i18n'
import { IncidentLink, Place } from '../incident/parts'
import { say } from '../incident/words'
import { Works } from '../planned/work'
import { Card, Empty, Loading, Problem, Table } from '../parts/basic'
import { Actions, One } from '../repair/action'
import { Books } from '../repair/books'
import { reasons } from '../repair/parts'
import { HeldBefore } from '../repair/plan'
import { Switches } from '../repair/switches'
import { type Query, hrefWith } from '../route'

const PAGE = 50

export function RepairsScreen({ query }: { query: Query }) {
  return query['id'] === undefined ? <All query={query} /> : <One id={query['id']} />
}

function All({ query }: { query: Query }) {
  const offset = Math.max(0, Math.floor(Number(query['offset'] ?? 0)) || 0)
  return (
    <>
      <h1>{t('nav_repairs')}</h1>
      <Switches />
      <Works scopes={null} />
      <Now />
      <Past offset={offset} />
      <Playbooks />
    </>
  )
}

function Now() {
  const { data, error } = useApi<ProposalList>(address('plans', {}))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  return (
    <>
      <Card title={t('would_be_done')}>
        {data.proposals.length === 0 ? <Empty>{t('no_proposal')}</Empty> : <Proposals all={data.proposals} />}
      </Card>
      <Card title={t('held_before')} aside={t('held_aside')}>
        {data.error !== null && (
          <p class="pad over" role="alert">
            {t('held_unknown')} <span class="soft">{data.error}</span>
          </p>
        )}
        {data.held.length === 0 ? <Empty>{t('nothing_held')}</Empty> : <HeldBefore held={data.held} />}
      </Card>
    </>
  )
}

const Proposals = ({ all }: { all: ProposalView[] }) => (
  <Table stacks label={t('would_be_done')} head={[t('job'), t('what_done'), t('mode'), t('held_because')]}>
    {all.map((one) => (
      <tr key={`${one.incident} ${one.job.id}`}>
        <td>
          <Place subject={one.job} />
        </td>
        <td class="wrap">
          <IncidentLink id={one.incident}>{one.plan === null ? t('no_playbook') : one.applies ? say(one.plan.says) : `${t('does_not_apply')}: ${one.plan.playbook}`}</IncidentLink>
        </td>
        <td data-label={t('mode')}>{word('mode', one.mode)}</td>
        <td class="wrap soft" data-label={t('held_because')}>
          {one.plan === null ? '–' : one.holds.length === 0 ? t('nothing_holds') : reasons(one.holds)}
        </td>
      </tr>
    ))}
  </Table>
)

function Past({ offset }: { offset: number }) {
  const { data, error } = useApi<ActionList>(address('actions', { offset: offset || null, limit: PAGE }))
  return (
    <Card title={t('actions')}>
      {error !== null && <Problem error={error} />}
      {data === null && error === null && <Loading />}
      {data !== null && <Actions actions={data.actions} />}
      {(offset > 0 || data?.more === true) && (
        <div class="pages">
          {offset > 0 && <a href={hrefWith({ offset: Math.max(0, offset - PAGE) || null })}>{t('newer')}</a>}
          {data?.more === true && <a href={hrefWith({ offset: offset + PAGE })}>{t('older')}</a>}
        </div>
      )}
    </Card>
  )
}

function Playbooks() {
  const { data, error } = useApi<PlaybookList>(address('playbooks', {}))
  return (
    <Card title={t('playbooks')}>
      {error !== null && <Problem error={error} />}
      {data === null && error === null && <Loading />}
      {data !== null && (data.playbooks.length === 0 ? <Empty>{t('no_books')}</Empty> : <Books books={data.playbooks} />)}
    </Card>
  )
}
