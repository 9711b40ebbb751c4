// Playbooks: what each does, what it asks for first, and what came of it so far.
import { useState } from 'preact/hooks'
import * as link from '../api/link'
import type { OnRequest, PlaybookStep, PlaybookView } from '../api/types'
import { t, word } from '../i18n'
import { Cause } from '../incident/parts'
import { say, template } from '../incident/words'
import { Moment } from '../parts/basic'
import { Line, Note, Submit, Token, filled, sent, useSend } from '../parts/form'
import { Pairs } from './parts'

export const Books = ({ books }: { books: PlaybookView[] }) => (
  <>
    {books.map((book) => (
      <details key={book.name} class="stack">
        <summary>
          <span class="mono">{book.name}</span> <span class="chip">{t('risk', { risk: book.risk })}</span>
          <span class="chip">{word('mode', book.mode)}</span>
          {book.eased !== null && (
            <span class="chip" title={say(book.eased.says)}>
              {t('book_eased_chip', { risk: book.eased.risk, mode: word('mode', book.eased.mode) })}
            </span>
          )}
          {book.off_since !== null && <span class="chip bad">{t('book_off')}</span>}{' '}
          <span class="soft">
            {template(say(book.says))} · {used(book)}
          </span>
        </summary>
        <Book book={book} />
      </details>
    ))}
  </>
)

const kinds = ['helped', 'no_change', 'failed', 'rolled_back', 'stuck', 'held'] as const

/** "helped 3 · no change 1", or that it was never used. */
export function used(book: PlaybookView): string {
  const counts = kinds.filter((kind) => book.record[kind] > 0).map((kind) => `${word('action', kind)} ${book.record[kind]}`)
  return counts.length === 0 ? t('never_used') : counts.join(' · ')
}

function Book({ book }: { book: PlaybookView }) {
  const asks = [...book.asks.map(say), ...book.needs.map((need) => need.expr)]
  return (
    <>
      {book.off_since !== null && (
        <>
          <p class="pad over">
            {t('book_off_why')} <Moment at={book.off_since} />
          </p>
          <TurnOn name={book.name} />
        </>
      )}
      <Pairs
        of={[
          [
            t('book_cures'),
            book.cures.length === 0
              ? '–'
              : book.cures.map((cause) => (
                  <div key={cause}>
                    <Cause cause={cause} />
                  </div>
                )),
          ],
          ...(book.eased === null
            ? []
            : ([[t('book_eased'), `${t('risk', { risk: book.eased.risk })}, ${word('mode', book.eased.mode)}: ${say(book.eased.says)}`]] as [
                string,
                preact.ComponentChildren,
              ][])),
          [t('book_asks'), asks.length === 0 ? '–' : asks.map((ask) => <div key={ask}>{ask}</div>)],
          [t('steps'), <BookSteps steps={book.steps} />],
          ...(book.in_place.length === 0
            ? []
            : ([[t('in_place'), <BookSteps steps={book.in_place} />]] as [string, preact.ComponentChildren][])),
          [t('way_back'), book.rollback.length === 0 ? t('no_way_back') : <BookSteps steps={book.rollback} />],
          [t('source'), book.source],
        ]}
      />
    </>
  )
}

const BookSteps = ({ steps }: { steps: PlaybookStep[] }) => (
  <ol class="steps bare">
    {steps.map((step, i) => (
      <li key={i}>
        {say(step.says)}
        {step.request !== null && <code class="said mono soft">{step.request}</code>}
      </li>
    ))}
  </ol>
)

function TurnOn({ name }: { name: string }) {
  const [, redraw] = useState(0)
  const [sending, send] = useSend(() => redraw((n) => n + 1), link.refresh)
  return (
    <form
      class="form narrow"
      onSubmit={(event) => {
        const data = sent(event)
        const [by, note] = [filled(data, 'by'), filled(data, 'note')]
        if (by === null || note === null) return
        void send<OnRequest>('api/v1/playbook/on', { playbook: name, note, by }, data, event.currentTarget)
      }}
    >
      <Note required />
      <Line name="by" label={t('your_name')} required />
      <Token />
      <Submit text={t('book_on')} sending={sending} />
    </form>
  )
}
