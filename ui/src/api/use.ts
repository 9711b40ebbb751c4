import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { type Failure, get } from './client'
import * as link from './link'

export interface Answer<T> {
  data: T | null
  error: Failure | null
  /** The address that `data` answers: another one while a new one is awaited. */
  of: string | null
  loading: boolean
}

/** Redraws on every tick and on loss or return of the server; gives the number of ticks. */
export function useBeats(): number {
  const [, redraw] = useState(0)
  useEffect(() => link.subscribe(() => redraw((n) => n + 1)), [])
  return link.beats()
}

/** Asks at once, and on each tick while `live`. What was last known stays until it is replaced. */
export function useApi<T>(path: string | null, live = true): Answer<T> {
  const [answer, set] = useState<Answer<T>>({ data: null, error: null, of: null, loading: path !== null })
  const flight = useRef<{ path: string; stop: AbortController } | null>(null)
  const beats = useBeats()
  const again = live ? beats : 0
  useEffect(() => {
    if (path === null || flight.current?.path === path) return
    flight.current?.stop.abort()
    const stop = new AbortController()
    flight.current = { path, stop }
    set((old) => ({ ...old, loading: true }))
    const landed = () => {
      if (flight.current?.stop === stop) flight.current = null
    }
    get<T>(path, stop.signal).then(
      (data) => {
        landed()
        if (live && data !== null && typeof data === 'object' && 'at' in data) link.saw(Number(data.at))
        set({ data, error: null, of: path, loading: false })
      },
      (error: Failure) => {
        landed()
        if (stop.signal.aborted) return
        set((old) => ({ ...(old.of === path ? old : { data: null, of: null }), error, loading: false }))
      },
    )
  }, [path, again])
  useEffect(() => () => flight.current?.stop.abort(), [])
  return path === null ? { data: null, error: null, of: null, loading: false } : answer
}

/** The moment that is looked at; null: now. */
export const AsOf = createContext<number | null>(null)

/** Now by the server's clock, or the moment looked at; redraws each second. */
export function useNow(): number {
  const asOf = useContext(AsOf)
  const [, redraw] = useState(0)
  useEffect(() => {
    if (asOf !== null) return
    const timer = setInterval(() => redraw((n) => n + 1), 1000)
    return () => clearInterval(timer)
  }, [asOf])
  return asOf ?? link.now()
}
