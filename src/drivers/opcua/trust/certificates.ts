/**
 * The gateway's own certificate, and the servers' certificates that somebody has trusted, below the state folder.
 * No server's certificate is ever accepted automatically: only `millrace trust URL` puts one here.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { type CertificateFacts, readCertificate } from './certificate-facts.ts'

/** Constant, so that servers still trust this gateway when its host is renamed. */
export const APPLICATION_URI = 'urn:millrace:gateway'
/** Under this name people find the gateway's certificate in their server. */
export const APPLICATION_NAME = 'Millrace'

const DAY_MS = 86_400_000
const VALIDITY_DAYS = 10 * 365
/** It begins this long ago, because a server whose clock is behind refuses a certificate of today, and does not say why. */
const BEGINS_DAYS_AGO = 365
/** It is replaced this long before its end. */
const RENEWED_BEFORE_DAYS = 30
/** A host whose clock shows an earlier time than this program has none that runs: nothing is concluded from it. */
const CLOCK_WORKS_SINCE_MS = Date.UTC(2026, 0, 1)

/** The certificates as the library works with them. */
export interface CertificateStore {
  readonly manager: OPCUACertificateManager
  readonly certificateFile: string
  readonly privateKeyFile: string
}

/**
 * Makes the gateway's own key and certificate where there are none yet, or none that is valid. One call at a time for each
 * folder. `nowMs` is since 1970.
 * @returns a sentence that says why it was replaced, since each server has to trust the new one; undefined where it was not
 */
export async function keepOwnCertificate(stateFolder: string, nowMs: number): Promise<string | undefined> {
  const file = ownCertificateFile(stateFolder)
  const why = existsSync(file) ? whyAnew(readCertificate(await readFile(file)), nowMs) : undefined
  if (existsSync(file) && why === undefined) return undefined
  const { manager } = await openCertificateStore(stateFolder)
  try {
    // The library adds a new certificate to a file that is there.
    await rm(file, { force: true })
    await manager.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      dns: [hostname()],
      outputFile: file,
      subject: `/CN=${APPLICATION_NAME}`,
      startDate: new Date(nowMs - BEGINS_DAYS_AGO * DAY_MS),
      validity: BEGINS_DAYS_AGO + VALIDITY_DAYS,
    })
  } finally {
    await manager.dispose()
  }
  if (why === undefined) return undefined
  return `the gateway's own OPC UA certificate was made anew, because ${why}; each server has to trust the new one, named ${APPLICATION_NAME}`
}

function whyAnew({ validFromMs, validToMs }: CertificateFacts, nowMs: number): string | undefined {
  if (nowMs < CLOCK_WORKS_SINCE_MS) return undefined
  if (validFromMs > nowMs) return 'it was not valid yet: it was made while the clock of this host was ahead'
  if (validToMs <= nowMs) return 'it had expired'
  if (validToMs - nowMs < RENEWED_BEFORE_DAYS * DAY_MS) return 'it was about to expire'
  return undefined
}

/** A view of the store as it is now on disk. Whoever opens it disposes its manager; a client does so when it disconnects. */
export async function openCertificateStore(stateFolder: string): Promise<CertificateStore> {
  const rootFolder = pkiFolder(stateFolder)
  await mkdir(rootFolder, { recursive: true, mode: 0o700 })
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
    certificateFile: ownCertificateFile(stateFolder),
    privateKeyFile: manager.privateKey,
  }
}

function pkiFolder(stateFolder: string): string {
  return join(stateFolder, 'opcua', 'pki')
}

function ownCertificateFile(stateFolder: string): string {
  return join(pkiFolder(stateFolder), 'own', 'certs', 'millrace.pem')
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

async function namesIn(folder: string): Promise<readonly string[]> {
  return existsSync(folder) ? readdir(folder) : []
}
