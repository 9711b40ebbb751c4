// One request: a deadline, the server's own words on refusal, and the server's clock.
import * as link from './link'

export class Failure extends Error {
  constructor(
    message: string,
    readonly status: number | null,
    readonly todo: string | null,
  ) {
    super(message)
  }
  /** No answer at all: the server is not there, or the way to it is not. */
  get lost() {
    return this.status === null
  }
}

const DEADLINE_MS = 15_000

export function address(name: string, values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return `api/v1/${name}${text === '' ? '' : `?${text}`}`
}

export const get = <T>(path: string, signal: AbortSignal) => request<T>(path, { signal })

/** Changes something: with the token, if there is one. The server decides whether it needs it. */
export const post = <T>(path: string, body: unknown, token: string | null) =>
  request<T>(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
  })

async function request<T>(path: string, { signal, headers, ...how }: RequestInit): Promise<T> {
  let answer: Response
  let body: unknown
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  try {
    answer = await fetch(path, {
      ...how,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: { accept: 'application/json', ...headers },
    })
    body = await answer.json().catch(() => null)
  } catch (error) {
    if (signal?.aborted) throw error
    link.failed()
    throw new Failure(error instanceof Error ? error.message : String(error), null, null)
  }
  link.answered(answer.headers.get('date'))
  // A change may be taken without a word.
  if (answer.ok && (body !== null || how.method === 'POST')) return body as T
  const said = (body ?? {}) as { error?: unknown; todo?: unknown }
  const text = typeof said.error === 'string' ? said.error : `${answer.status} ${answer.statusText}`
  throw new Failure(text, answer.status, typeof said.todo === 'string' ? said.todo : null)
}
