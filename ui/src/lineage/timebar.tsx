// "As of": any moment of the last two hours, as far back as there is history.
import { useState } from 'preact/hooks'
import * as link from '../api/link'
import { useBeats } from '../api/use'
import { age } from '../format'
import { t } from '../i18n'
import { go, hrefWith } from '../route'
import { both, moment } from '../time'

/** What the store keeps in memory. */
const SPAN_MS = 7_200_000
const STEP_MS = 5_000

export function TimeBar(props: { at: number | null; oldest: number | null }) {
  useBeats()
  const [dragged, drag] = useState<number | null>(null)
  const now = Math.ceil(link.now() / STEP_MS) * STEP_MS
  const start = Math.min(now - STEP_MS, Math.max(now - SPAN_MS, props.oldest ?? 0))
  const shown = dragged ?? props.at
  const value = shown ?? now
  const read = (input: HTMLInputElement) => (Number(input.value) >= now - STEP_MS ? null : Number(input.value))
  return (
    <div class={`timebar ${shown === null ? '' : 'past'}`}>
      <label for="as-of">{t('as_of')}</label>
      <input
        id="as-of"
        type="range"
        min={start}
        max={now}
        step={STEP_MS}
        value={value}
        aria-valuetext={shown === null ? t('now') : both(shown)}
        onInput={(event) => drag(read(event.currentTarget))}
        onChange={(event) => {
          drag(null)
          go(hrefWith({ at: read(event.currentTarget) }), props.at === null ? 'push' : 'replace')
        }}
      />
      <output for="as-of" class="n">
        {shown === null
          ? t('now')
          : `${moment(shown, link.now())} · ${t('ago', { age: age(link.now() - shown) ?? '' })}`}
      </output>
      {shown !== null && (
        <a role="button" class="button" href={hrefWith({ at: null })}>
          {t('back_to_now')}
        </a>
      )}
    </div>
  )
}
