/** Converters that are one answer behind: nothing in Modbus RTU says which request an answer belongs to. */
import { expect, test } from 'vitest'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { rtuOverTcpTransport } from '../../../src/drivers/modbus/transports/rtu-over-tcp.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { answerFrame, RtuConverter } from '../../support/rtu-units.ts'

const driver = createModbusDriver(rtuOverTcpTransport)

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
