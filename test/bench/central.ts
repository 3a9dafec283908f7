/** A real central database for a benchmark: the MES's tables, the gateway's own role under row-level security, no rows. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { createMesSchema, seedMasterData } from '../../simulators/central/mes.ts'
import { startPostgres } from '../../simulators/central/postgres.ts'
import type { Bench } from './benchmark.ts'
import { ROOT } from './gateway-process.ts'
import { type CentralAddress, ORGANIZATION, PLANT } from './site.ts'

export interface RoleLogin {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

export interface BenchCentral extends AsyncDisposable {
  /** Where a gateway under test sends its events. */
  readonly address: CentralAddress
  /** The role that `millrace central sql` makes, for a client of one's own. */
  readonly role: RoleLogin
  /** A connection that sees everything, for looking and cleaning. */
  readonly superuser: Client
  /** Takes away all rows and forgets the gateway's stream, so that the next gateway is met as a new one. */
  empty(): Promise<void>
  /** Rows of `machine_status_history`. */
  countRows(): Promise<number>
  /** Machines that have a row there. */
  countMachines(): Promise<number>
}

/** As the checked defaults of a production server, but for the checkpoints, which would fall into some rounds only. */
const SETTINGS = { max_wal_size: '4GB', checkpoint_timeout: '30min', autovacuum: 'off' }

export async function startCentral(bench: Bench, machines: readonly string[]): Promise<BenchCentral> {
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await startPostgres({ settings: SETTINGS }))
  const superuser = new Client(server.superuser())
  await superuser.connect()
  parts.defer(() => superuser.end())
  await createMesSchema(superuser)
  await seedMasterData(superuser, { organizations: [{ code: ORGANIZATION, plant: PLANT, machines }] })
  const { host, port, database } = server.superuser()
  const role = { host, port, database, ...(await createRole(bench, superuser)) }
  const kept = parts.move()
  return {
    address: { url: `postgres://${role.user}@${host}:${port}/${database}`, password: role.password },
    role,
    superuser,
    empty: async () => {
      await superuser.query('TRUNCATE machine_status_history, downtime_events')
      await superuser.query('TRUNCATE edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident')
      await superuser.query('CHECKPOINT')
    },
    countRows: () => count(superuser, '*'),
    countMachines: () => count(superuser, 'DISTINCT machine_id'),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function count(client: Client, what: string): Promise<number> {
  const text = `SELECT count(${what})::int AS n FROM machine_status_history`
  const { rows } = await client.query<{ n: number }>(text)
  return rows[0]?.n ?? 0
}

/** What a DBA does with the output of `millrace central sql`, and a password for the role. */
async function createRole(
  bench: Bench,
  superuser: Client,
): Promise<{ readonly user: string; readonly password: string }> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [bench.entry, 'central', 'sql', '--organization', ORGANIZATION],
    { cwd: ROOT },
  )
  await superuser.query(stdout)
  const user = `millrace_${ORGANIZATION.toLowerCase()}`
  const password = randomBytes(18).toString('base64url')
  await superuser.query(`ALTER ROLE ${user} PASSWORD '${password}'`)
  return { user, password }
}
