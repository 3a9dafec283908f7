/** A certificate in PEM that ends at a moment of the test's choice. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { cryptoProvider, X509CertificateGenerator } from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const YEAR_MS = 365 * 86_400_000

/** @param endsMs ms since 1970, in whole seconds */
export async function makeCertificate(endsMs: number): Promise<string> {
  cryptoProvider.set(webcrypto as unknown as typeof crypto)
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    notBefore: new Date(endsMs - YEAR_MS),
    notAfter: new Date(endsMs),
    signingAlgorithm: ALGORITHM,
    keys,
  })
  return certificate.toString('pem')
}
