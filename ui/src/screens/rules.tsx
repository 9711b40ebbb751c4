// What is known of causes: each rule with what it was proven with and how often it was right.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { address } from '../api/client'
import type { RuleCondition, RuleError, RuleList, RuleRecord, RuleRow, RuleView, TextView } from '../api/types'
import { useApi } from '../api/use'
import { t, tn, word } from '../i18n'
import { Cause } from '../incident/parts'
import { Texts } from '../incident/why'
import { say, template } from '../incident/words'
import { useSettled } from '../lineage/search'
import { Card, Empty, Loading, Moment, Problem, Table, Unknown, num } from '../parts/basic'
import { type Query, go, href, hrefWith } from '../route'

export function RulesScreen({ query }: { query: Query }) {
  return query['id'] === undefined ? <All query={query} /> : <One id={query['id']} />
}

function All({ query }: { query: Query }) {
  const { data, error } = useApi<RuleList>(address('rules', {}), false)
  const [text, set] = useState(query['q'] ?? '')
  const settled = useSettled(text, 250)
  useEffect(() => {
    if (settled !== (query['q'] ?? '')) go(hrefWith({ q: settled }), 'replace')
  }, [settled])
  const found = (data?.rules ?? []).filter((rule) => matches(rule, text))
  return (
    <>
      <h1>{t('nav_rules')}</h1>
      <div class="bar" role="search">
        <input
          type="search"
          aria-label={t('filter_rules')}
          placeholder={t('filter_rules')}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </div>
      {error !== null && <Problem error={error} />}
      {data === null && error === null && <Loading />}
      {data !== null && <Broken errors={data.errors} />}
      {data !== null && (
        <Card
          title={tn('n_rules', found.length)}
          aside={
            <>
              {t('rules_read')} <Moment at={data.loaded} />
              {data.scored !== null && (
                <>
                  {' · '}
                  {t('scored_on', { n: data.scored.recordings })} <Moment at={data.scored.at} />
                  {!data.scored.same_rules && ` ${t('scored_before')}`}
                </>
              )}
            </>
          }
        >
          {found.length === 0 ? <Empty>{t('no_rules')}</Empty> : <Rows rules={found} />}
        </Card>
      )}
    </>
  )
}

/** Every word that is asked for occurs somewhere in what the row says. */
export function matches(rule: RuleRow, text: string): boolean {
  const all = [rule.cause, rule.family, rule.role, rule.layer, rule.at, rule.says.en, rule.says.zh, rule.file]
  const row = all.join('\n').toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((asked) => row.includes(asked))
}

function Rows({ rules }: { rules: RuleRow[] }) {
  return (
    <Table
      label={t('nav_rules')}
      head={[
        t('cause'),
        t('role'),
        t('asked_at'),
        t('proof'),
        num(t('right')),
        num(t('wrong')),
        num(t('undetermined')),
      ]}
    >
      {rules.map((rule) => (
        <tr key={`${rule.file} ${rule.cause}`}>
          <td class="wrap">
            <Cause cause={rule.cause} />
            <div class="soft">{template(say(rule.says))}</div>
          </td>
          <td>{word('role', rule.role)}</td>
          <td class="soft">{rule.at}</td>
          <td>{rule.proof ?? <span class="unk">{t('no_proof')}</span>}</td>
          <Counts record={rule.record} />
        </tr>
      ))}
    </Table>
  )
}

function Counts({ record }: { record: RuleRecord }) {
  return (
    <>
      {[record.right, record.wrong, record.undetermined].map((n, i) => (
        <td key={i} class={`num ${i === 1 && n !== null && n > 0 ? 'over' : ''}`}>
          {n ?? <Unknown why={t('not_scored')} />}
        </td>
      ))}
    </>
  )
}

function Broken({ errors }: { errors: RuleError[] }) {
  if (errors.length === 0) return null
  return (
    <div class="problem" role="alert">
      <p>{tn('bad_files', errors.length)}</p>
      <ul class="plain">
        {errors.map((one, i) => (
          <li key={i}>
            <span class="mono">{[one.file, one.line, one.column].filter((part) => part !== null).join(':')}</span>
            <pre tabIndex={0}>{one.error}</pre>
            {one.todo !== null && <p class="soft">{one.todo}</p>}
          </li>
        ))}
      </ul>
    </div>
  )
}

const open = (text: TextView): TextView => ({ en: template(text.en), zh: template(text.zh) })

function One({ id }: { id: string }) {
  const { data, error } = useApi<RuleView>(address('rule', { cause: id }), false)
  if (data === null) return error === null ? <Loading /> : <Problem error={error} />
  const { row } = data
  return (
    <>
      <p class="crumb">
        <a href={href('rules')}>{t('nav_rules')}</a> / {word('layer', row.layer)} · {word('role', row.role)}
        {row.family !== null && ` · ${t('family')} ${row.family}`}
      </p>
      <h1 class="mono-title">{row.cause}</h1>
      <p class="lead">{template(say(row.says))}</p>
      <div class="cols">
        <div>
          <Card title={t('needs')} aside={`${t('asked_at')}: ${row.at}`}>
            <Conditions all={data.needs} nothing={t('needs_nothing')} />
          </Card>
          <Card title={t('against')}>
            <Conditions all={data.against} nothing={t('against_nothing')} />
          </Card>
          <Card title={t('lookalikes')}>
            {data.lookalikes.length === 0 ? (
              <Empty>{t('no_lookalikes')}</Empty>
            ) : (
              <ul class="lines">
                {data.lookalikes.map((one) => (
                  <li key={one.cause}>
                    <Cause cause={one.cause} />
                    <p class="soft">
                      {t('told_apart_by')} <span class="mono">{one.told_apart_by}</span>
                    </p>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title={t('as_written')} aside={<span class="mono">{row.file}</span>}>
            <details>
              <summary>{t('show_file')}</summary>
              <pre tabIndex={0}>{data.text}</pre>
            </details>
          </Card>
        </div>
        <div>
          <Card title={t('advice')} aside={data.cures.length > 0 && t('cures', { cures: data.cures.join(t('comma')) })}>
            {data.advice.length === 0 ? <Empty>{t('no_advice')}</Empty> : <Texts texts={data.advice.map(open)} />}
            {data.never.length > 0 && (
              <>
                <h3>{t('never')}</h3>
                <Texts texts={data.never.map(open)} never />
              </>
            )}
          </Card>
          <Card title={t('record')}>
            <Facts row={row} />
          </Card>
        </div>
      </div>
    </>
  )
}

function Facts({ row }: { row: RuleRow }) {
  const { record } = row
  const count = (n: number | null) => n ?? <Unknown why={t('not_scored')} />
  const pairs: [string, ComponentChildren][] = [
    [t('right'), count(record.right)],
    [t('wrong'), count(record.wrong)],
    [t('undetermined'), count(record.undetermined)],
    [t('people_right'), record.said_right],
    [t('people_wrong'), record.said_wrong],
    [t('proof'), row.proof ?? <span class="unk">{t('no_proof')}</span>],
    [t('source'), row.source ?? <span class="unk">{t('unknown')}</span>],
  ]
  return (
    <dl class="pairs">
      {pairs.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd class="wrap">{value}</dd>
        </>
      ))}
    </dl>
  )
}

function Conditions({ all, nothing }: { all: RuleCondition[]; nothing: string }) {
  if (all.length === 0) return <Empty>{nothing}</Empty>
  return (
    <ul class="lines">
      {all.map((one) => (
        <li key={one.name}>
          {one.name}
          <p class="mono soft">{one.expr}</p>
        </li>
      ))}
    </ul>
  )
}
