/** A central database ready for a gateway: a real server, the MES schema with two tenants, and the role of the first. */
import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier, escapeLiteral, type QueryResultRow } from 'pg'
import { pino } from 'pino'
import {
  createMesSchema,
  type OrganizationSeed,
  OTHER,
  SAV,
  seedMasterData,
} from '../../simulators/central/mes.ts'
import type { PostgresServer } from '../../simulators/central/postgres.ts'
import { defaultRole, gatewaySql } from '../../src/routes/mes/gateway-sql.ts'
import type { CentralSettings } from '../../src/routes/mes/settings.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { Secret } from '../../src/runtime/secret.ts'
import { KeptConnection } from './kept-connection.ts'
import { startTestPostgres } from './test-postgres.ts'

export interface TestCentral extends AsyncDisposable {
  readonly server: PostgresServer
  /** The role of the first organization's gateways, and its password. */
  readonly role: string
  readonly password: string
  /** For `createMesDestination`: the first organization, gateway `edge-1`, no TLS. */
  settings(changes?: Partial<CentralSettings>): CentralSettings
  /** Settings that reach the server through something else, a proxy say. */
  settingsVia(place: { readonly host: string; readonly port: number }): CentralSettings
  /** Runs SQL as the superuser and returns the rows. */
  sql<Row extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** A connection as the gateway's role; the caller ends it. */
  asGateway(): Promise<Client>
}

export interface TestCentralOptions {
  /** The first one's gateway gets the role. */
  readonly organizations?: readonly OrganizationSeed[]
  /** Lines of postgresql.conf. */
  readonly server?: Readonly<Record<string, string>>
}

/** `users.id` of the operator of the first organization whose badge says 4711. */
export async function operatorOf(central: TestCentral): Promise<number> {
  const [user] = await central.sql<{ id: number }>(`SELECT id FROM users WHERE employee_code = '4711'`)
  if (!user) throw new Error('central has no user 4711')
  return user.id
}

/** Takes about 2 s: share one in a file. */
export async function startTestCentral(options: TestCentralOptions = {}): Promise<TestCentral> {
  const organizations = options.organizations ?? [SAV, OTHER]
  const [first = SAV] = organizations
  const server = await startTestPostgres(options.server)
  const role = defaultRole(first.code)
  const password = randomBytes(12).toString('hex')
  const asked = new KeptConnection(() => server.superuser())
  const sql: TestCentral['sql'] = (text, values = []) => asked.query(text, values)
  await prepare(server, organizations)
  await sql(`ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${escapeLiteral(password)}`)

  const settingsVia = ({
    host,
    port,
  }: {
    readonly host: string
    readonly port: number
  }): CentralSettings => ({
    connection: {
      hosts: [{ host, port }],
      database: 'postgres',
      user: role,
      password: new Secret(password),
      tls: { mode: 'off' },
    },
    schema: 'public',
    organization: first.code,
    plant: first.plant,
    gateway: 'edge-1',
    machineStatus: true,
    batch: { rows: 2_000, lingerMs: 200 },
    log: pino({ level: 'silent' }),
    now: systemClock.now,
  })
  return {
    server,
    role,
    password,
    settings: (changes = {}) => ({ ...settingsVia(server), ...changes }),
    settingsVia,
    sql,
    asGateway: () => connected(new Client({ ...server.superuser(), user: role, password })),
    [Symbol.asyncDispose]: async () => {
      asked.close()
      await server.remove()
    },
  }
}

async function prepare(server: PostgresServer, organizations: readonly OrganizationSeed[]): Promise<void> {
  const client = await connected(new Client(server.superuser()))
  await createMesSchema(client)
  await seedMasterData(client, { organizations })
  const [first] = organizations
  if (first) await client.query(await gatewaySql({ organization: first.code }))
  await client.end()
}

async function connected(client: Client): Promise<Client> {
  client.on('error', () => undefined) // Tests stop servers below open connections.
  await client.connect()
  return client
}
