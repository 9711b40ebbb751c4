import { afterEach, describe, expect, it } from 'vitest'
import { parts, setLang, t, tn } from '../src/i18n'
import { en } from '../src/i18n/en'
import { zh } from '../src/i18n/zh'

/** Names and signs that Chinese readers use as they are. */
const NAMES =
  /Flink|Kafka|ZooKeeper|HDFS|YARN|HTML|CSV|Markdown|streamwarden inspect --keep|REST|Prometheus|JobManager|TaskManager|Broker|UTC|ID|Tab|streamwarden serve|--kafka|--probe|p50|p95|p99/g

afterEach(() => setLang('en'))

describe('the two languages', () => {
  it('have the same keys', () => expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort()))

  it('have the same places in each text', () => {
    const places = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    const differ = Object.keys(en).filter(
      (key) => places(en[key as keyof typeof en]).join() !== places(zh[key as keyof typeof en]).join(),
    )
    expect(differ).toEqual([])
  })

  it('leave no English in Chinese', () => {
    const left = Object.entries(zh).filter(([, text]) =>
      /[A-Za-z]/.test(text.replace(/\{\w+\}/g, '').replace(NAMES, '')),
    )
    expect(left).toEqual([])
  })

  it('leave nothing unsaid', () => {
    const empty = Object.entries({ ...zh, ...en }).filter(([key, text]) => text === '' && key !== 'between')
    expect(empty).toEqual([])
  })
})

it('every key is used', async () => {
  const sources = import.meta.glob('../src/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true }) as Record<
    string,
    string
  >
  const code = Object.entries(sources)
    .filter(([path]) => !/i18n\/((availability|pipeline|trouble|repair|inspect)\.)?(en|zh)\.ts$/.test(path))
    .map(([, text]) => text)
    .join('\n')
  const prefixes = [...code.matchAll(/word\('(\w+)'/g)].map((match) => `${match[1]}_`).concat('window_', 'why_')
  const unused = Object.keys(en).filter((key) => {
    const bare = key.replace(/_one$/, '')
    return (
      !code.includes(`'${bare}'`) && !code.includes(`"${bare}"`) && !prefixes.some((prefix) => key.startsWith(prefix))
    )
  })
  expect(unused).toEqual([])
})

it('one and many', () => {
  expect(tn('say_failed', 1)).toBe('1 job has failed.')
  expect(tn('say_failed', 3)).toBe('3 jobs have failed.')
})

it('places are filled with text only, and can be left for elements', () => {
  expect(t('say_late_plain', { label: '{delay}', delay: '94 s' })).toBe('{delay} is 94 s late.')
  expect(parts('say_late_plain')).toEqual([
    { place: 'label' },
    { text: ' is ' },
    { place: 'delay' },
    { text: ' late.' },
  ])
})
