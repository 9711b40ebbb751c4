// The address bar holds the state: #/lineage?focus=job:a/b&hops=2&at=...&lang=zh
import { useEffect, useState } from 'preact/hooks'

export const screens = [
  'overview',
  'lineage',
  'incidents',
  'incident',
  'jobs',
  'job',
  'topic',
  'component',
  'availability',
  'review',
  'changes',
  'repairs',
  'inspections',
  'inspection',
  'rules',
  'system',
] as const
export type Screen = (typeof screens)[number]
export type Query = Record<string, string>
export interface Route {
  screen: Screen
  query: Query
}

/** Kept on every link: how to read, not what is shown. */
const sticky = ['lang', 'tz']

export function parse(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  // #/incident/7f3a is the same as #/incident?id=7f3a: the shorter one goes into a chat.
  const [first, id] = path.split(/\/(.*)/s)
  const screen = screens.find((name) => name === first) ?? 'overview'
  const query = Object.fromEntries(new URLSearchParams(search))
  return { screen, query: id ? { id: decode(id), ...query } : query }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export type Values = Record<string, string | number | null | undefined>

export function format(screen: Screen, values: Values): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value))
  }
  const text = search.toString().replaceAll('%3A', ':').replaceAll('%2F', '/')
  return `#/${screen}${text === '' ? '' : `?${text}`}`
}

export const current = (): Route => parse(globalThis.location?.hash ?? '')

/** A link to a screen, with what every link keeps. */
export function href(screen: Screen, values: Values = {}): string {
  const kept: Values = {}
  const now = current().query
  for (const key of sticky) kept[key] = now[key]
  return format(screen, { ...values, ...kept })
}

/** This screen with some values changed; null takes one away. */
export const hrefWith = (values: Values): string => {
  const now = current()
  return format(now.screen, { ...now.query, ...values })
}

export function go(to: string, how: 'push' | 'replace' = 'push') {
  if (to === globalThis.location.hash) return
  if (how === 'push') globalThis.location.hash = to
  else {
    history.replaceState(null, '', to)
    dispatchEvent(new HashChangeEvent('hashchange'))
  }
}

export function useRoute(): Route {
  const [route, set] = useState(current)
  useEffect(() => {
    const changed = () => set(current())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return route
}

/** The moment that is looked at; null: now. */
export function asOf(query: Query): number | null {
  const at = Number(query['at'])
  return query['at'] !== undefined && Number.isFinite(at) ? at : null
}

/** Where a node id leads: a job's, a topic's or a component's own page. */
export const nodeScreen = (id: string): Screen =>
  id.startsWith('topic:') ? 'topic' : /^(component|hdfs|yarn|zookeeper):/.test(id) ? 'component' : 'job'
/** The readable end of a node id: `job:<cluster>/<key>` -> key. */
export const nodeName = (id: string): string => id.replace(/^\w+:/, '').replace(/^[^/]*\//, '')
