/** The organization that central has bound the gateway's role to. The gateway cannot choose it, only check it. */
import { DestinationError } from '../../domain/errors.ts'
import type { Link } from '../../postgres/link.ts'
import { mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'

/** The organization and the plant, by their ids in central. */
export interface Tenant {
  readonly organizationId: number
  readonly plantId: number
}

/** The version of the gateway's own tables, which `sql/edge-gateway.sql` writes down. Raised when the gateway needs a change of them. */
export const SCHEMA_VERSION = 1

/** Set in each transaction, and valid only within it. */
const TRANSACTION_SETTINGS: Readonly<Record<string, string>> = {
  // The server gives up first, and says so, before our own patience with the link is over.
  statement_timeout: '20s',
  // Less than the server's deadlock_timeout: where the gateway and the MES wait for each other, the gateway gives way. Whoever edits
  // a row that this transaction holds meanwhile has to wait as long.
  lock_timeout: '900ms',
  // Frees the stream row when the gateway has vanished in the middle of a transaction.
  idle_in_transaction_session_timeout: '30s',
  // A machine's latest row is always to be found by index. On a young table without statistics the planner would rather
  // sort all of them, and compile the query for it.
  enable_sort: 'off',
  jit: 'off',
  // A role, a database or a server may have other defaults. Each of these would change what the statements mean.
  row_security: 'on',
  array_nulls: 'on',
  // Below a warning nobody listens, and a trigger may say something for each row.
  client_min_messages: 'warning',
}

/**
 * The text that begins a transaction. Nothing is left behind in a pooled session. The isolation is named because a site may
 * have another default; and where commits do not wait for the disk, they are made to.
 */
export function beginText(tenant?: Tenant): string {
  const settings = { ...TRANSACTION_SETTINGS, ...(tenant ? contextOf(tenant) : {}) }
  const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`)
  return `BEGIN ISOLATION LEVEL read committed;
    SELECT ${set.join(', ')},
      set_config('synchronous_commit', CASE setting WHEN 'off' THEN 'on' ELSE setting END, true),
      CASE WHEN current_setting('transaction_timeout', true) <> '0' THEN set_config('transaction_timeout', '5min', true) END
    FROM current_setting('synchronous_commit') AS setting;`
}

function contextOf({ organizationId, plantId }: Tenant): Readonly<Record<string, string>> {
  return { 'app.current_organization_id': String(organizationId), 'app.current_plant_id': String(plantId) }
}

interface Binding {
  readonly organization_id: number
  readonly organization_code: string
  readonly schema_version: number
}

/**
 * Finds out which organization the role is bound to, and that it is the configured one.
 * @throws DestinationError `wait`
 */
export async function findTenant(link: Link, settings: CentralSettings): Promise<Tenant> {
  await link.script(beginText())
  const binding = await boundTo(link, settings)
  const { organization_id: organizationId } = binding
  await link.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(organizationId)])
  const plants = await link.query<{ id: number }>(
    `SELECT id FROM ${mesSchema(settings.schema).plants} WHERE organization_id = $1 AND code = $2`,
    [organizationId, settings.plant],
  )
  await link.script('ROLLBACK')
  const plantId = plants.rows[0]?.id
  if (plantId !== undefined) return { organizationId, plantId }
  throw misconfigured(
    `organization ${settings.organization} has no plant with the code "${settings.plant}"`,
    'check plant in gateway.yaml against plants.code',
  )
}

async function boundTo(link: Link, { connection, organization }: CentralSettings): Promise<Binding> {
  const { rows } = await link.query<Binding>(
    `SELECT organization_id, organization_code, schema_version
     FROM edge_gateway.binding WHERE role_name = current_user`,
  )
  const sql = `millrace central sql --organization ${organization} --role ${connection.user}`
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
  if (binding.schema_version < SCHEMA_VERSION) {
    throw misconfigured(
      `central has version ${binding.schema_version} of the gateway's schema, and ${SCHEMA_VERSION} is needed`,
      `have the DBA run what \`${sql}\` prints`,
    )
  }
  return binding
}

function misconfigured(message: string, hint: string): DestinationError {
  return new DestinationError('central-tenant', message, { refusal: 'wait', hint })
}
