import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const RUNNING = 1
const STOPPED = 2

function machineMap(port: number): string {
  return `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s, micro_stop_below: 0s}
status:
  - {when: {state: ${RUNNING}}, is: running, for: 0s, release: 0s}
  - {else: true, is: down, for: 0s, release: 0s}
`
}

function stationMap(address: string): string {
  return `scanner: ST-12
port: {tcp: "${address}"}
station: {machine: PRESS-07, location: Line 3}
operator: {badge: '^BADGE-(?<employee_code>\\d+)$'}
rules:
  - {match: '^!(START|COMPLETE)$', is: command}
  - {match: '^RSN:(?<code>[a-z_]+)$', is: downtime_reason}
  - {match: '^(?<wo>WO-\\d+)$', is: work_order, lookup: work_orders.work_order_number}
reasons: {material_shortage: {category: material}}
ack: {good: "47", bad: "42"}
`
}

test('who scans at a machine names its work order and the reason of its stop, and central has both', async () => {
  await using central = await startTestCentral()
  let state = RUNNING
  await using device = await ModbusDevice.start(answerRegisters(() => state))
  await using scanner = new SimulatedScanner({ name: 'ST-12', cable: await tcpCable(), beepMaxMs: 5_000 })
  const folder = testFolder()
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'devices', 'press.yaml'), machineMap(device.port))
  const gateway = await startWatchedGateway(central, stationMap(scanner.cable.address), 'edge-1', folder)
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  const heard = () => scanner.beeps.map(({ bytes }) => bytes.toString())
  const lastBeep = async (code: string) => {
    await scanner.play([{ scan: code }])
    return heard().at(-1)
  }
  await gateway.until(({ machines, scanners }) => {
    expect(machines).toMatchObject([{ status: 'running' }])
    expect(scanners).toMatchObject([{ state: 'connected' }])
  })
  await vi.waitFor(async () => expect(await lastBeep('BADGE-4711')).toBe('G'), {
    timeout: 60_000,
    interval: 200,
  })
  expect(await lastBeep('RSN:material_shortage')).toBe('B')

  await scanner.play([{ scan: '!START' }])
  expect(await lastBeep('WO-1001')).toBe('G')
  await gateway.until(({ machines }) => expect(machines).toMatchObject([{ work_order: 'WO-1001' }]))

  state = STOPPED
  await gateway.until(({ machines }) => expect(machines).toMatchObject([{ status: 'down' }]))
  expect(await lastBeep('RSN:material_shortage')).toBe('G')
  await gateway.until(({ machines }) => expect(machines).toMatchObject([{ reason: 'material_shortage' }]))

  const operator = 'JOIN users ON users.id ='
  await vi.waitFor(async () => {
    expect(
      await central.sql(
        `SELECT scan_type, employee_code FROM qr_code_scans ${operator} scanned_by ORDER BY scanned_at`,
      ),
    ).toEqual([
      { scan_type: 'work_order_start', employee_code: '4711' },
      { scan_type: 'work_order', employee_code: '4711' },
      { scan_type: 'downtime_reason', employee_code: '4711' },
    ])
    expect(
      await central.sql(
        `SELECT downtime_reason_code, downtime_category, employee_code, work_order_number
         FROM downtime_events ${operator} reported_by JOIN work_orders w ON w.id = work_order_id`,
      ),
    ).toEqual([
      {
        downtime_reason_code: 'material_shortage',
        downtime_category: 'material',
        employee_code: '4711',
        work_order_number: 'WO-1001',
      },
    ])
    expect(
      await central.sql(
        `SELECT work_order_number, m.status FROM machines m JOIN work_orders w ON w.id = current_work_order_id
         WHERE machine_code = 'PRESS-07'`,
      ),
    ).toEqual([{ work_order_number: 'WO-1001', status: 'down' }])
  }, 60_000)
}, 120_000)
