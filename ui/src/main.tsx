import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import * as link from './api/link'
import { App } from './app'
import { startPlain } from './plain'
import './style/base.css'
import './style/graph.css'
import './style/trouble.css'
import './style/repair.css'
import './style/inspect.css'
import './style/pipeline.css'
import { startTheme } from './theme'

startPlain()
startTheme()
link.start()
// A link that acts as a button answers to the space bar as buttons do.
document.addEventListener('keydown', (event) => {
  const button =
    event.key === ' ' && event.target instanceof Element && event.target.closest<HTMLElement>('a[role="button"]')
  if (!button) return
  event.preventDefault()
  button.click()
})
const root = document.getElementById('app')
if (root) render(<App />, root)
