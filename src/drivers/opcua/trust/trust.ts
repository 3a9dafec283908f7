/**
 * The only way to trust a server's certificate. It decides nothing: the caller hands in exactly the certificate that a
 * person has compared. A running gateway reads the store again at each connect, so it needs no restart.
 */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type CertificateFacts, readCertificate } from './certificate-facts.ts'
import { keepOwnCertificate, openCertificateStore } from './certificates.ts'
import { isKnownAt, type ShownServer } from './known-address.ts'

/** The library's word for a certificate that is trusted, and in order. */
export const ACCEPTED = 'Good'
/** Its word for one that needs nothing but somebody's trust. */
export const UNTRUSTED = 'BadCertificateUntrusted'

/** Whether a certificate is accepted. */
export interface Verdict {
  /** What the next connect would find: `Good`, `BadCertificateUntrusted`, or another of OPC UA's status names. */
  readonly status: string
  /** Where trusted certificates lie, one a file; taking the file away ends the trust. */
  readonly trustedFolder: string
}

/** Judges what a server shows as the next connect to this address will, and changes nothing in the store. */
export async function judgeCertificate(
  stateFolder: string,
  url: string,
  server: ShownServer,
): Promise<Verdict> {
  const { manager } = await openCertificateStore(stateFolder)
  try {
    const status = await manager.verifyCertificate(server.chain, {
      acceptCertificateWithValidIssuerChain: true,
    })
    const isStranger = status === ACCEPTED && !isKnownAt(stateFolder, url, server)
    return { status: isStranger ? UNTRUSTED : status, trustedFolder: manager.trustedFolder }
  } finally {
    await manager.dispose()
  }
}

/** Moves a certificate, without its issuers, to the trusted ones in one step, and removes it from the rejected ones. */
export async function trustCertificate(stateFolder: string, chain: Buffer): Promise<void> {
  const { manager } = await openCertificateStore(stateFolder)
  try {
    await manager.trustCertificate(new X509Certificate(chain).raw)
  } finally {
    await manager.dispose()
  }
}

/** What people look for in the server's list of clients. */
export interface OwnCertificate {
  readonly file: string
  readonly facts: CertificateFacts
  /** That it was replaced just now, and why. */
  readonly news?: string
}

/** The gateway's own certificate, which a server has to trust in turn. It is made where there is none that is valid. */
export async function ownCertificate(stateFolder: string, nowMs: number): Promise<OwnCertificate> {
  const news = await keepOwnCertificate(stateFolder, nowMs)
  const { manager, certificateFile } = await openCertificateStore(stateFolder)
  await manager.dispose()
  const facts = readCertificate(await readFile(certificateFile))
  return { file: certificateFile, facts, ...(news === undefined ? {} : { news }) }
}
