import type { Instant } from './instant.ts'
import type { Owner } from './owner.ts'
import type { Reading, SignalSpec } from './signal.ts'

/** One physical device that a machine draws signals from. `Settings` is whatever its driver parsed. */
export interface Device<Settings = unknown, Address = unknown> {
  /** Unique on this gateway: the machine's code, or `machine/name` where a machine draws on several. */
  readonly id: string
  readonly subject: Owner
  readonly protocol: string
  readonly settings: Settings
  readonly signals: readonly SignalSpec<Address>[]
  /** How often it is polled, or the sampling interval asked of it. At least 50 ms. */
  readonly pollMs: number
}

/** What the collector says of a device; the link's state is a signal too, so communication loss is derived. */
export type DeviceMessage =
  | {
      readonly kind: 'reading'
      readonly device: string
      readonly subject: Owner
      readonly reading: Reading
    }
  | {
      readonly kind: 'link'
      readonly device: string
      readonly subject: Owner
      readonly up: boolean
      readonly at: Instant
      readonly cause?: string
    }
