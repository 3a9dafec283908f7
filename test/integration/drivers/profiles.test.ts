/** Each profile that comes with the gateway against a device that answers as the manual prints it, over a real socket. */
import { describe, expect, it, vi } from 'vitest'
import { startTableDevice } from '../../../simulators/table/table-device.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import { driverContext, readUntil } from '../../support/driver-bench.ts'
import { mapOf, type ProfileCase, profileCases, shownBy, signalsOf } from '../../support/profile-cases.ts'

/** Each profile is read whole, which is slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const driver = createModbusDriver(tcpTransport)

/** All samples of one reading of every signal, by the names of the signals, and how often the device refused. */
async function readAll(one: ProfileCase) {
  await using device = await startTableDevice(one)
  const settings = { host: '127.0.0.1', port: device.port, unit: one.unit, poll: '50ms' }
  const [mapped] = mapOf(one.profile, one.variant, settings).devices
  if (!mapped) throw new Error('no device')
  await using link = await driver.connect(mapped as never, driverContext(), new AbortController().signal)
  const shown: Record<string, unknown> = {}
  await readUntil(link, (readings) => {
    for (const { samples } of readings) {
      for (const { signal, value, detail } of samples) shown[signal] = value ?? detail
    }
    return Object.keys(shown).length >= mapped.signals.length
  })
  return { shown, refusals: device.refusals() }
}

describe('a map with the profile', () => {
  it.each(profileCases())('%s shows what the display of the device shows', async (_, one) => {
    const { shown, refusals } = await readAll(one)
    const expected = shownBy(one)
    expect(Object.keys(shown).sort()).toEqual(Object.keys(expected).sort())
    for (const [signal, value] of Object.entries(expected)) {
      if (typeof value === 'number') expect(shown[signal], signal).toBeCloseTo(value, 6)
      else expect({ [signal]: shown[signal] }).toEqual({ [signal]: value })
    }
    // It asks for nothing that the device does not have, and for no more at once than it takes.
    expect(refusals).toBe(0)
  })

  it.each(profileCases())('%s has a row of the manual for each of its signals', (_, one) => {
    expect(Object.keys(shownBy(one)).sort()).toEqual([...signalsOf(one.profile, one.variant)].sort())
  })
})
