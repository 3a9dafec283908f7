/** Starts the pages. */
import './style/index.css'
import { render } from 'preact'
import { App } from './shell/app.tsx'
import { followLinks } from './shell/route.ts'
import { loadSession, watchSession } from './shell/session.ts'
import { startLanguage } from './texts/catalogue.ts'

const place = document.getElementById('app')
if (place) {
  followLinks()
  watchSession()
  await Promise.all([startLanguage(), loadSession()])
  render(<App />, place)
}
