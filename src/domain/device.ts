/** A device as its map describes it, and what is delivered of it while the gateway runs. */
import type { Instant } from './instant.ts'
import type { Owner } from './owner.ts'
import type { Reading, SignalSpec } from './signal.ts'

/** One physical device from which a machine gets signals. `Settings` is what its driver has parsed. */
export interface Device<Settings = unknown, Address = unknown> {
  /** Unique on this gateway: the machine's code, or `machine/name` where a machine has several devices. */
  readonly id: string
  /** Whom its readings are about. */
  readonly subject: Owner
  readonly protocol: string
  readonly settings: Settings
  readonly signals: readonly SignalSpec<Address>[]
  /** How often it is polled, or the sampling interval asked of it. At least 50 ms. */
  readonly pollMs: number
}

/** How often a signal is read. */
export function pollMsOf(
  device: Pick<Device, 'pollMs'>,
  signal: { readonly pollMs?: number | undefined },
): number {
  return signal.pollMs ?? device.pollMs
}

/** How often a device is in contact at least: as often as the fastest of its signals is read. */
export function contactMsOf(device: Pick<Device, 'pollMs' | 'signals'>): number {
  const polls = device.signals.map((signal) => pollMsOf(device, signal))
  return polls.length === 0 ? device.pollMs : Math.min(...polls)
}

/** What the collector delivers. Links that go up and down are messages too, so that communication loss can be derived. */
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
