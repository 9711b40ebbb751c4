// Writes src/api/types.ts from the API's views (src/web/view*.rs), so that the two cannot drift:
// `npm run types` after a change there; test/types.test.ts fails until it is done.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const plain = { String: 'string', bool: 'boolean' }
const numbers = /^(u8|u16|u32|u64|usize|i32|i64|f32|f64)$/

/** One Rust type as TypeScript; an Option is null when absent. */
export function convert(rust) {
  const generic = /^(Option|Vec)<(.*)>$/.exec(rust)
  if (generic?.[1] === 'Option') return `${convert(generic[2])} | null`
  if (generic?.[1] === 'Vec') {
    const inner = convert(generic[2])
    return inner.includes('|') ? `(${inner})[]` : `${inner}[]`
  }
  const tuple = /^\((.*)\)$/.exec(rust)
  if (tuple)
    return `[${tuple[1]
      .split(',')
      .map((part) => convert(part.trim()))
      .join(', ')}]`
  return numbers.test(rust) ? 'number' : (plain[rust] ?? rust)
}

const snake = (name) => name.replace(/(?<!^)[A-Z]/g, (c) => `_${c}`).toLowerCase()

export function generate(rust) {
  const out = ['// Made by `npm run types` from src/web/view*.rs: do not edit.', '']
  for (const block of rust.matchAll(/((?:^\/\/\/.*\n)*)(?:^#\[.*\n)*^pub (struct|enum) (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const [, doc, kind, name, body] = block
    for (const line of doc.trim().split('\n').filter(Boolean)) out.push(line.replace('///', '//'))
    if (kind === 'enum') {
      const values = [...body.matchAll(/^\s+(\w+),/gm)].map((m) => `'${snake(m[1])}'`)
      out.push(`export type ${name} = ${values.join(' | ')}`, '')
      continue
    }
    out.push(`export interface ${name} {`)
    for (const line of body.split('\n')) {
      const field = /^\s+pub (?:r#)?(\w+): (.*),$/.exec(line)
      if (field) out.push(`  ${field[1]}: ${convert(field[2])}`)
      else if (/^\s+\/\/\//.test(line)) out.push(line.replace(/^\s+\/\/\//, '  //'))
    }
    out.push('}', '')
  }
  return out.join('\n')
}

export const paths = {
  rust: [
    'view.rs',
    'view_base.rs',
    'view_incident.rs',
    'view_inspection.rs',
    'view_pipeline.rs',
    'view_planned.rs',
    'view_repair.rs',
    'view_availability.rs',
    'view_review.rs',
  ].map((file) =>
    fileURLToPath(new URL(`../../src/web/${file}`, import.meta.url)),
  ),
  types: fileURLToPath(new URL('../src/api/types.ts', import.meta.url)),
}

/** The views' source, all files one after the other. */
export const source = () => paths.rust.map((file) => readFileSync(file, 'utf8')).join('\n')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(paths.types, generate(source()))
}
