// One walk over the page as its readers take it. It asserts on roles and text only, so it is the
// same for recorded answers and for a real estate behind a running server.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const SENTENCE = /is .+ late|Nothing is over its target|Cannot be judged|Everything is within its target|Nothing can be seen/

/**
 * `focus`: the name of the job to look at; without it, one whose delay is known. `late`: a delay is
 * known to arise in that job, and the page must say so.
 */
export async function walk(page, base, { focus, late, shots } = {}) {
  const shot = shooter(page, shots)
  const job = await choose(base, focus)
  await overview(page, base, shot, late && job)
  await trouble(page, base, shot)
  await rules(page, shot)
  await lineage(page, job, shot, late)
  await language(page, shot)
  await dark(page, shot)
  await asOf(page, shot)
  await jobPage(page, job, shot)
  await system(page, shot)
  await narrow(page, base, job, shot)
  return job
}

function shooter(page, folder) {
  if (!folder) return async () => undefined
  mkdirSync(folder, { recursive: true })
  return (name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

async function choose(base, focus) {
  const { jobs } = await (await fetch(`${base}/api/v1/jobs?limit=200`)).json()
  const known = jobs.filter((job) => job.delay.seconds !== null)
  const job = focus ? jobs.find((one) => one.name === focus) : (known[0] ?? jobs[0])
  assert.ok(job, focus ? `no job is called ${focus}` : 'the estate has no job')
  return job
}

/** Until `look` does not complain any more: what a page shows of a real estate changes with each look at it. */
async function until(page, look) {
  const end = Date.now() + 15_000
  for (;;) {
    try {
      return await look()
    } catch (complaint) {
      if (Date.now() > end) throw complaint
      await page.waitForTimeout(250)
    }
  }
}

async function overview(page, base, shot, late) {
  await page.goto(`${base}/`)
  await until(page, async () => {
    const said = await page.getByRole('heading', { level: 1 }).innerText()
    assert.match(said, SENTENCE)
    if (!late) return
    // where it arises, until the cause is named: then that
    const [, what, where] = /^(.+) is .+ late .*(?:It arises|Cause:) (.+)$/.exec(said) ?? []
    assert.ok(what, `nothing is called late: ${said}`)
    assert.ok(what === late.name || `${where} `.includes(late.name), `${late.name} is not where it arises: ${said}`)
  })
  await page.getByRole('heading', { name: /What is late/ }).waitFor()
  for (const name of ['By group', 'Clusters', 'Recent changes', 'Blind spots']) {
    assert.equal(await page.getByRole('heading', { name }).count(), 1, name)
  }
  assert.equal(await page.getByRole('alert').count(), 0, 'the overview complains')
  await shot('1-overview')
}

/** From the first incident of the overview to its evidence; without one, the page says so. */
async function trouble(page, base, shot) {
  const card = page.locator('.card').filter({ has: page.getByRole('heading', { name: /^Incidents/ }) })
  const one = card.locator('.incidents a').first()
  await one.or(card.getByText(/Nothing is wrong|Nothing can be seen|No incident yet/)).waitFor()
  if ((await one.count()) === 0) {
    const { incidents } = await (await fetch(`${base}/api/v1/incidents?state=open`)).json()
    // it may have opened at this moment
    if (incidents.length > 0) await one.waitFor()
    else await one.or(card.getByText(/Watched: /)).waitFor()
    if ((await one.count()) === 0) return
  }
  await one.click()
  await page.waitForURL(/#\/incident\?id=/)
  await headingSays(page, base, 'en')
  for (const name of ['Why we say so', 'Considered, and why not', 'What to do', 'Victims', 'Timeline', 'Your word'])
    assert.equal(await page.getByRole('heading', { name }).count(), 1, name)
  const ask = page.getByRole('button', { name: 'ask again' }).first()
  if (await ask.count()) {
    await ask.click()
    await page
      .getByRole('status')
      .filter({ hasText: /→ .+ · .*UTC/ })
      .waitFor()
  }
  assert.equal(await page.getByRole('alert').count(), 0, 'the incident complains')
  await shot('1b-incident')
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { name: '为什么这样判断' }).waitFor()
  await headingSays(page, base, 'zh')
  await page.getByRole('button', { name: '深色' }).click()
  await shot('1c-incident-chinese-dark')
  await page.getByRole('button', { name: '浅色' }).click()
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Why we say so' }).waitFor()
}

/** The heading is the sentence of the incident in the address. Its figures change with each look, on
 * the page a moment later than in the store: so both are asked until they agree. */
async function headingSays(page, base, lang) {
  const id = new URL(page.url()).hash.match(/id=([^&]+)/)[1]
  await until(page, async () => {
    const { row } = await (await fetch(`${base}/api/v1/incident?id=${id}`)).json()
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), row.sentence[lang])
  })
}

async function rules(page, shot) {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Rules' }).click()
  const table = page.getByRole('region', { name: 'Rules' })
  await page.getByRole('heading', { name: /^\d+ rules?/ }).waitFor()
  const first = table.getByRole('link').first()
  if (!(await first.count())) return
  const cause = await first.innerText()
  await page.getByRole('searchbox', { name: 'Part of a name or text' }).fill(cause)
  await page.waitForURL((url) => decodeURIComponent(url.hash).includes(`q=${cause}`))
  await table.getByRole('link', { name: cause }).first().click()
  await page.getByRole('heading', { level: 1, name: cause }).waitFor()
  for (const name of ['What it needs', 'What looks the same', 'Record'])
    assert.equal(await page.getByRole('heading', { name }).count(), 1, name)
  await shot('1d-rule')
}

async function lineage(page, job, shot, late) {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Lineage' }).click()
  const search = page.getByRole('combobox', { name: 'Job or topic' })
  await search.fill(job.name)
  await page.getByRole('option').filter({ hasText: job.name }).first().click()
  await page.waitForURL((url) => decodeURIComponent(url.hash).includes('focus=job:'))
  await page.getByRole('group', { name: /^Around / }).waitFor()
  await secondsOnEdges(page)
  if (late) {
    await page.getByRole('link', { name: new RegExp(`^job ${plain(job.name)}, .*arises here`) }).waitFor()
    await page.getByRole('link', { name: new RegExp(`^${plain(job.name)} reads .*, over target$`) }).waitFor()
  }
  await shot('2-lineage')

  const focused = decodeURIComponent(new URL(page.url()).hash)
  const topic = page.getByRole('link', { name: /^topic / }).first()
  if (await topic.count()) {
    await topic.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => decodeURIComponent(url.hash).includes('focus=topic:'))
    await page.goBack()
    assert.equal(decodeURIComponent(new URL(page.url()).hash), focused, 'back works')
  }
  await page.getByRole('group', { name: 'hops' }).getByRole('link', { name: '3 hops' }).click()
  await page.waitForURL(/hops=3/)
  await page.getByRole('heading', { name: /Level by level/ }).waitFor()
  for (const head of ['level', 'application id', 'name', 'consumer group', 'delay', 'threshold', 'checked at']) {
    assert.ok(await page.getByRole('columnheader', { name: head, exact: true }).count(), head)
  }
}

/** A name as a pattern of itself. */
const plain = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The figures on the edges: each says what it is of, and at least one is known. */
async function secondsOnEdges(page) {
  const edges = page.getByRole('link', { name: / (reads|writes) .*: / })
  await edges.first().waitFor()
  await until(page, async () => {
    const figures = await edges.locator('text').allTextContents()
    for (const text of figures) assert.match(text, /^(≥ )?(< )?−?[\d.]+ (s|min|h|d)|^\?$/)
    assert.ok(
      figures.some((text) => /\d/.test(text)),
      `no edge has seconds: ${figures.join(', ')}`,
    )
  })
}

async function language(page, shot) {
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('link', { name: '血缘' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
  assert.match(page.url(), /lang=zh/)
  await until(page, async () => {
    const figures = await page
      .getByRole('link', { name: /(读取|写入).*: / })
      .locator('text')
      .allTextContents()
    assert.ok(
      figures.some((text) => /秒|分钟|小时/.test(text)),
      `figures in Chinese: ${figures.join(', ')}`,
    )
  })
  await shot('3-chinese')
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('link', { name: 'Lineage' }).waitFor()
}

async function dark(page, shot) {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.getByRole('button', { name: 'dark colours' }).click()
  assert.notEqual(await ground(), light)
  await shot('4-dark')
  await page.reload()
  await page.getByRole('button', { name: 'light colours' }).click()
  assert.equal(await ground(), light)
}

async function asOf(page, shot) {
  const slider = page.getByRole('slider', { name: 'as of' })
  await slider.focus()
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowLeft')
  await page.waitForURL(/at=\d+/)
  await page
    .getByRole('status')
    .filter({ hasText: /UTC · .+ ago/ })
    .waitFor()
  await page.getByRole('group', { name: /^Around / }).waitFor()
  await shot('5-as-of')
  await page.getByRole('button', { name: 'now', exact: true }).click()
  await page.waitForURL((url) => !url.hash.includes('at='))
}

async function jobPage(page, job, shot) {
  await page.getByRole('link', { name: 'open the job' }).click()
  await page.getByRole('heading', { level: 1, name: job.name }).waitFor()
  for (const name of [
    'Where it waits',
    'Curves',
    'Operators',
    'Delay inside the job',
    'Checkpoints',
    'Exceptions',
    'Configuration',
  ]) {
    assert.ok(await page.getByRole('heading', { name }).count(), name)
  }
  const operator = page.getByRole('region', { name: 'Operators' }).getByRole('button').first()
  if (await operator.count()) {
    await operator.click()
    await page.getByRole('region', { name: 'subtasks' }).waitFor()
  }
  await page.locator('figure canvas, .empty').first().waitFor()
  await shot('6-job')
}

async function system(page, shot) {
  await page.getByRole('navigation').getByRole('link', { name: 'System' }).click()
  const rows = page.getByRole('region', { name: 'Targets' }).getByRole('row')
  await rows.first().waitFor()
  assert.ok((await rows.count()) > 1, 'no target')
  await page.getByRole('heading', { name: 'Loops' }).waitFor()
  await shot('7-system')
}

/** On a telephone nothing sticks out sideways. */
async function narrow(page, base, job, shot) {
  await page.setViewportSize({ width: 390, height: 844 })
  const id = encodeURIComponent(job.id)
  const { incidents } = await (await fetch(`${base}/api/v1/incidents?state=all`)).json()
  const one = incidents[0] ? [`incident?id=${incidents[0].id}`] : []
  for (const screen of ['overview', ...one, 'incidents', 'rules', `lineage?focus=${id}`, `job?id=${id}`, 'jobs', 'system']) {
    await page.goto(`${base}/#/${screen}`)
    await page.locator('.card').first().waitFor()
    // what was drawn for the width before is drawn anew
    await until(page, async () => {
      const out = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(out <= 0, `${screen} sticks out by ${out} px`)
    })
  }
  await shot('8-narrow')
  await page.setViewportSize({ width: 1280, height: 900 })
}
