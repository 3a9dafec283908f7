/** Settles how central is reached: URL, hosts, TLS, and the password from wherever it is. */
import { readFileSync, statSync } from 'node:fs'
import type { Draft } from '../documents/draft.ts'
import { type Path, reasonText } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { readCentralUrl } from './central-url.ts'
import type { CentralConfig, TlsConfig } from './config.ts'
import { type Environment, PASSWORD_VARIABLE } from './environment.ts'
import type { GatewayFile } from './gateway-schema.ts'
import { Secret } from './secret.ts'

/** A configuration on its way to being understood. */
export interface Reading {
  readonly draft: Draft
  readonly env: Environment
  readonly warnings: ConfigFault[]
  /** Makes a path absolute: relative to the file, or to the current folder when the environment said it. */
  readonly resolve: (at: Path, path: string) => string
}

/** Judged from the raw URL too, so that its faults show beside those of other keys. */
export function centralOf(reading: Reading, parsed: GatewayFile | undefined): CentralConfig | undefined {
  const written = reading.draft.at(['central', 'url'])
  const url = typeof written === 'string' ? readCentralUrl(reading.draft, written) : undefined
  if (!url || !parsed) return undefined
  const { central } = parsed
  const password = passwordOf(reading, central.password_file)
  return {
    hosts: central.hosts ?? [url.host],
    database: url.database,
    user: url.user,
    ...password,
    schema: central.schema,
    tls: tlsOf(reading, central.tls, url.tlsMode),
    batch: { rows: central.batch.rows, lingerMs: central.batch.linger },
    machineStatus: central.machine_status,
  }
}

function tlsOf(
  reading: Reading,
  tls: GatewayFile['central']['tls'],
  ofUrl: TlsConfig['mode'] | undefined,
): TlsConfig {
  const written = typeof tls === 'object' ? tls : { mode: tls ?? ofUrl ?? 'verify-full' }
  if (ofUrl && tls !== undefined && written.mode !== ofUrl) {
    const hint = 'say it in one place: remove the sslmode, or make both say the same'
    reading.draft.fault(['central', 'url'], `the sslmode in the URL contradicts tls: ${written.mode}`, hint)
  }
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile } = typeof tls === 'object' ? tls : {}
  if ((certFile === undefined) !== (keyFile === undefined)) {
    reading.draft.fault(['central', 'tls'], 'cert_file and key_file go together', undefined, 'key')
  }
  const file = (key: string, path: string) => readable(reading, ['central', 'tls', key], path)
  return {
    mode: written.mode,
    ...(caFile && { caFile: file('ca_file', caFile) }),
    ...(certFile && { certFile: file('cert_file', certFile) }),
    ...(keyFile && { keyFile: file('key_file', keyFile) }),
  }
}

function readable(reading: Reading, at: Path, written: string): string {
  const path = reading.resolve(at, written)
  try {
    readFileSync(path)
  } catch (error) {
    reading.draft.fault(at, `${written} cannot be read: ${reasonText(error)}`)
  }
  return path
}

type Password = Pick<CentralConfig, 'password' | 'passwordSource'>

const PASSWORD_FILE: Path = ['central', 'password_file']
/** Others than the owner may read it. */
const SHARED_MODE = 0o077

function passwordOf(reading: Reading, file: string | undefined): Password {
  const given = reading.env[PASSWORD_VARIABLE]
  if (given) return { password: new Secret(given), passwordSource: 'environment' }
  if (file === undefined) return { passwordSource: 'none' }
  try {
    const path = reading.resolve(PASSWORD_FILE, file)
    const password = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    if (!password) reading.draft.fault(PASSWORD_FILE, `${file} is empty`)
    if (statSync(path).mode & SHARED_MODE) reading.warnings.push(sharedSecretWarning(reading.draft, file))
    return { password: new Secret(password), passwordSource: 'file' }
  } catch (error) {
    const hint = `create it, or set ${PASSWORD_VARIABLE}`
    reading.draft.fault(PASSWORD_FILE, `${file} cannot be read: ${reasonText(error)}`, hint)
    return { passwordSource: 'none' }
  }
}

function sharedSecretWarning(draft: Draft, file: string): ConfigFault {
  const place = { path: PASSWORD_FILE.join('.'), ...draft.origin.place(PASSWORD_FILE) }
  return { ...place, message: `others than its owner can read ${file}`, hint: `chmod 600 ${file}` }
}
