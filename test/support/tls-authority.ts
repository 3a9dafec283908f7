/** A certificate authority for tests, made in each run: certificates of servers as they should be, and as they should not. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

/** In PEM. */
export interface SignedCertificate {
  readonly cert: string
  readonly key: string
}

export interface TlsAuthority {
  /** Its own certificate, for a client that trusts it. */
  readonly caFile: string
  /** A certificate for some names; `endsMs` in the past: one that is over. `common`: whom it names, as for a client. */
  sign(options: {
    readonly names?: readonly string[]
    readonly common?: string
    readonly endsMs?: number
  }): Promise<SignedCertificate>
}

export async function makeTlsAuthority(folder: string, name: string): Promise<TlsAuthority> {
  const keys = await newKeys()
  const issuer = `CN=${name}`
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: issuer, keys, signingAlgorithm: ALGORITHM },
    notBefore: new Date(Date.now() - 30 * DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  const caFile = join(folder, `${name}.pem`)
  await writeFile(caFile, own.toString('pem'))
  return {
    caFile,
    sign: async ({ names = [], common = names[0] ?? name, endsMs = Date.now() + DAY_MS }) => {
      const { publicKey, privateKey } = await newKeys()
      const alternatives = names.map(
        (value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value }) as const,
      )
      const certificate = await x509.X509CertificateGenerator.create({
        ...{ issuer, publicKey, signingKey: keys.privateKey, signingAlgorithm: ALGORITHM },
        subject: `CN=${common}`,
        notBefore: new Date(Date.now() - 20 * DAY_MS),
        notAfter: new Date(endsMs),
        extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : [],
      })
      const exported = await webcrypto.subtle.exportKey('pkcs8', privateKey)
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(exported, 'PRIVATE KEY') }
    },
  }
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}
