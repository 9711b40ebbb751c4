import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import * as link from './api/link'
import { useBeats, useNow } from './api/use'
import { age } from './format'
import { isLang, lang, setLang, t } from './i18n'
import { type Route, type Screen, href, hrefWith, useRoute } from './route'
import { AvailabilityScreen } from './screens/availability'
import { ChangesScreen } from './screens/changes'
import { ComponentScreen } from './screens/component'
import { IncidentScreen } from './screens/incident'
import { IncidentsScreen } from './screens/incidents'
import { InspectionsScreen } from './screens/inspections'
import { JobScreen } from './screens/job'
import { JobsScreen } from './screens/jobs'
import { LineageScreen } from './screens/lineage'
import { OverviewScreen } from './screens/overview'
import { RepairsScreen } from './screens/repairs'
import { ReviewScreen } from './screens/review'
import { RulesScreen } from './screens/rules'
import { SystemScreen } from './screens/system'
import { TopicScreen } from './screens/topic'
import { useTheme } from './theme'
import { isLocal, moment, setLocal } from './time'

const nav = [
  ['overview', 'nav_overview', ['overview', 'component']],
  ['lineage', 'nav_lineage', ['lineage', 'topic']],
  ['incidents', 'nav_incidents', ['incidents', 'incident']],
  ['jobs', 'nav_jobs', ['jobs', 'job']],
  ['availability', 'nav_availability', ['availability']],
  ['review', 'nav_review', ['review']],
  ['changes', 'changes', ['changes']],
  ['repairs', 'nav_repairs', ['repairs']],
  ['inspections', 'nav_inspections', ['inspections', 'inspection']],
  ['rules', 'nav_rules', ['rules']],
  ['system', 'nav_system', ['system']],
] as const

/** Language and zone come from the address; without one, the browser's language decides. */
export function readPreferences(route: Route) {
  const asked = route.query['lang']
  setLang(isLang(asked) ? asked : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')
  setLocal(route.query['tz'] === 'local')
  document.documentElement.lang = lang() === 'zh' ? 'zh-CN' : 'en'
}

export function App() {
  const route = useRoute()
  readPreferences(route)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const { screen, query } = route
  // Before anybody can type: focus taken later would take what is typed with it.
  useLayoutEffect(() => {
    // A new screen is read from its beginning; the first one is left alone.
    if (!first.current) main.current?.focus()
    first.current = false
    scrollTo(0, 0)
  }, [screen, query['id']])
  const about = query['id'] ?? query['focus']
  document.title = [about?.replace(/^.*\//, ''), t(title(screen)), 'Streamwarden'].filter(Boolean).join(' · ')
  return (
    <>
      <Header screen={screen} />
      <Contact />
      <main ref={main} tabIndex={-1}>
        <Content key={screen + (query['id'] ?? '')} route={route} />
      </main>
    </>
  )
}

const title = (screen: Screen) =>
  nav.find(([, , covers]) => (covers as readonly string[]).includes(screen))?.[1] ?? 'nav_overview'

function Content({ route: { screen, query } }: { route: Route }) {
  if (screen === 'lineage') return <LineageScreen query={query} />
  if (screen === 'incidents') return <IncidentsScreen query={query} />
  if (screen === 'incident') return <IncidentScreen query={query} />
  if (screen === 'repairs') return <RepairsScreen query={query} />
  if (screen === 'inspections' || screen === 'inspection') return <InspectionsScreen query={query} />
  if (screen === 'rules') return <RulesScreen query={query} />
  if (screen === 'jobs') return <JobsScreen query={query} />
  if (screen === 'job') return <JobScreen query={query} />
  if (screen === 'topic') return <TopicScreen query={query} />
  if (screen === 'availability') return <AvailabilityScreen query={query} />
  if (screen === 'changes') return <ChangesScreen query={query} />
  if (screen === 'review') return <ReviewScreen query={query} />
  if (screen === 'component') return <ComponentScreen query={query} />
  if (screen === 'system') return <SystemScreen />
  return <OverviewScreen />
}

function Header({ screen }: { screen: Screen }) {
  const [theme, toggle] = useTheme()
  const other = lang() === 'en' ? 'zh' : 'en'
  const here = useRef<HTMLElement>(null)
  // on a phone the names of all screens do not fit beside each other
  useEffect(() => {
    const one = here.current?.querySelector<HTMLElement>('[aria-current]')
    if (here.current && one) here.current.scrollLeft = one.offsetLeft - here.current.clientWidth / 2
  }, [screen])
  return (
    <header>
      <b>Streamwarden</b>
      <nav aria-label={t('nav')} ref={here}>
        {nav.map(([to, key, covers]) => (
          <a
            key={to}
            href={href(to)}
            aria-current={(covers as readonly string[]).includes(screen) ? 'page' : undefined}
          >
            {t(key)}
          </a>
        ))}
      </nav>
      <span class="tools">
        <a class="mode" role="button" href={hrefWith({ lang: other })} lang={other === 'zh' ? 'zh-CN' : 'en'}>
          {other === 'zh' ? '中文' : 'English'}
        </a>
        <button
          type="button"
          class="mode"
          onClick={toggle}
          aria-label={t(theme === 'dark' ? 'to_light' : 'to_dark')}
          title={t(theme === 'dark' ? 'to_light' : 'to_dark')}
        >
          {theme === 'dark' ? '☀' : '☾'}
        </button>
        <Clock />
      </span>
    </header>
  )
}

function Clock() {
  useBeats()
  const now = useNow()
  return (
    <a
      class="n clock"
      role="button"
      href={hrefWith({ tz: isLocal() ? null : 'local' })}
      title={t(isLocal() ? 'to_utc' : 'to_local')}
    >
      {moment(now, now)}
    </a>
  )
}

/** Says when the server is gone, and how old is what is shown. */
function Contact() {
  useBeats()
  const now = useNow()
  const since = link.lost()
  const still = link.standsStill()
  if (since === null && still !== null) {
    return (
      <div class="lost" role="alert">
        {t('stands_still', { at: moment(still, now) ?? '', age: age(now - still) ?? '' })}{' '}
        <a href={href('system')}>{t('nav_system')}</a>
      </div>
    )
  }
  if (since === null) return null
  return (
    <div class="lost" role="alert">
      {t('lost', {
        since: moment(since, now) ?? '',
        age: age(now - since) ?? '',
        heard: moment(link.heard(), now) ?? t('unknown'),
      })}
    </div>
  )
}
