/** Keys and certificates of all OPC UA servers of a line, in a temporary folder that is removed when the process ends. */
import { rmSync } from 'node:fs'
import type { OPCUACertificateManager } from 'node-opcua'
import { makeTemporaryFolder } from '../temporary-folder.ts'

/** Creates the store at the first call, because a line of Modbus presses needs none. */
export type Certificates = () => Promise<OPCUACertificateManager>

interface CertificateStore extends Disposable {
  readonly certificates: Certificates
}

export function temporaryCertificates(): CertificateStore {
  let folder: string | undefined
  let manager: Promise<OPCUACertificateManager> | undefined
  const create = async () => {
    const { OPCUACertificateManager } = await import('node-opcua')
    folder = makeTemporaryFolder('simulators')
    const created = new OPCUACertificateManager({
      rootFolder: folder,
      // A simulator trusts everyone, so that a test needs no exchange of certificates.
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    })
    // A server that shuts down releases the store. All servers share it, so it must stay until the process ends.
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
