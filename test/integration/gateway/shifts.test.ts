/** Shifts that central defines, at a gateway without any station. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const machineMap = (port: number) => `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status:
  - {when: {state: 1}, is: running, for: 0s, release: 0s}
  - {else: true, is: down, for: 0s, release: 0s}
stops: {micro_stop_below: 1s}
`

/** By the clocks of the plant. */
function timeOfDay(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB', { timeZone: 'Europe/Rome' })
}

async function defineShift(
  central: TestCentral,
  {
    name,
    startMs,
    endMs,
    days = null,
  }: { name: string; startMs: number; endMs: number; days?: string | null },
): Promise<void> {
  await central.sql(
    `INSERT INTO shifts (organization_id, plant_id, name, start_time, end_time, active_days)
     SELECT o.id, p.id, '${name}', '${timeOfDay(startMs)}', '${timeOfDay(endMs)}', ${days ?? 'NULL'}
     FROM organizations o JOIN plants p ON p.organization_id = o.id AND p.code = 'SAV-1' WHERE o.code = 'SAV'`,
  )
}

async function startGateway(central: TestCentral, state: number) {
  const device = await ModbusDevice.start(answerRegisters(() => state))
  const gateway = await startWatchedGateway(central, machineMap(device.port))
  onTestFinished(async () => {
    await gateway[Symbol.asyncDispose]()
    await device[Symbol.asyncDispose]()
  })
  return gateway
}

test('a stop ends with the shift and goes on with the next one, each to the second', async () => {
  await using central = await startTestCentral()
  await central.sql('DELETE FROM shifts')
  const nowMs = Math.floor(Date.now() / 1_000) * 1_000
  // The gateway has to see the machine before the shift ends, on a computer that does much else, too.
  const [endMs, nextMs] = [nowMs + 30_000, nowMs + 36_000]
  await defineShift(central, { name: 'Early', startMs: nowMs - 3_600_000, endMs })
  await defineShift(central, { name: 'Late', startMs: nextMs, endMs: nowMs + 3_600_000 })
  const gateway = await startGateway(central, 0)
  await vi.waitFor(
    async () => {
      const rows = await central.sql(
        'SELECT new_status, reason_code FROM machine_status_history ORDER BY changed_at DESC LIMIT 3',
      )
      expect(rows).toMatchObject([
        { new_status: 'down', reason_code: null },
        { new_status: 'available', reason_code: 'NO_SHIFT' },
        { new_status: 'down', reason_code: null },
      ])
    },
    { timeout: 100_000, interval: 500 },
  )
  const rows = await central.sql(
    `SELECT (extract(epoch FROM changed_at) * 1000)::float8 AS at FROM machine_status_history ORDER BY changed_at DESC LIMIT 2`,
  )
  expect(rows).toEqual([{ at: nextMs }, { at: endMs }])
  await vi.waitFor(async () => {
    const stops = await central.sql(
      `SELECT (extract(epoch FROM started_at) * 1000)::float8 AS from, (extract(epoch FROM ended_at) * 1000)::float8 AS to, notes
       FROM downtime_events ORDER BY started_at`,
    )
    expect(stops).toEqual([
      { from: expect.any(Number), to: endMs, notes: expect.stringContaining('end=unplanned') },
      { from: nextMs, to: null, notes: expect.stringContaining('continues') },
    ])
  }, 60_000)
  await gateway.until(({ machines }) => expect(machines).toMatchObject([{ status: 'down', shift: 'Late' }]))
}, 180_000)

test('a day that nobody knows is named, and takes no time from the plan', async () => {
  await using central = await startTestCentral()
  await central.sql('DELETE FROM shifts')
  const nowMs = Date.now()
  const day = { startMs: nowMs - 3_600_000, endMs: nowMs + 3_600_000, days: `'{lunedì}'` }
  await defineShift(central, { name: 'Mattina', ...day })
  const gateway = await startGateway(central, 0)
  await gateway.until(({ degraded }) =>
    expect(degraded).toContainEqual(expect.objectContaining({ code: 'masterdata-shift-days' })),
  )
  await gateway.until(({ machines }) =>
    expect(machines).toMatchObject([{ status: 'down', shift: 'Mattina' }]),
  )
  expect(await gateway.text()).toContain('lunedì')
}, 120_000)

test('a gateway that may not read shifts says so, and derives as if there were none', async () => {
  await using central = await startTestCentral()
  await central.sql(`REVOKE ALL ON shifts FROM ${central.role}`)
  const gateway = await startGateway(central, 0)
  await gateway.until(({ degraded }) =>
    expect(degraded).toContainEqual(expect.objectContaining({ code: 'masterdata-unread' })),
  )
  await gateway.until(({ machines }) => expect(machines).toMatchObject([{ status: 'down', shift: null }]))
}, 120_000)
