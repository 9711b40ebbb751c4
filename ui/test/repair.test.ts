// Repair in its pure parts: how far we may go, what became of a playbook and of an action.
import { afterEach, expect, it } from 'vitest'
import actions from '../../tests/fixtures/api/actions.json'
import plans from '../../tests/fixtures/api/plans.json'
import playbooks from '../../tests/fixtures/api/playbooks.json'
import type { ActionList, PlaybookList, ProposalList } from '../src/api/types'
import { setLang } from '../src/i18n'
import { tone } from '../src/repair/action'
import { used } from '../src/repair/books'
import { reachText, reasons } from '../src/repair/parts'

afterEach(() => setLang('en'))

const { reach, proposals } = plans as ProposalList

it('how far we may go is said by risk, and that it is nowhere', () => {
  expect(reachText(reach)).toBe('acts on demo · risk A: observes only · B: needs a yes · C: by itself')
  expect(reachText({ ...reach, clusters: [] })).toMatch(/acts on no cluster/)
  setLang('zh')
  expect(reachText(reach)).toBe('可操作 demo · 风险 A：仅观察 · B：需批准 · C：自动')
})

it('a playbook that was never used says so', () => {
  const { playbooks: books } = playbooks as PlaybookList
  expect(books.map(used)).toEqual(['helped 3 · no change 1 · held 7', 'failed 1 · stuck 1'])
  const none = { helped: 0, no_change: 0, failed: 0, rolled_back: 0, stuck: 0, held: 0 }
  expect(used({ ...books[0]!, record: none })).toBe('never used')
})

it('only what waits for somebody is red', () => {
  const rows = (actions as ActionList).actions
  expect(rows.map(tone)).toEqual(['ok', 'over', 'good'])
  expect(tone({ ...rows[1]!, look: false })).toBe('near')
})

it('reasons are said in the reader’s language, one after the other', () => {
  setLang('zh')
  expect(reasons(proposals[0]!.holds)).toMatch(/^需由人批准.*；已持续 44 秒，需先持续 60 秒$/)
})
