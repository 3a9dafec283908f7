/** Machines on Modbus devices that answer badly, as central has them in the end. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { answerRegisters, type Behaviour, ModbusDevice } from '../../support/modbus-device.ts'
import {
  closingAfter,
  deafAfterConnect,
  exception,
  faulty,
  hangUp,
  longerThan,
  reset,
  shortAnswer,
  silence,
  touching,
  where,
} from '../../support/modbus-troubles.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
/** Each test's gateway is a new one. */
beforeEach(() =>
  central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  ),
)

/** A machine whose state is the first of 40 registers in a row; seven more lie far from each other. */
function mapOf({ port }: ModbusDevice): string {
  const row = Array.from({ length: 40 }, (_, n) => `  r${n}: {at: W${100 + n}, type: u16}`)
  const far = Array.from({ length: 7 }, (_, n) => `  far${n}: {at: W${1_000 * (n + 1)}, type: u16}`)
  return `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 500ms, timeout: 300ms}
signals:
${[...row, ...far].join('\n')}
status:
  - {when: {r0: 1}, is: running, for: 0s}
  - {else: true, is: idle, for: 0s}
`
}

const HISTORY_SQL = `SELECT new_status FROM machine_status_history ORDER BY changed_at, id`

const EVERY_KIND = [silence, hangUp, reset, shortAnswer, exception(4), exception(6), exception(11)]

type Troubles = (otherwise: Behaviour) => {
  readonly behaviour: Behaviour
  readonly greet?: ModbusDevice['greet']
}

const TROUBLES: readonly (readonly [string, Troubles])[] = [
  [
    'answers 40 % of all requests wrongly',
    (otherwise) => ({ behaviour: faulty({ seed: 5, share: 0.4 }, EVERY_KIND, otherwise) }),
  ],
  ['is silent for one register', (otherwise) => ({ behaviour: where(touching(120), silence, otherwise) })],
  ['is silent above 28 registers', (otherwise) => ({ behaviour: where(longerThan(28), silence, otherwise) })],
  ['closes each connection after its answer', (otherwise) => ({ behaviour: closingAfter(otherwise) })],
  ['is deaf for 2 s after each connect', (otherwise) => deafAfterConnect(2_000, otherwise)],
]

// Fault of the catalogue: [B6]
test.each(TROUBLES)(
  'a machine whose device %s is recorded as it ran',
  { timeout: 120_000 },
  async (_, troubles) => {
    let state = 1
    const { behaviour, greet } = troubles(answerRegisters(() => state))
    await using plc = await ModbusDevice.start(behaviour)
    plc.greet = greet ?? plc.greet
    await using gateway = await startWatchedGateway(central, mapOf(plc))
    await gateway.until(({ machines }) => expect(machines[0]?.status).toBe('running'))
    for (const [word, next] of [
      ['idle', 0],
      ['running', 1],
      ['idle', 0],
    ] as const) {
      state = next
      await gateway.until(({ machines }) => expect(machines[0]?.status).toBe(word))
      await systemClock.sleep(2_000)
    }
    const recorded = async () => (await central.sql(HISTORY_SQL)).map(({ new_status: status }) => status)
    await expect.poll(recorded, { timeout: 60_000 }).toEqual(['running', 'idle', 'running', 'idle'])
    expect(gateway.told('CNC-01 is connected')).toHaveLength(1)
  },
)
