/**
 * Creates a central database as a plant has it: the MES tables, master data, and a role for the gateway. A superuser runs
 * what `millrace central sql` prints, as a DBA would; that binds the role to its one organization.
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { withClient } from './central-rows.ts'
import type { Checkout, DatabaseLogin, PostgresServer } from './checkout.ts'
import { type Program, runCommand } from './program.ts'
import { ORGANIZATION, PLANT } from './site.ts'

/** The database of the MES. */
export const DATABASE = 'mes'
const ROLE = 'millrace_sav'

/** For people who want to look into the database while the demo runs: reads everything, writes nothing, and types no password. */
const VIEWER = 'viewer'
const VIEWER_SQL = `
  CREATE ROLE ${VIEWER} LOGIN BYPASSRLS PASSWORD '${VIEWER}';
  GRANT pg_read_all_data TO ${VIEWER};
  ALTER ROLE ${VIEWER} SET default_transaction_read_only = on;
  ALTER ROLE ${VIEWER} SET search_path = public, edge_gateway;
`

/** What the operator of the demo's scenario has in his hands. */
const SCANNED = {
  badges: ['4711'],
  workOrders: ['WO-1001', 'WO-1002', 'WO-1003'],
  materials: ['MAT-100', 'MAT-200'],
  shipments: ['SHP-1'],
}

/** How the database is reached: by the gateway, and by those who may see all rows. */
interface CentralLogins {
  readonly gateway: DatabaseLogin
  readonly auditor: DatabaseLogin
  /** For `psql` and the like. */
  readonly viewerUrl: string
}

export async function prepareCentral(
  server: PostgresServer,
  parts: { readonly checkout: Checkout; readonly program: Program; readonly machines: readonly string[] },
): Promise<CentralLogins> {
  const { checkout, program, machines } = parts
  await withClient(server.superuser(), (client) => client.query(`CREATE DATABASE ${DATABASE}`))
  const auditor = server.superuser(DATABASE)
  const grants = await runCommand(program, ['central', 'sql', '--organization', ORGANIZATION, '--role', ROLE])
  const password = randomBytes(18).toString('base64url')
  await withClient(auditor, async (client) => {
    await checkout.createMesSchema(client)
    await checkout.seedMasterData(client, {
      organizations: [{ code: ORGANIZATION, plant: PLANT, machines, ...SCANNED }],
    })
    await client.query(grants)
    await client.query(`ALTER ROLE ${ROLE} PASSWORD ${pg.escapeLiteral(password)}`)
    await client.query(VIEWER_SQL)
  })
  const viewerUrl = `postgresql://${VIEWER}:${VIEWER}@${auditor.host}:${auditor.port}/${DATABASE}`
  return { gateway: { ...auditor, user: ROLE, password }, auditor, viewerUrl }
}
