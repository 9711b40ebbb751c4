// The pipeline strip, a component's own page, and the review of months, on recorded answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from './browser.mjs'
import { answer, begin, browser, server, shooter, skip } from './still.mjs'

const shot = shooter('pipeline')
begin()

const stages = (page) => page.locator('ol.pipeline > li')

test('the strip says how each part stands, and what nobody named is grey', skip, async () => {
  const { page, faults, close } = await open(browser)
  await page.goto(`${server.base}/`)
  await stages(page).first().waitFor()
  const view = await answer('pipeline')
  assert.deepEqual(await stages(page).locator('h3').allTextContents().then((all) => all.map((t) => /Collection|Queue|Processing|Warehouse/.exec(t)[0])), ['Collection', 'Queue', 'Processing', 'Warehouse'])
  for (const [i, stage] of view.stages.entries()) {
    const here = stages(page).nth(i)
    const tone = { over: 'over', near: 'near', normal: 'ok' }[stage.status] ?? 'unk'
    assert.ok((await here.getAttribute('class')).includes(tone), `${stage.name} is ${tone}`)
    const text = await here.innerText()
    for (const part of stage.parts) assert.ok(text.includes(part.name), `${part.name} in ${text}`)
    if (stage.worst) assert.ok(text.includes(stage.worst.label), text)
    if (stage.parts.length === 0) assert.match(text, /Nothing is named here/)
  }
  assert.equal(view.stages[0].status, 'unknown', 'the recording has a part that nobody named')
  await shot(page, 'wide')
  await page.getByRole('button', { name: '中文' }).click()
  await stages(page).nth(1).getByText('队列').waitFor()
  await page.getByRole('button', { name: '深色' }).click()
  await shot(page, 'zh-dark')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${server.base}/#/overview`)
  await stages(page).first().waitFor()
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'it sticks out')
  const tops = await stages(page).evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top))
  assert.ok(tops.every((top, i) => i === 0 || top > tops[i - 1]), 'one below the other')
  await shot(page, 'narrow')
  assert.deepEqual(faults, [])
  await close()
})

test('how a component stands is not cut on a phone', skip, async () => {
  const { page, close } = await open(browser, { viewport: { width: 390, height: 844 } })
  const { component } = await answer('component')
  const ill = { ...component, standing: 'ill', why: 'condition', detail: 'metric("parts_wait_seconds") < 30 and metric("replicas_behind") < 1' }
  await page.route(/\/api\/v1\/overview/, async (route) => {
    const got = await route.fetch()
    await route.fulfill({ response: got, json: { ...(await got.json()), components: [ill] } })
  })
  await page.goto(`${server.base}/#/overview`)
  const row = page.getByRole('region', { name: 'What they stand on' }).locator('tbody tr')
  await row.first().waitFor()
  const state = row.locator('td').nth(1)
  assert.match(await state.innerText(), /replicas_behind/)
  const { x, width } = await state.boundingBox()
  assert.ok(x >= 0 && x + width <= 390, `from ${x}, ${width} px wide`)
  await row.first().scrollIntoViewIfNeeded()
  await shot(page, 'component-narrow')
  await close()
})

test('a component leads to its own page', skip, async () => {
  const { page, faults, close } = await open(browser)
  await page.goto(`${server.base}/`)
  await stages(page).nth(3).getByRole('link', { name: 'ck', exact: true }).click()
  const { component, members, job_ids } = await answer('component')
  await page.getByRole('heading', { level: 1, name: component.name }).waitFor()
  const text = await page.locator('main').innerText()
  for (const member of members) assert.ok(text.includes(member.name))
  for (const id of job_ids) assert.ok(text.includes(id.replace(/^.*\//, '')))
  await shot(page, 'component')
  assert.deepEqual(faults, [])
  await close()
})

test('a component is a node of the lineage with its state, and the way to it is unknown where nothing measures it', skip, async () => {
  const { page, faults, close } = await open(browser)
  const placed = await answer('placed')
  await page.route('**/api/v1/lineage?*', (route) => route.fulfill({ json: placed }))
  await page.goto(`${server.base}/#/lineage`)
  await page.getByRole('link', { name: /^component ck, clickhouse, .*well/ }).waitFor()
  const edge = placed.edges.find((one) => one.to === 'component:ck')
  assert.equal(edge.delay.seconds, null)
  await page.getByRole('link', { name: /ads-risk writes ck: unknown/ }).waitFor()
  await shot(page, 'lineage')
  assert.deepEqual(faults, [])
  await close()
})

test('the review tells causes and who offends again, and closed incidents are found', skip, async () => {
  const { page, faults, close } = await open(browser)
  await page.goto(`${server.base}/`)
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Review' }).click()
  await page.getByRole('heading', { level: 1, name: 'Review' }).waitFor()
  const view = await answer('review')
  const again = page.getByRole('region', { name: 'Repeat offenders' })
  await again.waitFor()
  for (const one of view.again) assert.ok((await again.innerText()).includes(one.place_name))
  const causes = page.getByRole('region', { name: 'Causes' })
  for (const one of view.causes) assert.ok((await causes.innerText()).includes(one.name))
  await shot(page, 'review')
  // what is typed is asked of the server, and stands in the address
  const asked = page.waitForRequest((request) => /incidents\?.*q=hot/.test(request.url()))
  await page.getByRole('searchbox').fill('hot')
  const address = new URL((await asked).url())
  assert.equal(address.searchParams.get('state'), 'closed')
  await page.waitForURL(/q=hot/)
  // a place narrows all of it
  const place = page.waitForRequest((request) => /review\?.*place=/.test(request.url()))
  await again.getByRole('link').first().click()
  await place
  await page.getByRole('group', { name: 'days back' }).getByRole('link', { name: '30 d' }).click()
  await page.waitForURL(/days=30/)
  assert.match(page.url(), /place=/, 'and stays')
  await page.setViewportSize({ width: 390, height: 844 })
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'it sticks out')
  assert.deepEqual(faults, [])
  await close()
})
