/** Where the reader is: the path and the query of the address, and the links that change them without loading the page again. */
import { signal } from '@preact/signals'

const address = signal(new URL(location.href))

/** `/machine/PRESS-01`. */
export function path(): string {
  return address.value.pathname
}

/** One value of the query, or undefined. */
export function queryValue(name: string): string | undefined {
  return address.value.searchParams.get(name) ?? undefined
}

/** Goes to a page. `isReplacing`: the way back skips the present one. */
export function goTo(target: string, isReplacing = false): void {
  if (isReplacing) history.replaceState(null, '', target)
  else history.pushState(null, '', target)
  const pathBefore = address.peek().pathname
  address.value = new URL(location.href)
  if (address.peek().pathname !== pathBefore) scrollTo(0, 0)
}

/** Makes every link of the page that stays within the console change the page without loading it again. */
export function followLinks(): void {
  addEventListener('popstate', () => {
    address.value = new URL(location.href)
  })
  addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || !staysHere(event, link)) return
    event.preventDefault()
    goTo(link.href)
  })
}

function staysHere(event: MouseEvent, link: HTMLAnchorElement): boolean {
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
  // A place on the present page is the browser's matter.
  if (link.hash !== '' && link.pathname === location.pathname) return false
  const isPage = link.origin === location.origin && !link.pathname.startsWith('/api/')
  return isPlain && isPage && !event.defaultPrevented && !link.target && !link.hasAttribute('download')
}
