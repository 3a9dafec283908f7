/** Rows of the quarantine that somebody gives up on the page of delivery while others come. */
import { expect, test } from 'vitest'
import { startTestCentral } from '../../support/central.ts'
import { consoleCaller } from '../../support/console-caller.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const TEST_MAX_MS = 120_000

test(
  'rows that came after the page was read are not given up unseen with those that it showed',
  async () => {
    let state = 1
    await using device = await ModbusDevice.start(answerRegisters(() => state))
    await using central = await startTestCentral()
    // Central knows no such machine: each of its rows is refused.
    await using gateway = await startWatchedGateway(
      central,
      `machine: PRES-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`,
    )
    await gateway.until(({ quarantine }) => expect(quarantine.count).toBe(1))
    const api = consoleCaller(gateway.dataFolder)
    const shown = async () => (await api.get('/delivery/quarantine')).body.routes[0]
    const discard = (body: object) => api.post('/delivery/quarantine/discard', body)
    const countIs = (count: number) =>
      expect.poll(async () => (await shown()).count, { timeout: 60_000 }).toBe(count)
    await countIs(1)
    const { reason } = (await shown()).kinds[0]
    state = 2
    await gateway.until(({ quarantine }) => expect(quarantine.count).toBeGreaterThan(1))
    for (const rows of [{ which: 'all' }, { which: 'kind', about: 'PRES-07', reason }]) {
      const refused = await discard({
        route: 'central',
        rows,
        count: 1,
        why: 'the code was misspelt',
      })
      expect(refused).toMatchObject({ status: 409, body: { code: 'quarantine-changed' } })
    }
    expect(await central.sql('SELECT FROM edge_gateway.incident')).toEqual([])
    const { count } = await shown()
    expect(count).toBeGreaterThan(1)
    const given = { route: 'central', rows: { which: 'all' }, count, why: 'the code was misspelt' }
    // Two pages at once: of one row there is one incident.
    const both = await Promise.all([discard(given), discard(given)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
    await countIs(0)
    expect(await central.sql('SELECT FROM edge_gateway.incident')).toHaveLength(count)
  },
  TEST_MAX_MS,
)
