// Answers of the API with hostile text wherever text is free.
export const HOSTILE = '<img src=x onerror=alert(1)>'
/** Reads reversed where it is not made harmless. */
export const TURNED = 'ads-\u202erisk\u202c\u200b!'
export const HARMLESS = 'ads-\ufffdrisk\ufffd\ufffd!'

/** What the page steers by: ids, closed lists and nodes of the drawing. All else is free text. */
const STEERING = new Set([
  'kind', 'scope', 'mode', 'incident', 'hash', 'hold', 'id', 'node', 'state', 'truth', 'event', 'part', 'from', 'to', 'why_not', 'op'])

/** The same answer with `text` wherever text is free. */
export function hostile(value, text = HOSTILE, key = '') {
  if (Array.isArray(value)) return value.map((one) => hostile(one, text, key))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one, text, name)]))
  if (key === 'flink_url') return `javascript:alert(1)//${text}`
  return typeof value === 'string' && !STEERING.has(key) ? text : value
}
