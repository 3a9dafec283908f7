/**
 * What the gateway is to do, after validation: one frozen value made of `gateway.yaml` and the environment.
 *
 * Everything has its final form here: paths are absolute, durations are milliseconds, sizes are bytes, defaults are filled in.
 * No part of the program reads the environment or the file again.
 */
import type { ConfigFault } from '../domain/errors.ts'
import type { Secret } from '../runtime/secret.ts'
import type { SECTIONS, SettingsOf } from './sections.ts'

/** What belongs to the gateway as a whole. */
export interface GatewayConfig {
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
  /** The route files. It need not exist. */
  readonly routesFolder: string
  /** The outbox, keys, certificates and the last good device maps and routes. */
  readonly dataFolder: string
  /** By their variables of the environment. */
  readonly routeSecrets: Readonly<Record<string, Secret>>
  /** What is unwise but no fault, such as a password file that others can read. */
  readonly warnings: readonly ConfigFault[]
}

/** With the settings of every room. */
export interface Config extends GatewayConfig, SettingsOf<typeof SECTIONS> {}
