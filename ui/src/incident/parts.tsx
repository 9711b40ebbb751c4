// Small things that the screens about trouble share.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { SubjectView, Truth, VerdictView } from '../api/types'
import { parts, t, tn, word } from '../i18n'
import { href, nodeScreen } from '../route'
import { safeUrl, truths, verdictText } from './words'

/** A place by its name: a link to its page where it has one, and to the page of Flink that shows it. */
export function Place(props: { subject: SubjectView; flink?: boolean }) {
  const { node, name, id } = props.subject
  return (
    <>
      {node === null ? (
        <span title={id}>{name}</span>
      ) : (
        <a href={href(nodeScreen(node), { id: node })} title={id}>
          {name}
        </a>
      )}
      {props.flink === true && <FlinkLink url={props.subject.flink_url} />}
    </>
  )
}

export function FlinkLink(props: { url: string | null }) {
  const url = safeUrl(props.url)
  if (url === null) return null
  return (
    <>
      {' '}
      <a class="outside" href={url} target="_blank" rel="noopener noreferrer" title={url}>
        {t('in_flink')}
      </a>
    </>
  )
}

/** Enough to see what is the matter; a dead broker may have hundreds of victims. */
const FIRST = 20

/** The first of many, and a way to the others. */
export function Many<T>(props: { of: T[]; children: (shown: T[]) => ComponentChildren }) {
  const [all, set] = useState(false)
  const { of } = props
  return (
    <>
      {props.children(all ? of : of.slice(0, FIRST))}
      {of.length > FIRST && !all && (
        <p class="pad">
          <button type="button" onClick={() => set(true)}>
            {tn('show_all', of.length)}
          </button>
        </p>
      )}
    </>
  )
}

export function Holds({ truth }: { truth: Truth }) {
  const { shape, tone } = truths[truth]
  const said = word('holds', truth)
  return (
    <span class={`holds ${tone}`} title={said}>
      <i aria-hidden="true">{shape}</i>
      <span class="sr">{said}</span>
    </span>
  )
}

export const Cause = ({ cause }: { cause: string }) => (
  <a class="mono" href={href('rules', { id: cause })}>
    {cause}
  </a>
)

/** `verdictText` with each cause a link to its rule. */
export function Verdict({ verdict }: { verdict: VerdictView }) {
  const between = verdict.causes.map((cause, i) => (
    <>
      {i > 0 && t('or')}
      <Cause cause={cause} />
    </>
  ))
  if (verdict.causes.length === 0) return <>{verdictText(verdict)}</>
  if (verdict.kind === 'root') return <>{between}</>
  const said = parts(verdict.kind === 'family' ? 'verdict_family' : 'verdict_undetermined')
  return (
    <>
      {said.map(({ text, place }) => text ?? (place === 'between' ? between : (verdict.family ?? t('unknown'))))}
    </>
  )
}

export const IncidentLink = (props: { id: string; children: ComponentChildren; class?: string }) => (
  <a class={props.class} href={href('incident', { id: props.id })}>
    {props.children}
  </a>
)
