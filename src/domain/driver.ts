/** The contract of every driver. A driver makes contact and yields readings; trying a lost device again is the collector's. */
import type { ZodType } from 'zod'
import type { Device } from './device.ts'
import { GatewayError } from './errors.ts'
import type { ShownCertificate } from './health.ts'
import type { Instant } from './instant.ts'
import type { MessageFormat, Reading, SignalFormat, SignalSpec } from './signal.ts'

/** What a driver may use of the world. It keeps its files, such as certificates, below `stateFolder`. */
export interface DriverContext {
  now(): Instant
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void
  readonly log: DriverLog
  readonly stateFolder: string
  /** Called when a poll begins: how long after its moment, and how many before it were left out because the device was too slow. */
  polled?(lateMs: number, skipped: number): void
  /** Called when so many polls were left out because the gateway stood still, or had too much to do. */
  overslept?(polls: number): void
  /** Called with the certificate that a broker has shown. */
  shown?(certificate: ShownCertificate): void
}

/** What a line of a driver holds beside its text: above all which kind of line it is, as docs/log.md lists them. */
interface DriverLine {
  readonly event: `${string}-${string}`
  readonly [field: string]: unknown
}

/** The log, as far as a driver writes to it. */
export interface DriverLog {
  debug(fields: DriverLine, message: string): void
  info(fields: DriverLine, message: string): void
  warn(fields: DriverLine, message: string): void
}

/** One protocol. */
export interface Driver<Settings = unknown, Address = unknown> {
  /** The word behind `device.driver:` in a device map. */
  readonly protocol: string
  /** The keys below `device:` besides `driver` and `poll`: validates them and fills in defaults. */
  readonly settings: ZodType<Settings>
  /** What of these settings can be understood, and is seldom meant: `check` tells it. */
  doubtsOf?(settings: Settings): readonly SettingsDoubt[]
  /** The key under which a signal has its address. */
  readonly addressKey: AddressKey
  /** Set where a signal may follow alarms, and has `events` in place of an address. */
  readonly hasAlarms?: true
  /** Set where values stand within messages, and a signal may say where in them. */
  readonly hasMessages?: true
  /** Whether a signal must say its `type`. */
  readonly typeRequired: boolean
  /**
   * Understands an address as the manual prints it.
   * @throws AddressFault with a message for the technician
   */
  parseAddress(text: string, format: SignalFormat, settings: Settings): Address
  /** For how long a device may say nothing while all is well, where nobody asks it. */
  quietMaxMs?(settings: Settings): number | undefined
  /** The settings with which somebody looks at a device while the gateway collects it: where one of both would stop the other. */
  besideGateway?(settings: Settings): Settings
  /** Pairs of signals of one device whose values lie upon each other in part: allowed, and mostly a mistake. */
  overlaps?(signals: readonly SignalSpec<Address>[]): readonly (readonly [string, string])[]
  /**
   * Makes contact.
   * @throws LinkLost when the device cannot be reached, refuses, or must not be trusted
   */
  connect(device: Device<Settings, Address>, context: DriverContext, signal: AbortSignal): Promise<DeviceLink>
}

/** Where signals have their addresses: registers, nodes of OPC UA, topics of MQTT, metrics of Sparkplug. */
export const ADDRESS_KEYS = ['at', 'node', 'topic', 'metric'] as const
type AddressKey = (typeof ADDRESS_KEYS)[number]

/** A setting that can be understood, and is seldom meant. */
export interface SettingsDoubt {
  /** The key below `device:`. */
  readonly key: string
  readonly what: string
  readonly hint: string
  /** It is refused; only the last good map of a machine goes on with it, since an earlier version took it. */
  readonly isRefused?: boolean
}

/**
 * The drivers of one gateway, and what they own together. Disposing them frees what outlives a single device, such as a
 * serial line or a session that several share; the links to all devices must be closed before.
 */
export interface Drivers extends AsyncDisposable {
  readonly all: readonly Driver[]
}

/**
 * An open link to one device. Iterating yields readings until the link is lost, and then throws LinkLost; after an abort it
 * ends without an error. An address that the device does not have becomes a sample of bad quality, and the readings go on.
 * Disposing closes the link within 3 s.
 */
export interface DeviceLink extends AsyncIterable<Reading>, AsyncDisposable {
  /** It may yield nothing for this long while all is well; absent where it yields at every poll. */
  readonly quietMaxMs?: number
  /** What people should know of the link while it is well, such as which of several servers is read. */
  readonly remark?: string | undefined
}

/** An address that the driver cannot understand. `hint` says what would be right. */
export class AddressFault extends GatewayError {
  override readonly name = 'AddressFault'
  readonly retryable = false
  /** The key of the signal that is wrong, where it is not that of the address. */
  readonly key: keyof MessageFormat | undefined
  constructor(message: string, hint?: string, key?: keyof MessageFormat) {
    super('device-address', message, hint === undefined ? {} : { hint })
    this.key = key
  }
}
