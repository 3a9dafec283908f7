/** The keys and certificates of all OPC UA servers of a line, in a temporary folder that goes with the process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua'

/** Makes the store when it is first asked for: a line of presses has no use for one. */
export type Certificates = () => Promise<OPCUACertificateManager>

export interface CertificateStore extends Disposable {
  readonly certificates: Certificates
}

export function temporaryCertificates(): CertificateStore {
  let folder: string | undefined
  let manager: Promise<OPCUACertificateManager> | undefined
  const create = async () => {
    const { OPCUACertificateManager } = await import('node-opcua')
    folder = mkdtempSync(join(tmpdir(), 'millrace-simulators-'))
    const created = new OPCUACertificateManager({
      rootFolder: folder,
      // A simulator trusts everyone, so that a test needs no exchange of certificates.
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    })
    // Every server that shuts down lets go of the store; shared by all of them, it stays as long as the process.
    created.referenceCounter = Number.POSITIVE_INFINITY
    await created.initialize()
    return created
  }
  return {
    certificates: () => {
      manager ??= create()
      return manager
    },
    [Symbol.dispose]: () => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
