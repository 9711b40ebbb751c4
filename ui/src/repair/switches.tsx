// What stops actions: a button that is always there, and what stands on.
import { useState } from 'preact/hooks'
import { address } from '../api/client'
import * as link from '../api/link'
import type { PlaybookList, ReleaseRequest, SwitchList, SwitchView, ThrowRequest } from '../api/types'
import { useApi } from '../api/use'
import { seconds } from '../format'
import { t } from '../i18n'
import { say } from '../incident/words'
import { Card, Empty, Moment, Problem } from '../parts/basic'
import { Line, Submit, Token, filled, sent, useSend } from '../parts/form'
import { reachText } from './parts'

const HOUR = 3600
const LENGTHS = [HOUR, 4 * HOUR, 24 * HOUR]

export function Switches() {
  const { data, error } = useApi<SwitchList>(address('kill-switches', {}))
  return (
    <Card title={t('kill_switches')} aside={data !== null && reachText(data.reach)}>
      {error !== null && <Problem error={error} />}
      {data?.error != null && (
        <p class="pad over" role="alert">
          {t('switches_unknown')} <span class="soft">{data.error}</span>
        </p>
      )}
      {data !== null && data.switches.length === 0 && data.error === null && <Empty>{t('no_switches')}</Empty>}
      {data !== null && data.switches.length > 0 && (
        <ul class="lines">
          {data.switches.map((one, i) => (
            <li key={`${one.scope} ${i}`}>
              <On one={one} />
            </li>
          ))}
        </ul>
      )}
      <Throw scope={null} />
      {data !== null && (
        <p class="pad soft small">
          {t('kill_file')} <span class="mono">{data.reach.kill_file}</span>
        </p>
      )}
    </Card>
  )
}

function On({ one }: { one: SwitchView }) {
  return (
    <>
      <b class="over">{t('stopped', { what: say(one.says) })}</b>
      {one.hard && <span class="chip bad">{t('hard')}</span>} · {one.by}
      {one.why !== '' && `: ${one.why}`}
      <p class="soft">
        {t('since')} <Moment at={one.at} />
        {' · '}
        {one.until !== null ? (
          <>
            {t('planned_until')} <Moment at={one.until} />
          </>
        ) : (
          t(one.file ? 'until_file' : 'until_released')
        )}
      </p>
      {!one.file && <Release scope={one.scope} />}
    </>
  )
}

function Release({ scope }: { scope: string }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <details class="announce">
      <summary>{t('release')} …</summary>
      <form
        class="form narrow"
        onSubmit={(event) => {
          const data = sent(event)
          const by = filled(data, 'by')
          if (by === null) return
          void send<ReleaseRequest>('api/v1/kill-switch/release', { scope, by }, data, event.currentTarget)
        }}
      >
        <Line name="by" label={t('your_name')} required />
        <Token />
        <Submit text={t('release')} sending={sending} />
      </form>
    </details>
  )
}

/** One button, and what has to be said with it. `scope` null: it is chosen. */
export function Throw({ scope }: { scope: string | null }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <details class="announce stop">
      <summary>{scope === null ? t('stop_actions') : t('stop_here', { name: scope.replace(/^job:/, '') })}</summary>
      <form
        class="form narrow"
        onSubmit={(event) => {
          const data = sent(event)
          const [where, by, why] = [scope ?? filled(data, 'scope'), filled(data, 'by'), filled(data, 'why')]
          if (where === null || by === null || why === null) return
          const lasts = filled(data, 'lasts')
          const body = {
            scope: where,
            why,
            until: null,
            for_s: lasts === null ? null : Number(lasts),
            hard: data.get('hard') !== null,
            by,
          }
          void send<ThrowRequest>('api/v1/kill-switch/throw', body, data, event.currentTarget)
        }}
      >
        <p class="soft small">{t('stop_what')}</p>
        {scope === null && <Line name="scope" label={t('stop_where')} list="switch-scopes" required />}
        {scope === null && <Scopes />}
        <label>
          <span>{t('planned_lasts')}</span>
          <select name="lasts">
            <option value="">{t('until_released')}</option>
            {LENGTHS.map((length) => (
              <option key={length} value={length}>
                {seconds(length)}
              </option>
            ))}
          </select>
        </label>
        <Line name="why" label={t('why')} required long />
        <Line name="by" label={t('your_name')} required />
        <label class="choice">
          <input type="checkbox" name="hard" /> {t('hard_what')}
        </label>
        <Token />
        <Submit text={t('stop_send')} sending={sending} />
      </form>
    </details>
  )
}

/** A job is written by its name; these have none that people type. */
function Scopes() {
  const { data } = useApi<PlaybookList>(address('playbooks', {}), false)
  return (
    <datalist id="switch-scopes">
      <option value="estate" />
      {data?.reach.clusters.map((cluster) => (
        <option key={cluster} value={`cluster:${cluster}`} />
      ))}
      {data?.playbooks.map(({ name }) => (
        <option key={name} value={`playbook:${name}`} />
      ))}
    </datalist>
  )
}
