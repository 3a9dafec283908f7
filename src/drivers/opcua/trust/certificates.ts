/**
 * The gateway's own certificate, and the servers' certificates that somebody has trusted, below the state folder.
 * No certificate is ever accepted by itself: `millrace trust URL` is the only way in.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'

/** Constant, so that a server goes on trusting this gateway when its host is renamed. */
export const APPLICATION_URI = 'urn:millrace:gateway'
export const APPLICATION_NAME = 'Millrace'

const VALIDITY_DAYS = 10 * 365

export interface CertificateStore {
  readonly manager: OPCUACertificateManager
  readonly certificateFile: string
  readonly privateKeyFile: string
}

/** Own key and certificate are made once, however many devices connect at the same time. */
const made = new Map<string, Promise<void>>()

/** A view of the store as it is now on disk; disconnecting the client that got it disposes it. */
export async function openCertificateStore(stateFolder: string): Promise<CertificateStore> {
  const rootFolder = join(stateFolder, 'opcua', 'pki')
  if (!made.has(rootFolder)) made.set(rootFolder, makeOwnCertificate(rootFolder))
  try {
    await made.get(rootFolder)
  } catch (error) {
    made.delete(rootFolder)
    throw error
  }
  return openStore(rootFolder)
}

async function makeOwnCertificate(rootFolder: string): Promise<void> {
  await mkdir(rootFolder, { recursive: true, mode: 0o700 })
  const { manager, certificateFile } = await openStore(rootFolder)
  if (!existsSync(certificateFile)) {
    await manager.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      dns: [hostname()],
      outputFile: certificateFile,
      subject: `/CN=${APPLICATION_NAME}`,
      startDate: new Date(),
      validity: VALIDITY_DAYS,
    })
  }
  await manager.dispose()
}

async function openStore(rootFolder: string): Promise<CertificateStore> {
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager')
  await dropRejectedTwins(rootFolder)
  const manager = new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: false,
    // Each connect looks at the folder anew, so a certificate trusted meanwhile is seen without watching.
    disableFileWatchers: true,
  })
  await manager.initialize()
  return {
    manager,
    certificateFile: join(rootFolder, 'own', 'certs', 'millrace.pem'),
    privateKeyFile: manager.privateKey,
  }
}

/**
 * A connect that began before a certificate was trusted may still set a copy of it aside, and to the library the
 * rejected copy is the stronger one. Files are named by fingerprint, so twins have the same name.
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
