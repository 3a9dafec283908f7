/** Makes connection settings of what a section says: URL, hosts, TLS, and the password from a file or the environment. */
import { readFileSync, statSync } from 'node:fs'
import type { Path } from '../documents/place.ts'
import type { Settling } from '../documents/section.ts'
import { reasonText } from '../documents/yaml-source.ts'
import { Secret } from '../runtime/secret.ts'
import type { ConnectionSettings, TlsMode, TlsSettings, WrittenConnection } from './settings.ts'
import { readUrl } from './url.ts'

/**
 * Faults are noted in the draft. The URL is read even where other keys of the section are wrong, so that all faults show at once.
 * @param written the section after its own check; undefined where that failed
 * @returns undefined where there is no usable connection
 */
export function settleConnection(
  settling: Settling,
  at: Path,
  written: WrittenConnection | undefined,
): ConnectionSettings | undefined {
  const url = readUrl(settling, at)
  if (!url || !written) return undefined
  const password = passwordOf(settling, at, written.password_file)
  return {
    hosts: written.hosts ?? [url.host],
    database: url.database,
    user: url.user,
    ...(password && { password }),
    tls: tlsOf(settling, at, written.tls, url.tlsMode),
  }
}

function tlsOf(
  settling: Settling,
  at: Path,
  tls: WrittenConnection['tls'],
  ofUrl: TlsMode | undefined,
): TlsSettings {
  const { draft } = settling
  const { mode, ...files } = typeof tls === 'object' ? tls : { mode: tls ?? ofUrl ?? 'verify-full' }
  if (ofUrl && tls !== undefined && mode !== ofUrl) {
    const hint = 'say it in one place: remove the sslmode, or make both say the same'
    draft.fault([...at, 'url'], `the sslmode in the URL contradicts tls: ${mode}`, hint)
  }
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile } = files
  if ((certFile === undefined) !== (keyFile === undefined)) {
    draft.fault([...at, 'tls'], 'cert_file and key_file go together', undefined, 'key')
  }
  const file = (key: string, path: string) => readable(settling, [...at, 'tls', key], path, draft.fault)
  const secretFile = (key: string, path: string) =>
    readable(settling, [...at, 'tls', key], path, secretFault(settling))
  return {
    mode,
    ...(caFile && { caFile: file('ca_file', caFile) }),
    ...(certFile && { certFile: file('cert_file', certFile) }),
    ...(keyFile && { keyFile: secretFile('key_file', keyFile) }),
  }
}

function readable(
  { resolve }: Settling,
  at: Path,
  written: string,
  fault: (at: Path, message: string, hint?: string) => void,
): string {
  const path = resolve(at, written)
  try {
    readFileSync(path)
  } catch (error) {
    fault(
      at,
      `${written} cannot be read: ${reasonText(error)}`,
      isForbidden(error) ? FOR_ITS_USER : undefined,
    )
  }
  return path
}

/** What to do about a file that is there, and not for this user. */
const FOR_ITS_USER = 'run this as the user that the gateway runs as'

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(String((error as { code?: unknown }).code))
}

/** How a secret that cannot be read is reported: only as a warning where the command can do without. */
function secretFault({ draft, warnings, sparesSecrets }: Settling) {
  return (at: Path, message: string, hint?: string): void => {
    const place = { path: at.join('.'), ...draft.origin.place(at) }
    if (sparesSecrets) warnings.push({ ...place, message, ...(hint === undefined ? {} : { hint }) })
    else draft.fault(at, message, hint)
  }
}

/** The bits of a file's mode that let others than the owner use it. */
const SHARED_MODE = 0o077

/** The environment wins, and the file is then not even looked at. */
function passwordOf(settling: Settling, at: Path, file: string | undefined): Secret | undefined {
  const { variable, value } = settling.secret([...at, 'password'])
  if (value) return new Secret(value)
  if (file === undefined) return undefined
  const key: Path = [...at, 'password_file']
  const fault = secretFault(settling)
  try {
    const path = settling.resolve(key, file)
    const password = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    if (!password) fault(key, `${file} is empty`)
    if (statSync(path).mode & SHARED_MODE) warnOfSharing(settling, key, file)
    return new Secret(password)
  } catch (error) {
    const remedy = isForbidden(error) ? FOR_ITS_USER : 'create it'
    fault(key, `${file} cannot be read: ${reasonText(error)}`, `${remedy}, or set ${variable}`)
    return undefined
  }
}

function warnOfSharing({ draft, warnings }: Settling, key: Path, file: string): void {
  const place = { path: key.join('.'), ...draft.origin.place(key) }
  const message = `others than its owner can read ${file}`
  warnings.push({ ...place, message, hint: `chmod 600 ${file}` })
}
