/** Why the link to an OPC UA server is lost, in words that say what to do. */
import type { Device } from '../../domain/device.ts'
import { LinkLost } from '../../domain/errors.ts'
import type { OpcUaSettings } from './settings.ts'

/** What a message needs to name a device. */
export type NamedDevice = Pick<Device<OpcUaSettings>, 'id' | 'settings'>

interface Reason {
  readonly pattern: RegExp
  readonly code: string
  readonly what: string
  readonly hint: (settings: OpcUaSettings) => string
}

/** The first that matches the library's or the server's words. */
const REASONS: readonly Reason[] = [
  {
    pattern: /ECONNREFUSED/,
    code: 'link-refused',
    what: 'refuses the connection',
    hint: () => 'the port is closed: is the OPC UA server switched on?',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN/,
    code: 'link-unknown-host',
    what: 'has a name that cannot be resolved',
    hint: () => 'check url, or write the IP address',
  },
  {
    pattern: /server Certificate verification failed.*TimeInvalid/,
    code: 'link-certificate-time',
    what: 'shows a certificate that has expired or is not valid yet',
    hint: ({ url }) => `compare the clocks, or renew it there; see its dates with: millrace trust ${url}`,
  },
  {
    pattern: /server Certificate verification failed.*(?:ChainIncomplete|Revo|Issuer|SecurityChecksFailed)/,
    code: 'link-issuer',
    what: 'shows a certificate whose issuer cannot be checked here',
    hint: ({ url }) => `see what is missing with: millrace trust ${url}`,
  },
  {
    pattern: /server Certificate verification failed/,
    code: 'link-untrusted',
    what: 'shows a certificate that nobody has trusted yet',
    hint: ({ url }) => `compare its fingerprint and trust it with: millrace trust ${url}`,
  },
  {
    pattern: /cannot find (?:an )?endpoint|BadSecurityPolicyRejected|BadSecurityMode/i,
    code: 'link-security',
    what: 'does not offer this security',
    hint: ({ security, url }) =>
      `security: ${security} is asked for; see what it offers with: millrace trust ${url}`,
  },
  {
    pattern: /BadSecurityChecksFailed|BadCertificate|third party/,
    code: 'link-not-trusted-there',
    what: 'does not trust this gateway',
    hint: () =>
      'trust the certificate named Millrace in the server, where it may wait among the rejected ones',
  },
  {
    pattern: /BadUserAccessDenied|BadIdentityToken|No .*UserTokenPolicy|user identity|UserName|Anonymous/i,
    code: 'link-user',
    what: 'does not let this user in',
    hint: ({ user }) =>
      user ? 'check user and password_file' : 'it wants a user: set user and password_file',
  },
  {
    pattern: /BadTooManySessions/,
    code: 'link-sessions',
    what: 'has no session left',
    hint: () => 'close other clients, or raise the limit in the server',
  },
]

/** Puts whatever was thrown on the way to a server, or by its session, into words. */
export function sessionFault(device: NamedDevice, error: unknown): LinkLost {
  if (error instanceof LinkLost) return error
  const message = error instanceof Error ? error.message : String(error)
  const reason = REASONS.find(({ pattern }) => pattern.test(message))
  if (!reason) {
    return linkLost(device, 'link-unreachable', `cannot be used: ${firstLine(message)}`, {
      cause: error,
      hint: 'check power, cable, address and firewall',
    })
  }
  return linkLost(device, reason.code, reason.what, { cause: error, hint: reason.hint(device.settings) })
}

/** A lost link, whose message names the device and its server. */
export function linkLost(
  { id, settings }: NamedDevice,
  code: string,
  what: string,
  options: { readonly cause?: unknown; readonly hint?: string } = {},
): LinkLost {
  return new LinkLost(`${id}: ${settings.url} ${what}`, { code, ...options })
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
