/** The way to a broker: a TCP connection, with TLS where the URL asks for it. */
import { once } from 'node:events'
import { isIP, type Socket } from 'node:net'
import { connect as startTls } from 'node:tls'
import type { Clock } from '../runtime/clock.ts'
import { openSocket } from '../runtime/open-socket.ts'
import { systemFault } from '../runtime/system-fault.ts'
import { type GaveUp, within } from '../runtime/within.ts'
import { BrokerFault, type BrokerFaultKind } from './fault.ts'
import type { TlsTexts } from './login.ts'
import { type BrokerSettings, brokerName } from './settings.ts'

/** How long the way to a broker, or its answer to a login, may take. */
export const CONNECT_MAX_MS = 10_000

interface Attempt {
  readonly clock: Pick<Clock, 'after'>
  readonly signal: AbortSignal
}

/**
 * A socket over which nothing was said yet.
 * @throws BrokerFault
 */
export async function reachBroker(
  settings: BrokerSettings,
  tls: TlsTexts,
  { clock, signal }: Attempt,
): Promise<Socket> {
  const where = brokerName(settings)
  const attempt = { clock, signal, maxMs: CONNECT_MAX_MS }
  const socket = await openSocket(settings, { ...attempt, faultOf: (cause) => wayFault(where, cause) })
  if (!settings.isSecure) return socket
  const secure = startTls({
    ...tls,
    socket,
    minVersion: 'TLSv1.2',
    // The name that the certificate must have. An IP address is compared too, but may not be sent as a server's name.
    host: settings.host,
    ...(isIP(settings.host) === 0 && { servername: settings.host }),
  })
  const failed = once(secure, 'secureConnect').then(
    () => undefined,
    (error: Error) => error,
  )
  const cause = await within(failed, attempt, (why) => why)
  if (cause === undefined) return secure
  secure.on('error', () => {}) // The attempt has failed already: a second error of its socket changes nothing.
  secure.destroy()
  socket.destroy()
  throw wayFault(where, cause)
}

type Words = readonly [kind: BrokerFaultKind, what: string, hint?: string]

const PORT_HINT = 'check host and port, and that the broker runs'
const WAY_HINT = 'check the network between here and the broker'
const NAME_ITS_CA = 'name the CA that has signed it as tls.ca_file'
const CLIENT_CERTIFICATE = 'check tls.cert_file and tls.key_file with the administrator of the broker'

/** By the codes of Node and OpenSSL. */
const FAULTS: Readonly<Record<string, Words>> = {
  ECONNREFUSED: ['refused', 'nothing listens there', PORT_HINT],
  ECONNRESET: [
    'closed',
    'it has closed the connection',
    'check that this port speaks MQTT, with TLS or without as the url says',
  ],
  EPIPE: ['closed', 'it has closed the connection'],
  ETIMEDOUT: ['timeout', 'it does not answer', WAY_HINT],
  EHOSTUNREACH: ['unreachable', 'there is no way to it', WAY_HINT],
  ENETUNREACH: ['unreachable', 'there is no way to it', WAY_HINT],
  EHOSTDOWN: ['unreachable', 'its computer is off', WAY_HINT],
  ENOTFOUND: ['unknown-host', 'its name cannot be resolved', 'check the name, and the DNS'],
  EAI_AGAIN: ['unknown-host', 'its name cannot be resolved now', 'check the DNS'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'tls',
    'its certificate is another host’s',
    'use the name that stands in the certificate',
  ],
  CERT_HAS_EXPIRED: ['tls', 'its certificate has expired', 'renew it, or check the clock of this computer'],
  CERT_NOT_YET_VALID: ['tls', 'its certificate is not valid yet', 'check the clock of this computer'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'tls',
    'it has signed its certificate itself',
    'name that certificate as tls.ca_file',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', 'nobody here trusts who has signed its certificate', NAME_ITS_CA],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'tls',
    'nobody here trusts who has signed its certificate',
    NAME_ITS_CA,
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', 'nobody here trusts who has signed its certificate', NAME_ITS_CA],
  CERT_REVOKED: ['tls', 'its certificate was revoked', 'renew it'],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'tls',
    'it speaks no TLS at this port',
    'write mqtt://, or its port for TLS, mostly 8883',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'tls',
    'it speaks no TLS at this port',
    'write mqtt://, or its port for TLS, mostly 8883',
  ],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: [
    'tls',
    'it asks for a certificate of the gateway',
    'name one under tls: cert_file and key_file',
  ],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: [
    'tls',
    'it agrees to no way of encryption, or asks for a certificate of the gateway',
    CLIENT_CERTIFICATE,
  ],
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: [
    'tls',
    'it does not trust the certificate of the gateway',
    CLIENT_CERTIFICATE,
  ],
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: [
    'tls',
    'it does not accept the certificate of the gateway',
    CLIENT_CERTIFICATE,
  ],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: [
    'tls',
    'it does not accept the certificate of the gateway',
    CLIENT_CERTIFICATE,
  ],
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: [
    'tls',
    'tls.key_file is not the key of tls.cert_file',
    'write the two that belong together',
  ],
}

/** Why the way to a broker was not found, or is no more. */
export function wayFault(
  where: string,
  cause: Error | GaveUp,
  verb: 'reached' | 'lost' = 'reached',
): BrokerFault {
  if (cause === 'aborted') return new BrokerFault('stopped', 'stopped')
  if (cause === 'late') {
    const message = `${where} cannot be reached: no answer within ${CONNECT_MAX_MS / 1_000} s`
    return new BrokerFault('timeout', message, { hint: WAY_HINT })
  }
  const code = 'code' in cause ? String(cause.code) : ''
  const [kind, what, hint] = FAULTS[code] ?? otherFault(cause, code)
  const failed = verb === 'reached' ? `${where} cannot be reached` : `the connection to ${where} is lost`
  return new BrokerFault(kind, `${failed}: ${what}`, { hint, cause })
}

function otherFault(cause: Error, code: string): Words {
  const system = systemFault(cause)
  if (system) return ['unreachable', system.what, system.hint]
  const isTls = /SSL|TLS|CERT|X509|PEM/.test(code)
  return isTls
    ? ['tls', `TLS fails with ${code}: ${cause.message}`, 'check the files under tls']
    : ['closed', cause.message, PORT_HINT]
}
