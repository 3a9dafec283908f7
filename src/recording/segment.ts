/**
 * A recording is made of segments. Each begins with everything that its machine's derivation remembered at that moment, and goes
 * on with all that moved it, so that a segment can be replayed without those before it, and the oldest ones can be removed.
 */
import { createHash } from 'node:crypto'
import type { Device } from '../domain/device.ts'
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Sample } from '../domain/signal.ts'
import type { Memory } from '../status/state.ts'

/**
 * The version in which maps and memories are written into segments now. It is raised when either changes in such a way that what
 * was written before cannot be played any more; what the devices showed can be read from segments of any version.
 */
export const SEGMENT_VERSION = 1

/** What one device showed when a segment began: a sample of each of its signals. */
export interface ShownDevice {
  readonly device: string
  readonly samples: readonly Sample[]
}

/**
 * `start`: what a machine was put in place with after a start of the gateway; `goes-on`: what it remembered while it was running, and
 * what its devices in contact showed.
 */
export type Snapshot =
  | {
      readonly kind: 'start'
      /** The saved state, as JSON gave it. */
      readonly state: unknown
      readonly lastSeen: Instant | undefined
      readonly aliveAt: Instant | undefined
    }
  | { readonly kind: 'goes-on'; readonly memory: Memory; readonly shown: readonly ShownDevice[] }

/** What is known of a segment at its beginning. */
export interface SegmentHead {
  readonly version: number
  readonly machine: string
  readonly began: Instant
  readonly map: MachineMap
  readonly snapshot: Snapshot
}

/** What a recorded device keeps of its settings: never a password. */
export interface RecordedSettings {
  /** Changes with whatever the device is reached by or asked for. */
  readonly fingerprint: string
  /** Where the device orders the words of a long number, which decides what its registers mean. */
  readonly wordOrder: string | null
}

/** The map as it is recorded: all that decides a status, and of devices only how their signals can be told apart. */
export function recordedMap(map: MachineMap): MachineMap {
  return { ...map, devices: map.devices.map(recordedDevice) }
}

function recordedDevice(device: Device): Device {
  const { wordOrder = null } = device.settings as { readonly wordOrder?: string }
  const settings: RecordedSettings = { fingerprint: fingerprintOf(device.settings), wordOrder }
  const signals = device.signals.map((signal) => ({ ...signal, address: JSON.stringify(signal.address) }))
  return { ...device, settings, signals }
}

const FINGERPRINT_DIGITS = 16

/** Secrets are three stars in JSON, so that a changed password is no other device. */
function fingerprintOf(settings: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(settings) ?? '')
    .digest('hex')
    .slice(0, FINGERPRINT_DIGITS)
}
