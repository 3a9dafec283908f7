/** A self-signed server certificate for tests. It is created in each run, so that the repository holds no key. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'

export interface TlsCertificate {
  readonly cert: string
  readonly key: string
  /** The certificate again, as a file that a client names as its CA. */
  readonly caFile: string
}

/** @param hosts the names for which it is valid */
export async function makeTlsCertificate(folder: string, hosts: readonly string[]): Promise<TlsCertificate> {
  const pki = new OPCUACertificateManager({
    rootFolder: join(folder, 'pki'),
    automaticallyAcceptUnknownCertificate: false,
  })
  await pki.initialize()
  const caFile = join(folder, 'server.pem')
  await pki.createSelfSignedCertificate({
    applicationUri: 'urn:millrace:test:central',
    subject: '/CN=central',
    dns: [...hosts],
    startDate: new Date(Date.now() - 3_600_000),
    validity: 30,
    outputFile: caFile,
  })
  const key = await readFile(pki.privateKey, 'utf8')
  await pki.dispose()
  return { cert: await readFile(caFile, 'utf8'), key, caFile }
}
