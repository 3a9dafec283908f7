/** Which certificate a browser is shown, for people who compare it. */
import { X509Certificate } from 'node:crypto'
import { readPlainText } from '../../runtime/plain-file.ts'
import type { ConsoleTls } from '../settings.ts'
import { keptCertificate } from './own-certificate.ts'

const BYTES_MAX = 1_000_000

/** SHA-256, as browsers show it. Null where there is none: no TLS, none made yet, or a file that cannot be read. */
export async function shownFingerprint(
  dataFolder: string,
  tls: ConsoleTls | undefined,
): Promise<string | null> {
  if (tls === undefined) return null
  if (tls === 'own') return (await keptCertificate(dataFolder))?.fingerprint ?? null
  try {
    return new X509Certificate(await readPlainText(tls.certFile, BYTES_MAX)).fingerprint256
  } catch {
    // What is wrong with the file, the console says.
    return null
  }
}
