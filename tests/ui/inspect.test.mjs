// Inspections on recorded answers: reports browsed, two compared, a risk taken, a report on paper.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { open } from './browser.mjs'
import { answer, begin, browser, server, shooter, shown, skip } from './still.mjs'

const shot = shooter('inspect')
let today
let yesterday

begin(async () => {
  const { inspections } = await answer('inspections')
  ;[today, yesterday] = inspections.map((one) => one.at)
})

test('a report is found in the list and says what is high, by which figures, and what to do', skip, async () => {
  const { page, faults, close } = await open(browser)
  await shown(page, 'inspections')
  await page.getByText('each 0 8 * * * (Asia/Shanghai)').waitFor()
  await shot(page, 'list')
  await page.getByRole('region', { name: 'Reports' }).getByRole('link').first().click()
  const view = await answer('inspection')
  await page.getByRole('heading', { level: 1, name: view.says.en }).waitFor()
  const text = await page.locator('main').innerText()
  for (const one of view.components.flatMap((c) => [...c.high, ...c.low])) {
    for (const told of [one.says.en, one.source.en, one.check, ...one.advice.map((a) => a.en), ...one.evidence.map((e) => e.says.en)])
      assert.ok(text.includes(told), `${told} in ${text}`)
  }
  for (const gone of view.gone) assert.ok(text.includes(gone.says.en))
  assert.match(text, /not judged/i)
  await shot(page, 'report')
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { level: 1, name: view.says.zh }).waitFor()
  await shot(page, 'report-zh')
  await page.getByRole('button', { name: '深色' }).click()
  await shot(page, 'report-zh-dark')
  assert.deepEqual(faults, [])
  await close()
})

test('the address that a message names leads to its report', skip, async () => {
  const { page, close } = await open(browser)
  await shown(page, `inspection/${today}`)
  const view = await answer('inspection')
  await page.getByRole('heading', { level: 1, name: view.says.en }).waitFor()
  await close()
})

test('two reports are compared', skip, async () => {
  const { page, faults, close } = await open(browser)
  await shown(page, `inspections?id=${today}`)
  await page.getByLabel('compare with').selectOption(String(yesterday))
  const compared = await answer('inspection/compare')
  assert.ok(compared.new.length > 0 && compared.gone.length > 0, 'the recording has something to show')
  const fresh = page.locator('.card').filter({ has: page.getByRole('heading', { name: /^New · / }) })
  for (const one of compared.new) await fresh.getByText(one.says.en).waitFor()
  await page.getByRole('heading', { name: /^Gone/ }).waitFor()
  await shot(page, 'compare')
  assert.deepEqual(faults, [])
  await close()
})

test('a risk is taken with who, why and until when, and counts again', skip, async () => {
  const { page, faults, close } = await open(browser)
  server.state.taken.length = 0
  await shown(page, `inspections?id=${today}`)
  await page.getByText('Take this risk …').first().click()
  const form = page.locator('.risks details[open] form')
  await form.getByLabel('until it counts again').selectOption({ label: '7 d' })
  await form.getByLabel('why it may stay').fill('the new racks come')
  await form.getByLabel('your name').fill('wang')
  await form.getByLabel('token').fill(server.state.token)
  await form.getByRole('button', { name: 'Take it' }).click()
  await form.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  await shown(page, 'inspections')
  await page.getByText('Let it count again …').first().click()
  const end = page.locator('.lines details[open] form')
  await end.getByLabel('your name').fill('chen')
  await end.getByRole('button').click()
  await end.getByRole('status').filter({ hasText: 'Kept' }).waitFor()
  const { waivers } = await answer('waivers')
  const first = (await answer('inspection')).components.flatMap((c) => [...c.high, ...c.low])[0]
  assert.deepEqual(server.state.taken, [
    {
      path: '/api/v1/waiver/add',
      body: {
        check: first.check,
        subject: first.subject.id,
        until: null,
        for_s: 7 * 86_400,
        by: 'wang',
        why: 'the new racks come',
      },
    },
    { path: '/api/v1/waiver/end', body: { id: waivers[0].id, by: 'chen' } },
  ])
  assert.deepEqual(faults, [])
  await close()
})

test('on a phone nothing is wider than the screen', skip, async () => {
  const { page, close } = await open(browser, { viewport: { width: 380, height: 800 } })
  for (const hash of ['inspections', `inspections?id=${today}`]) {
    await shown(page, hash)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wider <= 0, `${hash}: ${wider} px too wide`)
  }
  await shot(page, 'narrow')
  await close()
})

test('the report for paper is styled, fits A4 and Letter, and runs no script', skip, async () => {
  for (const lang of ['en', 'zh']) {
    const { page, faults, close } = await open(browser)
    await page.goto(`${server.base}/api/v1/inspection?as=html&lang=${lang}`)
    const edge = await page.locator('.risk').first().evaluate((one) => getComputedStyle(one).borderLeftWidth)
    assert.equal(edge, '5px', 'its style is let in by its own policy')
    await page.emulateMedia({ media: 'print' })
    for (const [format, width] of [['A4', 690], ['Letter', 715]]) {
      await page.setViewportSize({ width, height: 1000 })
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(wider <= 0, `${format}: ${wider} px too wide`)
      const folder = process.env.SHOTS
      if (folder) mkdirSync(folder, { recursive: true })
      const path = folder ? join(folder, `inspect-${format}-${lang}.pdf`) : undefined
      const pdf = await page.pdf({ format, printBackground: true, path })
      assert.ok(pdf.length > 10_000, `${format}: ${pdf.length} bytes`)
    }
    const ran = await page.evaluate(() => {
      const one = document.createElement('div')
      one.innerHTML = '<img src=x onerror="document.title = 1">'
      document.body.append(one)
      return new Promise((done) => setTimeout(() => done(document.title === '1'), 200))
    })
    assert.equal(ran, false)
    assert.ok(faults.every((fault) => fault.includes('CSP') || fault.includes('Content Security Policy')), `${faults}`)
    await close()
  }
})
