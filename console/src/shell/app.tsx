/** The page that the address names, inside the layout; before that the sign-in, where it is needed. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { CallError } from '../api/client.ts'
import { ButtonLink } from '../parts/button.tsx'
import { PageHead } from '../parts/section.tsx'
import { Empty, Fault, Loading, Notice } from '../parts/states.tsx'
import { t } from '../texts/catalogue.ts'
import { Layout } from './layout.tsx'
import type { Page } from './page.ts'
import { type Match, pageAt } from './page-list.ts'
import { goTo, path } from './route.ts'
import { gatewayName, loadSession, may, sessionFault, sessionState } from './session.ts'
import { LocalOnly, SignIn } from './sign-in.tsx'
import { isGatewayAway } from './troubles.ts'

const FIRST_PAGE = '/line'

export function App() {
  switch (sessionState.value) {
    case 'unknown':
      return <Loading />
    case 'failed':
      return (
        <main class="alone">
          {sessionFault.value && <Fault fault={sessionFault.value} onAgain={loadSession} />}
        </main>
      )
    case 'refused':
      return <LocalOnly />
    case 'needed':
      return <SignIn />
    default:
      return <Routed />
  }
}

function Routed() {
  const at = path()
  useEffect(() => {
    if (at === '/') goTo(FIRST_PAGE, true)
  }, [at])
  const match = pageAt(at)
  useEffect(() => {
    document.title = match ? `${t(match.entry.title)} · ${gatewayName.value || 'Millrace'}` : 'Millrace'
  })
  return <Layout current={match?.entry}>{match ? <Opened match={match} /> : <NoSuchPage />}</Layout>
}

/** Loads the chunk of a page when it is first opened. */
function Opened({ match }: { readonly match: Match }) {
  const { entry, params } = match
  const [loaded, setLoaded] = useState<{ readonly of: typeof entry; readonly page: Page }>()
  const [fault, setFault] = useState<CallError>()
  useEffect(() => {
    setFault(undefined)
    entry.load().then(
      (page) => setLoaded({ of: entry, page }),
      // What the browser says of a file that did not come helps nobody.
      () => setFault(new CallError(0, {})),
    )
  }, [entry])
  useReloadOnceBack(fault !== undefined)
  if (!may(entry.role))
    return <Notice tone="warn">{t('shell.notForYou', { role: t(`role.${entry.role}`) })}</Notice>
  if (fault) return <Fault fault={fault} onAgain={() => location.reload()} />
  if (loaded?.of !== entry) return <Loading />
  return <loaded.page params={params} />
}

/** A browser does not ask again for a part of the page that did not come: the page is loaded again once the gateway is back. */
function useReloadOnceBack(isMissing: boolean): void {
  const isAway = isGatewayAway()
  const wasAway = useRef(isAway)
  useEffect(() => {
    if (isMissing && wasAway.current && !isAway) location.reload()
    wasAway.current = isAway
  }, [isMissing, isAway])
}

function NoSuchPage() {
  return (
    <>
      <PageHead title={t('shell.noPage')} />
      <Empty icon="search" title={t('shell.noPageHint')}>
        <ButtonLink href={FIRST_PAGE}>{t('shell.line')}</ButtonLink>
      </Empty>
    </>
  )
}
