import { expect, test } from 'vitest'
import type { ModbusDevice } from '../../../src/drivers/modbus/device-plan.ts'
import { firstPlanOf } from '../../../src/drivers/modbus/first-plan.ts'
import { mapOfText } from '../../support/compiled.ts'

interface Written {
  readonly machine?: string
  readonly register?: number
  readonly order?: string
  readonly poll?: string
  readonly code?: string
}

function mapOf({ machine = 'M-1', register = 40101, order = 'ABCD', poll = '1s', code = 'E-1' }: Written) {
  return mapOfText(`machine: ${machine}
device: {driver: modbus-tcp, host: 10.0.0.1, word_order: ${order}, poll: ${poll}}
signals:
  state: {at: ${register}, type: u16, names: {1: run, 2: fault}}
  count: {at: 40200, type: u32}
  code: {at: 40210, type: u16, role: fault_code}
status:
  - {when: {state: run}, is: running}
  - {when: {state: fault}, is: down}
  - {else: true, is: idle}
reasons:
  code: {1: {code: ${code}}}
`)
}

const deviceOf = (written: Written) => mapOf(written).devices[0] as ModbusDevice

test('machines of one kind have their signals, rules and tables of codes together', () => {
  const [one, other] = [mapOf({}), mapOf({ machine: 'M-2' })]
  expect(other.machine).toBe('M-2')
  expect(other.devices[0]?.signals).toBe(one.devices[0]?.signals)
  expect(other.rules).toBe(one.rules)
  expect(other.faults[0]?.reasons).toBe(one.faults[0]?.reasons)
  expect(other.faults[0]?.reasons.length).toBeGreaterThan(0)
  expect(Object.isFrozen(other.devices[0]?.signals[0])).toBe(true)
})

test('one whose map says something else keeps that for itself', () => {
  const one = mapOf({})
  const moved = mapOf({ register: 40102 })
  expect(moved.devices[0]?.signals).not.toBe(one.devices[0]?.signals)
  expect(moved.devices[0]?.signals[0]?.address).toMatchObject({ wire: 101 })
  expect(one.devices[0]?.signals[0]?.address).toMatchObject({ wire: 100 })
  expect(mapOf({ code: 'E-2' }).faults[0]?.reasons).not.toBe(one.faults[0]?.reasons)
})

test('devices share the requests with which they begin where they are asked for the same in one word order', () => {
  const plan = firstPlanOf(deviceOf({}))
  expect(firstPlanOf(deviceOf({ machine: 'M-2' }))).toBe(plan)
  for (const other of [{ order: 'CDAB' }, { poll: '2s' }, { register: 40102 }])
    expect(firstPlanOf(deviceOf(other))).not.toBe(plan)
})
