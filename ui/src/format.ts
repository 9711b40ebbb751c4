// Figures as text. An absent, NaN or infinite number is null here: the caller says "unknown".
import { lang } from './i18n'

const known = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && Number.isFinite(value)

const units = {
  en: { s: ' s', min: ' min', h: ' h', d: ' d', list: ' ' },
  zh: { s: ' 秒', min: ' 分钟', h: ' 小时', d: ' 天', list: ' ' },
}

/** 0.4 s, 94 s, 12 min, 1 h 40 min, 3 d 4 h; null when unknown. */
export function seconds(value: number | null | undefined, atLeast = false): string | null {
  if (!known(value)) return null
  const sign = value < 0 ? '−' : ''
  return (atLeast ? '≥ ' : '') + sign + span(Math.abs(value))
}

/** A target as people write it: 5 s, not 5.0 s. */
export const target = (value: number | null | undefined): string | null =>
  seconds(value)?.replace(/\.0(?=\D)/, '') ?? null

function span(s: number): string {
  const u = units[lang()]
  if (s > 0 && s < 0.05) return `< 0.1${u.s}`
  if (s < 9.95) return `${s.toFixed(1)}${u.s}`
  if (s < 119.5) return `${Math.round(s)}${u.s}`
  const total = Math.round(s)
  if (total < 600) return pair(Math.floor(total / 60), u.min, total % 60, u.s)
  const minutes = Math.round(s / 60)
  if (minutes < 60) return `${minutes}${u.min}`
  if (minutes < 2880) return pair(Math.floor(minutes / 60), u.h, minutes % 60, u.min)
  return pair(Math.floor(minutes / 1440), u.d, Math.floor(minutes / 60) % 24, u.h)
}

const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${units[lang()].list}${small}${smallUnit}`

/** An age or a span in whole units: 2 s, 12 min, 3 h. Never negative: clocks differ a little. */
export function age(ms: number | null | undefined): string | null {
  if (!known(ms)) return null
  const s = Math.max(0, Math.round(ms / 1000))
  return s < 10 ? `${s}${units[lang()].s}` : span(s)
}

/** Retention: -1 is unlimited and is the caller's to say. */
export const millis = (ms: number | null | undefined): string | null => {
  if (!known(ms)) return null
  return ms < 1000 ? `${Math.round(ms)} ms` : span(ms / 1000)
}

/** 2,010 · 12.4 · 0.31: three digits that count, thousands set apart. */
export function number(value: number | null | undefined): string | null {
  if (!known(value)) return null
  const size = Math.abs(value)
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits })
}

export const rate = (value: number | null | undefined): string | null => {
  const text = number(value)
  return text === null ? null : `${text}/s`
}

export const percent = (share: number | null | undefined): string | null =>
  known(share) ? `${Math.round(share * 100)} %` : null

export function bytes(value: number | null | undefined): string | null {
  if (!known(value)) return null
  const names = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let size = value
  let step = 0
  while (size >= 1000 && step < names.length - 1) {
    size /= 1000
    step += 1
  }
  return `${step === 0 ? size : size.toPrecision(3).replace(/\.?0+$/, (z) => (z.includes('.') ? '' : z))} ${names[step]}`
}

/** Positive: getting later. */
export function trend(value: number | null | undefined): string | null {
  if (!known(value)) return null
  const unit = `${units[lang()].s}/${units[lang()].s.trim()}`
  if (Math.abs(value) < 0.05) return `±0${unit}`
  return `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(1)}${unit}`
}

/** A text cut to `room` characters, a wide (CJK) one counting two, with an ellipsis. */
export function ellipsis(text: string, room: number): string {
  if (width(text) <= room) return text
  let used = 1
  let out = ''
  for (const c of text) {
    used += wide(c) ? 2 : 1
    if (used > room) break
    out += c
  }
  return `${out}…`
}

const wide = (c: string) => (c.codePointAt(0) ?? 0) >= 0x2e80
export const width = (text: string) => [...text].reduce((sum, c) => sum + (wide(c) ? 2 : 1), 0)

/** Fewer known minutes than this have no decimals. */
const DECIMALS = 1000

/** 99.987 %: a share of `of` minutes, rounded down, so that 100 % is said only of what was never out. */
export function nines(share: number | null | undefined, of = DECIMALS): string | null {
  if (!known(share)) return null
  if (of < DECIMALS) return `${Math.floor(share * 100 + 1e-6)} %`
  return `${(Math.floor(share * 100_000 + 1e-6) / 1000).toFixed(3).replace(/\.?0+$/, '')} %`
}

/** Minutes of an error budget; a minus where more was spent than there is. */
export const minutes = (value: number): string => {
  const sign = value < 0 ? '−' : ''
  const size = Math.abs(value)
  const u = units[lang()]
  if (size < 9.95) return `${sign}${size.toFixed(1).replace('.0', '')}${u.min}`
  return size < 120 ? `${sign}${Math.round(size)}${u.min}` : `${sign}${(size / 60).toFixed(1)}${u.h}`
}
