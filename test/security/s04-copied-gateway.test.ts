/** A data folder that somebody copied to a second computer: two gateways that both believe to be the same one. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { startWatchedGateway, type WatchedGateway } from '../support/watched-gateway.ts'
import { securityCheck } from './security-check.ts'

const MET_WITHIN_MS = 90_000
let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

interface Copied {
  readonly original: WatchedGateway
  readonly copy: WatchedGateway
  /** The machine changes: both have something to say. */
  readonly change: () => void
}

/** @param weakening what was done to central in between */
function copied(weakening = 'SELECT') {
  return async (stack: AsyncDisposableStack): Promise<Copied> => {
    await central.sql(
      'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.incident, edge_gateway.machine',
    )
    let state = 1
    const device = stack.use(await ModbusDevice.start(answerRegisters(() => state)))
    const map = `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`
    const before = await startWatchedGateway(central, map)
    await untilRows(1)
    await before[Symbol.asyncDispose]()
    const folder = await mkdtemp(join(tmpdir(), 'millrace-copy-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    await cp(before.folder, folder, { recursive: true })
    const original = stack.use(await startWatchedGateway(central, map, 'edge-1', before.folder))
    state = 2
    await untilRows(2)
    await central.sql(weakening)
    const copy = stack.use(await startWatchedGateway(central, map, 'edge-1', folder))
    return {
      original,
      copy,
      change: () => {
        state = state === 1 ? 2 : 1
      },
    }
  }
}

async function untilRows(count: number): Promise<void> {
  for (const end = Date.now() + MET_WITHIN_MS; Date.now() < end; await wait(100))
    if ((await rowCount()) >= count) return
  throw new Error(`central did not get ${count} rows`)
}

async function rowCount(): Promise<number> {
  const [row] = await central.sql<{ count: number }>(
    'SELECT count(*)::int AS count FROM machine_status_history',
  )
  return row?.count ?? 0
}

async function judge({ original, copy, change }: Copied): Promise<readonly string[]> {
  change()
  const fenced = await fencedOne([original, copy])
  if (!fenced) return ['both push, and neither was stopped']
  const at = await rowCount()
  change()
  const isKept = await keepsMore(fenced)
  const incidents = await central.sql<{ host: string | null }>(
    `SELECT detail->>'host' AS host FROM edge_gateway.incident WHERE kind = 'fence'`,
  )
  return [
    ...(incidents.some(({ host }) => host !== null)
      ? []
      : ['central does not know of it, or not from which computer']),
    ...(isKept ? [] : ['the one that was stopped keeps nothing']),
    // The other one goes on, with one row a change.
    ...((await rowCount()) - at <= 1 ? [] : ['rows come from both']),
  ]
}

async function keepsMore(gateway: WatchedGateway): Promise<boolean> {
  for (const end = Date.now() + MET_WITHIN_MS; Date.now() < end; await wait(200))
    if ((await gateway.status()).outbox?.pending > 0) return true
  return false
}

async function fencedOne(gateways: readonly WatchedGateway[]): Promise<WatchedGateway | undefined> {
  for (const end = Date.now() + MET_WITHIN_MS; Date.now() < end; await wait(200))
    for (const gateway of gateways)
      if ((await gateway.status()).degraded?.some(({ code }) => code.includes('fence'))) return gateway
  return undefined
}

// Faults of the catalogue: [G1] [G3]
securityCheck({
  id: 'S4',
  title:
    'of two gateways on one copied data folder one is stopped at its first meeting with central, which names its computer',
  judge,
  shipped: copied(),
  weakened: {
    'central takes no incidents, and nobody there learns of it': copied(
      `REVOKE INSERT (organization_id, gateway_id, kind, detail) ON edge_gateway.incident FROM millrace_sav`,
    ),
  },
  timeoutMs: 180_000,
})
