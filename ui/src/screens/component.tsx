// One ZooKeeper, HDFS, YARN or component: how it stands, who is in it, who stands on it.
import { address } from '../api/client'
import type { BaseView } from '../api/types'
import { useApi } from '../api/use'
import { t, tn, word } from '../i18n'
import { Ago, Card, Empty, Loading, Problem, Table, Unknown } from '../parts/basic'
import { LineageLink, NodeLink } from '../parts/rows'
import { type Query } from '../route'
import { Components } from './components'

export function ComponentScreen({ query }: { query: Query }) {
  const { data, error } = useApi<BaseView>(address('component', { id: query['id'] }))
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const { component } = data
  return (
    <>
      {error !== null && !error.lost && <Problem error={error} />}
      <p class="crumb">
        {component.sort} {component.flows && <LineageLink id={component.id} />}
      </p>
      <h1>{component.name}</h1>
      <Components components={[component]} />
      <Card title={t('component_members')} aside={tn('component_n_members', data.members_total)}>
        {data.members.length === 0 ? (
          <Empty>{t('component_no_members')}</Empty>
        ) : (
          <Table label={t('component_members')} head={[t('name'), t('state'), t('since'), t('component_detail')]}>
            {data.members.map((member) => (
              <tr key={`${member.role} ${member.name}`}>
                <td>
                  <span class="kind">{member.role}</span> {member.name}
                </td>
                <td>{member.state ?? <Unknown why={t('component_unknown')} />}</td>
                <td class="nowrap">
                  <Ago at={member.since} steady />
                </td>
                <td class="soft wrap">
                  {member.answering !== null && word('answering', member.answering)} {member.detail}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      <Card title={t('component_jobs')}>
        {data.job_ids.length === 0 ? (
          <Empty>{t('component_no_jobs')}</Empty>
        ) : (
          <p class="pad">
            {data.job_ids.map((id, i) => (
              <>
                {i > 0 && t('comma')}
                <NodeLink key={id} id={id} />
              </>
            ))}
          </p>
        )}
      </Card>
    </>
  )
}
