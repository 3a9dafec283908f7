/** Converters that are one answer behind: nothing in Modbus RTU says which request an answer belongs to. */
import { expect, test } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { rtuOverTcpTransport } from '../../../src/drivers/modbus/transports/rtu-over-tcp.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { answerFrame, RtuConverter } from '../../support/rtu-units.ts'

const driver = createModbusDriver(rtuOverTcpTransport)
/** The unit is lost and met again, each with waits of seconds. */
const PATIENCE_MS = 120_000

test('a converter that sends each answer only with the next request gives no register the value of another', async () => {
  await using converter = await RtuConverter.start([1])
  let held: Buffer | undefined
  converter.units.behaviour = (request, send) => {
    if (held) send(held)
    held = answerFrame(request)
  }
  const keys = { host: '127.0.0.1', port: converter.port, unit: 1, timeout: '50ms' }
  const signals = {
    first: { at: 'W10', type: 'u16' },
    second: { at: 'W500', type: 'u16' },
    third: { at: 'W900', type: 'u16' },
  } as const
  await using link = await driver.connect(
    deviceOf(driver, keys, signals) as Parameters<typeof driver.connect>[0],
    driverContext(),
    new AbortController().signal,
  )
  const readings = await readUntil(link, (all) => all.length === 5)
  expect(valuesOf(readings, 'first')).toEqual([1_010])
  expect(valuesOf(readings, 'second')).toEqual([1_500])
  expect(valuesOf(readings, 'third')).toEqual([1_900])
})

test.each([{ retries: 3 }, { retries: 0 }])(
  'a unit that always answers five times too late, with %o, gives no register the value of another',
  async ({ retries }) => {
    await using converter = await RtuConverter.start([1])
    converter.units.behaviour = (request, send) => {
      setTimeout(() => send(answerFrame(request)), 250)
    }
    const keys = { host: '127.0.0.1', port: converter.port, unit: 1, timeout: '50ms', retries }
    const signals = {
      first: { at: 'W10', type: 'u16' },
      second: { at: 'W500', type: 'u16' },
      third: { at: 'W900', type: 'u16' },
    } as const
    const right = new Map(Object.entries({ first: 1_010, second: 1_500, third: 1_900 }))
    const wrong: string[] = []
    // A unit that is never in time is lost, and met again by the same driver, as the gateway would.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        await using link = await driver.connect(
          deviceOf(driver, keys, signals) as Parameters<typeof driver.connect>[0],
          driverContext(),
          new AbortController().signal,
        )
        let readings = 0
        for await (const { samples } of link) {
          for (const { signal, quality, value } of samples)
            if (quality === 'good' && value !== right.get(signal)) wrong.push(`${signal}: ${value}`)
          readings += 1
          if (readings === 3) break
        }
      } catch (error) {
        if (!(error instanceof LinkLost)) throw error
      }
    }
    expect(wrong).toEqual([])
  },
  PATIENCE_MS,
)
