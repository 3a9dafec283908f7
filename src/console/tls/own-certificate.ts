/**
 * The certificate that a gateway makes for its console, kept in the data folder. Nobody has signed it but itself: people compare its
 * fingerprint once. It is made again a while before it ends.
 */
import { webcrypto } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { makeFolderBelow, replaceFile } from '../../runtime/files.ts'
import { readPlainText } from '../../runtime/plain-file.ts'
import { isOnlyUnread } from '../../runtime/system-fault.ts'
import { CONSOLE_FOLDER } from '../access/user-file.ts'
import { type Certificate, readCertificate } from './certificate.ts'

const FILE = 'own-certificate.pem'
const BYTES_MAX = 100_000
const DAY_MS = 86_400_000
/** Some browsers take no server's certificate that is valid for more than 825 days. */
const VALID_MS = 820 * DAY_MS
const RENEWED_BEFORE_MS = 30 * DAY_MS
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const KEY_END = '-----END PRIVATE KEY-----\n'

interface OwnParts {
  readonly dataFolder: string
  /** By which the computer is called, besides its host name. */
  readonly names: readonly string[]
  /** Ms since 1970. */
  readonly nowMs: number
}

/** The one that is kept, or a new one. */
export async function ownCertificate(parts: OwnParts): Promise<Certificate> {
  const kept = await read(parts.dataFolder).catch((error: unknown) => error)
  if (isCertificate(kept) && kept.endsMs - parts.nowMs > RENEWED_BEFORE_MS) return kept
  const { key, cert } = await makeCertificate(parts)
  // People have compared the fingerprint of the one that is there, and may find it again with the next start.
  if (!isOnlyUnread(kept)) await keep(parts.dataFolder, `${key}${cert}`)
  return readCertificate(cert, key)
}

function isCertificate(kept: unknown): kept is Certificate {
  return kept !== undefined && !(kept instanceof Error)
}

async function keep(dataFolder: string, text: string): Promise<void> {
  const folder = join(dataFolder, CONSOLE_FOLDER)
  try {
    await makeFolderBelow(dataFolder, folder)
    await replaceFile(join(folder, FILE), text)
  } catch {
    // It is good until the next start, which makes another one. A full disk, say, is named elsewhere.
  }
}

/** The one that is kept; undefined where there is none that can be used. */
export async function keptCertificate(dataFolder: string): Promise<Certificate | undefined> {
  return read(dataFolder).catch(() => undefined)
}

async function read(dataFolder: string): Promise<Certificate> {
  const text = await readPlainText(join(dataFolder, CONSOLE_FOLDER, FILE), BYTES_MAX)
  const keyEnd = text.indexOf(KEY_END) + KEY_END.length
  return readCertificate(text.slice(keyEnd), text.slice(0, keyEnd))
}

/** What makes it is loaded where one is made: once in years. */
async function makeCertificate({ names, nowMs }: OwnParts) {
  // The library asks for it, and does not load it.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const addresses = Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address) ?? [],
  )
  const dns = [...new Set([hostname(), 'localhost', ...names])]
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [hostname()] }, { O: ['Millrace'] }],
    // A computer whose clock is a little behind shall take it as well.
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + VALID_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...dns.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value: value.replace(/%.*$/, '') })),
      ]),
    ],
  })
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  )
  return { key: `${key}\n`, cert: `${certificate.toString('pem')}\n` }
}
