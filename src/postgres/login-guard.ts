/**
 * Refuses logins that would give the password away, or prove less than they seem to. The server chooses how a
 * client has to log in, and an impostor would choose the weakest way.
 */
import type { Client } from 'pg'
import { DestinationError } from '../domain/errors.ts'
import type { Peer } from './refusal.ts'
import type { ConnectionSettings } from './settings.ts'

type Named = Pick<Peer, 'name' | 'where'>
type Connection = Client['connection']

/** SCRAM-SHA-256 that is bound to the certificate of the TLS link, as the server lists it. */
const BOUND = 'SCRAM-SHA-256-PLUS'
const GIVING_AWAY = [
  ['authenticationCleartextPassword', 'in clear text'],
  ['authenticationMD5Password', 'as MD5'],
] as const

/** To be called before the client connects: it listens first, and what it throws the client never sees. */
export function refuseWeakLogins(
  { connection }: Client,
  peer: Named,
  { login = 'scram', tls }: Pick<ConnectionSettings, 'login' | 'tls'>,
): void {
  const mayGiveAway = login === 'any' && tls.mode === 'verify-full'
  for (const [name, how] of GIVING_AWAY) {
    connection.on(name, () => {
      if (!mayGiveAway) throw givesPasswordAway(peer, how)
    })
  }
  demandProof(connection, peer)
  // A client certificate is of use to nobody who only stands between; but then the server must have been verified as well.
  const showsCertificate = tls.certFile !== undefined && tls.mode !== 'require'
  if (login === 'bound' && !showsCertificate) demandBinding(connection, peer)
}

/**
 * SCRAM proves both sides to each other. A server that skips its half of the proof does not know the password, however friendly
 * it lets the gateway in.
 */
function demandProof(connection: Connection, peer: Named): void {
  let owesProof = false
  connection.on('authenticationSASL', () => {
    owesProof = true
  })
  connection.on('authenticationSASLFinal', () => {
    owesProof = false
  })
  connection.on('readyForQuery', () => {
    if (!owesProof) return
    const message = `${peer.name} at ${peer.where} has not proven that it knows the password`
    const hint = 'something else may stand in its place: check the address, and use tls: verify-full'
    throw new DestinationError(`${peer.name}-login`, message, { refusal: 'wait', hint })
  })
}

/** The client chooses the bound way wherever it is offered; here nothing else will do, not even being let in unasked. */
function demandBinding(connection: Connection, peer: Named): void {
  let isBound = false
  const refuseUnbound = () => {
    if (!isBound) throw notBound(peer)
  }
  connection.on('authenticationSASL', ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    isBound = mechanisms.includes(BOUND)
    refuseUnbound()
  })
  connection.on('readyForQuery', refuseUnbound)
}

function notBound({ name, where }: Named): DestinationError {
  const message = `${name} at ${where} offers no login that is bound to its certificate, and ${name}.login is bound`
  const hint = `PostgreSQL offers it to every login by SCRAM over TLS, PgBouncer never does: check what stands on the way there, or set ${name}.login to scram`
  return new DestinationError(`${name}-login`, message, { refusal: 'wait', hint })
}

function givesPasswordAway({ name, where }: Named, how: string): DestinationError {
  const message = `${name} at ${where} asks for the password ${how}, and was not given it: whoever stands there could use it`
  const hint =
    "ask the DBA to SET password_encryption = 'scram-sha-256', set the password again, and write scram-sha-256 in pg_hba.conf " +
    `(for PgBouncer in its auth_type); where that cannot be (LDAP, PAM), prove the server with ${name}.tls: verify-full and say ${name}.login: any`
  return new DestinationError(`${name}-login`, message, { refusal: 'wait', hint })
}
