/**
 * What the gateway was told to do, after validation: one frozen value made of `gateway.yaml` and the environment.
 *
 * Everything has its final form here: paths are absolute, durations are milliseconds, sizes are bytes, defaults are filled in.
 * No part of the program reads the environment or the file again.
 */
import type { ConfigFault } from '../domain/errors.ts'
import type { Secret } from './secret.ts'

export interface Config {
  /** The file it came from, as named to the user. */
  readonly file: string
  /** Unique within the organization: names this gateway's stream in central. */
  readonly gateway: string
  /** `organizations.code`. */
  readonly organization: string
  /** `plants.code`. */
  readonly plant: string
  /** IANA name; shifts are bare times in it. */
  readonly timezone: string
  readonly devicesFolder: string
  /** The outbox, keys, certificates and the last good device maps. */
  readonly dataFolder: string
  readonly central: CentralConfig
  readonly buffer: { readonly retentionMs: number; readonly maxBytes: number }
  readonly console: { readonly host: string; readonly port: number }
  readonly log: { readonly level: LogLevel }
  /** What is unwise but no fault, such as a password file that others can read. */
  readonly warnings: readonly ConfigFault[]
}

export interface CentralConfig {
  /** Tried in turn; only a primary is written to. Never empty. */
  readonly hosts: readonly HostPort[]
  readonly database: string
  readonly user: string
  /** Absent when a client certificate, or nothing, proves who the gateway is. */
  readonly password?: Secret
  readonly passwordSource: 'file' | 'environment' | 'none'
  /** Where the MES tables live; names are always qualified with it. */
  readonly schema: string
  readonly tls: TlsConfig
  readonly batch: { readonly rows: number; readonly lingerMs: number }
  /** Whether `machines.status` and `current_work_order_id` are kept current too. */
  readonly machineStatus: boolean
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

export const TLS_MODES = ['verify-full', 'verify-ca', 'require', 'off'] as const
export type TlsMode = (typeof TLS_MODES)[number]

export interface TlsConfig {
  readonly mode: TlsMode
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
