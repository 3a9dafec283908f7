/** Reads `central.url` and settles what it says about TLS with what `central.tls` says. */

import type { Draft } from '../documents/draft.ts'
import { wordHint } from '../documents/nearest-word.ts'
import type { Path } from '../documents/yaml-source.ts'
import type { HostPort, TlsMode } from './config.ts'

export interface CentralUrl {
  readonly host: HostPort
  readonly database: string
  readonly user: string
  /** What the URL's `sslmode` asks for, if it has one. */
  readonly tlsMode?: TlsMode
}

const PATH: Path = ['central', 'url']
const EXAMPLE = 'postgres://gateway@db.plant.example:5432/mes'
const SSL_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  require: 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
}

/** Undefined when it cannot be used; the faults are then noted. Never repeats the URL: it may hold a password. */
export function readCentralUrl(draft: Draft, written: string): CentralUrl | undefined {
  const url = URL.canParse(written) ? new URL(written) : undefined
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    draft.fault(PATH, 'this is not the URL of a PostgreSQL database', `write it as ${EXAMPLE}`)
    return undefined
  }
  const database = decoded(url.pathname.slice(1))
  const faults = urlFaults(url, database)
  for (const [message, hint] of faults) draft.fault(PATH, message, hint)
  if (faults.length > 0) return undefined
  const tlsMode = SSL_MODES[url.searchParams.get('sslmode') ?? '']
  return {
    host: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 5432) },
    database,
    user: decoded(url.username),
    ...(tlsMode && { tlsMode }),
  }
}

type Fault = readonly [message: string, hint: string]

function urlFaults(url: URL, database: string): readonly Fault[] {
  const faults: Fault[] = []
  if (url.password) {
    faults.push(['the URL holds a password', 'remove it; use password_file or MILLRACE_CENTRAL_PASSWORD'])
  }
  if (!url.hostname) faults.push(['the URL names no host', `write it as ${EXAMPLE}`])
  if (url.hostname.includes(','))
    faults.push(['the URL names several hosts', 'list them under central.hosts'])
  if (!url.username) faults.push(['the URL names no user', `write it as ${EXAMPLE}`])
  if (!database || database.includes('/'))
    faults.push(['the URL names no database', `write it as ${EXAMPLE}`])
  for (const [key, value] of url.searchParams) {
    if (key !== 'sslmode')
      faults.push([
        `the URL has a parameter "${key}"`,
        'only sslmode is understood; TLS files stand under central.tls',
      ])
    else if (!SSL_MODES[value]) {
      faults.push([`sslmode "${value}" is not accepted`, wordHint(value, Object.keys(SSL_MODES)) ?? ''])
    }
  }
  return faults
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A lone percent sign: it was meant as it stands.
    return text
  }
}
