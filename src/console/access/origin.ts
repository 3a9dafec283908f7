/** Where a request comes from. */
import type { AskedRequest } from '../asked-request.ts'
import { ApiRefusal } from '../refusal.ts'
import { PAGE_HEADER } from '../shapes.ts'

/** An address as one text: IPv4 within IPv6 is IPv4. */
export function addressOf({ ip }: AskedRequest): string {
  return ip.replace(/^::ffff:(?=\d+\.)/, '')
}

/**
 * Whether this computer itself asks: over loopback, or over an address of its own. What a proxy on it hands on does not count, as far
 * as the proxy says that it is one.
 */
export function isFromHere(request: AskedRequest): boolean {
  const { headers, ip, raw } = request
  const isHandedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name])
  if (isHandedOn) return false
  return /^127\.|^::1$/.test(addressOf(request)) || ip === raw.socket.localAddress
}

/**
 * Refuses what a page of another site makes a browser send. Browsers say themselves where a call comes from; older ones are found out
 * by a header that only a page of ours can add.
 * @throws ApiRefusal
 */
export function refuseForeignPages({ headers, method }: AskedRequest): void {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreign()
  if (method === 'GET' || method === 'HEAD') return
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) throw foreign()
  if (headers[PAGE_HEADER] !== undefined) return
  throw new ApiRefusal(403, 'access-header', `the call lacks the header ${PAGE_HEADER}`, {
    hint: `send "${PAGE_HEADER}: 1", or use a token in the header Authorization`,
  })
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function foreign(): ApiRefusal {
  return new ApiRefusal(403, 'access-foreign-page', 'a page of another site has sent this call', {
    hint: 'open the console itself; a proxy before it must hand on the header Host',
  })
}
