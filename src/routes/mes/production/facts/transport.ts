/** How the gateway's own connection is made, from both of its ends. */
import { X509Certificate } from 'node:crypto'
import type { Link } from '../../../../postgres/link.ts'
import { askPlainLogin, type PlainLogin } from '../../../../postgres/plain-login.ts'
import {
  type ConnectionSettings,
  type HostPort,
  TLS_BYTES_MAX,
  type TlsMode,
} from '../../../../postgres/settings.ts'
import { readPlainText } from '../../../../runtime/plain-file.ts'

export interface TransportFacts {
  readonly mode: TlsMode
  /** Whether the gateway reaches it without any network. */
  readonly isSameComputer: boolean
  readonly protocol: string | undefined
  readonly serverCertificateEndsMs: number | undefined
  /** Of the gateway's own certificate, where one is configured. */
  readonly clientCertificateEndsMs: number | undefined
  /** Whether a pooler stands between the gateway and the server. */
  readonly isPooled: boolean
  /** Whether what reaches the server itself is encrypted, or has crossed no network. */
  readonly isServerLegSafe: boolean
  /** Whether a login without TLS would be taken, for the same role and database. */
  readonly plainLogin: PlainLogin
  /** How many of this role's sessions are not encrypted, besides this one. */
  readonly plainSessions: number
}

const LOOPBACK = /^(localhost|127\.|::1$|\[::1\]$)/

/** @throws DestinationError */
export async function askTransport(
  link: Link,
  connection: ConnectionSettings,
  host: HostPort,
  signal: AbortSignal,
): Promise<TransportFacts> {
  const { rows } = await link.query<{ pid: number; safe: boolean; plain: number }>(
    `SELECT pg_backend_pid() AS pid,
       (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) OR inet_client_addr() IS NULL
         OR inet_client_addr() = inet_server_addr() OR inet_client_addr() <<= '127.0.0.0/8' AS safe,
       (SELECT count(*)::int FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
        WHERE NOT s.ssl AND a.usename = current_user AND pid <> pg_backend_pid() AND a.client_addr IS NOT NULL) AS plain`,
  )
  const [seen] = rows
  return {
    mode: connection.tls.mode,
    isSameComputer: LOOPBACK.test(host.host),
    protocol: link.tlsProtocol,
    serverCertificateEndsMs: link.certificateEndsMs,
    clientCertificateEndsMs: await clientCertificateEnd(connection.tls.certFile),
    isPooled: link.loginProcess !== undefined && seen !== undefined && link.loginProcess !== seen.pid,
    isServerLegSafe: seen?.safe ?? false,
    plainLogin: await askPlainLogin(host, connection, signal),
    plainSessions: seen?.plain ?? 0,
  }
}

/** Undefined where there is none. It could be read at the login. */
async function clientCertificateEnd(file: string | undefined): Promise<number | undefined> {
  if (file === undefined) return undefined
  return Date.parse(new X509Certificate(await readPlainText(file, TLS_BYTES_MAX)).validTo)
}
