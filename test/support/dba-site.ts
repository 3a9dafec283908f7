/** For tests of what a DBA does: a server, and for each test a database of a site into which no gateway has been let yet. */
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { createMesSchema, seedMasterData } from '../../simulators/central/mes.ts'
import type { PostgresServer } from '../../simulators/central/postgres.ts'
import { gatewaySql, removalSql } from '../../src/routes/mes/gateway-sql.ts'
import { startTestPostgres } from './test-postgres.ts'

type LetIn = Partial<Parameters<typeof gatewaySql>[0]>
type TakeOut = Partial<Parameters<typeof removalSql>[0]>

/** Its fields are those of the running test's database. */
export class DbaSite {
  #server: PostgresServer | undefined
  #count = 0
  /** The superuser's connection. */
  dba: Client = new Client()
  /** What the server told it beside answers. */
  readonly notices: string[] = []

  /** Registers the hooks of a test file. */
  static use(): DbaSite {
    const site = new DbaSite()
    beforeAll(async () => {
      site.#server = await startTestPostgres()
    })
    afterAll(() => site.#server?.remove())
    beforeEach(() => site.#begin())
    afterEach(() => site.dba.end())
    return site
  }

  get database(): string {
    return `site_${this.#count}`
  }

  /** Roles belong to the whole server, so each test has names of its own. */
  get role(): string {
    return `edge_${this.#count}`
  }

  /** Runs what `central sql` prints; for the first organization unless another is named. */
  async letIn(options: LetIn = {}, by = this.dba): Promise<void> {
    await by.query(await gatewaySql({ organization: 'SAV', role: this.role, ...options }))
  }

  /** Runs what `central sql --remove` prints. */
  async takeOut(options: TakeOut = {}, by = this.dba): Promise<void> {
    await by.query(await removalSql({ organization: 'SAV', role: this.role, ...options }))
  }

  async connectedAs(
    login: { readonly user?: string; readonly password?: string; readonly database?: string } = {},
  ): Promise<Client> {
    const client = new Client({ ...this.#server?.superuser(this.database), ...login })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** What the rights of a role are, column by column. */
  async rightsOf(role: string): Promise<unknown[]> {
    const { rows } = await this.dba.query(
      `SELECT table_schema, table_name, column_name, privilege_type FROM information_schema.column_privileges
       WHERE grantee = $1 ORDER BY 1, 2, 3, 4`,
      [role],
    )
    return rows
  }

  async policies(): Promise<readonly { readonly schemaname: string }[]> {
    const { rows } = await this.dba.query(
      'SELECT * FROM pg_policies ORDER BY schemaname, tablename, policyname',
    )
    return rows
  }

  async #begin(): Promise<void> {
    this.#count += 1
    const maintenance = await this.connectedAs({ database: 'postgres' })
    await maintenance.query(`CREATE DATABASE ${this.database}`)
    await maintenance.end()
    this.dba = await this.connectedAs()
    this.notices.length = 0
    this.dba.on('notice', ({ severity, message }) => this.notices.push(`${severity}: ${message}`))
    await createMesSchema(this.dba)
    await seedMasterData(this.dba)
  }
}

/** Why the server refused something; the transaction is ended, as psql does at the end of its input. */
export async function refusal(work: Promise<unknown>, client: Client): Promise<string> {
  const message = await work.then(
    () => 'it was done',
    (error: unknown) => String((error as Error).message),
  )
  await client.query('ROLLBACK')
  return message
}
