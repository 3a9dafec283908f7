/** A certificate with its key, checked before any server is given it. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { GatewayError } from '../../domain/errors.ts'

/** One that can be used. */
export interface Certificate {
  /** In PEM, with those behind it. */
  readonly cert: string
  readonly key: string
  /** SHA-256, as browsers show it: `70:5A:…`. */
  readonly fingerprint: string
  /** Ms since 1970. */
  readonly endsMs: number
}

/** A certificate that cannot be used. */
export class CertificateFault extends GatewayError {
  override readonly name = 'CertificateFault'
  readonly retryable = true
  constructor(message: string, hint: string, cause?: unknown) {
    super('console-tls', message, { hint, cause })
  }
}

/** @throws CertificateFault where the two cannot be used together */
export function readCertificate(cert: string, key: string): Certificate {
  const first = read('the certificate', 'a certificate in PEM', () => new X509Certificate(cert))
  const hint = 'a key in PEM without a passphrase'
  const privateKey = read('the key', hint, () => createPrivateKey(key))
  if (!first.checkPrivateKey(privateKey))
    throw new CertificateFault(
      'the key is that of another certificate',
      'put the two files of one pair there',
    )
  read('the certificate', 'one that OpenSSL takes', () => createSecureContext({ cert, key }))
  return { cert, key, fingerprint: first.fingerprint256, endsMs: Date.parse(first.validTo) }
}

function read<T>(what: string, hint: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new CertificateFault(`${what} cannot be read`, `it must be ${hint}`, cause)
  }
}
