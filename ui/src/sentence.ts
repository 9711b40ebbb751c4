// The first line of the page: what is late, by how much and where it arises; else what is not
// known. In pieces, so that names can be links.
import type { Delay, IncidentRow, LateItem, Overview, Status } from './api/types'
import { say as said } from './incident/words'
import { seconds, target } from './format'
import { type Key, parts, t, tn } from './i18n'
import { nodeName } from './route'

export interface Piece {
  text: string
  /** A node to link to. */
  node?: string
  /** An incident to link to. */
  incident?: string
}
export interface Sentence {
  status: Status
  pieces: Piece[]
}
/** Jobs without a target and of unknown delay; null while not known. */
export interface Blanks {
  no_target: number | null
  unknown: number | null
}

const say = (key: Key, places: Record<string, Piece> = {}): Piece[] =>
  parts(key).map((piece) =>
    piece.text !== undefined ? { text: piece.text } : (places[piece.place ?? ''] ?? { text: '' }),
  )

const figure = (delay: Delay): Piece => ({ text: seconds(delay.seconds, delay.at_least) ?? t('unknown') })
const name = (item: LateItem): Piece =>
  item.kind === 'job' || item.kind === 'component' ? { text: item.label, node: item.id } : { text: item.label }

/** `open`: incidents, worst first. */
export function sentence(view: Overview, blanks: Blanks, open: IncidentRow[] = []): Sentence {
  if (view.targets === 0) return { status: 'unknown', pieces: say('say_no_targets') }
  if (view.targets_up === 0)
    return { status: 'unknown', pieces: say('say_blind', { n: { text: String(view.targets) } }) }
  const main = lateness(view, blanks, open)
  const { failed, lost } = view.jobs
  const ended = /[.。]$/.test(main.pieces.at(-1)?.text ?? '.')
  if (failed + lost > 0 && !ended) main.pieces.push({ text: t('full_stop') })
  if (failed > 0) main.pieces.push({ text: t('between') }, { text: tn('say_failed', failed) })
  if (lost > 0) main.pieces.push({ text: t('between') }, { text: tn('say_lost', lost) })
  return failed + lost > 0 ? { ...main, status: 'over' } : main
}

function lateness(view: Overview, blanks: Blanks, open: IncidentRow[]): Sentence {
  // what is wrong is never told as calm because nobody can judge how late it makes things; and where it is known why
  // something is late, that is what is told
  const ill = open.filter((one) => one.state === 'confirmed' && one.role !== 'hazard' && one.planned === null)
  const why = ill.find((one) => one.harm.breach)
  if (why) return { status: 'over', pieces: [{ text: ended(said(why.sentence)), incident: why.id }] }
  const over = view.late.filter((item) => item.delay.status === 'over')
  const first = over.find((item) => !item.inherited && item.kind !== 'path') ?? over[0]
  if (first) return { status: 'over', pieces: [...late(first), ...others(over, first), ...heirs(view.late, first)] }
  if (ill[0]) return { status: 'over', pieces: [{ text: ended(said(ill[0].sentence)), incident: ill[0].id }] }
  const near = view.late.find((item) => item.delay.status === 'near')
  if (near)
    return {
      status: 'near',
      pieces: [
        ...say('say_near', { label: name(near), delay: figure(near.delay), target: wanted(near) }),
        ...arises(near),
      ],
    }
  if (view.jobs.total === 0) return { status: 'unknown', pieces: say('say_no_jobs') }
  const blank = (blanks.no_target ?? 0) + (blanks.unknown ?? 0)
  if (blanks.no_target === 0 && blanks.unknown === 0) return { status: 'normal', pieces: say('say_all_within') }
  if (blank === 0) return { status: 'unknown', pieces: [...say('say_none_over'), ...slowest(view)] }
  const rest = blank < view.jobs.total ? [{ text: t('between') }, ...say('say_rest_within')] : []
  const pieces = [...say('say_unjudged', { blanks: { text: blankText(blanks) } }), ...rest]
  return { status: 'unknown', pieces: [...pieces, ...slowest(view)] }
}

/** What others say may follow it. */
const ended = (text: string) => (/[.!?。！？]$/.test(text) ? text : text + t('full_stop'))

const wanted = (item: LateItem): Piece => ({ text: target(item.delay.target_s) ?? t('unknown') })

const late = (item: LateItem): Piece[] => [
  ...say(item.delay.target_s === null ? 'say_late_plain' : 'say_late', {
    label: name(item),
    delay: figure(item.delay),
    target: wanted(item),
  }),
  ...arises(item),
]

function arises(item: LateItem): Piece[] {
  if (item.arises_at === null) return []
  const where = { text: nodeName(item.arises_at), node: item.arises_at }
  const inTopic = item.arises_at.startsWith('topic:')
  const keys = inTopic ? inTopics : item.arises_at === item.id ? own : elsewhere
  return [{ text: t('between') }, ...say(keys[item.arises_as ?? ''] ?? keys[''] ?? 'say_arises', { where })]
}

const elsewhere: Record<string, Key> = {
  '': 'say_arises',
  topic: 'say_arises_topic',
  inside: 'say_arises_inside',
  window: 'say_arises_window',
  commit: 'say_arises_commit',
}
const own: Record<string, Key> = {
  '': 'say_own',
  topic: 'say_own_topic',
  inside: 'say_own_inside',
  window: 'say_own_window',
  commit: 'say_own_commit',
}
const inTopics: Record<string, Key> = { '': 'say_arises', topic: 'say_arises_in_topic' }

function others(over: LateItem[], first: LateItem): Piece[] {
  // A path is late by what is late on it: it is no further one.
  const more = over.filter((item) => item !== first && item.kind !== 'path' && !item.inherited)
  return more.length === 0 ? [] : [{ text: t('between') }, { text: tn('say_more', more.length) }]
}

/** Who is late only because of it, with a target or without one. */
function heirs(all: LateItem[], first: LateItem): Piece[] {
  const more = all.filter((item) => item !== first && item.kind !== 'path' && item.inherited)
  const [one] = more
  if (one === undefined) return []
  if (more.length === 1) return [{ text: t('between') }, ...say('say_inheriting_one', { label: name(one) })]
  return [{ text: t('between') }, { text: tn('say_inheriting', more.length) }]
}

function blankText(blanks: Blanks): string {
  const said: string[] = []
  if (blanks.no_target) said.push(tn('blank_no_target', blanks.no_target))
  if (blanks.unknown) said.push(tn('blank_unknown', blanks.unknown))
  return said.join(t('comma'))
}

/** Without a target nothing is called late, but the largest delay is still worth a word. */
function slowest(view: Overview): Piece[] {
  const known = view.groups.map((group) => group.worst).filter((item) => item !== null && item.delay.seconds !== null)
  const worst = known.sort((a, b) => (b?.delay.seconds ?? 0) - (a?.delay.seconds ?? 0))[0]
  if (!worst) return []
  return [{ text: t('between') }, ...say('say_slowest', { label: name(worst), delay: figure(worst.delay) })]
}

export const plain = (said: Sentence) => said.pieces.map((piece) => piece.text).join('')
