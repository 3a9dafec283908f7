/** A gateway that is lost, or whose login has to end: shut out while it is connected. It goes on buffering. */
import { setTimeout as wait } from 'node:timers/promises'
import { revocationSql } from '../../src/routes/mes/gateway-sql.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { startWatchedGateway, type WatchedGateway } from '../support/watched-gateway.ts'
import { securityCheck } from './security-check.ts'

const EFFECT_WITHIN_MS = 60_000
/** For weakened sites: long enough to be sure that nothing happens. */
const SEEN_FOR_MS = 6_000

interface Running {
  readonly central: TestCentral
  readonly gateway: WatchedGateway
  /** The machine changes. */
  readonly change: () => void
  readonly revoke: () => Promise<unknown>
  readonly patienceMs: number
}

function running(
  revocation: (central: TestCentral) => string | Promise<string>,
  patienceMs = EFFECT_WITHIN_MS,
) {
  return async (stack: AsyncDisposableStack): Promise<Running> => {
    const central = stack.use(await startTestCentral())
    let state = 1
    const device = stack.use(await ModbusDevice.start(answerRegisters(() => state)))
    const gateway = stack.use(
      await startWatchedGateway(
        central,
        `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`,
      ),
    )
    while ((await rows(central)) < 1) await wait(100)
    return {
      central,
      gateway,
      change: () => {
        state = state === 1 ? 2 : 1
      },
      revoke: async () => central.sql(await revocation(central)),
      patienceMs,
    }
  }
}

async function rows(central: TestCentral): Promise<number> {
  const [row] = await central.sql<{ count: number }>(
    'SELECT count(*)::int AS count FROM machine_status_history',
  )
  return row?.count ?? 0
}

async function sessions({ sql, role }: TestCentral): Promise<number> {
  const open = await sql('SELECT FROM pg_stat_activity WHERE usename = $1', [role])
  return open.length
}

async function judge({ central, gateway, change, revoke, patienceMs }: Running): Promise<readonly string[]> {
  await revoke()
  const before = await rows(central)
  const end = Date.now() + patienceMs
  while ((await sessions(central)) > 0 && Date.now() < end) await wait(100)
  if ((await sessions(central)) > 0) return ['a session of the role is still open']
  change()
  while ((await gateway.status()).outbox.pending === 0 && Date.now() < end) await wait(100)
  // Long enough to connect again, for one that still may.
  await wait(5_000)
  const report = await gateway.status()
  return [
    ...((await rows(central)) > before ? ['a row was written afterwards'] : []),
    ...(report.outbox.pending > 0 ? [] : ['what happens is not kept']),
    ...(report.machines.length > 0 ? [] : ['its machines are not watched any more']),
  ]
}

// Fault of the catalogue: [G4]
securityCheck({
  id: 'S5',
  title:
    'a login that is revoked while its gateway is connected ends within a minute, and the gateway buffers',
  judge,
  shipped: {
    'by central sql --revoke': running(({ role }) => revocationSql({ organization: 'SAV', role })),
    'by hand': running(
      ({ role }) => `ALTER ROLE ${role} NOLOGIN;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
    ),
  },
  weakened: {
    'the password is changed, and the session forgotten': running(
      ({ role }) => `ALTER ROLE ${role} PASSWORD 'another'`,
      SEEN_FOR_MS,
    ),
    'the session is ended, and the login stays': running(
      ({ role }) => `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
      SEEN_FOR_MS,
    ),
  },
  timeoutMs: 120_000,
})
