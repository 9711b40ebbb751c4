// Why it is said: named conditions with their comparisons; each can be asked again.
import { useState } from 'preact/hooks'
import { address, type Failure, get } from '../api/client'
import type { Answer, CheckView, EvidenceView } from '../api/types'
import { age } from '../format'
import { t } from '../i18n'
import { serverText } from '../i18n/server'
import { Empty, Moment } from '../parts/basic'
import { Holds, Place } from './parts'
import { type Span, Spark } from './spark'
import { figure, say, sign } from './words'

/** `home`: the place that all of it is about unless it says otherwise. */
export function EvidenceList(props: { evidence: EvidenceView[]; span: Span; home: string; nothing: string }) {
  if (props.evidence.length === 0) return <Empty>{props.nothing}</Empty>
  return (
    <ul class="evidence">
      {props.evidence.map((one, i) => (
        <Piece key={`${i} ${one.name}`} evidence={one} span={props.span} home={props.home} />
      ))}
    </ul>
  )
}

function Piece({ evidence, span, home }: { evidence: EvidenceView; span: Span; home: string }) {
  const { words, checks, truth } = evidence
  const [only] = checks
  // One comparison that says the same needs no mark of its own, and without words no headline.
  const same = checks.length === 1 && only?.truth === truth
  return (
    <li>
      {(words !== null || !same) && (
        <p class="what">
          <Holds truth={truth} />{' '}
          {words === null ? (
            <code>{evidence.expr || evidence.name}</code>
          ) : (
            <span title={evidence.expr}>{say(words)}</span>
          )}
        </p>
      )}
      {checks.map((check, i) => (
        <Comparison
          key={`${i} ${check.subject.id} ${check.expr}`}
          check={check}
          span={span}
          home={home}
          unmarked={same && words !== null}
          alone={same && words === null}
        />
      ))}
      {checks.length === 0 && words !== null && <p class="soft indent mono">{evidence.expr}</p>}
    </li>
  )
}

function Comparison(props: { check: CheckView; span: Span; home: string; unmarked: boolean; alone: boolean }) {
  const { check, span } = props
  return (
    <div class={props.alone ? 'check alone' : props.unmarked ? 'check unmarked' : 'check'}>
      <div>
        <p>
          {!props.unmarked && <Holds truth={check.truth} />} <code>{check.expr}</code>{' '}
          {check.op === null ? (
            check.value !== null && <b class="n">{figure(check.value)}</b>
          ) : (
            <>
              <b class={check.value === null ? 'unk' : 'n'}>{figure(check.value) ?? t('unknown')}</b>{' '}
              <span class="soft">
                {sign(check.op)} <span class="n">{figure(check.threshold) ?? t('unknown')}</span>
              </span>
            </>
          )}
          {check.held_s !== null && (
            <span class="soft"> · {t('held_for', { time: age(check.held_s * 1000) ?? '' })}</span>
          )}
        </p>
        {check.missing !== null && <p class="unk">{t('not_seen', { what: serverText(check.missing) })}</p>}
        <p class="soft">
          {check.subject.id !== props.home && (
            <>
              <Place subject={check.subject} flink /> ·{' '}
            </>
          )}
          <AskAgain check={check} />
        </p>
      </div>
      <Spark check={check} span={span} />
    </div>
  )
}

type Asked = { answer: Answer } | { failed: Failure } | 'asking' | null

/** The same question put to the present. */
function AskAgain({ check }: { check: CheckView }) {
  const [asked, set] = useState<Asked>(null)
  const ask = () => {
    set('asking')
    get<Answer>(address('ask', { subject: check.subject.id, expr: check.expr }), new AbortController().signal).then(
      (answer) => set({ answer }),
      (failed: Failure) => set({ failed }),
    )
  }
  return (
    <>
      <button type="button" class="link" onClick={ask} disabled={asked === 'asking'}>
        {t('ask_again')}
      </button>
      <span role="status">
        {asked === 'asking' && ` ${t('loading')}`}
        {asked !== null && asked !== 'asking' && (
          <>
            {' → '}
            {'answer' in asked ? (
              <Said answer={asked.answer} check={check} />
            ) : (
              <span class="over">{asked.failed.lost ? t('no_answer') : asked.failed.message}</span>
            )}
          </>
        )}
      </span>
    </>
  )
}

/** A value, or a condition with its comparisons: whichever was asked. */
function Said({ answer, check }: { answer: Answer; check: CheckView }) {
  const checks = answer.checks.length > 0 ? answer.checks : [{ ...check, value: answer.value }]
  const known = checks.filter((one) => one.value !== null)
  return (
    <>
      {answer.truth !== null && <Holds truth={answer.truth} />}
      {known.length === 0 && answer.truth !== 'true' && answer.truth !== 'false' && (
        <span class="unk">
          {t('unknown')}
          {answer.missing !== null && ` (${serverText(answer.missing)})`}
        </span>
      )}
      {known.map((one, i) => (
        <span key={i}>
          {i > 0 && t('comma')}
          <b class="n ink">{figure(one.value)}</b>
          {one.op !== null && one.threshold !== null && (
            <span>
              {' '}
              ({sign(one.op)} {figure(one.threshold)})
            </span>
          )}
        </span>
      ))}{' '}
      · <Moment at={answer.at} />
    </>
  )
}
