// What the tests on recorded answers have in common: a browser, a still server, its answers.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { launch } from './browser.mjs'
import { serve } from './server.mjs'

export const skip = { skip: process.env.BASE_URL !== undefined && 'needs recorded answers' }
export let browser
export let server

/** `more`: what a file wants to know before its first test. */
export function begin(more = async () => undefined) {
  before(async () => {
    browser = await launch()
    server = await serve()
    await more()
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })
}

export const answer = async (name) => (await fetch(`${server.base}/api/v1/${name}`)).json()

/** Waits until the page has drawn what was fetched. */
export async function shown(page, hash) {
  await page.goto(`${server.base}/#/${hash}`)
  await page.locator('.card').first().waitFor()
}

/** Where somebody wants to look at them: SHOTS. */
export const shooter = (what) => async (page, name) => {
  const folder = process.env.SHOTS
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${what}-${name}.png`), fullPage: true })
}
