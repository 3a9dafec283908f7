/**
 * The gateway's own certificate, and the servers' certificates that somebody has trusted, below the state folder.
 * No server's certificate is ever accepted automatically: only `millrace trust URL` puts one here.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'

/** Constant, so that servers still trust this gateway when its host is renamed. */
export const APPLICATION_URI = 'urn:millrace:gateway'
/** Under this name people find the gateway's certificate in their server. */
export const APPLICATION_NAME = 'Millrace'

const VALIDITY_DAYS = 10 * 365

/** The certificates as the library works with them. */
export interface CertificateStore {
  readonly manager: OPCUACertificateManager
  readonly certificateFile: string
  readonly privateKeyFile: string
}

/** Makes the gateway's own key and certificate where there are none yet. One call at a time for each folder. */
export async function makeOwnCertificate(stateFolder: string): Promise<void> {
  if (existsSync(ownCertificateFile(stateFolder))) return
  const { manager, certificateFile } = await openCertificateStore(stateFolder)
  try {
    await manager.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      dns: [hostname()],
      outputFile: certificateFile,
      subject: `/CN=${APPLICATION_NAME}`,
      startDate: new Date(),
      validity: VALIDITY_DAYS,
    })
  } finally {
    await manager.dispose()
  }
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
