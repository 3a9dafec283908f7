/** TLS on both sides, and who might listen. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { HbaLine } from '../facts/hba.ts'
import type { ServerSettings } from '../facts/settings.ts'
import type { TransportFacts } from '../facts/transport.ts'

const DAY_MS = 86_400_000
const RENEW_DAYS = 30

export function judgeTransport(
  transport: TransportFacts,
  settings: ServerSettings,
  nowMs: number,
): readonly Judgement[] {
  return [
    judgeTls(transport, settings),
    ...judgeCertificate('server certificate', transport.serverCertificateEndsMs, nowMs),
    ...judgeCertificate('client certificate', transport.clientCertificateEndsMs, nowMs),
    ...judgePooler(transport),
    judgePlainLogin(transport),
    judgePasswords(settings),
  ]
}

function judgeTls({ mode, protocol, isSameComputer }: TransportFacts, settings: ServerSettings): Judgement {
  const { good, advice, bad } = matter('TLS')
  const offered =
    settings.get('ssl') === 'on' ? 'the server offers it (ssl = on)' : 'the server has ssl = off'
  const verify =
    'central.tls: {mode: verify-full, ca_file: …} in gateway.yaml, with the certificate of the CA that signed that of the server'
  if (mode === 'off') {
    const said = `off, as configured; ${offered}`
    return isSameComputer
      ? advice(`${said}; the server is on this computer, so nothing travels`, verify)
      : bad(
          `${said}: rows travel in the open`,
          `ALTER SYSTEM SET ssl = on; with a certificate, and then ${verify}`,
        )
  }
  if (mode === 'require') return bad(`${protocol}, and any server is trusted (mode require)`, verify)
  if (mode === 'verify-ca')
    return advice(`${protocol}, and any host that the CA has signed is trusted (mode verify-ca)`, verify)
  return good(`${protocol}, server verified (${mode})`)
}

function judgeCertificate(what: string, endsMs: number | undefined, nowMs: number): readonly Judgement[] {
  if (endsMs === undefined) return []
  const { good, advice, bad } = matter(what)
  const end = new Date(endsMs).toISOString().slice(0, 10)
  const renew = 'renew it before that day; without a valid one the gateway only buffers'
  if (endsMs < nowMs) return [bad(`no longer valid since ${end}`, renew)]
  return [
    endsMs - nowMs < RENEW_DAYS * DAY_MS ? advice(`valid until ${end}`, renew) : good(`valid until ${end}`),
  ]
}

function judgePooler({ isPooled, isServerLegSafe }: TransportFacts): readonly Judgement[] {
  if (!isPooled) return []
  const { good, bad, unseen } = matter('pooler')
  const limits = unseen(
    'one stands between the gateway and the server; its own limits are seen by nobody but it',
    'on its console (psql -p 6432 pgbouncer): SHOW CONFIG; SHOW POOLS; it needs pool_mode session or transaction',
  )
  const leg = isServerLegSafe
    ? good('what it sends to the server is encrypted, or crosses no network')
    : bad(
        'what it sends to the server is not encrypted',
        'in pgbouncer.ini: server_tls_sslmode = verify-full',
      )
  return [limits, leg]
}

function judgePlainLogin({ plainLogin, plainSessions, isSameComputer }: TransportFacts): Judgement {
  const { good, advice, bad, unseen } = matter('logins without TLS')
  const only =
    'in pg_hba.conf (a superuser): hostssl in place of host for this role; then SELECT pg_reload_conf(); through PgBouncer: client_tls_sslmode = require'
  if (plainSessions > 0 && !isSameComputer)
    return bad(`${plainSessions} sessions of this role are not encrypted`, only)
  if (plainLogin === 'refused') return good('refused by the server')
  if (plainLogin === 'unknown')
    return unseen(
      'the server did not say whether it takes them',
      'a superuser: SELECT * FROM pg_hba_file_rules;',
    )
  const said = 'the server would take one of this role, so a wrong setting here or elsewhere goes unnoticed'
  return advice(said, only)
}

function judgePasswords(settings: ServerSettings): Judgement {
  const { good, bad } = matter('passwords')
  const kind = settings.get('password_encryption') ?? 'unknown'
  if (kind === 'scram-sha-256') return good('new ones are stored as scram-sha-256')
  return bad(
    `new ones are stored as ${kind}, which is as good as the password to whoever reads it`,
    `ALTER SYSTEM SET password_encryption = 'scram-sha-256'; SELECT pg_reload_conf(); then set each password again`,
  )
}

/** By these methods anybody may log in, or whoever listens learns enough to do so. */
const WEAK_METHODS: readonly string[] = ['trust', 'password']

export function judgeHba(lines: readonly HbaLine[]): Judgement {
  const { good, bad } = matter('pg_hba.conf')
  const weak = lines.filter(({ type, method }) => type !== 'local' && WEAK_METHODS.includes(method))
  if (weak.length === 0) return good(`${lines.length} lines are for this role, none of them weak`)
  const named = weak.map(
    ({ line, type, address, method }) => `line ${line}: ${type} ${address ?? ''} ${method}`,
  )
  return bad(
    `weak for this role: ${named.join('; ')}`,
    'use hostssl … scram-sha-256 in these lines; then SELECT pg_reload_conf();',
  )
}

export function hbaUnseen(): Judgement {
  return matter('pg_hba.conf').unseen(
    'this role may not read it, and need not',
    'a superuser: SELECT line_number, type, database, user_name, address, auth_method FROM pg_hba_file_rules; each line for this role should be hostssl … scram-sha-256, from its address only',
  )
}
