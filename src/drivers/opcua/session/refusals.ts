/** What an OPC UA server, or the library on the way to it, may say when it refuses: in plain words, and what to do about it. */
import type { OpcUaSettings } from '../settings.ts'

/** What a hint may speak of. */
interface RefusedAt {
  readonly settings: OpcUaSettings
  /** For how much longer a session that this gateway opened before may be open in the server; 0 for none. */
  readonly formerSessionMs: number
}

/** One kind of refusal. */
interface ServerRefusal {
  readonly pattern: RegExp
  readonly code: string
  readonly what: string
  readonly hint: (at: RefusedAt) => string
}

/** The code of a server whose certificate nobody has trusted. */
export const UNTRUSTED_CODE = 'link-untrusted'

/** On the way to a session. */
const WHILE_CONNECTING: readonly ServerRefusal[] = [
  {
    pattern: /ECONNREFUSED/,
    code: 'link-refused',
    what: 'refuses the connection',
    hint: () => 'the port is closed: is the OPC UA server switched on?',
  },
  {
    pattern: /ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH/,
    code: 'link-timeout',
    what: 'does not answer',
    hint: () => 'check power, cable, address and firewall',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN/,
    code: 'link-unknown-host',
    what: 'has a name that cannot be resolved',
    hint: () => 'check url, or write the IP address',
  },
  {
    pattern: /Timeout\(A\) in waiting for data on socket/,
    code: 'link-not-opcua',
    what: 'takes the connection, and says nothing',
    hint: () => 'check the port in url: what listens there may be no OPC UA server; or the server hangs',
  },
  {
    pattern: /in waiting for data on socket|BadTcpMessageTypeInvalid/,
    code: 'link-not-opcua',
    what: 'answers, but not in OPC UA',
    hint: () => 'check the port in url: something else listens there, such as a web server',
  },
  {
    pattern: /Connection aborted - ended by server/,
    code: 'link-not-opcua',
    what: 'closes the connection before the first word of OPC UA',
    hint: () => 'check the port in url: it may be no OPC UA server; or the server has no connection left',
  },
  {
    pattern: /BadTcpEndpointUr[li]Invalid/,
    code: 'link-url',
    what: 'does not know this URL',
    hint: () => 'check the path of url, after the port; the server shows its own among its endpoints',
  },
  {
    pattern: /server Certificate verification failed.*TimeInvalid/,
    code: 'link-certificate-time',
    what: 'shows a certificate that has expired or is not valid yet',
    hint: ({ settings: { url } }) =>
      `compare the clocks, or renew it there; see its dates with: millrace trust ${url}`,
  },
  {
    pattern: /server Certificate verification failed.*(?:ChainIncomplete|Revo|Issuer|SecurityChecksFailed)/,
    code: 'link-issuer',
    what: 'shows a certificate whose issuer cannot be checked here',
    hint: ({ settings: { url } }) => `see what is missing with: millrace trust ${url}`,
  },
  {
    pattern: /not trusted for this address/,
    code: UNTRUSTED_CODE,
    what: 'shows a certificate that is trusted, but that nobody has trusted for this address',
    hint: ({ settings: { url } }) =>
      `is it this server, and not another one in its place? Compare its fingerprint and trust it with: millrace trust ${url}`,
  },
  {
    pattern: /server Certificate verification failed/,
    code: UNTRUSTED_CODE,
    what: 'shows a certificate that nobody has trusted yet',
    hint: ({ settings: { url } }) => `compare its fingerprint and trust it with: millrace trust ${url}`,
  },
  {
    pattern: /cannot find (?:an )?endpoint|BadSecurityPolicyRejected|BadSecurityMode/i,
    code: 'link-security',
    what: 'does not offer this security',
    hint: ({ settings: { security, url } }) =>
      `security: ${security} is asked for; see what it offers with: millrace trust ${url}`,
  },
  {
    pattern: /BadCertificate(?:Issuer)?TimeInvalid/,
    code: 'link-our-certificate-time',
    what: 'says that the certificate of this gateway is not valid at its time',
    hint: ({ settings: { url } }) =>
      `compare the clocks of the server and of this host; see the dates with: millrace trust ${url}`,
  },
  {
    pattern: /BadSecurityChecksFailed|BadCertificate|third party/,
    code: 'link-not-trusted-there',
    what: 'does not trust this gateway',
    hint: ({ settings: { url } }) =>
      'trust the certificate named Millrace in the server, where it may wait among the rejected ones; if it is trusted ' +
      `there already, compare the server's clock with the dates of the certificate, which are shown by: millrace trust ${url}`,
  },
  {
    pattern:
      /BadUserAccessDenied|BadIdentityToken|No .*UserTokenPolicy|user token policy|user identity|UserName|Anonymous/i,
    code: 'link-user',
    what: 'does not let this user in',
    hint: ({ settings: { user, userCertificate } }) => {
      if (userCertificate) {
        return `in the server, trust the certificate in ${userCertificate.certificateFile} as that of a user, and let users log in with certificates`
      }
      return user
        ? 'check user and password_file'
        : 'it wants a user: set user and password_file, or user_certificate_file and user_key_file'
    },
  },
  {
    pattern: /BadTooManySessions/,
    code: 'link-sessions',
    what: 'has no session left',
    hint: ({ formerSessionMs }) => {
      const others =
        'close other clients, or raise the limit in the server; machines of this gateway share one session if url, security and user are the same'
      if (formerSessionMs <= 0) return others
      const seconds = Math.ceil(formerSessionMs / 1_000)
      return `if this gateway was killed or lost power a moment ago, its own former session is still open there, and ends within ${seconds} s; else ${others}`
    },
  },
  {
    pattern: /BadServiceUnsupported|BadNotImplemented/,
    code: 'link-no-sessions',
    what: 'takes no sessions: it may be a discovery server, which only lists others',
    hint: () =>
      "set url to the PLC's own server; the port is often another one (4840 is the discovery server's)",
  },
]

/** In a session that is open. */
const IN_USE: readonly ServerRefusal[] = [
  {
    pattern: /BadUserAccessDenied/,
    code: 'link-rights',
    what: 'does not allow this to the user',
    hint: ({ settings: { user } }) =>
      user
        ? `give ${user} the right to read and to subscribe in the server`
        : 'give anonymous users the right to read and to subscribe in the server, or set user and password_file',
  },
  {
    pattern: /BadServiceUnsupported|BadNotImplemented/,
    code: 'link-unsupported',
    what: 'has no subscriptions',
    hint: () => 'use mode: poll',
  },
  {
    pattern: /BadTooManySubscriptions/,
    code: 'link-subscriptions',
    what: 'has no subscription left',
    hint: () => 'close other clients, or raise the limit in the server; or use mode: poll',
  },
  {
    pattern: /BadTooManyMonitoredItems/,
    code: 'link-items',
    what: 'watches no more values',
    hint: () => 'ask for fewer signals, or raise the limit in the server; or use mode: poll',
  },
]

/** At any time. */
const ANY_TIME: readonly ServerRefusal[] = [
  {
    pattern: /BadInvalidTimestamp/,
    code: 'link-clock',
    what: 'refuses requests for the time that they carry',
    hint: () => 'compare the clocks of the server and of this host',
  },
  {
    pattern: /BadServerHalted|BadShutdown/,
    code: 'link-halted',
    what: 'has halted',
    hint: () => 'start it, or put the PLC into RUN; it is tried again by itself',
  },
  {
    pattern: /BadOutOfMemory|BadResourceUnavailable|BadTcpNotEnoughResources|BadTcpServerTooBusy/,
    code: 'link-overloaded',
    what: 'has no memory or time left',
    hint: () => 'close other clients, ask for fewer signals, or restart the server',
  },
  {
    pattern: /BadTooManyOperations/,
    code: 'link-request-size',
    what: 'refuses even a request for one node as too many',
    hint: () => 'check the limits of operations in the server',
  },
  {
    pattern: /BadTcpMessageTooLarge|Bad(?:Request|Response)TooLarge|BadEncodingLimitsExceeded/,
    code: 'link-request-size',
    what: 'refuses even a message for one node as too large',
    hint: () => 'check the size of messages in the server',
  },
  {
    pattern: /Transaction has timed out|BadTimeout|BadRequestTimeout/,
    code: 'link-slow',
    what: 'is there, but does not answer in time',
    hint: () => 'lengthen poll, or ask for fewer signals; check the load of the PLC, and other clients',
  },
  {
    pattern: /BadSession(?:IdInvalid|Closed|NotActivated)/,
    code: 'link-closed',
    what: 'has ended the session',
    hint: () => 'it is opened again by itself; the server may have been restarted',
  },
  {
    pattern:
      /Connection Break|BadSecureChannel|BadConnectionClosed|ECONNRESET|EPIPE|not connected|Socket is closed/i,
    code: 'link-closed',
    what: 'closed the connection',
    hint: () => 'check cable and switch; the server may have been restarted',
  },
]

/** While a session is being opened, the same word of a server may mean something else than in an open one. */
export type Stage = 'connecting' | 'in use'

/** The first that matches what was said. */
export function refusalFor(said: string, stage: Stage): ServerRefusal | undefined {
  const kinds = stage === 'connecting' ? WHILE_CONNECTING : IN_USE
  return [...kinds, ...ANY_TIME].find(({ pattern }) => pattern.test(said))
}

/** The name of the status code that a server answered with, if there is one: then the network is not to blame. */
export function statusNameIn(said: string): string | undefined {
  return /\bBad[A-Z]\w+/.exec(said)?.[0]
}
