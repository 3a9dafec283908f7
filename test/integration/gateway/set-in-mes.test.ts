/** Somebody sets a machine to maintenance in the MES, at a gateway without any station. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const machineMap = (port: number) => `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status:
  - {when: {state: 1}, is: running, for: 0s, release: 0s}
  - {else: true, is: idle, for: 0s, release: 0s}
stops: {ignore_run_below: 0s}
exit_after: {or_running: 2s}
`

test('it stays in maintenance while its PLC says idle, until it produces again', async () => {
  await using central = await startTestCentral()
  await central.sql('DELETE FROM shifts')
  let state = 0
  const device = await ModbusDevice.start(answerRegisters(() => state))
  const gateway = await startWatchedGateway(central, machineMap(device.port))
  onTestFinished(async () => {
    await gateway[Symbol.asyncDispose]()
    await device[Symbol.asyncDispose]()
  })
  const said = async () => {
    const rows = await central.sql<{ new_status: string; reason_code: string | null }>(
      'SELECT new_status, reason_code FROM machine_status_history ORDER BY changed_at',
    )
    const [machine] = await central.sql<{ status: string }>(
      `SELECT status FROM machines WHERE machine_code = 'PRESS-07'
         AND organization_id = (SELECT id FROM organizations WHERE code = 'SAV')`,
    )
    const words = rows.map(({ new_status, reason_code }) => [new_status, reason_code].join(' ').trim())
    return { rows: words, inMes: machine?.status }
  }
  await vi.waitFor(async () => expect(await said()).toEqual({ rows: ['idle'], inMes: 'idle' }), 60_000)
  await central.sql(`UPDATE machines SET status = 'maintenance' WHERE machine_code = 'PRESS-07'`)
  // The gateway reads it within a minute.
  await vi.waitFor(
    async () =>
      expect(await said()).toEqual({
        rows: ['idle', 'maintenance SET_IN_MES'],
        inMes: 'maintenance',
      }),
    { timeout: 100_000, interval: 500 },
  )
  state = 1
  await vi.waitFor(
    async () =>
      expect(await said()).toEqual({
        rows: ['idle', 'maintenance SET_IN_MES', 'running'],
        inMes: 'running',
      }),
    { timeout: 60_000, interval: 500 },
  )
}, 200_000)
