/**
 * Keeps one device connected: the only reconnect loop there is for devices.
 *
 * Whatever a driver yields is handed on, and so is the link itself, going up and down, so that communication loss can
 * be derived like any other status. It never decides what a loss means, and swallows no error but a lost link.
 */
import type { Device, DeviceMessage } from '../domain/device.ts'
import type { Driver, DriverContext } from '../domain/driver.ts'
import { LinkLost } from '../domain/errors.ts'
import type { DeviceHealth } from '../domain/health.ts'
import type { Instant } from '../domain/instant.ts'
import { backoff } from '../runtime/backoff.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { LinkRecord } from './link-record.ts'

const RECONNECT_MIN_MS = 500
const RECONNECT_MAX_MS = 10_000

export interface CollectorOptions {
  readonly device: Device
  readonly driver: Driver
  readonly clock: Clock
  /** From 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  readonly log: Log
  /** Where drivers keep their certificates. */
  readonly stateFolder: string
  /** Takes each message, in order. Where it returns a promise, the device waits for it. */
  readonly deliver: (message: DeviceMessage) => Promise<void> | void
}

export interface Collector extends Service {
  health(): DeviceHealth
}

export function collectDevice(options: CollectorOptions): Collector {
  const { device, driver, clock, random, log, stateFolder } = options
  const record = new LinkRecord(device, clock)
  const context: DriverContext = { ...clock, log, stateFolder }
  const delays = backoff({ minMs: RECONNECT_MIN_MS, maxMs: RECONNECT_MAX_MS, random })

  /** One life of the link, which begins with the first reading: a port that accepts connections is not yet a device. */
  async function follow(signal: AbortSignal): Promise<void> {
    await using connection = await driver.connect(device, context, signal)
    const connectedAt = clock.now()
    let isUp = false
    for await (const reading of connection) {
      if (!isUp) await rise(connectedAt)
      isUp = true
      record.contact(reading.at)
      delays.reset()
      const delivered = options.deliver({ kind: 'reading', ...names(device), reading })
      if (delivered) await delivered
    }
    if (!signal.aborted) throw new LinkLost(`${device.id}: the driver ended by itself`)
  }

  async function rise(at: Instant): Promise<void> {
    record.connected()
    log.info({ device: device.id }, `${device.id} is connected`)
    await options.deliver({ kind: 'link', ...names(device), up: true, at })
  }

  async function lose(fault: LinkLost): Promise<void> {
    const isNews = record.lost(fault)
    const level = isNews ? 'warn' : 'debug'
    log[level]({ device: device.id, error: fault }, fault.message)
    if (!isNews) return
    await options.deliver({
      kind: 'link',
      ...names(device),
      up: false,
      at: clock.now(),
      cause: fault.message,
    })
  }

  return {
    name: `device ${device.id}`,
    health: () => record.health(),
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          await follow(signal)
        } catch (error) {
          if (signal.aborted) return
          if (!(error instanceof LinkLost)) throw record.failed(error)
          await lose(error)
        }
        await clock.sleep(delays.next(), signal)
      }
    },
  }
}

function names(device: Device): Pick<DeviceMessage, 'device' | 'subject'> {
  return { device: device.id, subject: device.subject }
}
