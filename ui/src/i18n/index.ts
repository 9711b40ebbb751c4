// Two languages, one set of keys. `t` gives text; `parts` leaves the places of the parameters
// open, so that a link can stand in them.
import { en } from './en'
import { zh } from './zh'

export type Lang = 'en' | 'zh'
export type Key = keyof typeof en

const texts: Record<Lang, Record<Key, string>> = { en, zh }
let current: Lang = 'en'

export const lang = () => current
export const setLang = (next: Lang) => void (current = next)
export const isLang = (text: string | null | undefined): text is Lang => text === 'en' || text === 'zh'

export type Params = Record<string, string | number>

/** The text in pieces: fixed ones as text, places of parameters by their name. */
export function parts(key: Key): { text?: string; place?: string }[] {
  return texts[current][key]
    .split(/(\{\w+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (/^\{\w+\}$/.test(piece) ? { place: piece.slice(1, -1) } : { text: piece }))
}

export const t = (key: Key, params: Params = {}): string =>
  parts(key)
    .map((piece) => piece.text ?? String(params[piece.place ?? ''] ?? ''))
    .join('')

/** One or many: `key_one` where the language has it and n is 1. */
export function tn(key: Key, n: number, params: Params = {}): string {
  const single = `${key}_one` as Key
  return t(n === 1 && single in texts[current] ? single : key, { n, ...params })
}

/** A word of a closed list of the API; a word this page does not know is shown as it came. */
export function word(prefix: string, value: string): string {
  const key = `${prefix}_${value}` as Key
  return texts[current][key] ?? value
}
