/**
 * Which certificate was trusted for which address, so that a server that shows another one is known to have changed it, or to be
 * another one. It gives no trust: that has only what lies in the store.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../../../runtime/files.ts'
import { InTurn } from '../../../runtime/in-turn.ts'
import { isOnlyUnread } from '../../../runtime/system-fault.ts'

/** A certificate that somebody trusted for an address. */
export interface TrustedBefore {
  readonly sha256: string
  /** In ms since 1970. */
  readonly atMs: number
  /** It was trusted for this address alone; earlier versions took it at every one, and it stays so. */
  readonly isBound?: true | undefined
}

/** A server may show several at one address, and change them now and then. */
const KEPT_MAX = 10
/** As IANA gave it to `opc.tcp`. */
const DEFAULT_PORT = '4840'

const trusted = z.object({ sha256: z.string(), atMs: z.number(), isBound: z.literal(true).optional() })
const records = z.record(z.string(), z.array(trusted))

type Records = Readonly<z.output<typeof records>>

/** In the place of an address: a damaged record was begun anew, in which certificates were bound to addresses that nobody knows any more. */
const EARLIER_ARE_LOST = 'earlier records are lost'

/**
 * The latest first; empty where nothing was trusted at this host and port, or by a version that kept no record. What follows them in
 * the URL is the same server's.
 */
export function trustedBefore(stateFolder: string, url: string): readonly TrustedBefore[] {
  const address = addressOf(url)
  const here = Object.entries(readRecords(stateFolder)).filter(([key]) => addressOf(key) === address)
  return here.flatMap(([, trusted]) => trusted).toSorted((a, b) => b.atMs - a.atMs)
}

/** Whether each of those who trusted a certificate meant one address by it; false where nobody is known to have trusted it. */
export function isBoundToAddress(stateFolder: string, sha256: string): boolean {
  const all = Object.values(readRecords(stateFolder)).flat()
  const ofIt = all.filter((one) => one.sha256 === sha256)
  return ofIt.length > 0 && ofIt.every(({ isBound }) => isBound)
}

/** For which address each certificate was trusted, by its SHA-256 fingerprint. */
export function urlsByFingerprint(stateFolder: string): ReadonlyMap<string, string> {
  const all = Object.entries(readRecords(stateFolder))
  return new Map(all.flatMap(([url, trusted]) => trusted.map(({ sha256 }) => [sha256, url] as const)))
}

/** Two people may trust servers at the same moment, and neither record may go by the other. */
const remembering = new InTurn()

/**
 * To be called for each certificate that somebody trusts. The store must exist.
 * @returns when it is durable
 * @throws what the file system says
 */
export function rememberTrust(
  stateFolder: string,
  url: string,
  { sha256, atMs }: TrustedBefore,
): Promise<void> {
  return remembering.do(async () => {
    const records = recordsToAddTo(stateFolder)
    const key = keyOf(url)
    const others = (records[key] ?? []).filter((one) => one.sha256 !== sha256)
    const kept = [{ sha256, atMs, isBound: true as const }, ...others].slice(0, KEPT_MAX)
    const all = { ...records, [key]: kept }
    await replaceFile(recordFile(stateFolder), `${JSON.stringify(all, null, 2)}\n`)
  })
}

/**
 * Whether what was trusted before is not known: the record is there and cannot be read, or was begun anew over a damaged one. Then only what
 * is on record since is known to be trusted anywhere.
 */
export function isRecordLost(stateFolder: string): boolean {
  const { records, isUnread } = readRecord(stateFolder)
  return isUnread || EARLIER_ARE_LOST in records
}

function readRecords(stateFolder: string): Records {
  return readRecord(stateFolder).records
}

function readRecord(stateFolder: string): { readonly records: Records; readonly isUnread: boolean } {
  try {
    return { records: parsedRecords(stateFolder), isUnread: false }
  } catch (error) {
    return { records: {}, isUnread: !isAbsence(error) }
  }
}

/** @throws what the file system says: what cannot be read now must not be written over */
function recordsToAddTo(stateFolder: string): Records {
  try {
    return parsedRecords(stateFolder)
  } catch (error) {
    if (isOnlyUnread(error)) throw error
    return isAbsence(error) ? {} : { [EARLIER_ARE_LOST]: [] }
  }
}

function parsedRecords(stateFolder: string): Records {
  return records.parse(JSON.parse(readFileSync(recordFile(stateFolder), 'utf8')))
}

function isAbsence(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function recordFile(stateFolder: string): string {
  return join(stateFolder, 'opcua', 'trusted-servers.json')
}

function keyOf(url: string): string {
  return url.replace(/\/$/, '').toLowerCase()
}

/** Host and port; the text itself where it is no URL. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return url
  const { hostname, port } = new URL(url)
  return `${hostname.toLowerCase()}:${port || DEFAULT_PORT}`
}
