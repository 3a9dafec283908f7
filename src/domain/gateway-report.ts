/** What a gateway says of itself to a destination, so that all gateways can be seen in one place. */
import type { Trouble } from './health.ts'

/** One report; the next one takes its place. */
export interface GatewayReport {
  /** `stopped`: it says so as the last thing before it ends. */
  readonly state: 'running' | 'stopped'
  readonly host: string
  readonly version: string
  /** Ms since 1970, by this gateway's clock. */
  readonly startedAtMs: number
  /** Events that are not delivered to the destination yet. */
  readonly pending: number
  /** How long the oldest of them has waited, in s. */
  readonly lagS: number
  readonly clockOffsetMs: number | null
  readonly machines: number
  /** Equal where the device maps in force are. */
  readonly mapsHash: string
  /** The first few of each code. */
  readonly troubles: readonly Trouble[]
  /** How many there are. */
  readonly troubleCount: number
}
