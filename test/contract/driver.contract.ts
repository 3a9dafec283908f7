/** What every driver promises, run against a real device of its protocol. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Device } from '../../src/domain/device.ts'
import type { Driver } from '../../src/domain/driver.ts'
import { LinkLost } from '../../src/domain/errors.ts'
import type { Reading } from '../../src/domain/signal.ts'
import { driverContext, endOf, readUntil, samplesOf, valuesOf } from '../support/driver-bench.ts'
import { watchHeldUp } from '../support/held-up.ts'

/** A real device with the number `state` that a test can set, and no address behind `missing`. */
export interface DeviceUnderTest extends AsyncDisposable {
  readonly driver: Driver
  /** Signals `state` and `missing`. */
  readonly device: Device
  readonly stateFolder: string
  set(state: number): void
  /** Connections that are open right now. */
  connections(): number
  /** Switches the device off. */
  stop(): Promise<void>
}

export function driverContract(name: string, start: () => Promise<DeviceUnderTest>): void {
  describe(`the ${name} driver`, () => {
    let under: DeviceUnderTest
    let abort: AbortController

    beforeEach(async () => {
      under = await start()
      under.set(1)
      abort = new AbortController()
    })
    afterEach(async () => {
      abort.abort()
      await under[Symbol.asyncDispose]()
    })

    const connect = () => under.driver.connect(under.device, driverContext(under.stateFolder), abort.signal)

    test('carries every signal in its first reading', async () => {
      await using connection = await connect()
      const [first] = await readUntil(connection, (readings) => readings.length === 1)
      expect(first?.samples.map(({ signal }) => signal).sort()).toEqual(['missing', 'state'])
    })

    test('tells changes in order, and nothing that did not change', async () => {
      await using connection = await connect()
      const told = (readings: readonly Reading[]) => valuesOf(readings, 'state')
      const readings = await readUntil(connection, (all) => {
        const last = told(all).at(-1)
        if (typeof last === 'number' && last < 4) under.set(last + 1)
        return last === 4
      })
      expect(told(readings)).toEqual([1, 2, 3, 4])
    })

    test('proves contact while nothing changes', async () => {
      await using connection = await connect()
      const readings = await readUntil(connection, (all) => all.length === 3)
      expect(readings.slice(1).flatMap(({ samples }) => samples)).toEqual([])
      const times = readings.map(({ at }) => at.monoMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    })

    test('makes an address that does not exist a bad sample, and goes on', async () => {
      await using connection = await connect()
      const readings = await readUntil(connection, (all) => all.length === 2)
      expect(samplesOf(readings, 'missing')).toEqual([
        expect.objectContaining({ value: null, quality: 'bad', detail: expect.stringMatching(/no such/) }),
      ])
      expect(samplesOf(readings, 'state')).toEqual([expect.objectContaining({ value: 1, quality: 'good' })])
    })

    test('ends with LinkLost when the device goes away', async () => {
      await using connection = await connect()
      await readUntil(connection, (all) => all.length === 1)
      const [end] = await Promise.all([endOf(connection), under.stop()])
      expect(end).toBeInstanceOf(LinkLost)
      expect((end as LinkLost).message).toContain(under.device.id)
    })

    test('ends quietly when it is aborted', async () => {
      await using connection = await connect()
      const end = endOf(connection)
      abort.abort()
      expect(await end).toBeUndefined()
    })

    test('closes the link within 3 s when it is disposed', async () => {
      const connection = await connect()
      await readUntil(connection, (all) => all.length === 1)
      expect(under.connections()).toBe(1)
      const heldUp = watchHeldUp()
      const beganMs = performance.now()
      await connection[Symbol.asyncDispose]()
      expect(performance.now() - beganMs).toBeLessThan(3_500 + heldUp.maxMs)
      await expect.poll(() => under.connections(), { timeout: 60_000 }).toBe(0)
    })

    test('says LinkLost when nobody is there', async () => {
      await under.stop()
      await expect(connect()).rejects.toThrow(LinkLost)
      await expect(connect()).rejects.toThrow(under.device.id)
    })

    test('gives up connecting when it is aborted', async () => {
      abort.abort()
      const connecting = connect().then((connection) => endOf(connection))
      expect(await connecting.catch((error: unknown) => error)).toSatisfy(
        (end) => end === undefined || end instanceof LinkLost,
      )
    })
  })
}
