/** What tests of drivers need again and again: a context, a device from its address texts, and readings gathered until they suffice. */
import type { Device } from '../../src/domain/device.ts'
import type { DeviceLink, Driver, DriverContext } from '../../src/domain/driver.ts'
import type { AlarmFormat, Reading, Sample, SignalSpec, SignalType } from '../../src/domain/signal.ts'
import { systemClock } from '../../src/runtime/clock.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {} }

export function driverContext(stateFolder = '/nonexistent'): DriverContext {
  return { ...systemClock, log: silent, stateFolder }
}

export interface SignalDraft extends Partial<Omit<SignalSpec, 'name' | 'address' | 'type'>> {
  readonly at: string
  readonly type?: SignalType
  readonly alarms?: AlarmFormat
}

/** A device as the configuration would build it. `settings` are the keys below `device:`. */
export function deviceOf<Settings, Address>(
  driver: Driver<Settings, Address>,
  settings: object,
  drafts: Readonly<Record<string, SignalDraft>>,
  pollMs = 50,
): Device<Settings, Address> {
  const parsed = driver.settings.parse(settings)
  const signals = Object.entries(drafts).map(([name, { at, ...rest }]) => ({
    name,
    address: driver.parseAddress(at, rest, parsed),
    ...rest,
  }))
  return {
    id: 'PRESS-07',
    subject: 'machine:PRESS-07',
    protocol: driver.protocol,
    settings: parsed,
    signals,
    pollMs,
  }
}

/** The readings up to and including the first after which `isEnough` holds. */
export async function readUntil(
  connection: DeviceLink,
  isEnough: (readings: readonly Reading[]) => boolean,
): Promise<readonly Reading[]> {
  const readings: Reading[] = []
  for await (const reading of connection) {
    readings.push(reading)
    if (isEnough(readings)) return readings
  }
  throw new Error(`the stream ended after ${readings.length} readings`)
}

export function samplesOf(readings: readonly Reading[], signal: string): readonly Sample[] {
  return readings.flatMap(({ samples }) => samples.filter((sample) => sample.signal === signal))
}

export function valuesOf(readings: readonly Reading[], signal: string): readonly unknown[] {
  return samplesOf(readings, signal).map(({ value }) => value)
}

/** What iterating the connection throws in the end. */
export async function endOf(connection: DeviceLink): Promise<unknown> {
  try {
    for await (const _ of connection);
    return undefined
  } catch (error) {
    return error
  }
}
