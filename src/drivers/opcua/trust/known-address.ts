/**
 * Whether a certificate that is trusted is the one of the server at this very address. A stolen or careless server whose certificate
 * somebody trusted must not pass for another one: whoever compared a fingerprint did so for one address.
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type CertificateFacts, readCertificate } from './certificate-facts.ts'
import { isBoundToAddress, isRecordLost, trustedBefore } from './trusted-before.ts'

/** What a server shows of itself. */
export interface ShownServer {
  /** DER, with the issuers behind it that the server sent along. */
  readonly chain: Buffer
  readonly facts: CertificateFacts
  /** What the server calls itself. */
  readonly serverUri: string
}

export function shownServer(chain: Buffer, serverUri: string): ShownServer {
  return { chain, facts: readCertificate(chain), serverUri }
}

/**
 * Whether a server is taken at its address. One that somebody trusted for another address has to name the host and what the server
 * calls itself, and not even that helps it where another one was trusted at this address.
 */
export function isKnownAt(stateFolder: string, url: string, server: ShownServer): boolean {
  if (isTrustedAt(stateFolder, [url], server.facts)) return true
  return trustedBefore(stateFolder, url).length === 0 && namesAddress(url, server)
}

/**
 * Whether somebody trusted this very certificate for one of these addresses, or for none in particular: it was put into the store by
 * hand, signed by an issuer that was, or trusted by a version that took it at every address. Which that is cannot be known where the
 * record is lost. Addresses of servers that stand in for each other are given together, as one certificate may serve them all.
 */
export function isTrustedAt(
  stateFolder: string,
  urls: readonly string[],
  { sha256 }: Pick<CertificateFacts, 'sha256'>,
): boolean {
  const isHere = urls.some((url) => trustedBefore(stateFolder, url).some((one) => one.sha256 === sha256))
  return isHere || !(isRecordLost(stateFolder) || isBoundToAddress(stateFolder, sha256))
}

function namesAddress(url: string, { chain, facts, serverUri }: ShownServer): boolean {
  return facts.applicationUri === serverUri && namesHostOf(url, chain)
}

function namesHostOf(url: string, chain: Buffer): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const certificate = new X509Certificate(chain)
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}
