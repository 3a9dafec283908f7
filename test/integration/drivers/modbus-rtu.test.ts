/** Modbus RTU on real pseudo-terminals: what a technician reads of a serial line, and what is read through it. */
import { rename } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Device } from '../../../src/domain/device.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { createSerialTransport } from '../../../src/drivers/modbus/transports/serial.ts'
import {
  deviceOf,
  driverContext,
  endOf,
  readUntil,
  type SignalDraft,
  valuesOf,
} from '../../support/driver-bench.ts'
import {
  answerFrame,
  type RtuBehaviour,
  rtuFrame,
  type SerialCable,
  serialCable,
} from '../../support/rtu-units.ts'

const driver = createModbusDriver(createSerialTransport())
let cable: SerialCable
beforeEach(async () => {
  cable = await serialCable([1])
})
afterEach(() => cable[Symbol.asyncDispose]())

/** A unit in this process answers within a few ms, unless the computer does much else. */
const timeout = '300ms'
const VALUE: SignalDraft = { at: 'W10', type: 'u16' }

function unitOf(unit: number, keys: object = {}, signals = { value: VALUE }): Device {
  return { ...deviceOf(driver, { path: cable.path, unit, ...keys }, signals), id: `METER-${unit}` }
}

const connect = (device: Device) =>
  driver.connect(
    device as Parameters<typeof driver.connect>[0],
    driverContext(),
    new AbortController().signal,
  )

/** What ends the link to a device. */
async function faultOf(device: Device): Promise<unknown> {
  try {
    await using link = await connect(device)
    return await endOf(link)
  } catch (error) {
    return error
  }
}

async function answersAs(behaviour: RtuBehaviour): Promise<unknown> {
  cable.units.behaviour = behaviour
  return await faultOf(unitOf(1, { timeout }))
}

test('values, bits and long texts come through a serial port', async () => {
  const signals = { value: VALUE, bit: { at: 'DI4' }, long: { at: 'IR20', type: 'u32' } } as const
  await using link = await connect(unitOf(1, { parity: 'even', baud: 19_200 }, signals as never))
  const readings = await readUntil(link, (all) => all.length === 2)
  expect(valuesOf(readings, 'value')).toEqual([1_010])
  expect(valuesOf(readings, 'bit')).toEqual([true])
  expect(valuesOf(readings, 'long')).toEqual([1_019 * 65_536 + 1_020])
})

test('an adapter that hears itself changes nothing, and is named where nothing else comes', async () => {
  cable.units.behaviour = (request, send) => {
    send(Buffer.concat([echoOf(request), answerFrame(request)]))
  }
  await using link = await connect(unitOf(1))
  expect(valuesOf(await readUntil(link, (all) => all.length === 3), 'value')).toEqual([1_010])
  await link[Symbol.asyncDispose]()
  expect(await answersAs((request, send) => send(echoOf(request)))).toMatchObject({
    code: 'link-timeout',
    message: expect.stringContaining('came instead: the request itself, sent back, and nothing else'),
    hint: expect.stringMatching(/the adapter hears itself.*unit id.*A and B are swapped/),
  })
})

test('a unit that is not there: unit id, power, cable, and the line in the words of data sheets', async () => {
  expect(await faultOf(unitOf(9, { timeout, stop_bits: 2 }))).toMatchObject({
    code: 'link-timeout',
    message: expect.stringMatching(
      /^METER-9: \/.* \(9600 8N2\) gave no answer for unit 9 within \d+ ms; asked for/,
    ),
    hint: expect.stringMatching(
      /^check the unit id, the power of the device and the cable \(A and B swapped\?\)/,
    ),
  })
})

test.each([
  {
    what: 'a wrong check sum',
    answer: (bytes: Buffer) => bytes.fill(7, 3, 4),
    says: /an answer of 7 bytes whose check sum is wrong/,
    hint: /same unit id.*resistors at both ends.*parity and stop bits/,
  },
  {
    what: 'bytes that are missing',
    answer: (bytes: Buffer) => bytes.subarray(0, 4),
    says: /an answer that is not whole: 4 of 7 bytes came/,
    hint: /bytes are lost on the way: check the resistors/,
  },
  {
    what: 'noise, as at the wrong speed',
    answer: () => Buffer.from([0, 0xff, 0, 0, 0xfe, 0]),
    says: /6 bytes that are noise: 00 ff 00 00 fe 00/,
    hint: /^check baud, parity and stop bits on both sides; then whether A and B are swapped/,
  },
  {
    what: 'other bytes',
    answer: () => Buffer.from([0x35, 0x17, 0x9c, 0x41]),
    says: /4 bytes whose check sum is wrong: 35 17 9c 41/,
    hint: /^check baud, parity and stop bits/,
  },
])('$what: said with what to look at', async ({ answer, says, hint }) => {
  const fault = await answersAs((request, send) => send(answer(answerFrame(request))))
  expect(fault).toMatchObject({ message: expect.stringMatching(says), hint: expect.stringMatching(hint) })
})

test('an answer of another unit is never taken, and both unit ids are named', async () => {
  const fault = await answersAs((request, send) => send(answerFrame({ ...request, unit: 7 })))
  expect(fault).toMatchObject({
    code: 'link-malformed',
    message: expect.stringContaining('answered as unit 7 where unit 1 was asked'),
    hint: expect.stringContaining('two devices may have the same one'),
  })
})

test('an answer with the header of Modbus TCP leads to the other driver', async () => {
  const fault = await answersAs((_request, send) => send(Buffer.from([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 7])))
  expect(fault).toMatchObject({ hint: expect.stringContaining('driver: modbus-tcp') })
})

test('an adapter that is pulled out and plugged in again is read on', async () => {
  await using link = await connect(unitOf(1))
  await readUntil(link, (all) => all.length === 1)
  const end = endOf(link)
  await cable.unplug()
  expect(await end).toMatchObject({
    code: expect.stringMatching(/^port-(unplugged|missing)$/),
    hint: expect.stringContaining('cable'),
  })
  await cable.plugIn()
  await using again = await connect(unitOf(1))
  expect(valuesOf(await readUntil(again, (all) => all.length === 1), 'value')).toEqual([1_010])
})

test('a port that is not there says which ports there are', async () => {
  await rename(cable.path, `${cable.path}-elsewhere`)
  expect(await faultOf(unitOf(1))).toMatchObject({
    code: 'port-missing',
    message: `METER-1: there is no port ${cable.path}`,
    hint: expect.stringContaining('millrace ports'),
  })
  await rename(`${cable.path}-elsewhere`, cable.path)
})

test('a unit whose map says another speed for the same port does not disturb those of the line', async () => {
  await using link = await connect(unitOf(1))
  const readings = readUntil(link, (all) => all.length === 10)
  expect(await faultOf(unitOf(2, { baud: 19_200 }))).toMatchObject({ code: 'port-busy' })
  expect(valuesOf(await readings, 'value')).toEqual([1_010])
})

function echoOf({ unit, functionCode, start, count }: Parameters<RtuBehaviour>[0]): Buffer {
  const request = Buffer.from([unit, functionCode, start >> 8, start & 0xff, count >> 8, count & 0xff])
  return rtuFrame(request)
}
