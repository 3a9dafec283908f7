/** Whom the server takes us for. The gateway does not choose its organization: central has bound the role to one. */
import { CentralError } from '../domain/errors.ts'
import type { Link } from './link.ts'
import { tablesIn } from './names.ts'
import type { CentralSettings } from './settings.ts'

export interface Tenant {
  readonly organizationId: number
  readonly plantId: number
}

/** What `sql/edge-gateway.sql` writes down; raised with every change that the gateway relies on. */
export const SCHEMA_VERSION = 1

/** The server gives up first, and says so, before our own patience with the link is over. */
const STATEMENT_MAX_MS = 20_000
const LOCK_MAX_MS = 5_000
/** Frees the stream row when the gateway has vanished in the middle of a transaction. */
const IDLE_IN_TRANSACTION_MAX_MS = 30_000

/**
 * Begins a transaction. Everything is set for the transaction only, so that nothing is left behind in a pooled session.
 * Isolation is named because a site may have made another one its default; a commit that does not wait for the disk is
 * no commit to us.
 */
export function beginText(tenant?: Tenant): string {
  const context = tenant
    ? `, set_config('app.current_organization_id', '${tenant.organizationId}', true),
         set_config('app.current_plant_id', '${tenant.plantId}', true)`
    : ''
  return `BEGIN ISOLATION LEVEL read committed;
    SET LOCAL statement_timeout = ${STATEMENT_MAX_MS};
    SET LOCAL lock_timeout = ${LOCK_MAX_MS};
    SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MAX_MS};
    SELECT set_config('synchronous_commit',
             CASE setting WHEN 'off' THEN 'on' ELSE setting END, true)${context}
    FROM current_setting('synchronous_commit') AS setting;`
}

interface Binding {
  readonly organization_id: number
  readonly organization_code: string
  readonly schema_version: number
}

/**
 * Finds out which organization the role is bound to, and that it is the configured one.
 * @throws CentralError `wait`
 */
export async function findTenant(link: Link, settings: CentralSettings): Promise<Tenant> {
  await link.script(beginText())
  const binding = await boundTo(link, settings)
  const { organization_id: organizationId } = binding
  await link.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(organizationId)])
  const plants = await link.query<{ id: number }>(
    `SELECT id FROM ${tablesIn(settings.schema).plants} WHERE organization_id = $1 AND code = $2`,
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

function misconfigured(message: string, hint: string): CentralError {
  return new CentralError('central-tenant', message, { refusal: 'wait', hint })
}
