// Whether the server is there, its clock, and its beat. A tick (server-sent event) makes what is
// on screen fetch anew; without events the page asks by itself at the same pace.
const BEAT_MS = 5_000
/** A figure older than this many beats is shown as stale. */
export const STALE_BEATS = 3

let lostSince: number | null = null
let heardAt: number | null = null
let stillAt: number | null = null
let offset = 0
let beat = BEAT_MS
let lastBeat = 0
let count = 0
let source: EventSource | null = null
let timer: ReturnType<typeof setInterval> | null = null
const listeners = new Set<() => void>()

const tell = () => listeners.forEach((listener) => listener())

export const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
/** Grows with each tick. */
export const beats = () => count
/** Since when there is no contact, by the server's clock; null: there is. */
export const lost = () => lostSince
/** When an answer last came, by the server's clock. */
export const heard = () => heardAt
/** The moment that the last live answer spoke of, where it was stale already when it came. */
export const standsStill = () => stillAt
export const saw = (at: number) => void (stillAt = now() - at > staleAfter() ? at : null)
export const staleAfter = () => STALE_BEATS * beat
/** Now by the server's clock, so that ages are right where clocks differ. */
export const now = () => Date.now() + offset

export function answered(date: string | null) {
  const theirs = date === null ? Number.NaN : Date.parse(date)
  // The header counts whole seconds; a smaller difference is only its rounding.
  if (Number.isFinite(theirs)) {
    const apart = theirs + 500 - Date.now()
    const next = Math.abs(apart) > 1500 ? apart : 0
    const jumped = Math.abs(next - offset) > 1500
    offset = next
    if (jumped) tell()
  }
  heardAt = now()
  if (lostSince !== null) {
    lostSince = null
    tell()
  }
}

export function failed() {
  if (lostSince !== null) return
  lostSince = now()
  tell()
}

function ticked(fromServer: boolean) {
  const at = Date.now()
  if (fromServer) {
    if (lastBeat > 0) beat = Math.min(60_000, Math.max(2_000, 0.7 * beat + 0.3 * (at - lastBeat)))
    lastBeat = at
    lostSince = null
  }
  count += 1
  tell()
}

/** What is on screen is asked for anew, as on a tick. */
export const refresh = () => ticked(false)

function listen() {
  source?.close()
  source = new EventSource('api/v1/events')
  const tick = () => ticked(true)
  source.addEventListener('tick', tick)
  source.addEventListener('message', tick)
  // The book of incidents changed: between two ticks, so it says nothing of their pace.
  source.addEventListener('incident', refresh)
}

function watch() {
  if (document.hidden) return
  const silent = Date.now() - lastBeat
  if (silent > 2 * beat) ticked(false)
  if (source === null || source.readyState === EventSource.CLOSED) listen()
}

export function start() {
  if (timer !== null) return
  listen()
  timer = setInterval(watch, BEAT_MS)
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) ticked(false)
  })
}
