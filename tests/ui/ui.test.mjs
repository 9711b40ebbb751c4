// The page in a real browser. With BASE_URL: one walk over a running server (FOCUS: the name of
// the job to look at; LATE=1: a delay arises there, which the page must say). Without: the walk
// and what needs a still server, on recorded answers. SHOTS: a folder for screenshots.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, open } from './browser.mjs'
import { serve } from './server.mjs'
import { walk } from './walk.mjs'

const given = process.env.BASE_URL?.replace(/\/$/, '')
const still = { skip: given !== undefined && 'needs recorded answers' }
let browser
let server

before(async () => {
  browser = await launch()
  if (!given) server = await serve(process.env.ANSWERS ? { answers: process.env.ANSWERS } : {})
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

test('a walk over the page', async () => {
  const { page, faults, close } = await open(browser)
  await walk(page, given ?? server.base, {
    focus: process.env.FOCUS,
    late: process.env.LATE === '1',
    shots: process.env.SHOTS,
  })
  assert.deepEqual(faults, [])
  await close()
})

test('a job called like markup is text', still, async () => {
  const { page, faults, close } = await open(browser)
  const name = '<img src=x onerror=alert(1)>'
  await page.route('**/api/v1/jobs?*', async (route) => {
    const answer = await (await route.fetch()).json()
    for (const job of answer.jobs) Object.assign(job, { name, id: `job:demo/${name}`, state: name, cluster: name })
    await route.fulfill({ json: answer })
  })
  await page.goto(`${server.base}/#/jobs`)
  await page.getByRole('link', { name }).first().waitFor()
  assert.equal(await page.locator('img').count(), 0)
  assert.deepEqual(faults, [])
  await close()
})

test('the page says when it lost its server, and when it is back', still, async () => {
  const { page, close } = await open(browser)
  await page.goto(`${server.base}/`)
  await page.getByRole('heading', { name: /What is late/ }).waitFor()
  server.state.broken = true
  const lost = page.getByRole('alert').filter({ hasText: /No contact with the server since \d\d:\d\d:\d\d UTC/ })
  await lost.waitFor({ timeout: 30_000 })
  assert.ok(await page.getByRole('heading', { name: /What is late/ }).count(), 'what was known stays')
  server.state.broken = false
  await lost.waitFor({ state: 'detached', timeout: 30_000 })
  await close()
})

test('what is typed outlives an answer that comes meanwhile', still, async () => {
  const { page, close } = await open(browser)
  let answer
  const asked = new Promise((heard) => (answer = heard))
  await page.route('**/api/v1/lineage?*', async (route) => {
    await asked
    await route.continue()
  })
  await page.goto(`${server.base}/#/lineage`)
  await page.getByRole('combobox', { name: 'Job or topic' }).fill('a')
  await page.getByRole('option').first().waitFor()
  answer()
  await page.getByRole('group', { name: /^Around / }).waitFor()
  assert.ok(await page.getByRole('option').count(), 'what was found still stands')
  assert.equal(await page.getByRole('combobox', { name: 'Job or topic' }).inputValue(), 'a')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await close()
})

test('the server refusing is said in its own words', still, async () => {
  const { page, close } = await open(browser)
  await page.route('**/api/v1/job?*', (route) =>
    route.fulfill({ status: 404, json: { error: 'no job "x" is known', todo: 'look under Jobs' } }),
  )
  await page.goto(`${server.base}/#/job?id=x`)
  await page.getByRole('alert').filter({ hasText: 'no job "x" is knownlook under Jobs' }).waitFor()
  await close()
})
