// What the API says of trouble, as text in the reader's language.
import type { FigureView, IncidentRow, TextView, Truth, VerdictView } from '../api/types'
import { bytes, number, rate, target } from '../format'
import { lang, t, tn, word } from '../i18n'

/** In the reader's language; in the other one where this one is empty. */
export const say = (text: TextView): string => (lang() === 'zh' ? text.zh || text.en : text.en || text.zh)

/** A rule's sentence before anything is known: a place for a figure or a name, not a template. */
export const template = (text: string): string =>
  text.replace(/\{([^{}]+?)(?::\w+)?\}/g, (_, asked: string) => {
    // what is reckoned there is a figure to a reader
    const name = /^\w+$/.test(asked) ? asked : 'value'
    return `‹${word('place', name).replaceAll('_', ' ')}›`
  })

const units = ['records', 'cores']

export function figure(of: FigureView | null): string | null {
  if (of === null) return null
  if (of.text !== null) return of.text
  if (of.truth !== null) return t(of.truth ? 'figure_true' : 'figure_false')
  return quantity(of.value, of.unit)
}

/** A number in its unit: shares stay as they are (0.97), for a rule writes its bounds so. */
export function quantity(value: number | null, unit: string | null): string | null {
  if (unit === 's') return target(value)
  if (unit === 'bytes') return bytes(value)
  if (unit === 'bytes/s') return suffixed(bytes(value), '/s')
  if (unit === 'records/s') return rate(value)
  const text = number(value)
  if (unit === null || unit === 'ratio' || unit === 'count' || unit === '1') return text
  return suffixed(text, ` ${units.includes(unit) ? word('unit', unit) : unit}`)
}

const suffixed = (text: string | null, end: string) => (text === null ? null : text + end)

const signs: Record<string, string> = { '>=': '≥', '<=': '≤', '!=': '≠' }
export const sign = (op: string) => signs[op] ?? op

/** What holds, what does not, and what is not known: by shape and word, grey for the last. */
export const truths: Record<Truth, { shape: string; tone: string }> = {
  true: { shape: '✓', tone: '' },
  false: { shape: '✗', tone: 'soft' },
  unknown: { shape: '?', tone: 'unk' },
}

export function verdictText(verdict: VerdictView): string {
  const { causes } = verdict
  if (verdict.kind === 'root') return causes[0] ?? t('unknown')
  const between = causes.join(t('or'))
  if (verdict.kind === 'family') return t('verdict_family', { family: verdict.family ?? t('unknown'), between })
  return causes.length === 0 ? t('verdict_nothing_fits') : t('verdict_undetermined', { between })
}

/** Over, near or neither (over, or somebody's work): an open incident that breaks a target is red, any other open one orange. */
export function harmTone(row: IncidentRow): string {
  if (row.state === 'closed' || row.state === 'recovering' || row.planned !== null) return 'soft'
  return row.harm.breach ? 'over' : 'near'
}

/** So little is left that whoever is called now must act now; so little, that today somebody must. */
const LOSS_NOW_S = 3600
const LOSS_TODAY_S = 24 * 3600
export const lossTone = (left: number): string => (left < LOSS_NOW_S ? 'over' : left < LOSS_TODAY_S ? 'near' : 'soft')

export const victimsText = (n: number) => (n === 0 ? t('no_victims') : tn('n_victims', n))

/** Only what a browser may open: an address from the estate could be a script. */
export function safeUrl(url: string | null): string | null {
  if (url === null) return null
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol) ? url : null
  } catch {
    return null
  }
}
