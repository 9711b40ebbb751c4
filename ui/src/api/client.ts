// One GET: a deadline, the server's own words on refusal, and the server's clock.
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

export async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  let answer: Response
  let body: unknown
  try {
    answer = await fetch(path, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      headers: { accept: 'application/json' },
    })
    body = await answer.json().catch(() => null)
  } catch (error) {
    if (signal.aborted) throw error
    link.failed()
    throw new Failure(error instanceof Error ? error.message : String(error), null, null)
  }
  link.answered(answer.headers.get('date'))
  if (answer.ok && body !== null) return body as T
  const said = (body ?? {}) as { error?: unknown; todo?: unknown }
  const text = typeof said.error === 'string' ? said.error : `${answer.status} ${answer.statusText}`
  throw new Failure(text, answer.status, typeof said.todo === 'string' ? said.todo : null)
}
