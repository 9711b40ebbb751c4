// What forms that change something share: the token that they need, and what became of them.
import { useState } from 'preact/hooks'
import { type Failure, post } from '../api/client'
import * as secret from '../api/token'
import { t } from '../i18n'

const MOST = 2000
const LONGEST_NAME = 100
const LONGEST_LINE = 200
export const filled = (data: FormData, name: string): string | null => {
  const value = data.get(name)
  // Lines end as the server keeps them, whatever the browser makes of them.
  const text = typeof value === 'string' ? value.replace(/\r\n?/g, '\n').trim() : ''
  return text === '' ? null : text
}

export function sent(event: { preventDefault: () => void; currentTarget: EventTarget }): FormData {
  event.preventDefault()
  return new FormData(event.currentTarget as HTMLFormElement)
}

type Sending = 'idle' | 'sending' | 'sent' | { failed: string; todo: string | null }

/** Sends with the token that is kept, or the one just typed, which is kept once it was accepted. */
export function useSend(redraw: () => void, done: () => void) {
  const [sending, set] = useState<Sending>('idle')
  const send = async <T,>(path: string, body: T, data: FormData, form: HTMLFormElement) => {
    const token = filled(data, 'token') ?? secret.token()
    if (token !== null && !secret.sendable(token)) return set({ failed: t('token_odd'), todo: null })
    set('sending')
    try {
      await post(path, body, token)
      secret.keep(token)
      set('sent')
      form.reset()
      done()
    } catch (error) {
      set(refusal(error as Failure))
    }
    redraw()
  }
  return [sending, send] as const
}

function refusal(failure: Failure): Sending {
  if (failure.lost) return { failed: t('no_answer'), todo: t('no_answer_todo') }
  if (failure.status === 401) {
    // What is not accepted is not kept: it is asked for again.
    secret.keep(null)
    return { failed: t('token_refused'), todo: failure.todo ?? failure.message }
  }
  if (failure.status === 403) return { failed: t('not_allowed'), todo: failure.todo ?? failure.message }
  // What was answered has changed meanwhile: only plans are answered.
  if (failure.status === 409) return { failed: t('stale_plan'), todo: t('stale_plan_todo') }
  return { failed: failure.message, todo: failure.todo }
}

export const Line = (props: { name: string; label: string; required?: boolean; list?: string; long?: boolean }) => (
  <label>
    <span>{props.label}</span>
    <input
      type="text"
      name={props.name}
      list={props.list}
      maxLength={props.long === true ? LONGEST_LINE : LONGEST_NAME}
      required={props.required === true}
      autocomplete="off"
    />
  </label>
)

export const Note = (props: { required?: boolean }) => (
  <label>
    <span>{t('note')}</span>
    <textarea name="note" rows={2} maxLength={MOST} required={props.required === true} />
  </label>
)

export function Token() {
  if (secret.token() !== null) return null
  return (
    <label>
      <span>{t('token')}</span>
      <input type="password" name="token" autocomplete="off" />
      <span class="soft small">{t('token_why')}</span>
    </label>
  )
}

export function Submit({ text, sending }: { text: string; sending: Sending }) {
  return (
    <div class="submit">
      <button type="submit" class="main" disabled={sending === 'sending'}>
        {text}
      </button>
      <span role="status">
        {sending === 'sending' && t('loading')}
        {sending === 'sent' && t('kept_thanks')}
      </span>
      {typeof sending === 'object' && (
        <p class="over" role="alert">
          {sending.failed}
          {sending.todo !== null && <span class="soft"> {sending.todo}</span>}
        </p>
      )}
    </div>
  )
}
