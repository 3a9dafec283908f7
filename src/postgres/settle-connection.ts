/** Makes connection settings of what a section says: URL, hosts, TLS, and the password from a file or the environment. */
import { statSync } from 'node:fs'
import type { Path } from '../documents/place.ts'
import type { Settling } from '../documents/section.ts'
import { reasonText } from '../documents/yaml-source.ts'
import { NotReadable, readPlainFile } from '../runtime/plain-file.ts'
import { SECRET_BYTES_MAX, Secret, withoutLineEnd } from '../runtime/secret.ts'
import {
  type ConnectionSettings,
  TLS_BYTES_MAX,
  type TlsMode,
  type TlsSettings,
  type WrittenConnection,
} from './settings.ts'
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
  const tls = tlsOf(settling, at, written.tls, url.tlsMode)
  return {
    hosts: written.hosts ?? [url.host],
    database: url.database,
    user: url.user,
    ...passwordOf(settling, at, written.password_file),
    tls,
    ...loginOf(settling, at, written.login, tls),
  }
}

function loginOf(
  { draft }: Settling,
  at: Path,
  login: WrittenConnection['login'],
  { mode }: TlsSettings,
): Pick<ConnectionSettings, 'login'> {
  const path = [...at, 'login']
  if (login === 'bound' && mode === 'off')
    draft.fault(path, 'without TLS there is no certificate to which a login could be bound', 'turn tls on')
  if (login === 'any' && mode !== 'verify-full') {
    const hint = 'set tls to verify-full, or leave login out'
    draft.fault(path, `login: any gives the password away, and tls: ${mode} does not prove to whom`, hint)
  }
  return login === undefined ? {} : { login }
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
    readPlainFile(path, TLS_BYTES_MAX)
  } catch (error) {
    const [reason, remedy] = whyUnread(error)
    fault(at, `${written} cannot be read: ${reason}`, remedy)
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

/**
 * The environment wins, and the file is then not even looked at. The file is read at each login; here it is only tried, so that
 * its faults show early.
 */
function passwordOf(
  settling: Settling,
  at: Path,
  written: string | undefined,
): Pick<ConnectionSettings, 'password' | 'passwordFile'> {
  const { variable, value } = settling.secret([...at, 'password'])
  if (value) return { password: new Secret(value) }
  if (written === undefined) return {}
  const key: Path = [...at, 'password_file']
  const passwordFile = settling.resolve(key, written)
  const fault = secretFault(settling)
  try {
    const text = Buffer.from(readPlainFile(passwordFile, SECRET_BYTES_MAX)).toString('utf8')
    if (!withoutLineEnd(text)) fault(key, `${written} is empty`)
    if (statSync(passwordFile).mode & SHARED_MODE) warnOfSharing(settling, key, written)
  } catch (error) {
    const [reason, remedy] = whyUnread(error)
    fault(key, `${written} cannot be read: ${reason}`, `${remedy ?? 'create it'}, or set ${variable}`)
  }
  return { passwordFile }
}

/** Why a file cannot be read, and what to do where that is not simply to create it. */
function whyUnread(error: unknown): readonly [reason: string, remedy: string | undefined] {
  if (error instanceof NotReadable) return [error.message, error.hint]
  return [reasonText(error), isForbidden(error) ? FOR_ITS_USER : undefined]
}

function warnOfSharing({ draft, warnings }: Settling, key: Path, file: string): void {
  const place = { path: key.join('.'), ...draft.origin.place(key) }
  const message = `others than its owner can read ${file}`
  warnings.push({ ...place, message, hint: `chmod 600 ${file}` })
}
