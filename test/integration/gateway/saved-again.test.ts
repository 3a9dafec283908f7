/** A device map that is saved again every second, with a real gateway and device. */
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startTestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const SAVES = 4

// Fault of the catalogue: [H4]
test('a run that the map begins to see is recorded from the first save, though further ones follow', async () => {
  await using central = await startTestCentral()
  await using device = await ModbusDevice.start(answerRegisters(() => 1))
  const mapOf = (is: string, save: number) => `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals:
  state: {at: 40101, type: u16}
  shown: {at: ${40_200 + save}, type: u16}
stops: {ignore_run_below: 2s}
status:
  - {when: {state: 1}, is: ${is}, for: 0s}
  - {else: true, is: idle, for: ${save + 1}s}
`
  await using gateway = await startWatchedGateway(central, mapOf('setup', 0))
  await gateway.until(({ machines }) => expect(machines[0]).toMatchObject({ status: 'setup' }))
  const save = async (nth: number) => {
    gateway.map(mapOf('running', nth))
    await wait(1_000)
  }
  const before = (await gateway.status()).machines[0]?.map?.loaded_at
  await save(0)
  await gateway.until(({ machines }) => expect(machines[0]?.map?.loaded_at).not.toBe(before))
  const requests = device.requests.length
  // The one after the next is answered with the first save in force.
  await expect.poll(() => device.requests.length).toBeGreaterThan(requests + 2)
  const firstReadMs = Date.now()
  for (let nth = 1; nth < SAVES; nth += 1) await save(nth)
  await gateway.until(({ machines }) => expect(machines[0]).toMatchObject({ status: 'running' }))
  const { machines } = await gateway.status()
  expect(Date.parse(String(machines[0]?.since))).toBeLessThanOrEqual(firstReadMs)
})
