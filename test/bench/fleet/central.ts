/** A real central with many organizations, each with a login of its own, and the proof that it has each interval exactly once. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Client } from 'pg'
import { createMesSchema, seedMasterData } from '../../../simulators/central/mes.ts'
import { startPostgres } from '../../../simulators/central/postgres.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { cpuSeconds } from '../process-meter.ts'
import type { Begun, PlantPlan } from './plan.ts'

/** As a production server has them, but for checkpoints, which would fall into some rounds only. */
const SETTINGS = { max_wal_size: '4GB', checkpoint_timeout: '30min', max_connections: '150' }

/** What central has of the intervals that gateways began. */
export interface Reckoning {
  readonly lost: number
  readonly twice: number
  /** Rows of which no gateway knows. */
  readonly unknown: number
}

export interface FleetCentral extends AsyncDisposable {
  readonly port: number
  readonly password: string
  /** The verifier that the server keeps of the password of each role, for the pooler. */
  verifiers(): Promise<readonly { readonly role: string; readonly verifier: string }[]>
  /** Connections of clients now, this one's own not counted. */
  connections(): Promise<number>
  /** Processor time of all of its processes, in s. */
  cpuSeconds(): number
  reckon(begun: readonly Begun[]): Promise<Reckoning>
  /** Rows of `gateway_report`, and how many of `edge_gateway.fleet` are said to be good. */
  fleet(): Promise<{ readonly reports: number; readonly good: number; readonly viewMs: number }>
  stop(): Promise<void>
  start(): Promise<void>
  empty(): Promise<void>
}

export async function startFleetCentral(plants: readonly PlantPlan[]): Promise<FleetCentral> {
  const server = await startPostgres({ settings: SETTINGS })
  const password = randomBytes(12).toString('hex')
  const asked = <T>(work: (client: Client) => Promise<T>) => asSuperuser(server.superuser(), work)
  await asked(async (client) => {
    await createMesSchema(client)
    const organizations = plants.map(({ organization: code, plant, gateways }) => ({
      code,
      plant,
      machines: gateways.map(({ machine }) => machine),
    }))
    await seedMasterData(client, { organizations })
    for (const { organization, role } of plants) {
      await client.query(await gatewaySql({ organization, role }))
      await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`)
    }
  })
  return {
    port: server.port,
    password,
    verifiers: () =>
      asked(async (client) => {
        const { rows } = await client.query<{ role: string; verifier: string }>(
          `SELECT rolname AS role, rolpassword AS verifier FROM pg_authid WHERE rolname LIKE 'millrace_org%'`,
        )
        return rows
      }),
    connections: () =>
      asked(async (client) => {
        const { rows } = await client.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM pg_stat_activity
           WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
        )
        return rows[0]?.count ?? 0
      }),
    cpuSeconds: () => familyCpuSeconds(server.pid ?? 0),
    reckon: (begun) => asked((client) => reckon(client, begun)),
    fleet: () => asked(fleetOf),
    stop: () => server.stop('fast'),
    start: () => server.start(),
    empty: () =>
      asked(async (client) => {
        await client.query(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
          edge_gateway.incident, edge_gateway.machine, edge_gateway.gateway_report`)
      }),
    [Symbol.asyncDispose]: () => server.remove(),
  }
}

async function asSuperuser<T>(
  login: ConstructorParameters<typeof Client>[0],
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(login)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Of a process, of its children that run, and of those that have ended. */
function familyCpuSeconds(pid: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(Number(name)) === pid)
  const running = children.reduce((sum, child) => sum + cpuOf(Number(child)), 0)
  return running + cpuOf(pid) + endedChildrenSeconds(pid)
}

function cpuOf(pid: number): number {
  try {
    return cpuSeconds(pid)
  } catch {
    return 0 // It has ended meanwhile, and is counted by its parent.
  }
}

const TICKS_PER_SECOND = 100

function statFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command's name in brackets and may hold spaces: proc_pid_stat(5).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function parentOf(pid: number): number {
  return Number(statFields(pid)[1] ?? -1)
}

function endedChildrenSeconds(pid: number): number {
  const fields = statFields(pid)
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / TICKS_PER_SECOND
}

/** Row by row: what gateways began, against what central has. */
async function reckon(client: Client, begun: readonly Begun[]): Promise<Reckoning> {
  await client.query('CREATE TEMP TABLE begun (organization text, machine text, at timestamptz)')
  await client.query('INSERT INTO begun SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])', [
    begun.map(({ organization }) => organization),
    begun.map(({ machine }) => machine),
    begun.map(({ at }) => at),
  ])
  const { rows } = await client.query<Reckoning>(`
    WITH landed AS (
      SELECT o.code::text AS organization, m.machine_code::text AS machine, h.changed_at AS at, count(*) AS times
      FROM machine_status_history h JOIN machines m ON m.id = h.machine_id JOIN organizations o ON o.id = h.organization_id
      GROUP BY 1, 2, 3)
    SELECT count(*) FILTER (WHERE landed.times IS NULL)::int AS lost,
      count(*) FILTER (WHERE landed.times > 1)::int AS twice,
      count(*) FILTER (WHERE begun.at IS NULL)::int AS unknown
    FROM begun FULL JOIN landed USING (organization, machine, at)`)
  return rows[0] ?? { lost: Number.NaN, twice: Number.NaN, unknown: Number.NaN }
}

async function fleetOf(client: Client): ReturnType<FleetCentral['fleet']> {
  const reports = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM edge_gateway.gateway_report',
  )
  const beganMs = performance.now()
  const good = await client.query<{ count: number }>(
    `SELECT count(*) FILTER (WHERE verdict = 'good')::int AS count FROM (SELECT * FROM edge_gateway.fleet) AS fleet`,
  )
  const viewMs = performance.now() - beganMs
  return { reports: reports.rows[0]?.count ?? 0, good: good.rows[0]?.count ?? 0, viewMs }
}
