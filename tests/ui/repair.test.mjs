// Repair on recorded answers: exact requests, a yes to one plan alone, kill switches, live steps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from './browser.mjs'
import { HOSTILE, hostile } from './hostile.mjs'
import { answer, begin, browser, server, shown, skip } from './still.mjs'

const ROUTES = /\/api\/v1\/(plans|actions?|kill-switches|playbooks)(\?|$)/
let plan

begin(async () => {
  const { proposals } = await answer('plans')
  plan = proposals.find((one) => one.hash !== null)
})

test('the plan stands on its incident as the requests that would go out, with what holds it', skip, async () => {
  const { page, faults, close } = await open(browser)
  await shown(page, `incident/${plan.incident}`)
  const card = page.locator('.card', { hasText: 'What would be done now' })
  await card.getByText(plan.requests[0].slice(0, 60)).waitFor()
  const text = await card.innerText()
  for (const one of [...plan.holds.map((h) => h.says.en), ...plan.plan.steps.map((s) => s.en)]) {
    assert.ok(text.includes(one), `${one} in ${text}`)
  }
  assert.match(text, /\?\s+unknown\s+its TaskManagers do not drown in garbage collection · gc of taskmanagers: not seen/)
  assert.deepEqual(faults, [])
  await close()
})

test('a yes goes to exactly the plan that is shown, with the token', skip, async () => {
  const { page, faults, close } = await open(browser)
  server.state.taken.length = 0
  await shown(page, `incident/${plan.incident}`)
  await page.getByText('Approve this plan …').click()
  const form = page.locator('.answer[open] form')
  await form.getByLabel('your name').fill('wang')
  await form.getByLabel('token').fill(server.state.token)
  await form.getByRole('button', { name: 'Approve this plan' }).click()
  await form.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  await page.getByText('Decline this plan …').click()
  const no = page.locator('.answer').nth(1).locator('form')
  await no.getByLabel('your name').fill('chen')
  await no.getByRole('button').click()
  await no.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  assert.deepEqual(server.state.taken, [
    { path: '/api/v1/plan/answer', body: { plan: plan.hash, yes: true, by: 'wang' } },
    { path: '/api/v1/plan/answer', body: { plan: plan.hash, yes: false, by: 'chen' } },
  ])
  assert.deepEqual(faults, [])
  await close()
})

test('what was filled in for one plan is not sent for another', skip, async () => {
  const { page, close } = await open(browser)
  let hash = plan.hash
  await page.route(/\/api\/v1\/plans/, async (route) => {
    const view = await (await route.fetch()).json()
    view.proposals[0].hash = hash
    await route.fulfill({ json: view })
  })
  await shown(page, `incident/${plan.incident}`)
  await page.getByText('Approve this plan …').click()
  await page.locator('.answer[open] form').getByLabel('your name').fill('wang')
  hash = 'f'.repeat(32)
  await page.locator('.answer[open]').waitFor({ state: 'detached' })
  await page.getByText('Approve this plan …').click()
  const form = page.locator('.answer[open] form')
  await form.getByText(hash).waitFor()
  assert.equal(await form.getByLabel('your name').inputValue(), '')
  await close()
})

test('a plan that stands no more is said in the reader’s language', skip, async () => {
  const { page, close } = await open(browser)
  server.state.stale = true
  await shown(page, `incident/${plan.incident}?lang=zh`)
  await page.getByText('批准该方案 …').click()
  const form = page.locator('.answer[open] form')
  await form.locator('input[name=by]').fill('王')
  await form.locator('input[name=token]').fill(server.state.token)
  await form.getByRole('button').click()
  await form.getByRole('alert').filter({ hasText: '该方案已失效' }).waitFor()
  server.state.stale = false
  await close()
})

test('actions are stopped by one button and let go where it stands', skip, async () => {
  const { page, faults, close } = await open(browser)
  server.state.taken.length = 0
  await shown(page, 'repairs')
  await page.getByText('Stop actions …').click()
  const form = page.locator('.stop form')
  await form.getByLabel('estate, cluster').fill('cluster:demo')
  await form.getByLabel('for how long').selectOption({ label: '4 h' })
  await form.getByLabel('why').fill(HOSTILE)
  await form.getByLabel('your name').fill('wang')
  await form.getByLabel('also in the middle').check()
  await form.getByLabel('token').fill(server.state.token)
  await form.getByRole('button', { name: 'Stop them now' }).click()
  await form.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  assert.equal(await page.getByText('Take it back …').count(), 1, 'not of what stands in the file')
  await page.getByText('Take it back …').click()
  const second = page.locator('.lines form')
  await second.getByLabel('your name').fill('root')
  await second.getByRole('button').click()
  await second.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  const thrown = { scope: 'cluster:demo', why: HOSTILE, until: null, for_s: 14400, hard: true, by: 'wang' }
  assert.deepEqual(server.state.taken, [
    { path: '/api/v1/kill-switch/throw', body: thrown },
    { path: '/api/v1/kill-switch/release', body: { scope: 'job:demo/ads-risk', by: 'root' } },
  ])
  assert.deepEqual(faults, [])
  await close()
})

test('the steps of what is being done go on with the ticks', skip, async () => {
  const { page, close } = await open(browser)
  let done = 3
  await page.route(/\/api\/v1\/action\?/, async (route) => {
    const view = await (await route.fetch()).json()
    await route.fulfill({ json: { ...view, row: { ...view.row, done } } })
  })
  const list = await answer('actions')
  const actions = list.actions.filter((one) => one.state === 'open')
  await page.route(/\/api\/v1\/actions\?/, (route) => route.fulfill({ json: { ...list, actions } }))
  await shown(page, `incident/${plan.incident}`)
  await page.getByText('What is being done').waitFor()
  const now = page.locator('.steps [aria-current="step"]')
  await now.filter({ hasText: 'start it from that point' }).waitFor()
  done = 4
  await now.filter({ hasText: 'watch whether it helps' }).waitFor()
  assert.equal(await page.locator('.steps .good').count(), 4)
  await close()
})

test('who looked at a stuck action says so, and a playbook is used again', skip, async () => {
  const { page, close } = await open(browser)
  server.state.taken.length = 0
  const { actions } = await answer('actions')
  const stuck = actions.find((one) => one.look)
  await page.route(/\/api\/v1\/action\?/, async (route) => {
    const view = await (await route.fetch()).json()
    await route.fulfill({ json: { ...view, row: stuck } })
  })
  await shown(page, `repairs?id=${stuck.id}`)
  const form = page.locator('form')
  await form.getByLabel('note').fill('restored by hand')
  await form.getByLabel('your name').fill('chen')
  await form.getByLabel('token').fill(server.state.token)
  await form.getByRole('button').click()
  await form.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  await page.goto(`${server.base}/#/repairs`)
  await page.locator('summary', { hasText: 'restart-from-checkpoint' }).click()
  const second = page.locator('.stack[open] form')
  await second.getByLabel('note').fill('mended')
  await second.getByLabel('your name').fill('chen')
  await second.getByRole('button').click()
  await second.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  assert.deepEqual(server.state.taken, [
    { path: '/api/v1/action/look', body: { id: stuck.id, note: 'restored by hand', by: 'chen' } },
    { path: '/api/v1/playbook/on', body: { playbook: 'restart-from-checkpoint', note: 'mended', by: 'chen' } },
  ])
  await close()
})

for (const hash of ['incident', 'repairs', 'repairs?id=x']) {
  test(`markup in every text of repair is text: ${hash}`, skip, async () => {
    const { page, faults, close } = await open(browser)
    await page.route(ROUTES, async (route) => route.fulfill({ json: hostile(await (await route.fetch()).json()) }))
    await shown(page, hash === 'incident' ? `incident/${plan.incident}` : hash)
    await page.getByText(HOSTILE).first().waitFor()
    for (const one of await page.locator('details > summary').all()) await one.click()
    assert.equal(await page.locator('img').count(), 0)
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0)
    assert.deepEqual(faults, [])
    await close()
  })
}

test('the longest words of repair do not stick out, wide or narrow', skip, async () => {
  for (const width of [390, 1280]) {
    const { page, close } = await open(browser, { viewport: { width, height: 844 } })
    const word = `Very${'x'.repeat(160)}`
    await page.route(ROUTES, async (route) => {
      const got = await route.fetch()
      await route.fulfill({ response: got, json: hostile(await got.json(), word) })
    })
    for (const hash of ['repairs', 'repairs?id=x', `incident?id=${plan.incident}`]) {
      await page.goto(`${server.base}/#/${hash}`)
      await page.getByText(word).first().waitFor()
      for (const one of await page.locator('details > summary').all()) await one.click()
      const out = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(out <= 0, `${hash} sticks out by ${out} px at ${width}`)
    }
    await close()
  }
})
