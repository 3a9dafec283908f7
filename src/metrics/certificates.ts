/** When the certificates end that the gateway shows, trusts or was shown. Troubles name them two months before, alerts three. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Trouble } from '../domain/health.ts'

/** The codes of what can be wrong with them. Alerts are named by it. */
const CERTIFICATE_TROUBLES = {
  /** One ends within two months, or has ended. */
  ends: 'certificate-ends',
} as const

/** What a certificate is for. */
type CertificateUse = 'console' | 'opcua-own' | 'opcua-server' | 'authority' | 'client' | 'server'

/** One certificate. */
export interface KnownCertificate {
  readonly use: CertificateUse
  /** Whose it is: a URL, a route, a file. */
  readonly name: string
  /** Ms since 1970. */
  readonly endsMs: number
  /** The gateway makes a new one by itself, or its own part of the program says when somebody has to. */
  readonly isLookedAfter?: true
}

/** A file of certificates in PEM, as a configuration names it. */
export interface CertificateFile {
  readonly use: CertificateUse
  readonly path: string
  readonly isLookedAfter?: true
}

const SOON_MS = 60 * 86_400_000
/** So many are measured; a folder in which there are more is no folder of one plant's servers. */
const KNOWN_MAX = 500
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * Of a file with several, that which ends first; of authorities the one that ends last, as a new one is put beside the old one, and a
 * whole collection always has some that end. None where it cannot be read: whoever needs it says so.
 */
export async function certificatesIn(
  files: readonly CertificateFile[],
): Promise<readonly KnownCertificate[]> {
  const read = files.map(async ({ path, ...about }): Promise<KnownCertificate | undefined> => {
    const text = await readFile(path, 'latin1').catch(() => '')
    const ends = (text.match(PEM) ?? []).flatMap((pem) => endOf(pem) ?? [])
    const decisive = about.use === 'authority' ? Math.max : Math.min
    return ends.length === 0 ? undefined : { ...about, name: path, endsMs: decisive(...ends) }
  })
  return (await Promise.all(read)).filter((one) => one !== undefined)
}

function endOf(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo)
  } catch {
    return undefined
  }
}

/** Each once, by use and name. */
export function distinct(all: readonly KnownCertificate[]): readonly KnownCertificate[] {
  return [...new Map(all.map((one) => [`${one.use} ${one.name}`, one])).values()].slice(0, KNOWN_MAX)
}

/** One trouble for each that ends soon, the first to end at the front. */
export function certificateTroubles(known: readonly KnownCertificate[], nowMs: number): readonly Trouble[] {
  return known
    .filter(({ endsMs, isLookedAfter }) => !isLookedAfter && endsMs - nowMs < SOON_MS)
    .toSorted((a, b) => a.endsMs - b.endsMs)
    .map(({ use, name, endsMs }) => {
      const day = new Date(endsMs).toISOString().slice(0, 10)
      const what = `${WORDS[use]} ${name} ${endsMs < nowMs ? 'has ended' : 'ends'} on ${day}`
      return { code: CERTIFICATE_TROUBLES.ends, what, hint: HINTS[use], sinceMs: endsMs - SOON_MS }
    })
}

const WORDS: Readonly<Record<CertificateUse, string>> = {
  console: 'the certificate of the console',
  'opcua-own': "the gateway's own OPC UA certificate",
  'opcua-server': 'the trusted certificate of the OPC UA server',
  authority: 'the last of the authorities in',
  client: 'the certificate by which the gateway proves who it is, in',
  server: 'the certificate shown by',
}

const HINTS: Readonly<Record<CertificateUse, string>> = {
  console: 'put a new one in the place of its files',
  'opcua-own': 'the gateway renews it by itself; let each server trust the new one',
  'opcua-server':
    'ask who runs the server for a new one, and trust it with: millrace trust URL; where there is no such server any more, ' +
    'take its file out of opcua/pki/trusted/certs in the data folder',
  authority: 'get the new one from whoever runs the authority, and put it into the file beside the old one',
  client: 'get a new one, and put it in the place of the file and its key; it is read at the next connection',
  server: 'whoever runs that server has to renew it; once it has ended, no connection is made any more',
}
