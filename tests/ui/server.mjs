// A still server for fast tests: the built page, and answers of the API as they were recorded.
// Its Date header is the recording's own moment, so that ages on the page are those of that day.
//   node tests/ui/server.mjs [folder of answers] [port]
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const DIST = here('../../ui/dist')
const ANSWERS = here('../fixtures/api')
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

/** Where an answer's file is called otherwise. */
const files = {
  ask: 'answer',
  'evidence-curve': 'evidence_curve',
  'planned-work': 'planned',
  'kill-switches': 'switches',
  'availability/spent': 'spent',
  'inspection/now': 'inspection',
  'inspection/compare': 'compared',
}
const REPORTS = here('../fixtures/report')

/** Starts on loopback; gives its address, and what a test may switch. */
export async function serve({ answers = ANSWERS, port = 0 } = {}) {
  const state = { broken: false, stale: false, token: 'right', taken: [] }
  const at = JSON.parse(readFileSync(join(answers, 'overview.json'), 'utf8')).at
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    if (state.broken) return response.destroy()
    response.sendDate = false
    response.setHeader('date', new Date(at).toUTCString())
    response.setHeader('content-security-policy', "default-src 'self'")
    if (url.pathname === '/api/v1/events') return events(request, response)
    if (request.method === 'POST') return taken(request, response, state)
    const api = /^\/api\/v1\/([\w/-]+)$/.exec(url.pathname)
    // a report as a document brings its own policy with it
    const paper = api?.[1] === 'inspection' && url.searchParams.get('as') === 'html'
    if (paper) response.removeHeader('content-security-policy')
    const file = paper
      ? join(REPORTS, url.searchParams.get('lang') === 'zh' ? 'inspection.zh.html' : 'inspection.html')
      : api
      ? join(answers, `${files[api[1]] ?? api[1]}.json`)
      : join(DIST, normalize(url.pathname === '/' ? '/index.html' : url.pathname))
    try {
      const body = fitting(readFileSync(file), url.searchParams.get('incident'))
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.end(body)
    } catch {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: `no ${url.pathname} here`, todo: null }))
    }
  })
  await new Promise((ready) => server.listen(port, '127.0.0.1', ready))
  const stop = () => (server.closeAllConnections(), new Promise((done) => server.close(done)))
  return { base: `http://127.0.0.1:${server.address().port}`, state, stop }
}

/** Of what is asked for one incident: only what is of it. */
function fitting(body, incident) {
  if (incident === null) return body
  const of = (value) => (Array.isArray(value) ? value.filter((one) => one.incident.startsWith(incident)) : value)
  const all = Object.entries(JSON.parse(body.toString()))
  return JSON.stringify(Object.fromEntries(all.map(([name, value]) => [name, of(value)])))
}

/** What changes something needs the token; it is remembered, and nothing else comes of it. */
async function taken(request, response, state) {
  let body = ''
  for await (const chunk of request) body += chunk
  const allowed = request.headers.authorization === `Bearer ${state.token}`
  if (allowed) state.taken.push({ path: request.url, body: JSON.parse(body) })
  if (allowed && state.stale) {
    response.writeHead(409, { 'content-type': 'application/json' })
    return response.end(JSON.stringify({ error: 'no such plan stands now', todo: 'look' }))
  }
  response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' })
  response.end(JSON.stringify(allowed ? {} : { error: 'no valid token', todo: 'send the token' }))
}

function events(request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const tick = () => response.write('event: tick\ndata: {}\n\n')
  tick()
  const timer = setInterval(tick, 1000)
  request.on('close', () => clearInterval(timer))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { base } = await serve({ answers: process.argv[2] ?? ANSWERS, port: Number(process.argv[3] ?? 0) })
  console.log(base)
}
