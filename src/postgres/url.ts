/** Reads the URL of a PostgreSQL database: who logs in where, and what its `sslmode` asks for. */
import { readHost } from '../documents/host.ts'
import { wordHint } from '../documents/nearest-word.ts'
import type { Path } from '../documents/place.ts'
import type { Settling } from '../documents/section.ts'
import { type HostPort, POSTGRES_PORT, type TlsMode } from './settings.ts'

interface PostgresUrl {
  readonly host: HostPort
  readonly database: string
  readonly user: string
  /** What `sslmode` asks for; absent where the URL has none. */
  readonly tlsMode?: TlsMode
}

const EXAMPLE = 'postgres://gateway@db.plant.example:5432/mes'
/** As `psql` and others take it, each with a port, which no URL can have. */
const SEVERAL_HOSTS = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?[^/?#@]*,[^/?#@]*/
const SSL_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  require: 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
}

/**
 * The `url` of the section at a path. No message ever repeats it: it may hold a password.
 * @returns undefined when it cannot be used; the faults are then noted in the draft
 */
export function readUrl({ draft, secret }: Settling, at: Path): PostgresUrl | undefined {
  const path = [...at, 'url']
  const written = draft.at(path)
  if (typeof written !== 'string') return undefined
  const url = URL.canParse(written) ? new URL(written) : undefined
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    if (SEVERAL_HOSTS.test(written)) draft.fault(path, ...severalHosts(at.join('.')))
    else draft.fault(path, 'this is not the URL of a PostgreSQL database', `write it as ${EXAMPLE}`)
    return undefined
  }
  const { variable } = secret([...at, 'password'])
  const faults = [...faultsOfParts(url, at.join('.'), variable), ...faultsOfParameters(url, at.join('.'))]
  for (const [message, hint] of faults) draft.fault(path, message, hint)
  if (faults.length > 0) return undefined
  const tlsMode = SSL_MODES[url.searchParams.get('sslmode') ?? '']
  return {
    host: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || POSTGRES_PORT) },
    database: databaseOf(url),
    user: decoded(url.username),
    ...(tlsMode && { tlsMode }),
  }
}

type UrlFault = readonly [message: string, hint: string]

function faultsOfParts(url: URL, section: string, passwordVariable: string): readonly UrlFault[] {
  const database = databaseOf(url)
  const example = `write it as ${EXAMPLE}`
  const faults: (UrlFault | false)[] = [
    url.password !== '' && [
      'the URL holds a password',
      `remove it; use password_file or ${passwordVariable}`,
    ],
    url.hostname === '' && ['the URL names no host', example],
    ...faultsOfHost(url.hostname, section),
    url.username === '' && ['the URL names no user', example],
    (database === '' || database.includes('/')) && ['the URL names no database', example],
  ]
  return faults.filter((fault) => fault !== false)
}

function faultsOfHost(written: string, section: string): readonly UrlFault[] {
  if (written === '') return []
  if (written.includes(',')) return [severalHosts(section)]
  const reading = readHost(decoded(written))
  return 'host' in reading ? [] : [[`the URL names no host: ${reading.fault}`, reading.hint]]
}

function severalHosts(section: string): UrlFault {
  const hint = `list them under ${section}.hosts, such as [db1:5432, db2:5432], and write one of them in the URL`
  return ['the URL names several hosts', hint]
}

function faultsOfParameters(url: URL, section: string): readonly UrlFault[] {
  return [...url.searchParams].flatMap(([key, value]): readonly UrlFault[] => {
    if (key !== 'sslmode') {
      const hint = `only sslmode is understood; TLS files stand under ${section}.tls`
      return [[`the URL has a parameter "${key}"`, hint]]
    }
    if (SSL_MODES[value]) return []
    return [[`sslmode "${value}" is not accepted`, wordHint(value, Object.keys(SSL_MODES)) ?? '']]
  })
}

function databaseOf(url: URL): string {
  return decoded(url.pathname.slice(1))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that encodes nothing: it is meant as such.
    return text
  }
}
