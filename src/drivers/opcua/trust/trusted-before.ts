/**
 * Which certificate was trusted for which address, so that a server that shows another one is known to have changed it. This
 * decides nothing: what is trusted is what lies in the store.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../../../runtime/files.ts'

/** A certificate that somebody trusted for an address. */
export interface TrustedBefore {
  readonly sha256: string
  /** In ms since 1970. */
  readonly atMs: number
}

/** A server may show several at one address, and change them now and then. */
const KEPT_MAX = 10

const records = z.record(z.string(), z.array(z.object({ sha256: z.string(), atMs: z.number() })))

/** The latest first; empty where nothing was trusted for this URL, or by a version that kept no record. */
export function trustedBefore(stateFolder: string, url: string): readonly TrustedBefore[] {
  return readRecords(stateFolder)[addressOf(url)] ?? []
}

/** To be called for each certificate that somebody trusts. The store must exist. */
export function rememberTrust(stateFolder: string, url: string, trusted: TrustedBefore): void {
  const others = trustedBefore(stateFolder, url).filter(({ sha256 }) => sha256 !== trusted.sha256)
  const kept = [trusted, ...others].slice(0, KEPT_MAX)
  const all = { ...readRecords(stateFolder), [addressOf(url)]: kept }
  replaceFile(recordFile(stateFolder), `${JSON.stringify(all, null, 2)}\n`)
}

/** A file that cannot be read costs no more than a word of warning. */
function readRecords(stateFolder: string): z.infer<typeof records> {
  const file = recordFile(stateFolder)
  if (!existsSync(file)) return {}
  try {
    return records.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}

function recordFile(stateFolder: string): string {
  return join(stateFolder, 'opcua', 'trusted-servers.json')
}

function addressOf(url: string): string {
  return url.replace(/\/$/, '').toLowerCase()
}
