/** What stands around every page: the bar at the top, and the navigation, at the side of a screen and at the bottom of a phone. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { IconButton } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { Lamp } from '../parts/status-lamp.tsx'
import { t } from '../texts/catalogue.ts'
import { Account } from './account.tsx'
import { PAGES, type PageEntry, plainPath } from './page-list.ts'
import { gatewayName, may, otherTimezone } from './session.ts'
import { isGatewayAway, troublesNow, useTroubleWatch } from './troubles.ts'

/** What a phone has room for; the rest stands behind "more". */
const PHONE_BAR: readonly string[] = ['/line', '/connect', '/delivery', '/troubles']

export function Layout({
  current,
  children,
}: {
  readonly current: PageEntry | undefined
  readonly children: ComponentChildren
}) {
  return (
    <div class="shell">
      <a class="skip-link" href="#content">
        {t('shell.skip')}
      </a>
      <TopBar />
      <Navigation current={current} />
      <main id="content" tabIndex={-1}>
        {otherTimezone.value && (
          <p class="help">{t('shell.otherTimezone', { here: ownTimezone(), plant: otherTimezone.value })}</p>
        )}
        {isGatewayAway() && (
          <p class="connection-lost" role="alert">
            <Icon name="troubles" />
            {t('shell.connectionLost')}
          </p>
        )}
        {children}
      </main>
    </div>
  )
}

/** Of the reader's computer: moments are shown in it. */
function ownTimezone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

function TopBar() {
  const [isOpen, setOpen] = useState(false)
  return (
    <header class="top-bar">
      <a class="brand" href="/line" aria-label="Millrace">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span>Millrace</span>
      </a>
      <span class="gateway-name">{gatewayName.value}</span>
      <span class="spring" />
      <TroubleLamp />
      <IconButton icon="user" label={t('shell.account')} onPress={() => setOpen(true)} />
      {isOpen && <Account onClose={() => setOpen(false)} />}
    </header>
  )
}

const TROUBLES_EVERY_MS = 10_000

/** Whether all is well, on every page. */
function TroubleLamp() {
  useTroubleWatch(TROUBLES_EVERY_MS)
  const count = troublesNow().value?.troubles.length
  if (count === undefined) return null
  return (
    <a class="trouble-lamp" href="/troubles">
      <Lamp tone={count === 0 ? 'good' : 'bad'}>
        {count === 0 ? t('shell.allWell') : t('shell.troubleCount', { count })}
      </Lamp>
    </a>
  )
}

function Navigation({ current }: { readonly current: PageEntry | undefined }) {
  const [isMoreOpen, setMoreOpen] = useState(false)
  const offered = PAGES.filter((entry) => entry.offered === 'navigation' && may(entry.role))
  const more = offered.filter((entry) => !PHONE_BAR.includes(plainPath(entry)))
  return (
    <nav class="navigation" aria-label={t('shell.navigation')}>
      {offered.map((entry) => (
        <NavigationLink
          key={entry.path}
          entry={entry}
          isCurrent={entry === current}
          isOnPhone={PHONE_BAR.includes(plainPath(entry))}
        />
      ))}
      <button
        type="button"
        class="more"
        aria-haspopup="dialog"
        aria-expanded={isMoreOpen}
        onClick={() => setMoreOpen(true)}
      >
        <Icon name="more" />
        <span>{t('shell.more')}</span>
      </button>
      {isMoreOpen && (
        <Dialog title={t('shell.more')} onClose={() => setMoreOpen(false)}>
          <ul class="link-list">
            {more.map((entry) => (
              <li key={entry.path}>
                <a href={plainPath(entry)} onClick={() => setMoreOpen(false)}>
                  <Icon name={entry.icon} />
                  {t(entry.title)}
                </a>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </nav>
  )
}

function NavigationLink({
  entry,
  isCurrent,
  isOnPhone,
}: {
  readonly entry: PageEntry
  readonly isCurrent: boolean
  readonly isOnPhone: boolean
}) {
  return (
    <a
      href={plainPath(entry)}
      class={isOnPhone ? 'on-phone' : undefined}
      aria-current={isCurrent ? 'page' : undefined}
    >
      <Icon name={entry.icon} />
      <span>{t(entry.title)}</span>
    </a>
  )
}
