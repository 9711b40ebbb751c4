// From where each part of the job's page is, and how old it is.
import type { JobView, Seen } from '../api/types'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { Ago, Card, Table } from '../parts/basic'

export function SeenOf({ view, part }: { view: JobView; part: string }) {
  const seen = view.seen.find((one) => one.part === part)
  if (seen === undefined) return null
  return (
    <>
      {serverText(seen.source)} · <Ago at={seen.at} steady={part !== 'operators'} />
    </>
  )
}

export function Sources({ seen }: { seen: Seen[] }) {
  if (seen.length === 0) return null
  return (
    <Card title={t('sources')}>
      <Table label={t('sources')} head={[t('part'), t('source'), t('read')]}>
        {seen.map((one) => (
          <tr key={`${one.part} ${one.source}`}>
            <td>{word('part', one.part)}</td>
            <td class="mono">{serverText(one.source)}</td>
            <td>
              <Ago at={one.at} steady />
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}
