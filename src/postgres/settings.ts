/** How a PostgreSQL server is reached: the keys that every section with such a connection has, and what becomes of them. */
import { z } from 'zod'
import { readHost } from '../documents/host.ts'
import { nearestWord } from '../documents/nearest-word.ts'
import { duration, refuse, shown } from '../documents/quantities.ts'
import { text } from '../documents/text.ts'
import type { Secret } from '../runtime/secret.ts'

/** Where a database is, and as whom and how safely to log in. */
export interface ConnectionSettings {
  /** Tried in turn; only a primary is written to. Never empty. */
  readonly hosts: readonly HostPort[]
  readonly database: string
  readonly user: string
  /** From the environment. */
  readonly password?: Secret
  /**
   * Where there is none in the environment: a file that holds nothing but the password, read at each login. With neither of them
   * a client certificate, or nothing, proves who the gateway is.
   */
  readonly passwordFile?: string
  readonly tls: TlsSettings
  /** How the gateway proves who it is; `scram` unless written. */
  readonly login?: LoginMode
  /** No configuration has them: only who cannot wait as long as a plant can. */
  readonly limits?: LinkLimits
}

/** How long is waited on one link, in ms. */
export interface LinkLimits {
  /** For name look-up, TLS and login together. */
  readonly connectMs: number
  /** For an answer, counted from the question. */
  readonly answerMs: number
}

/** One server. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

const TLS_MODES = ['verify-full', 'verify-ca', 'require', 'off'] as const
/** `require` encrypts and trusts any server; `verify-ca` trusts any host that the CA has signed. */
export type TlsMode = (typeof TLS_MODES)[number]

const LOGIN_MODES = ['bound', 'scram', 'any'] as const
/**
 * What a server may ask for. `scram`: SCRAM-SHA-256, bound to the server's certificate wherever the server offers that, or a client
 * certificate; the password itself never leaves this computer. `bound`: nothing less than such a binding, or a client certificate.
 * `any`: also the password in clear text or as MD5, and only to a server that is verified with `verify-full`.
 */
export type LoginMode = (typeof LOGIN_MODES)[number]

/** How a connection is encrypted and whom it trusts. Paths are absolute. */
export interface TlsSettings {
  readonly mode: TlsMode
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

/** The longest file of certificates that is read: all that an operating system trusts are a tenth of it. */
export const TLS_BYTES_MAX = 4_194_304

/** The port where none is given. */
export const POSTGRES_PORT = 5432
const PORT_MAX = 65_535
const EXAMPLE = 'write it as db1:5432'
const PATH_MAX = 4096
const HOSTS_MAX = 8

const hostPort = z
  .string()
  .transform((written, context): HostPort => {
    const [, hostText = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(written) ?? []
    const port = digits === undefined ? POSTGRES_PORT : Number(digits)
    const reading = readHost(hostText)
    if ('host' in reading && port >= 1 && port <= PORT_MAX) return { host: reading.host, port }
    const [why, hint] =
      'fault' in reading && hostText !== '' ? [`: ${reading.fault}`, reading.hint] : ['', EXAMPLE]
    return refuse(context, `${shown(written)} is not a host and port${why}`, hint)
  })
  .meta({ pattern: '^[^ /@]+(:[0-9]+)?$' })

/** YAML 1.2 reads `off` as a word and `false` as a truth value. Both mean the same here. */
const tlsMode = z
  .unknown()
  .transform((input, context) => {
    const word = input === false ? 'off' : input
    const mode = TLS_MODES.find((known) => known === word)
    if (mode) return mode
    const nearest = nearestWord(String(word), TLS_MODES)
    const hint = nearest ? `did you mean "${nearest}"?` : `one of: ${TLS_MODES.join(', ')}`
    return refuse(context, `${shown(word)} is not a TLS mode`, hint)
  })
  .meta({ enum: [...TLS_MODES, false] })

const tlsFiles = z
  .strictObject({
    mode: tlsMode.prefault('verify-full'),
    ca_file: text(PATH_MAX).optional(),
    cert_file: text(PATH_MAX).optional(),
    key_file: text(PATH_MAX).optional(),
  })
  .meta({ title: 'tls' })

/**
 * The keys of a connection, for the schema of a section.
 * @param passwordVariable the variable of the environment that may hold the password
 */
export function connectionKeys(passwordVariable: string) {
  const refusal = `a password has no place in this file: use password_file or ${passwordVariable}`
  return {
    // Without bounds: a message about them would repeat the URL, which may hold a password.
    url: z.string().describe('postgres://USER@HOST:PORT/DATABASE, without a password.'),
    password: z.never({ error: refusal }).optional(),
    password_file: text(PATH_MAX).optional().describe('A file that holds nothing but the password.'),
    hosts: z
      .array(hostPort)
      .min(1)
      .max(HOSTS_MAX)
      .optional()
      .describe('Instead of the host in the URL, tried in turn.'),
    tls: z.union([tlsFiles, tlsMode]).optional(),
    login: z
      .enum(LOGIN_MODES)
      .optional()
      .describe(
        'scram: the password never leaves this computer; bound: and the login is bound to the server’s certificate; any: also in clear text or as MD5, to a verified server.',
      ),
  }
}

/** How many events go into one transaction, and how long the first of them waits for others. */
export const batchSchema = z
  .strictObject({
    rows: z.int().min(1).max(10_000).default(8_000),
    linger: duration({ max: '1m' }).prefault('200ms'),
  })
  .meta({ title: 'batch' })

/** The keys of a connection as the file has them, each checked by itself. */
export type WrittenConnection = z.output<z.ZodObject<ReturnType<typeof connectionKeys>>>
