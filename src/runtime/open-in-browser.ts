/** Opens an address in the browser of whoever sits at this computer. */
import { spawn } from 'node:child_process'
import { platform } from 'node:os'

/** What opens an address, by platform. Debian's own is in the package xdg-utils. */
const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', linux: 'xdg-open' }

/**
 * What the browser itself says is nobody's business here, and it goes on when this program ends.
 * @returns whether something took the address; not whether a page was seen
 */
export function openInBrowser(url: string): Promise<boolean> {
  const opener = OPENERS[platform()] ?? 'xdg-open'
  return new Promise((resolve) => {
    const child = spawn(opener, [url], { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
