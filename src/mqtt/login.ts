/**
 * What the gateway shows a broker: a password, a certificate, and whom it trusts itself. The files are read at each connect:
 * whoever changes them tells nobody.
 */
import { NotReadable, readPlainText } from '../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, withoutLineEnd } from '../runtime/secret.ts'
import { systemFault } from '../runtime/system-fault.ts'
import { BrokerFault } from './fault.ts'
import { type BrokerSettings, brokerName } from './settings.ts'

/** The longest file of certificates that is read: all that an operating system trusts are a tenth of it. */
const TLS_BYTES_MAX = 4_194_304

/** Certificates and a key in PEM, as Node's TLS takes them. */
export interface TlsTexts {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** @throws BrokerFault where the file cannot be read now, or is empty */
export async function readPassword(settings: BrokerSettings): Promise<string | undefined> {
  const { password: known, passwordFile } = settings
  if (known) return known.reveal()
  if (passwordFile === undefined) return undefined
  const password = withoutLineEnd(await readSecret(settings, passwordFile, SECRET_BYTES_MAX))
  if (password) return password
  throw new BrokerFault(
    'login',
    `${passwordFile} is empty, and should hold the password for ${brokerName(settings)}`,
    { hint: 'write the password into it' },
  )
}

/** @throws BrokerFault where a file cannot be read now */
export async function readTlsTexts(settings: BrokerSettings): Promise<TlsTexts> {
  const { caFile, certFile, keyFile } = settings.tls
  const read = (file: string) => readSecret(settings, file, TLS_BYTES_MAX)
  return {
    ...(caFile !== undefined && { ca: await read(caFile) }),
    ...(certFile !== undefined && { cert: await read(certFile) }),
    ...(keyFile !== undefined && { key: await read(keyFile) }),
  }
}

async function readSecret(settings: BrokerSettings, file: string, maxBytes: number): Promise<string> {
  return readPlainText(file, maxBytes).catch((cause: unknown) => {
    const why = cause instanceof NotReadable ? cause.message : (systemFault(cause)?.what ?? String(cause))
    throw new BrokerFault('login', `${file} for ${brokerName(settings)} cannot be read: ${why}`, {
      hint: 'check that it is there, and that the user of the gateway may read it',
      cause,
    })
  })
}
