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
  /** The security policy; all but `None` sign and encrypt. Pinned: the driver never settles for less. */
  readonly security: OpcUaSecurity
  readonly user?: string
  /** File with the user's password, read at each connect. Absolute: whoever loads the map resolves it. */
  readonly passwordFile?: string
  readonly mode: 'subscribe' | 'poll'
}

const PORT_MAX = 65_535
const URL_PARTS = /^opc\.tcp:\/\/(\[[^\]]*\]|[^/:]+)(?::(\d{1,5}))?(?:\/\S*)?$/

const LOGIN = /^[^/]*:\/\/[^/]*@/

const serverUrl = z
  .string()
  .transform((written, context): string => {
    if (LOGIN.test(written)) {
      return refuse(context, 'a URL holds nobody who logs in', 'write user and password_file beside it')
    }
    const [, host, port = '1'] = URL_PARTS.exec(written) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > PORT_MAX) {
      const hint = 'a URL such as opc.tcp://10.20.3.40:4840'
      return refuse(context, `${shown(written)} is not valid here`, hint)
    }
    return written
  })
  .meta({ pattern: '^opc\\.tcp://[^ /]+(/[^ ]*)?$' })

/** What is wrong with the host of a URL. */
export function oddServerHost(url: string): SettingsDoubt | undefined {
  const reading = readHost(URL_PARTS.exec(url)?.[1] ?? '')
  if ('host' in reading) return undefined
  const what = `${shown(url)} does not name a host: ${reading.fault}`
  return { key: 'url', what, hint: reading.hint, isRefused: true }
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
  .refine(({ user, password_file }) => (user === undefined) === (password_file === undefined), {
    message: 'user and password_file go together',
    path: ['user'],
  })
  .transform(({ user, password_file: passwordFile, ...settings }) => ({
    ...settings,
    ...(user === undefined || passwordFile === undefined ? {} : { user, passwordFile }),
  }))
