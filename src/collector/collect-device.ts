/**
 * Collects one device: hands on its readings, and its link going up and down, so that communication loss can be derived
 * like any other status. The readings of a device can wait, so they do while too much waits for the disk.
 */
import type { Device, DeviceMessage } from '../domain/device.ts'
import type { Driver, DriverContext } from '../domain/driver.ts'
import type { LinkLost } from '../domain/errors.ts'
import type { DeviceHealth } from '../domain/health.ts'
import type { Instant } from '../domain/instant.ts'
import type { Reading } from '../domain/signal.ts'
import type { Receipt } from '../domain/subject.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { keepLink, type LinkSource } from './keep-link.ts'
import { DEVICE_TROUBLES, LinkRecord } from './link-record.ts'
import type { Collector } from './roster.ts'
import type { ShownSignal } from './signal-record.ts'

interface CollectorOptions {
  readonly device: Device
  readonly driver: Driver
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** Where drivers keep their certificates. */
  readonly stateFolder: string
  /** Since when the gateway takes in what devices send, without a break. */
  readonly awakeSince?: () => Instant
  /** Called when polls were left out because the gateway itself came too late. */
  readonly overslept?: (polls: number) => void
  /** Takes each message, in order. */
  readonly deliver: (message: DeviceMessage) => Receipt
}

/** Keeps one device. */
export interface DeviceCollector extends Collector<DeviceHealth> {
  /** What a signal showed last; undefined where it has not been read yet. It goes on changing. */
  shown(signal: string): ShownSignal | undefined
}

/** Nothing is connected before it runs. Running ends with an error that is not the device's. */
export function collectDevice(options: CollectorOptions): DeviceCollector {
  const { device, clock } = options
  const record = new LinkRecord(device, clock, options.awakeSince)
  const source = deviceSource(options, record)
  return {
    name: `device ${device.id}`,
    health: () => record.health(),
    shown: (signal) => record.shown(signal),
    run: async (signal) => {
      try {
        await keepLink(source, options, signal)
      } catch (error) {
        record.failed(error)
        throw error
      }
    },
  }
}

/** What keeping the link comes to for a device: its record for `status`, the log, and the messages for its subject. */
function deviceSource(options: CollectorOptions, record: LinkRecord): LinkSource<Reading> {
  const { device, driver, clock, log, stateFolder } = options
  const polled = record.counts.polled.bind(record.counts)
  const overslept = (polls: number) => {
    record.counts.overslept(polls)
    options.overslept?.(polls)
  }
  const shown = record.shownCertificate.bind(record)
  const context: DriverContext = { ...clock, log, stateFolder, polled, overslept, shown }
  const about = { device: device.id, subject: device.subject }

  /** A promise only where the device is to wait for the disk. */
  function deliver(message: DeviceMessage): Promise<void> | undefined {
    const { crowded, durable } = options.deliver(message)
    return crowded ? durable : undefined
  }

  async function up(connectedAt: Instant): Promise<void> {
    record.connected()
    log.info({ event: 'device-connected', device: device.id }, `${device.id} is connected`)
    await deliver({ kind: 'link', ...about, up: true, at: connectedAt })
  }

  async function down(fault: LinkLost): Promise<void> {
    const isNews = record.lost(fault)
    log[isNews ? 'warn' : 'debug'](
      { event: 'device-lost', device: device.id, code: DEVICE_TROUBLES.lost, error: fault },
      fault.message,
    )
    if (isNews) await deliver({ kind: 'link', ...about, up: false, at: clock.now(), cause: fault.message })
  }

  return {
    name: device.id,
    connect: async (signal) => {
      const link = await driver.connect(device, context, signal)
      record.linked(link)
      return link
    },
    up,
    take: (reading) => {
      record.contact(reading.at, reading.samples)
      return deliver({ kind: 'reading', ...about, reading })
    },
    down,
  }
}
