// Moments as text: always with their zone. UTC unless the reader asks for local time.
let local = false
export const setLocal = (on: boolean) => void (local = on)
export const isLocal = () => local

const two = (n: number) => String(n).padStart(2, '0')

function parts(ms: number, asLocal: boolean) {
  const d = new Date(ms)
  return asLocal
    ? {
        day: `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`,
        clock: `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`,
        zone: offset(-d.getTimezoneOffset()),
      }
    : { day: d.toISOString().slice(0, 10), clock: d.toISOString().slice(11, 19), zone: 'UTC' }
}

function offset(minutes: number): string {
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

const valid = (ms: number | null | undefined): ms is number => ms !== null && ms !== undefined && Math.abs(ms) < 8.64e15

/** 03:14:06 UTC; on another day than `now` 2026-11-14 03:14 UTC. */
export function moment(ms: number | null | undefined, now: number, asLocal = local): string | null {
  if (!valid(ms)) return null
  const m = parts(ms, asLocal)
  const today = parts(now, asLocal).day === m.day
  return `${today ? m.clock : `${m.day} ${m.clock.slice(0, 5)}`} ${m.zone}`
}

/** The moment in full, in UTC and local: what the tooltip says. */
export function both(ms: number): string {
  const [utc, here] = [parts(ms, false), parts(ms, true)]
  const one = `${utc.day} ${utc.clock} UTC`
  return here.zone === 'UTC' ? one : `${one} · ${here.day} ${here.clock} ${here.zone}`
}

/** 2026-11-20, as it is counted in that zone; one that the browser does not know is UTC. */
export function dayIn(ms: number, zone: string): string {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms)
  } catch {
    return new Date(ms).toISOString().slice(0, 10)
  }
}
