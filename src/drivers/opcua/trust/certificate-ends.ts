/** When the certificates of OPC UA end: the gateway's own, and those of the servers that somebody has trusted. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCertificate } from './certificate-facts.ts'
import { ownCertificateFile, trustedFolder } from './certificates.ts'
import { urlsByFingerprint } from './trusted-before.ts'

/** One of them. */
interface CertificateEnd {
  readonly isOwn: boolean
  /** The URL that it was trusted for, or else its subject. */
  readonly name: string
  /** Ms since 1970. */
  readonly endsMs: number
}

/** Those that can be read; none where there is no OPC UA. */
export async function opcuaCertificateEnds(stateFolder: string): Promise<readonly CertificateEnd[]> {
  const folder = trustedFolder(stateFolder)
  const names = await readdir(folder).catch(() => [])
  const urls = urlsByFingerprint(stateFolder)
  const [own, ...trusted] = await Promise.all(
    [ownCertificateFile(stateFolder), ...names.map((name) => join(folder, name))].map(factsOf),
  )
  const servers = trusted.flatMap((facts) =>
    facts ? { isOwn: false, name: urls.get(facts.sha256) ?? facts.subject, endsMs: facts.validToMs } : [],
  )
  return [...(own ? [{ isOwn: true, name: own.subject, endsMs: own.validToMs }] : []), ...lastOfEach(servers)]
}

/** The file of a certificate that was renewed stays where it is: the newer one is what the server shows. */
function lastOfEach(servers: readonly CertificateEnd[]): readonly CertificateEnd[] {
  const byEnd = servers.toSorted((a, b) => a.endsMs - b.endsMs)
  return [...new Map(byEnd.map((one) => [one.name, one])).values()]
}

async function factsOf(path: string) {
  try {
    return readCertificate(await readFile(path))
  } catch {
    // It is not there, or no certificate: whoever connects with it says so.
    return undefined
  }
}
