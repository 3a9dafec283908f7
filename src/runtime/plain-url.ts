/** How an address is named to people. */

/** Without a login, and without a query or what follows it, which may hold what opens it. @param url valid */
export function plainUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
