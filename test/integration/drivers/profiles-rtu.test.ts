/** Profiles of devices on RS-485 against a unit that answers as its manual prints it, over a real pseudo-terminal. */
import { describe, expect, it, vi } from 'vitest'
import { isRefusal, tableAnswers } from '../../../simulators/table/table-answers.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { createSerialTransport } from '../../../src/drivers/modbus/transports/serial.ts'
import { driverContext, readUntil } from '../../support/driver-bench.ts'
import { mapOf, profileCases, shelf, shownBy } from '../../support/profile-cases.ts'
import { rtuFrame, serialCable } from '../../support/rtu-units.ts'

/** Each profile is read whole, which is slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const driver = createModbusDriver(createSerialTransport())

/** Those whose manual says how their serial line is set. */
const SERIAL = profileCases().filter(([, { profile }]) => shelf.find(profile)?.text.includes('\nserial:'))

/** A read request as its PDU. */
function pduOf({
  functionCode,
  start,
  count,
}: {
  functionCode: number
  start: number
  count: number
}): Buffer {
  const pdu = Buffer.alloc(5)
  pdu.writeUInt8(functionCode, 0)
  pdu.writeUInt16BE(start, 1)
  pdu.writeUInt16BE(count, 3)
  return pdu
}

describe('a map with driver: modbus-rtu and the profile', () => {
  it.each(SERIAL)('%s shows over a serial line what the display of the device shows', async (_, one) => {
    await using cable = await serialCable([one.unit])
    const answerTo = tableAnswers(one)
    let refusals = 0
    cable.units.behaviour = (request, send) => {
      if (request.unit !== one.unit) return
      const answer = answerTo(pduOf(request))
      if (isRefusal(answer)) refusals += 1
      send(rtuFrame(Buffer.concat([Buffer.of(request.unit), answer])))
    }
    const settings = { driver: 'modbus-rtu', path: cable.path, unit: one.unit, poll: '50ms' }
    const [mapped] = mapOf(one.profile, one.variant, settings).devices
    await using link = await driver.connect(mapped as never, driverContext(), new AbortController().signal)
    const shown: Record<string, unknown> = {}
    await readUntil(link, (readings) => {
      for (const { samples } of readings) {
        for (const { signal, value, detail } of samples) shown[signal] = value ?? detail
      }
      return Object.keys(shown).length >= (mapped?.signals.length ?? 0)
    })
    for (const [signal, value] of Object.entries(shownBy(one))) {
      if (typeof value === 'number') expect(shown[signal], signal).toBeCloseTo(value, 6)
      else expect({ [signal]: shown[signal] }).toEqual({ [signal]: value })
    }
    expect(refusals).toBe(0)
  })

  it('sets the line as the device leaves the factory, unless the map says otherwise', () => {
    const settingsOf = (profile: string, variant?: string, more = {}) =>
      mapOf(profile, variant, { driver: 'modbus-rtu', path: '/dev/ttyS0', ...more }).devices[0]?.settings
    expect(settingsOf('abb-acs580')).toMatchObject({ baud: 19_200, parity: 'even', stopBits: 1 })
    expect(settingsOf('abb-acs580', undefined, { parity: 'none' })).toMatchObject({ parity: 'none' })
    expect(settingsOf('eastron-sdm630', 'mct')).toMatchObject({ baud: 9_600, parity: 'even' })
  })
})
