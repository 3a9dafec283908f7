/** The keys below `device:` of an OPC UA server. */
import { z } from 'zod'
import { readHost } from '../../documents/host.ts'
import { refuse, shown } from '../../documents/quantities.ts'
import type { SettingsDoubt } from '../../domain/driver.ts'

const OPCUA_SECURITIES = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss', 'None'] as const

/** Security policies by the names of OPC UA part 7. */
export type OpcUaSecurity = (typeof OPCUA_SECURITIES)[number]

/** How a server is reached. */
export interface OpcUaSettings {
  readonly url: string
  /** The map's URL named somebody who logs in. That is never sent, and stands in no text of ours. */
  readonly hadLogin?: true
  /** The security policy; all but `None` sign and encrypt. Pinned: the driver never settles for less. */
  readonly security: OpcUaSecurity
  readonly user?: string
  /** File with the user's password, read at each connect; without it, the password is empty. Absolute: whoever loads the map resolves it. */
  readonly passwordFile?: string
  readonly mode: 'subscribe' | 'poll'
}

const PORT_MAX = 65_535
const URL_PARTS = /^opc\.tcp:\/\/(\[[^\]]*\]|[^/:]+)(?::(\d{1,5}))?(?:\/\S*)?$/
const EXAMPLE = 'a URL such as opc.tcp://10.20.3.40:4840'

/** Who logs in, between the scheme and the host. */
const LOGIN = /^([^/]*:\/\/)[^/]*@/

const serverUrl = z
  .string()
  .transform((written, context): string => {
    const [, host, port = '1'] = URL_PARTS.exec(withoutLogin(written)) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > PORT_MAX) {
      return refuse(
        context,
        `${shown(written)} is not valid here: ${faultOf(withoutLogin(written))}`,
        EXAMPLE,
      )
    }
    return written
  })
  .meta({ pattern: '^opc\\.tcp://[^ /]+(/[^ ]*)?$' })

function withoutLogin(url: string): string {
  return url.replace(LOGIN, '$1')
}

/** Of a URL that is none. */
function faultOf(url: string): string {
  const [, place] = /^opc\.tcp:\/\/([^/]*)/.exec(url) ?? []
  if (place === undefined) return 'it does not begin with opc.tcp://'
  if (/\s/.test(url)) return 'it has a blank in it'
  if (place === '' || place.startsWith(':')) return 'it names no host'
  const [, port] = /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(place) ?? []
  if (port !== undefined) return `no port is ${port}: they are 1 to ${PORT_MAX}`
  if (/:.*:/.test(place)) return 'an IPv6 address stands in brackets, as in opc.tcp://[fe80::1]:4840'
  return 'behind the colon stands no port'
}

/** What is wrong with a URL that can be used all the same, or could be by an earlier version: who logs in, and its host. */
export function oddServerUrl({
  url,
  hadLogin,
}: Pick<OpcUaSettings, 'url' | 'hadLogin'>): readonly SettingsDoubt[] {
  const login = {
    key: 'url',
    what: 'a URL holds nobody who logs in',
    hint: 'write user and password_file beside it',
    isRefused: true,
  }
  const reading = readHost(URL_PARTS.exec(url)?.[1] ?? '')
  const host = 'fault' in reading && {
    key: 'url',
    what: `${shown(url)} does not name a host: ${reading.fault}`,
    hint: reading.hint,
    isRefused: true,
  }
  return [...(hadLogin ? [login] : []), ...(host ? [host] : [])]
}

/** From the words of the file to {@link OpcUaSettings}. */
export const opcUaSettings: z.ZodType<OpcUaSettings> = z
  .strictObject({
    url: serverUrl.describe('Where the server is: opc.tcp://10.20.3.40:4840.'),
    security: z
      .enum(OPCUA_SECURITIES)
      .default('Basic256Sha256')
      .describe('Security policy; None means neither signed nor encrypted, and holds only when written.'),
    user: z.string().min(1).optional(),
    password_file: z.string().min(1).optional(),
    mode: z.enum(['subscribe', 'poll']).default('subscribe'),
  })
  .refine(({ user, password_file }) => user !== undefined || password_file === undefined, {
    message: 'password_file is missing its user',
    path: ['password_file'],
  })
  .transform(({ user, password_file: passwordFile, url, ...settings }) => ({
    ...settings,
    url: withoutLogin(url),
    ...(LOGIN.test(url) ? { hadLogin: true as const } : {}),
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
  }))
