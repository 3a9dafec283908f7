/** How a broker is reached: the keys that every section with such a connection has, and what becomes of them. */
import { type RefinementCtx, z } from 'zod'
import { hostWithPort } from '../documents/host.ts'
import { nearestWord } from '../documents/nearest-word.ts'
import { duration, refuse, shown } from '../documents/quantities.ts'
import { text } from '../documents/text.ts'
import type { Secret } from '../runtime/secret.ts'
import { type BrokerAddress, readBrokerUrl } from './url.ts'

/** Where a broker is, and as whom and how safely to log in. Paths are absolute: whoever loads the file resolves them. */
export interface BrokerSettings extends BrokerAddress {
  readonly user?: string
  /** From the environment. */
  readonly password?: Secret
  /** Where there is none in the environment: a file with the user's password, read at each connect. Without either, it is empty. */
  readonly passwordFile?: string
  readonly tls: BrokerTls
  /** Absent: 5, or 3.1.1 where the broker knows no 5. */
  readonly version?: MqttVersion
  /** Absent: whoever connects makes one. */
  readonly clientId?: string
  /** After this silence the broker is asked whether it is still there. */
  readonly keepaliveS: number
}

/** Files in PEM, read at each connect. What the operating system trusts is trusted where no CA is named. */
interface BrokerTls {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

const MQTT_VERSIONS = ['5', '3.1.1'] as const
export type MqttVersion = (typeof MQTT_VERSIONS)[number]

const PATH_MAX = 4096
const MS_PER_S = 1_000
/** MQTT 5, section 1.5.4: a text has 65,535 bytes at most. */
const CLIENT_ID_MAX = 65_535
const NO_PASSWORD = 'a password has no place in this file: use password_file'

const brokerUrl = z
  .string()
  .transform((written, context): BrokerAddress => {
    const reading = readBrokerUrl(written)
    return 'host' in reading ? reading : refuse(context, reading.fault, reading.hint)
  })
  .meta({ pattern: '^mqtts?://[^ /@]+/?$' })

/** YAML reads `5` as a number, and `3.1.1` as a text. */
const mqttVersion = z
  .unknown()
  .transform((written, context): MqttVersion => {
    const version = MQTT_VERSIONS.find((known) => known === String(written))
    if (version) return version
    const nearest = nearestWord(String(written), MQTT_VERSIONS)
    const hint = nearest ? `did you mean ${nearest}?` : `one of: ${MQTT_VERSIONS.join(', ')}`
    return refuse(context, `${shown(written)} is no version of MQTT that is spoken here`, hint)
  })
  .meta({ enum: [5, ...MQTT_VERSIONS] })

const tlsFiles = z
  .strictObject({
    ca_file: text(PATH_MAX).optional().describe('Whom to trust, where it is not in what the system trusts.'),
    cert_file: text(PATH_MAX).optional().describe('The certificate by which the gateway proves who it is.'),
    key_file: text(PATH_MAX).optional().describe('Its key, in PEM without a passphrase.'),
  })
  .meta({ title: 'tls' })

/** The keys of a broker, for the schema of a section. */
export const brokerKeys = {
  url: brokerUrl.describe('mqtt://HOST[:1883], or mqtts://HOST[:8883] with TLS; without a password.'),
  user: text().optional(),
  password: z.never({ error: NO_PASSWORD }).optional(),
  password_file: text(PATH_MAX).optional().describe('A file that holds nothing but the password.'),
  tls: tlsFiles.optional().describe('Files in PEM. The certificate of the broker is verified always.'),
  version: mqttVersion
    .optional()
    .describe('Of MQTT: 5 or 3.1.1. Without it 5, or 3.1.1 where the broker knows no 5.'),
  client_id: text(CLIENT_ID_MAX).optional().describe('One that no other program uses at this broker.'),
  keepalive: duration({ min: '5s', max: '1h' }).prefault('15s'),
}

/** The keys of a broker as the file has them, each checked by itself. */
type WrittenBroker = z.output<z.ZodObject<typeof brokerKeys>>

/** What no key shows by itself: which of them need each other. */
export function judgeBroker(written: WrittenBroker, context: RefinementCtx): void {
  const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
  const { url, user, password_file: passwordFile, tls } = written
  if (passwordFile !== undefined && user === undefined)
    fault(['password_file'], 'a password needs its user: write user beside password_file')
  if (tls !== undefined && !url.isSecure)
    fault(['tls'], 'mqtt:// goes without TLS: write the url with mqtts://')
  if ((tls?.cert_file === undefined) !== (tls?.key_file === undefined))
    fault(
      ['tls', tls?.cert_file === undefined ? 'key_file' : 'cert_file'],
      'cert_file and key_file go together',
    )
}

/** What the keys of a broker come to. */
export function brokerOf(written: WrittenBroker): BrokerSettings {
  const { url, user, password_file: passwordFile, version, client_id: clientId, keepalive } = written
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile } = written.tls ?? {}
  return {
    ...url,
    ...(user !== undefined && { user }),
    ...(passwordFile !== undefined && { passwordFile }),
    tls: { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) },
    ...(version !== undefined && { version }),
    ...(clientId !== undefined && { clientId }),
    keepaliveS: Math.round(keepalive / MS_PER_S),
  }
}

/** `mqtts://broker.plant.example:8883`: as messages name a broker. */
export function brokerName({ host, port, isSecure }: BrokerAddress): string {
  return `${isSecure ? 'mqtts' : 'mqtt'}://${hostWithPort(host, port)}`
}
