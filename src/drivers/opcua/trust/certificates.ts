/**
 * The gateway's own certificate, and the servers' certificates that somebody has trusted, below the state folder.
 * No server's certificate is ever accepted automatically: only `millrace trust URL` puts one here.
 */
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { utcText } from '../../../domain/instant.ts'
import { makeFolderBelow } from '../../../runtime/files.ts'
import { isOnlyUnread } from '../../../runtime/system-fault.ts'
import { type CertificateFacts, readCertificate } from './certificate-facts.ts'

/** Constant, so that servers still trust this gateway when its host is renamed. */
export const APPLICATION_URI = 'urn:millrace:gateway'
/** Under this name people find the gateway's certificate in their server. */
export const APPLICATION_NAME = 'Millrace'

const DAY_MS = 86_400_000
const VALIDITY_DAYS = 10 * 365
/** It begins this long ago, because a server whose clock is behind refuses a certificate of today, and does not say why. */
const BEGINS_DAYS_AGO = 365
/** It is renewed this long before its end: that is the time in which people let each server trust the new one. */
const RENEWED_BEFORE_DAYS = 60
/** A host whose clock shows an earlier time than this program has none that runs: nothing is concluded from it. */
const CLOCK_WORKS_SINCE_MS = Date.UTC(2026, 0, 1)

/** The present one, or the one before it, which holds until its end for servers that do not trust the present one yet. */
export type OwnCertificateChoice = 'present' | 'former'

/** The certificates as the library works with them. */
export interface CertificateStore {
  readonly manager: OPCUACertificateManager
  readonly certificateFile: string
  readonly privateKeyFile: string
}

/**
 * Makes the gateway's own key and certificate where there are none yet, or none that is valid for long. One call at a time for
 * each folder. `nowMs` is since 1970.
 * @returns a sentence that says why it was replaced, since each server has to trust the new one; undefined where it was not
 */
export async function keepOwnCertificate(stateFolder: string, nowMs: number): Promise<string | undefined> {
  const file = ownCertificateFile(stateFolder)
  const bytes = await readUnlessAbsent(file)
  const present = bytes && certificateIn(bytes)
  const why = bytes && whyAnew(present, nowMs)
  if (present && why === undefined) return undefined
  // The library adds a new certificate to whatever is there.
  if (bytes && !present) await rename(file, `${file}.damaged`)
  const cause = present ? causeOfAhead(present, nowMs) : bytes && 'the newer one was damaged'
  if (cause && (await restoreFormer(stateFolder, nowMs)))
    return `the gateway's former OPC UA certificate is used again: ${cause}`
  const { manager } = await openCertificateStore(stateFolder)
  const madeFile = join(pkiFolder(stateFolder), 'own', 'certs', 'millrace-made.pem')
  try {
    // The library adds a new certificate to a file that is there.
    await rm(madeFile, { force: true })
    await manager.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      dns: [hostname()],
      outputFile: madeFile,
      subject: `/CN=${APPLICATION_NAME}`,
      startDate: new Date(nowMs - BEGINS_DAYS_AGO * DAY_MS),
      validity: BEGINS_DAYS_AGO + VALIDITY_DAYS,
    })
    const former = ownCertificateFile(stateFolder, 'former')
    // One that has ended is kept as well: where only the clock of this host is ahead, servers still trust it afterwards.
    if (present && (isValid(present, nowMs) || !formerCertificate(stateFolder, nowMs)))
      await rename(file, former)
    await rename(madeFile, file)
  } finally {
    await manager.dispose()
  }
  if (why === undefined) return undefined
  const meanwhile =
    present && isValid(present, nowMs)
      ? `; those that do not yet are shown the former one, until it ends at ${utcText(present.validToMs)}`
      : ''
  return `the gateway's own OPC UA certificate was made anew, because ${why}; each server has to trust the new one, named ${APPLICATION_NAME}${meanwhile}`
}

function causeOfAhead({ validFromMs }: CertificateFacts, nowMs: number): string | undefined {
  return validFromMs > nowMs ? 'the clock of this host was ahead when the newer one was made' : undefined
}

/** Puts the former certificate in the place of one that is of no use; false where it is of none either. */
async function restoreFormer(stateFolder: string, nowMs: number): Promise<boolean> {
  const former = formerCertificate(stateFolder, nowMs)
  if (!former || whyAnew(former, nowMs) !== undefined) return false
  await rename(ownCertificateFile(stateFolder, 'former'), ownCertificateFile(stateFolder))
  return true
}

/** The certificate before the present one, while it is valid. */
export function formerCertificate(stateFolder: string, nowMs: number): CertificateFacts | undefined {
  const file = ownCertificateFile(stateFolder, 'former')
  if (!existsSync(file)) return undefined
  const facts = certificateIn(readFileSync(file))
  return facts && isValid(facts, nowMs) ? facts : undefined
}

/** Undefined where the bytes are damaged. */
function certificateIn(bytes: Buffer): CertificateFacts | undefined {
  try {
    return readCertificate(bytes)
  } catch {
    return undefined
  }
}

function isValid({ validFromMs, validToMs }: CertificateFacts, nowMs: number): boolean {
  return validFromMs <= nowMs && nowMs < validToMs
}

/** @param present undefined where it is damaged */
function whyAnew(present: CertificateFacts | undefined, nowMs: number): string | undefined {
  if (!present) return 'it was damaged'
  const { validFromMs, validToMs } = present
  if (nowMs < CLOCK_WORKS_SINCE_MS) return undefined
  if (validFromMs > nowMs) return 'it was not valid yet: it was made while the clock of this host was ahead'
  if (validToMs <= nowMs) return 'it had expired'
  if (validToMs - nowMs < RENEWED_BEFORE_DAYS * DAY_MS) return 'it was about to expire'
  return undefined
}

/** A view of the store as it is now on disk. Whoever opens it disposes its manager; a client does so when it disconnects. */
export async function openCertificateStore(
  stateFolder: string,
  certificate: OwnCertificateChoice = 'present',
): Promise<CertificateStore> {
  const rootFolder = pkiFolder(stateFolder)
  await makeFolderBelow(stateFolder, rootFolder)
  await requireReadable(rootFolder)
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager')
  await dropRejectedTwins(rootFolder)
  const manager = new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: false,
    // Each connect reads the folder again, so a certificate that was trusted meanwhile is found without watchers.
    disableFileWatchers: true,
  })
  await manager.initialize()
  return {
    manager,
    certificateFile: ownCertificateFile(stateFolder, certificate),
    privateKeyFile: manager.privateKey,
  }
}

/** Where the certificates of servers are that somebody has trusted. */
export function trustedFolder(stateFolder: string): string {
  return join(pkiFolder(stateFolder), 'trusted', 'certs')
}

function pkiFolder(stateFolder: string): string {
  return join(stateFolder, 'opcua', 'pki')
}

/** The gateway's own certificate, which need not be there yet. */
export function ownCertificateFile(stateFolder: string, which: OwnCertificateChoice = 'present'): string {
  return join(pkiFolder(stateFolder), 'own', 'certs', OWN_FILES[which])
}

const OWN_FILES: Readonly<Record<OwnCertificateChoice, string>> = {
  present: 'millrace.pem',
  former: 'millrace-former.pem',
}

/**
 * Deletes rejected certificates that are trusted as well. A connect that began before the certificate was trusted may
 * still save a copy among the rejected ones, and the library then rejects it. Files are named by fingerprint, so the
 * two copies have the same name.
 */
async function dropRejectedTwins(rootFolder: string): Promise<void> {
  const trusted = await namesIn(join(rootFolder, 'trusted', 'certs'))
  const rejected = new Set(await namesIn(join(rootFolder, 'rejected')))
  const twins = trusted.filter((name) => rejected.has(name))
  await Promise.all(twins.map((name) => rm(join(rootFolder, 'rejected', name), { force: true })))
}

/**
 * The library takes a key that it cannot read for none, and makes another one over it; and a trusted certificate for one that nobody trusts.
 * @throws what the file system says where something is there that cannot be read now
 */
async function requireReadable(rootFolder: string): Promise<void> {
  await readUnlessAbsent(join(rootFolder, 'own', 'private', 'private_key.pem'))
  const trusted = join(rootFolder, 'trusted', 'certs')
  for (const name of await namesIn(trusted)) await readUnlessAbsent(join(trusted, name))
}

/** Undefined where there is none. @throws what the file system says where it only cannot be read */
function readUnlessAbsent(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: unknown) => {
    if (isOnlyUnread(error)) throw error
    return undefined
  })
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isOnlyUnread(error)) throw error
    return []
  })
}
