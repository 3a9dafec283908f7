/** The organization that central has bound the gateway's role to. The gateway cannot choose it, only check it. */
import { DestinationError } from '../../domain/errors.ts'
import { transactionText } from '../../postgres/begin.ts'
import type { Link } from '../../postgres/link.ts'
import { searchPathFor } from '../../postgres/search-path.ts'
import { MES_RIGHTS } from './rights.ts'
import { mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'

/** The organization and the plant, by their ids in central. */
export interface Tenant {
  readonly organizationId: number
  readonly plantId: number
  /** Tables of the MES that have no row-level security: the role reaches them through views. */
  readonly views: readonly string[]
  /** Where the site's own triggers look for their tables. */
  readonly searchPath: string
  /** The version of the gateway's own tables that `central sql` last gave this role. */
  readonly schemaVersion: number
}

/** The version of the gateway's own tables, which `central sql` writes down. Raised with every change of them. */
export const SCHEMA_VERSION = 5
/** The least version with which events are delivered. What came later is left out where central has no more than this. */
const SCHEMA_NEEDED = 4

/** The text that begins a transaction, for a tenant where there is one. */
export function beginText(tenant?: Tenant): string {
  return transactionText(tenant ? contextOf(tenant) : {})
}

/** The same, for whoever writes other tables of this database in the name of the tenant. */
export function beginTextWith(tenant: Tenant, searchPath: string): string {
  return transactionText({ ...contextOf(tenant), search_path: searchPath })
}

/** The settings of a transaction for a tenant. */
export function contextOf({ organizationId, plantId, searchPath }: Tenant): Readonly<Record<string, string>> {
  return {
    'app.current_organization_id': String(organizationId),
    'app.current_plant_id': String(plantId),
    search_path: searchPath,
  }
}

interface Binding {
  readonly organization_id: number
  readonly organization_code: string
  readonly schema_version: number
  readonly views: readonly string[]
}

/**
 * Finds out which organization the role is bound to, and that it is the configured one.
 * @throws DestinationError `wait`
 */
export async function findTenant(link: Link, settings: CentralSettings): Promise<Tenant> {
  await link.script(beginText())
  const binding = await boundTo(link, settings)
  const { organization_id: organizationId, views, schema_version: schemaVersion } = binding
  await link.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(organizationId)])
  const schema = mesSchema(settings.schema, { organizationId, views })
  const plants = await link.query<{ id: number }>(
    `SELECT id FROM ${schema.plants} WHERE organization_id = $1 AND code::text = $2`,
    [organizationId, settings.plant],
  )
  const tables = MES_RIGHTS.map(({ name }) => ({ schema: settings.schema, name }))
  const searchPath = await searchPathFor(link, { tables })
  await link.script('ROLLBACK')
  const plantId = plants.rows[0]?.id
  if (plantId !== undefined) return { organizationId, plantId, views, searchPath, schemaVersion }
  throw misconfigured(
    `organization ${settings.organization} has no plant with the code "${settings.plant}"`,
    'check plant in gateway.yaml against plants.code',
  )
}

async function boundTo(link: Link, settings: CentralSettings): Promise<Binding> {
  const { connection, organization } = settings
  // Every column, because that of the views is not there yet where the version is too low.
  const { rows } = await link.query<Binding>(
    'SELECT * FROM edge_gateway.binding WHERE role_name = current_user',
  )
  const sql = sqlCommand(settings)
  const [binding] = rows
  if (!binding) {
    throw misconfigured(
      `role "${connection.user}" is bound to no organization`,
      `have the DBA run what \`${sql}\` prints`,
    )
  }
  if (binding.organization_code !== organization) {
    throw misconfigured(
      `role "${connection.user}" is bound to organization "${binding.organization_code}", not to "${organization}"`,
      'check organization in gateway.yaml, or use the role of that organization',
    )
  }
  if (binding.schema_version < SCHEMA_NEEDED) {
    throw misconfigured(
      `central has version ${binding.schema_version} of the gateway's schema, and ${SCHEMA_NEEDED} is needed`,
      `have the DBA run what \`${sql}\` prints`,
    )
  }
  return binding
}

/** The command whose SQL brings this role's rights and tables up to date. */
export function sqlCommand({
  connection,
  organization,
  schema,
}: Pick<CentralSettings, 'connection' | 'organization' | 'schema'>): string {
  const place = schema === 'public' ? '' : ` --schema ${schema}`
  return `millrace central sql --organization ${organization} --role ${connection.user}${place}`
}

function misconfigured(message: string, hint: string): DestinationError {
  return new DestinationError('central-tenant', message, { refusal: 'wait', hint })
}
