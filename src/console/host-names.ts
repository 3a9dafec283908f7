/** By which names this computer may be called: a page in a browser that calls it by a name of its own is not answered. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** What whoever calls it by another name is told, with the status 421. */
export const WRONG_NAME = {
  error: 'this computer is not known by that name',
  hint: 'ask by an IP address, or name it under console.names in gateway.yaml',
}

/** @param names by which it may be called, besides any IP address and `localhost` */
export function isAskedByOurName(
  { url, headers: { host } }: Pick<IncomingMessage, 'url' | 'headers'>,
  names: readonly string[],
): boolean {
  // A proxy is asked with a whole URL, which may name somebody else than the header.
  return url?.startsWith('/') === true && (host === undefined || isOurName(host, names))
}

/** Whether a `Host` header names this computer: by any IP address, as `localhost`, or by one of its names. */
function isOurName(host: string, names: readonly string[]): boolean {
  const name = nameOf(host)
  return isIP(name) > 0 || name === 'localhost' || names.some((known) => known.toLowerCase() === name)
}

function nameOf(host: string): string {
  return host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
}
