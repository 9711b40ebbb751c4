import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { generate, paths, source } from '../scripts/types.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const RECORDED = here('../../tests/fixtures/api')

/** Which type each recorded answer is of, by the file's name. */
const of: Record<string, string> = {
  overview: 'Overview',
  lineage: 'LineageView',
  levels: 'LevelsView',
  jobs: 'JobList',
  job: 'JobView',
  topic: 'TopicView',
  changes: 'ChangeList',
  curves: 'Curves',
  system: 'SystemView',
  incidents: 'IncidentList',
  incident: 'IncidentView',
  planned: 'PlannedList',
  inspections: 'InspectionList',
  inspection: 'InspectionView',
  compared: 'ComparedView',
  waivers: 'WaiverList',
  answer: 'Answer',
  evidence_curve: 'EvidenceCurve',
  rules: 'RuleList',
  rule: 'RuleView',
  plans: 'ProposalList',
  actions: 'ActionList',
  action: 'ActionView',
  switches: 'SwitchList',
  playbooks: 'PlaybookList',
  availability: 'AvailabilityView',
  pipeline: 'PipelineView',
  history: 'HistoryView',
  component: 'BaseView',
  placed: 'LineageView',
  spent: 'SpentView',
  review: 'ReviewView',
}

it('the types are those of the server', () => {
  expect(readFileSync(paths.types, 'utf8'), 'run `npm run types`').toBe(generate(source()))
})

it('recorded answers are of these types, field for field', () => {
  const files = readdirSync(RECORDED).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(0)
  const folder = mkdtempSync(here('./recorded-'))
  try {
    for (const file of files) {
      const type = of[file.replace(/[-.].*$/, '')]
      if (type === undefined) throw new Error(`${file}: of which type?`)
      // A literal, so that the compiler also refuses fields that the types do not have.
      writeFileSync(
        `${folder}/${file}.ts`,
        `import type { ${type} } from '../../src/api/types'\nexport const recorded: ${type} = ${readFileSync(`${RECORDED}/${file}`, 'utf8')}\n`,
      )
    }
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--exactOptionalPropertyTypes',
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--types',
      'node',
    ]
    const compiler = [here('../node_modules/typescript/bin/tsc'), ...options]
    const said = spawnSync(process.execPath, [...compiler, ...files.map((file) => `${folder}/${file}.ts`)], {
      encoding: 'utf8',
    })
    expect(said.stdout).toBe('')
    expect(said.status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)
