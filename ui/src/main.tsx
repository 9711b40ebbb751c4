import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import * as link from './api/link'
import { App } from './app'
import './style/base.css'
import './style/graph.css'
import { startTheme } from './theme'

startTheme()
link.start()
const root = document.getElementById('app')
if (root) render(<App />, root)
