// A report: risks by kind, what is gone, what is waived, what was not seen, scores with what takes them.
import type {
  ComponentView,
  GoneView,
  HappenedView,
  InspectionView,
  RiskView,
  ScoreView,
  UnseenView,
} from '../api/types'
import { seconds } from '../format'
import { t, word } from '../i18n'
import { serverText } from '../i18n/server'
import { IncidentLink, Many } from '../incident/parts'
import { say } from '../incident/words'
import { Card, Empty, Moment, Table, Unknown, num } from '../parts/basic'
import { At, Risks } from './risk'

/** Rounded by the server, for all that tell them. */
export const points = (value: number | null): string => (value === null ? t('unknown') : String(value))

export function Report({ view, waive }: { view: InspectionView; waive: boolean }) {
  return (
    <>
      {view.incidents !== null && <Happened of={view.incidents} />}
      <Kinds all={view.components} />
      {view.components
        .filter((one) => one.high.length + one.low.length > 0)
        .map((one) => (
          <Kind key={one.component} one={one} waive={waive} />
        ))}
      <Gone gone={view.gone} />
      <Waived risks={view.waived} />
      <Unseen unseen={view.unseen} />
      <Scores view={view} />
    </>
  )
}

function Happened({ of }: { of: HappenedView }) {
  if (of.all === 0) return null
  return (
    <Card
      title={t('nav_incidents')}
      aside={
        <>
          {t('inspect_from')} <Moment at={of.from} />
        </>
      }
    >
      <Table stacks label={t('nav_incidents')} head={[t('began'), num(t('inspect_lasted')), t('inspect_what')]}>
        {of.told.map((one) => (
          <tr key={one.id}>
            <td class="nowrap">
              <Moment at={one.onset} />
            </td>
            <td class={one.closed === null ? 'num over' : 'num'} data-label={t('inspect_lasted')}>
              {one.closed === null ? t('inspect_open') : seconds((one.closed - one.onset) / 1000)}
            </td>
            <td class="wrap">
              <IncidentLink id={one.id}>{say(one.says)}</IncidentLink>
            </td>
          </tr>
        ))}
      </Table>
      {of.all > of.told.length && <Empty>{t('inspect_others', { n: of.all - of.told.length })}</Empty>}
    </Card>
  )
}

function Kinds({ all }: { all: ComponentView[] }) {
  if (all.length === 0) return <Empty>{t('no_risks')}</Empty>
  return (
    <div class="figs" aria-label={t('risk_of')}>
      {all.map((one) => (
        <div class="fig" key={one.component}>
          <div class="v">
            <span class={one.high.length > 0 ? 'over' : 'soft'} title={t('high')}>
              {one.high.length}
            </span>
            <span class="soft"> / </span>
            <span class={one.low.length > 0 ? 'near' : 'soft'} title={t('low')}>
              {one.low.length}
            </span>
          </div>
          <div class="l">
            {say(one.name)} · {t('high')} / {t('low')}
            {one.unseen > 0 && ` · ${t('inspect_unseen')} ${one.unseen}`}
          </div>
        </div>
      ))}
    </div>
  )
}

function Kind({ one, waive }: { one: ComponentView; waive: boolean }) {
  return (
    <Card title={say(one.name)}>
      {[
        { risks: one.high, name: t('high'), tone: 'over' },
        { risks: one.low, name: t('low'), tone: 'near' },
      ]
        .filter(({ risks }) => risks.length > 0)
        .map(({ risks, name, tone }) => (
          <section key={name}>
            <h3 class={tone}>
              {name} · {risks.length}
            </h3>
            <Risks risks={risks} waive={waive} />
          </section>
        ))}
    </Card>
  )
}

export function Gone({ gone }: { gone: GoneView[] }) {
  if (gone.length === 0) return null
  return (
    <Card title={t('inspect_gone')}>
      <Many of={gone}>
        {(shown) => (
          <ul class="lines">
            {shown.map((one) => (
              <li key={`${one.check} ${one.subject.id}`}>
                <span class={one.why === 'fixed' ? 'chip fine' : 'chip'}>{word('gone', one.why)}</span>{' '}
                <At of={one.subject} />: {say(one.says)} <span class="soft mono">{one.check}</span>
              </li>
            ))}
          </ul>
        )}
      </Many>
    </Card>
  )
}

function Waived({ risks }: { risks: RiskView[] }) {
  if (risks.length === 0) return null
  return (
    <Card title={t('waived')}>
      <ul class="lines">
        {risks.map((one) => (
          <li key={`${one.check} ${one.subject.id}`}>
            <span class="chip">{word('level', one.level)}</span> <At of={one.subject} />: {say(one.says)}
            {one.waived !== null && (
              <p class="soft">
                {one.waived.owner}: {one.waived.reason} · {t('planned_until')} <Moment at={one.waived.until} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** In the first days most wait for history: these stand in a line. */
const young = (one: UnseenView) => / \(needs .*, has .*\)$/s.test(one.missing)

function Unseen({ unseen: all }: { unseen: UnseenView[] }) {
  if (all.length === 0) return null
  const [waiting, unseen] = [all.filter(young), all.filter((one) => !young(one))]
  return (
    <Card title={t('inspect_unseen')} aside={t('unseen_aside')}>
      {waiting.length > 0 && (
        <p>
          {t('inspect_waiting', { n: waiting.length })} <span class="mono">{waiting.map((one) => one.check).join(', ')}</span>
        </p>
      )}
      {unseen.length > 0 && <UnseenTable unseen={unseen} />}
    </Card>
  )
}

const UnseenTable = ({ unseen }: { unseen: UnseenView[] }) => (
  <Table label={t('inspect_unseen')} head={[t('checked'), num(t('how_many')), t('of_what'), t('missing_data')]}>
    {unseen.map((one) => (
      <tr key={one.check}>
        <td class="mono">{one.check}</td>
        <td class="num">{one.subjects}</td>
        <td class="wrap">
          {one.first.slice(0, 4).map((place, i) => (
            <>
              {i > 0 && ', '}
              <At of={place} />
            </>
          ))}
          {one.subjects > 4 && ' …'}
        </td>
        <td class="wrap soft">{serverText(one.missing)}</td>
      </tr>
    ))}
  </Table>
)

function Scores({ view: { scores } }: { view: InspectionView }) {
  const rows: { kind: string; of: ScoreView }[] = [
    { kind: word('scope', 'estate'), of: scores.estate },
    ...scores.clusters.map((of) => ({ kind: word('scope', 'cluster'), of })),
    ...scores.teams.map((of) => ({ kind: t('team'), of })),
    ...scores.subjects.map((of) => ({ kind: of.id.startsWith('job:') ? t('job') : '', of })),
  ]
  return (
    <Card title={t('scores')} aside={t('scores_what')}>
      <Many of={rows}>
        {(shown) => (
          <Table label={t('scores')} head={[t('of_what'), num(t('points')), t('deductions')]}>
            {shown.map(({ kind, of }) => (
              <tr key={`${kind} ${of.id}`}>
                <td>
                  {of.id === 'estate' ? kind : of.name} {of.id !== 'estate' && <span class="soft">{kind}</span>}
                </td>
                <td class="num">
                  <Bar of={of.points} />
                </td>
                <td class="wrap">
                  {of.deductions
                    .slice(0, 4)
                    .map((one) => [one.check, of.of > 1 ? one.subject.name : '', `−${one.points}`].filter(Boolean).join(' '))
                    .join('; ')}
                  {of.deductions.length + of.more > 4 && ' …'}
                  {of.unscored > 0 && (
                    <span class="soft"> {of.of === 0 ? t('unscored') : t('unscored_in', { n: of.unscored })}</span>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Many>
      <Empty>{t('others_whole', { n: scores.whole })}</Empty>
    </Card>
  )
}

function Bar({ of }: { of: number | null }) {
  if (of === null) return <Unknown />
  const tone = of >= 90 ? '' : of >= 70 ? ' near' : ' over'
  return (
    <span class="share">
      <span class="n">{points(of)}</span>
      <svg viewBox="0 0 48 6" width="48" height="6" aria-hidden="true">
        <rect class="track" width="48" height="6" rx="2" />
        <rect class={`fill${tone}`} width={0.48 * Math.max(0, Math.min(100, of))} height="6" rx="2" />
      </svg>
    </span>
  )
}
