/** By which names this computer may be called: a page in a browser that calls it by a name of its own is not answered. */
import { isIP } from 'node:net'

/** Whether a `Host` header names this computer: by any IP address, as `localhost`, or by one of its names. */
export function isOurName(host: string, names: readonly string[]): boolean {
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
