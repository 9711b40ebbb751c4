// Small things every screen uses.
import type { ComponentChildren } from 'preact'
import type { Status } from '../api/types'
import type { Failure } from '../api/client'
import * as link from '../api/link'
import { useNow } from '../api/use'
import { age } from '../format'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { both, moment } from '../time'

export function Card(props: {
  title: ComponentChildren
  aside?: ComponentChildren
  id?: string
  children: ComponentChildren
}) {
  return (
    <section class="card" aria-labelledby={props.id}>
      <h2 id={props.id}>
        {props.title}
        {props.aside !== undefined && <span class="aside">{props.aside}</span>}
      </h2>
      {props.children}
    </section>
  )
}

export const tone = (status: Status): string =>
  ({ normal: 'ok', near: 'near', over: 'over', no_target: 'unk', unknown: 'unk' })[status]

/** Status by shape and word as well as by colour. */
const shapes: Record<Status, string> = { normal: '●', near: '◆', over: '▲', no_target: '○', unknown: '?' }

export function Mark(props: { status: Status; withWord?: boolean }) {
  const said = word('status', props.status)
  return (
    <span class={`mark ${tone(props.status)}`} title={said}>
      <i aria-hidden="true">{shapes[props.status]}</i>
      {props.withWord === true ? ` ${said}` : <span class="sr">{said}</span>}
    </span>
  )
}

/** What is not known, with why. */
export function Unknown(props: { why?: string | null | undefined }) {
  const why = props.why == null ? null : serverText(props.why)
  return (
    <span class="unk unknown" title={why ?? t('no_reason')}>
      {t('unknown')}
      {why !== null && <span class="sr"> ({why})</span>}
    </span>
  )
}

/** A figure, or "unknown". */
export function Fig(props: { text: string | null; why?: string | null; title?: string; class?: string }) {
  if (props.text === null) return <Unknown why={props.why} />
  return (
    <span class={`n ${props.class ?? ''}`} title={props.title}>
      {props.text}
    </span>
  )
}

/** A moment with its zone; the tooltip has it in UTC and local. */
export function Moment(props: { at: number | null; why?: string }) {
  const text = moment(props.at, useNow())
  if (text === null || props.at === null) return <Unknown why={props.why} />
  return (
    <time class="n" dateTime={new Date(props.at).toISOString()} title={both(props.at)}>
      {text}
    </time>
  )
}

/** "3 s ago", grey and marked once older than three beats. */
export function Ago(props: { at: number | null; source?: string; steady?: boolean }) {
  const now = useNow()
  if (props.at === null) return <Unknown why={t('never_read')} />
  const old = now - props.at
  const stale = props.steady !== true && old > link.staleAfter()
  const text = t('ago', { age: age(old) ?? '' })
  return (
    <span
      class={stale ? 'stale n' : 'n'}
      title={`${props.source === undefined ? '' : `${props.source} · `}${both(props.at)}`}
    >
      {stale ? `${t('stale')} · ${text}` : text}
    </span>
  )
}

export function Problem(props: { error: Failure }) {
  const { error } = props
  return (
    <div class="problem" role="alert">
      <p>{error.lost ? t('no_answer') : error.message}</p>
      {error.lost && <p class="soft">{t('no_answer_todo')}</p>}
      {error.todo !== null && <p class="soft">{error.todo}</p>}
    </div>
  )
}

export const Loading = () => (
  <p class="empty" role="status">
    {t('loading')}
  </p>
)

export const Empty = (props: { children: ComponentChildren }) => <p class="empty">{props.children}</p>

/** Choices of which one holds; each is a link, so the address bar has it. */
export function Segment(props: { label: string; items: { text: string; to: string; on: boolean }[] }) {
  return (
    <span class="seg" role="group" aria-label={props.label}>
      {props.items.map((item) => (
        <a key={item.text} href={item.to} aria-current={item.on ? 'true' : undefined}>
          {item.text}
        </a>
      ))}
    </span>
  )
}

/** The head of a column of figures. */
export const num = (text: string) => ({ text, num: true as const })

/** A table that scrolls by itself where the window is narrow. */
export function Table(props: {
  head: (string | { text: string; num: true })[]
  label: string
  /** On a phone each row is a block: what stands last in it would not be seen. */
  stacks?: boolean
  children: ComponentChildren
}) {
  return (
    <div class={props.stacks === true ? 'scroll stacks' : 'scroll'} tabIndex={0} role="region" aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.head.map((cell, i) => (
              <th key={i} scope="col" class={typeof cell === 'string' ? undefined : 'num'}>
                {typeof cell === 'string' ? cell : cell.text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  )
}

/** A share from 0 to 1 as a bar with its figure; the level, not good or bad. */
export function Share(props: { of: number | null; label: string }) {
  if (props.of === null || !Number.isFinite(props.of)) return <Unknown why={t('not_reported')} />
  const share = Math.min(1, Math.max(0, props.of))
  return (
    <span class="share" title={`${props.label}: ${props.of.toFixed(3)}`}>
      <span class="n">{share.toFixed(2)}</span>
      <svg viewBox="0 0 48 6" width="48" height="6" aria-hidden="true">
        <rect class="track" width="48" height="6" rx="2" />
        <rect class="fill" width={48 * share} height="6" rx="2" />
      </svg>
    </span>
  )
}
