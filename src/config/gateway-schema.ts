/** What may stand in `gateway.yaml`. Defaults stand here and nowhere else. */
import { z } from 'zod'
import { nearestWord } from '../documents/nearest-word.ts'
import { duration, refuse, shown, size } from '../documents/quantities.ts'
import { type HostPort, LOG_LEVELS, TLS_MODES } from './config.ts'

/** A text of one line that fits the columns of central. */
export function text(maxLength = 255) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'a text of one line, without control characters')
}

const timezone = z
  .string()
  .transform((name, context) => {
    if (isTimezone(name)) return name
    const nearest = nearestWord(name, Intl.supportedValuesOf('timeZone'))
    const hint = nearest ? `did you mean "${nearest}"?` : 'a name such as Europe/Rome'
    return refuse(context, `${shown(name)} is not a time zone`, hint)
  })
  .meta({ description: 'IANA name: shifts are bare times in it.' })

function isTimezone(name: string): boolean {
  try {
    // Offsets such as +02:00 are understood by Intl too, but know no summer time.
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    // Intl throws for what is no time zone: that is the answer.
    return false
  }
}

const POSTGRES_PORT = 5432

const hostPort = z
  .string()
  .transform((written, context): HostPort => {
    const [, bracketed, plain, digits] =
      /^(?:\[([\da-f:.]+)\]|([^\s:/@]+))(?::(\d{1,5}))?$/i.exec(written) ?? []
    const port = digits === undefined ? POSTGRES_PORT : Number(digits)
    const host = bracketed ?? plain
    if (host !== undefined && port >= 1 && port <= 65_535) return { host, port }
    return refuse(context, `${shown(written)} is not a host and port`, 'write it as db1:5432')
  })
  .meta({ pattern: '^[^ /@]+(:[0-9]+)?$' })

/** YAML 1.2 reads `off` as a word and `false` as a truth value: both say it. */
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
    ca_file: text(4096).optional(),
    cert_file: text(4096).optional(),
    key_file: text(4096).optional(),
  })
  .meta({ title: 'tls' })

const central = z
  .strictObject({
    // Without bounds that would repeat it in a message: it may hold a password.
    url: z.string().describe('postgres://USER@HOST:PORT/DATABASE, without a password.'),
    password: z
      .never({
        error: 'a password has no place in this file: use password_file or MILLRACE_CENTRAL_PASSWORD',
      })
      .optional(),
    password_file: text(4096).optional().describe('A file that holds nothing but the password.'),
    schema: text(63).default('public').describe('Where the MES tables live.'),
    hosts: z
      .array(hostPort)
      .min(1)
      .max(8)
      .optional()
      .describe('Instead of the host in the URL, tried in turn.'),
    tls: z.union([tlsFiles, tlsMode]).optional(),
    batch: z
      .strictObject({
        rows: z.int().min(1).max(10_000).default(2_000),
        linger: duration({ max: '1m' }).prefault('200ms'),
      })
      .meta({ title: 'batch' })
      .prefault({}),
    machine_status: z
      .boolean()
      .default(true)
      .describe('Also keep machines.status and current_work_order_id current.'),
  })
  .meta({ title: 'central' })

export const gatewaySchema = z
  .strictObject({
    gateway: text(100).describe("Unique within the organization: names this gateway's stream in central."),
    organization: text(100).describe('organizations.code'),
    plant: text(100).describe('plants.code'),
    timezone,
    devices: text(4096).default('../devices').describe('Folder of the device maps, relative to this file.'),
    data: text(4096).default('../data').describe('Folder of the outbox, keys and certificates.'),
    central,
    buffer: z
      .strictObject({
        retention: duration({ max: '365d' }).prefault('7d'),
        max_size: size({ min: '1MB', max: '1000TB' }).prefault('8GB'),
      })
      .meta({ title: 'buffer' })
      .prefault({}),
    console: z
      .strictObject({ host: text().default('127.0.0.1'), port: z.int().min(0).max(65_535).default(8484) })
      .meta({ title: 'console' })
      .prefault({}),
    log: z
      .strictObject({ level: z.enum(LOG_LEVELS).default('info') })
      .meta({ title: 'log' })
      .prefault({}),
  })
  .meta({ title: 'gateway.yaml' })

export type GatewayFile = z.output<typeof gatewaySchema>
