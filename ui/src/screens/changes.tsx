import { address } from '../api/client'
import type { ChangeList } from '../api/types'
import { useApi } from '../api/use'
import { t } from '../i18n'
import { Card, Loading, Moment, Problem } from '../parts/basic'
import { Changes } from '../parts/rows'
import type { Query } from '../route'

const MOST = 200

export function ChangesScreen({ query }: { query: Query }) {
  const { data, error } = useApi<ChangeList>(address('changes', { id: query['id'], limit: MOST }))
  return (
    <>
      <h1>{t('changes')}</h1>
      {error !== null && <Problem error={error} />}
      {data === null ? (
        error === null && <Loading />
      ) : (
        <Card
          title={t('changes_title')}
          aside={
            <>
              {t('as_of')} <Moment at={data.at} />
            </>
          }
        >
          <Changes changes={data.changes} label={t('changes')} withEntity />
        </Card>
      )}
    </>
  )
}
