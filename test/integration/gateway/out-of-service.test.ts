/** A machine that people take out of service in the MES. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const machineMap = (port: number) => `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status:
  - {when: {state: 1}, is: running, for: 0s, release: 0s}
  - {else: true, is: down, for: 0s, release: 0s}
`
test.each(['is_active = false', `status = 'decommissioned'`])(
  'nothing more is written for a machine with %s in the MES, and its last row says why',
  async (change) => {
    await using central = await startTestCentral()
    await central.sql(`UPDATE machines SET ${change} WHERE machine_code = 'PRESS-07'`)
    await using device = await ModbusDevice.start(answerRegisters(() => 1))
    const gateway = await startWatchedGateway(central, machineMap(device.port))
    onTestFinished(() => gateway[Symbol.asyncDispose]())
    await vi.waitFor(async () => {
      const rows = await central.sql(
        'SELECT new_status, reason_code, notes FROM machine_status_history ORDER BY changed_at DESC LIMIT 1',
      )
      expect(rows).toEqual([
        {
          new_status: 'available',
          reason_code: 'NO_DATA',
          notes: expect.stringContaining('machine out of service'),
        },
      ])
    }, 60_000)
  },
  120_000,
)
