/** Centrals for questions about rights: databases of one real server, each with two organizations and a gateway of the first let in. */
import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { createMesSchema, seedMasterData } from '../../simulators/central/mes.ts'
import type { PostgresServer } from '../../simulators/central/postgres.ts'
import { gatewaySql } from '../../src/routes/mes/gateway-sql.ts'
import type { CentralSettings } from '../../src/routes/mes/settings.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { Secret } from '../../src/runtime/secret.ts'
import { startTestPostgres } from './test-postgres.ts'

/**
 * `rows`: row-level security on every table. `views`: on none, as where hypertables are compressed. `pieces`: the tables of events are
 * partitioned by month, with row-level security.
 */
export type CentralShape = 'rows' | 'views' | 'pieces'
export const SHAPES: readonly CentralShape[] = ['rows', 'views', 'pieces']

export interface CentralSite {
  readonly shape: CentralShape
  /** A superuser in the database. */
  readonly dba: Client
  /** The gateway's role in it. */
  readonly gateway: Client
  readonly role: string
  /** Ids of the gateway's organization, and of the other one. */
  readonly own: number
  readonly other: number
  readonly settings: CentralSettings
}

/** What a DBA did afterwards, and should not have. `%role%` and `%database%` stand for the gateway's. */
type Afterwards = string

/** Partitions by month, in place of tables that have the same columns. */
const IN_PIECES = `
  CREATE TABLE pieces_kept AS SELECT polrelid::regclass::text AS on_table, polname AS name, pg_get_expr(polqual, polrelid) AS condition
    FROM pg_policy WHERE polrelid IN ('machine_status_history'::regclass, 'qr_code_scans'::regclass);
  DO $$
  DECLARE
    t RECORD;
    kept RECORD;
  BEGIN
    FOR t IN SELECT * FROM (VALUES ('machine_status_history', 'changed_at'), ('qr_code_scans', 'scanned_at')) AS v (name, moment) LOOP
      EXECUTE format('ALTER TABLE %I RENAME TO %I', t.name, t.name || '_plain');
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS) PARTITION BY RANGE (%I)', t.name, t.name || '_plain', t.moment);
      EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', t.name || '_rest', t.name);
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (''2026-01-01'') TO (''2026-02-01'')', t.name || '_2026_01', t.name);
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.name);
      EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.name);
      FOR kept IN SELECT * FROM pieces_kept WHERE on_table = t.name LOOP
        EXECUTE format('CREATE POLICY %I ON %I USING (%s)', kept.name, t.name, kept.condition);
      END LOOP;
      EXECUTE format('ALTER TABLE %I ALTER COLUMN id DROP DEFAULT', t.name);
      EXECUTE format('DROP TABLE %I CASCADE', t.name || '_plain');
      EXECUTE format('CREATE SEQUENCE %I OWNED BY %I.id', t.name || '_number', t.name);
      EXECUTE format('ALTER TABLE %I ALTER COLUMN id SET DEFAULT nextval(%L)', t.name, t.name || '_number');
    END LOOP;
  END
  $$;
  DROP TABLE pieces_kept`

const WITHOUT_ROWS = `DO $$ DECLARE t RECORD; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND rowsecurity LOOP
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', t.tablename);
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', t.tablename);
  END LOOP; END $$`

const BOTH_TENANTS = `
  INSERT INTO machine_status_history (organization_id, machine_id, new_status, changed_at)
    SELECT organization_id, id, 'idle', '2026-01-15T09:00Z' FROM machines;
  INSERT INTO downtime_events (organization_id, machine_id, downtime_reason_code, started_at)
    SELECT organization_id, id, 'JAM', '2026-01-15T09:00Z' FROM machines;
  INSERT INTO qr_code_scans (organization_id, qr_code_data, scan_type, scanned_by, scanned_at)
    SELECT organization_id, 'X', 'unknown', id, '2026-01-15T09:00Z' FROM users;
  INSERT INTO edge_gateway.stream SELECT id, 'edge-9', gen_random_uuid(), 1, 0, '' FROM organizations;
  INSERT INTO edge_gateway.quarantine SELECT id, 'edge-9', gen_random_uuid(), 1, '{}', 'r' FROM organizations;
  INSERT INTO edge_gateway.incident SELECT id, 'edge-9', now(), 'gap', '{}' FROM organizations`

export class CentralSites {
  #server: PostgresServer | undefined
  #count = 0

  /** Registers the hooks of a test file. */
  static use(): CentralSites {
    const sites = new CentralSites()
    beforeAll(async () => {
      sites.#server = await startTestPostgres()
    })
    afterAll(() => sites.#server?.remove())
    return sites
  }

  /** A maker of sites, as a check of security wants it. */
  of(shape: CentralShape, ...afterwards: readonly Afterwards[]) {
    return (stack: AsyncDisposableStack) => this.#make(stack, shape, afterwards)
  }

  async #make(
    stack: AsyncDisposableStack,
    shape: CentralShape,
    afterwards: readonly Afterwards[],
  ): Promise<CentralSite> {
    this.#count += 1
    const database = `central_${this.#count}`
    const role = `edge_${this.#count}`
    const password = randomBytes(12).toString('hex')
    const server = this.#server
    if (!server) throw new Error('the server is not there yet')
    const maintenance = await connected(new Client(server.superuser()))
    await maintenance.query(`CREATE DATABASE ${database}`)
    await maintenance.end()
    const dba = await connected(new Client(server.superuser(database)), stack)
    await createMesSchema(dba)
    await seedMasterData(dba)
    if (shape === 'pieces') await dba.query(IN_PIECES)
    if (shape === 'views') await dba.query(WITHOUT_ROWS)
    await dba.query(await gatewaySql({ organization: 'SAV', role, connections: 12 }))
    await dba.query(BOTH_TENANTS)
    await dba.query(`ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${escapeLiteral(password)}`)
    for (const text of afterwards)
      await dba.query(text.replaceAll('%role%', role).replaceAll('%database%', database))
    const { rows } = await dba.query<{ id: number; code: string }>('SELECT id, code FROM organizations')
    const idOf = (code: string) => rows.find((row) => row.code === code)?.id ?? 0
    const gateway = await connected(
      new Client({ ...server.superuser(database), user: role, password }),
      stack,
    )
    return {
      ...{ shape, dba, gateway, role, own: idOf('SAV'), other: idOf('OTHER') },
      settings: {
        connection: {
          hosts: [{ host: server.host, port: server.port }],
          database,
          user: role,
          password: new Secret(password),
          tls: { mode: 'off' },
        },
        ...{ schema: 'public', organization: 'SAV', plant: 'SAV-1', gateway: 'edge-1', machineStatus: true },
        batch: { rows: 2_000, lingerMs: 200 },
        log: pino({ level: 'silent' }),
        now: systemClock.now,
      },
    }
  }
}

async function connected(client: Client, stack?: AsyncDisposableStack): Promise<Client> {
  client.on('error', () => undefined)
  await client.connect()
  stack?.defer(() => client.end())
  return client
}

/** What the server says to one statement; nothing of it stays. @returns how many rows, or its SQLSTATE */
export async function attempt(client: Client, text: string, tenant?: number): Promise<number | string> {
  await client.query('BEGIN')
  try {
    if (tenant !== undefined)
      await client.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(tenant)])
    return (await client.query(text)).rowCount ?? 0
  } catch (error) {
    return String((error as { readonly code?: string }).code)
  } finally {
    await client.query('ROLLBACK')
  }
}

/**
 * What the server says to many statements of one kind, each on its own, in one round trip. Nothing of them stays.
 * @returns for each `done`, or its SQLSTATE
 */
export async function attempts(
  client: Client,
  texts: readonly string[],
  tenant: number,
): Promise<readonly string[]> {
  await client.query('BEGIN')
  try {
    await client.query(SAID_TO_EACH)
    await client.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(tenant)])
    const { rows } = await client.query<{ said: readonly string[] }>(
      'SELECT pg_temp.said_to_each($1) AS said',
      [texts],
    )
    return rows[0]?.said ?? []
  } finally {
    await client.query('ROLLBACK')
  }
}

const SAID_TO_EACH = `CREATE FUNCTION pg_temp.said_to_each(texts TEXT[]) RETURNS TEXT[] LANGUAGE plpgsql AS $$
  DECLARE
    one TEXT;
    said TEXT[] := '{}';
  BEGIN
    FOREACH one IN ARRAY texts LOOP
      BEGIN
        EXECUTE one;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
      EXCEPTION WHEN OTHERS THEN
        said := said || CASE SQLSTATE WHEN 'ZZ000' THEN 'done' ELSE SQLSTATE END;
      END;
    END LOOP;
    RETURN said;
  END $$`
