/**
 * The one way in for a server's certificate. It never decides: who calls hands in the very certificate that a person
 * compared. A running gateway looks at the store anew at each connect, so it needs no restart.
 */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type CertificateFacts, readCertificate } from './certificate-facts.ts'
import { openCertificateStore } from './certificates.ts'

/** The library's word for a certificate that is trusted, and in order. */
export const ACCEPTED = 'Good'
/** Its word for one that needs nothing but somebody's trust. */
export const UNTRUSTED = 'BadCertificateUntrusted'

export interface Verdict {
  /** What the driver would be told right now: `Good`, `BadCertificateUntrusted`, or another of OPC UA's status names. */
  readonly status: string
  /** Where trusted certificates lie, one a file; taking the file away ends the trust. */
  readonly trustedFolder: string
}

/** Judges a certificate as the next connect will, without a trace in the store. */
export async function judgeCertificate(stateFolder: string, chain: Buffer): Promise<Verdict> {
  const { manager } = await openCertificateStore(stateFolder)
  try {
    const status = await manager.verifyCertificate(chain, { acceptCertificateWithValidIssuerChain: true })
    return { status, trustedFolder: manager.trustedFolder }
  } finally {
    await manager.dispose()
  }
}

/** Moves a certificate among the trusted ones, in one step, and away from the rejected ones. Without its issuers. */
export async function trustCertificate(stateFolder: string, chain: Buffer): Promise<void> {
  const { manager } = await openCertificateStore(stateFolder)
  try {
    await manager.trustCertificate(new X509Certificate(chain).raw)
  } finally {
    await manager.dispose()
  }
}

export interface OwnCertificate {
  readonly file: string
  readonly facts: CertificateFacts
}

/** The gateway's own certificate, which a server has to trust in turn. It is made where there is none yet. */
export async function ownCertificate(stateFolder: string): Promise<OwnCertificate> {
  const { manager, certificateFile } = await openCertificateStore(stateFolder)
  await manager.dispose()
  return { file: certificateFile, facts: readCertificate(await readFile(certificateFile)) }
}
