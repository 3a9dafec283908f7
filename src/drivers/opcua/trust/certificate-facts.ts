/** What a person compares before trusting a certificate. */
import { X509Certificate } from 'node:crypto'

/** What a certificate says. Moments are ms since 1970. */
export interface CertificateFacts {
  readonly subject: string
  /** Undefined where it is its own issuer. */
  readonly issuer: string | undefined
  /** OPC UA's name of the application, without which a certificate is no application's (part 6, 6.2.2). */
  readonly applicationUri: string | undefined
  readonly validFromMs: number
  readonly validToMs: number
  /** Hex in pairs, joined by colons. */
  readonly sha256: string
  readonly sha1: string
}

/** 64 bits. With fewer, somebody could make certificates until one has the same first digits. */
export const FINGERPRINT_MIN_DIGITS = 16

/** @param certificate PEM, or DER of which the first certificate counts */
export function readCertificate(certificate: Buffer): CertificateFacts {
  const x509 = new X509Certificate(certificate)
  return {
    subject: oneLine(x509.subject),
    issuer: x509.issuer === x509.subject ? undefined : oneLine(x509.issuer),
    applicationUri: uriOf(x509.subjectAltName),
    validFromMs: Date.parse(x509.validFrom),
    validToMs: Date.parse(x509.validTo),
    sha256: x509.fingerprint256,
    sha1: x509.fingerprint,
  }
}

/** What is wrong with a certificate whether or not somebody trusts it. `serverUri` is what the server calls itself. */
export function certificateWarnings(facts: CertificateFacts, serverUri: string, nowMs: number): string[] {
  const { applicationUri } = facts
  const warnings = [...dateWarnings(facts, nowMs)]
  if (applicationUri !== serverUri) {
    warnings.push(
      `the server calls itself ${oneLine(serverUri)}, and its certificate names another application`,
    )
  }
  return warnings
}

/** What is wrong with a certificate at a moment, in ms since 1970. */
export function dateWarnings({ validFromMs, validToMs }: CertificateFacts, nowMs: number): readonly string[] {
  if (validToMs <= nowMs) return ['it has expired']
  if (validFromMs > nowMs) return ['it is not valid yet: compare the clocks of the server and of this host']
  return []
}

/** Whether a fingerprint as typed, with or without colons and in any case, begins the SHA-256 or the SHA-1 one. */
export function isFingerprintOf(typed: string, { sha256, sha1 }: CertificateFacts): boolean {
  const digits = hexDigits(typed)
  if (digits.length < FINGERPRINT_MIN_DIGITS) return false
  return [sha256, sha1].some((whole) => hexDigits(whole).startsWith(digits))
}

function hexDigits(text: string): string {
  return text.replace(/[\s:]/g, '').toLowerCase()
}

/** Node writes a text with unusual characters as JSON. */
function uriOf(subjectAltName: string | undefined): string | undefined {
  const [, quoted, plain] = /(?:^|, )URI:(?:"([^"]*)"|([^,]*))/.exec(subjectAltName ?? '') ?? []
  const uri = quoted ?? plain
  return uri === undefined ? undefined : oneLine(uri)
}

/** Without control characters: the text comes from an unknown server, and is printed on a terminal. */
export function oneLine(text: string): string {
  return text.replace(/\r?\n/g, ', ').replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '?')
}
