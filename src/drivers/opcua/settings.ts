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
  /** Servers that show the same nodes, `url` among them: one of them is read, and another one when it is not fit. */
  readonly urls?: readonly string[]
  /** The map's URL named somebody who logs in. That is never sent, and stands in no text of ours. */
  readonly hadLogin?: true
  /** The security policy; all but `None` sign and encrypt. Pinned: the driver never settles for less. */
  readonly security: OpcUaSecurity
  readonly user?: string
  /** With the user's password, read at each connect; without it, that is empty. Absolute: whoever loads the map resolves it. */
  readonly passwordFile?: string
  /** In place of user and password. */
  readonly userCertificate?: UserCertificate
  readonly mode: 'subscribe' | 'poll'
}

/** Files in PEM, read at each connect; absolute, as that of a password. */
export interface UserCertificate {
  readonly certificateFile: string
  readonly keyFile: string
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

/** More servers do not stand in for each other. */
const URLS_MAX = 4

/** What is wrong with URLs that can be used all the same, or could be by an earlier version: who logs in, and its host. */
export function oddServerUrls({
  url,
  urls,
  hadLogin,
}: Pick<OpcUaSettings, 'url' | 'urls' | 'hadLogin'>): readonly SettingsDoubt[] {
  const key = urls ? 'urls' : 'url'
  const login = {
    key,
    what: 'a URL holds nobody who logs in',
    hint: 'write user and password_file beside it',
    isRefused: true,
  }
  return [...(hadLogin ? [login] : []), ...(urls ?? [url]).flatMap((one) => hostDoubts(key, one))]
}

function hostDoubts(key: string, url: string): readonly SettingsDoubt[] {
  const reading = readHost(URL_PARTS.exec(url)?.[1] ?? '')
  if (!('fault' in reading)) return []
  const what = `${shown(url)} does not name a host: ${reading.fault}`
  return [{ key, what, hint: reading.hint, isRefused: true }]
}

/** From the words of the file to {@link OpcUaSettings}. */
export const opcUaSettings: z.ZodType<OpcUaSettings> = z
  .strictObject({
    url: serverUrl.optional().describe('Where the server is: opc.tcp://10.20.3.40:4840.'),
    urls: z
      .array(serverUrl)
      .min(2, { error: 'one server stands under url' })
      .max(URLS_MAX)
      .optional()
      .describe('Servers that show the same nodes, in place of url; the first is asked first.'),
    security: z
      .enum(OPCUA_SECURITIES)
      .default('Basic256Sha256')
      .describe('Security policy; None means neither signed nor encrypted, and holds only when written.'),
    user: z.string().min(1).optional(),
    password_file: z.string().min(1).optional(),
    user_certificate_file: z.string().min(1).optional().describe('In place of user: a certificate in PEM.'),
    user_key_file: z.string().min(1).optional().describe('Its key, in PEM without a passphrase.'),
    mode: z.enum(['subscribe', 'poll']).default('subscribe'),
  })
  .refine((keys) => (keys.user_certificate_file === undefined) === (keys.user_key_file === undefined), {
    message: 'user_certificate_file and user_key_file go together',
    path: ['user_certificate_file'],
  })
  .refine((keys) => keys.user === undefined || keys.user_certificate_file === undefined, {
    message: 'a user logs in with a password or with a certificate, not with both',
    path: ['user_certificate_file'],
  })
  .refine(({ user, password_file }) => user !== undefined || password_file === undefined, {
    message: 'a password needs its user: write user beside password_file',
    path: ['password_file'],
  })
  .refine(({ url, urls }) => (url === undefined) !== (urls === undefined), {
    message: 'a device has either url or urls',
    path: ['url'],
  })
  .transform(
    ({
      user,
      password_file: passwordFile,
      user_certificate_file: certificateFile,
      user_key_file: keyFile,
      url,
      urls,
      ...settings
    }) => ({
      ...settings,
      ...placesOf(urls ?? [url ?? '']),
      ...(user === undefined ? {} : { user }),
      ...(passwordFile === undefined ? {} : { passwordFile }),
      ...(certificateFile !== undefined &&
        keyFile !== undefined && { userCertificate: { certificateFile, keyFile } }),
    }),
  )

function placesOf(written: readonly string[]): Pick<OpcUaSettings, 'url' | 'urls' | 'hadLogin'> {
  const urls = written.map(withoutLogin)
  return {
    url: urls[0] ?? '',
    ...(urls.length > 1 && { urls }),
    ...(written.some((url) => LOGIN.test(url)) && { hadLogin: true as const }),
  }
}
