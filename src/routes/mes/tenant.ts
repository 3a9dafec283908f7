/** The organization that central has bound the gateway's role to. The gateway cannot choose it, only check it. */
import { escapeLiteral } from 'pg'
import { DestinationError } from '../../domain/errors.ts'
import type { Link } from '../../postgres/link.ts'
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
}

/** The version of the gateway's own tables, which `central sql` writes down. Raised when the gateway needs a change of them. */
export const SCHEMA_VERSION = 4

/** Only what the server itself brings. */
const SERVER_ONLY = 'pg_catalog, pg_temp'

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
  // Whoever may make functions in another schema could otherwise put his own in the place of the server's.
  search_path: SERVER_ONLY,
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
  const set = Object.entries(settings).map(([name, value]) => setText(name, escapeLiteral(value)))
  const synced = `CASE WHEN setting OPERATOR(pg_catalog.=) 'off'::text THEN 'on'::text ELSE setting END`
  return `BEGIN ISOLATION LEVEL read committed;
    SELECT ${set.join(', ')}, ${setText('synchronous_commit', synced)},
      CASE WHEN pg_catalog.current_setting('transaction_timeout', true) OPERATOR(pg_catalog.<>) '0'::text
        THEN ${setText('transaction_timeout', "'5min'")} END
    FROM pg_catalog.current_setting('synchronous_commit') AS setting;`
}

/** In full, because the search path is only being set: nothing that somebody has put before the server's own is called. */
function setText(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true)`
}

function contextOf({ organizationId, plantId, searchPath }: Tenant): Readonly<Record<string, string>> {
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
  const { organization_id: organizationId, views } = binding
  await link.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(organizationId)])
  const schema = mesSchema(settings.schema, { organizationId, views })
  const plants = await link.query<{ id: number }>(
    `SELECT id FROM ${schema.plants} WHERE organization_id = $1 AND code::text = $2`,
    [organizationId, settings.plant],
  )
  const searchPath = await searchPathFor(link, settings.schema)
  await link.script('ROLLBACK')
  const plantId = plants.rows[0]?.id
  if (plantId !== undefined) return { organizationId, plantId, views, searchPath }
  throw misconfigured(
    `organization ${settings.organization} has no plant with the code "${settings.plant}"`,
    'check plant in gateway.yaml against plants.code',
  )
}

/**
 * A trigger or policy of the site may call a function that has no search path of its own, and finds its tables by that of the
 * role. Only then is the role's kept: such a function already runs with this role's rights.
 */
async function searchPathFor(link: Link, schema: string): Promise<string> {
  const { rows } = await link.query<{ readonly usual: string }>(
    `SELECT s.reset_val AS usual FROM pg_settings s, pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN (SELECT tgrelid AS on_table, 'pg_trigger'::regclass AS class, oid AS id FROM pg_trigger WHERE NOT tgisinternal
           UNION ALL SELECT polrelid, 'pg_policy'::regclass, oid FROM pg_policy
           UNION ALL SELECT adrelid, 'pg_attrdef'::regclass, oid FROM pg_attrdef
           UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid FROM pg_constraint) caller ON caller.on_table = c.oid
     JOIN pg_depend d ON d.classid = caller.class AND d.objid = caller.id AND d.refclassid = 'pg_proc'::regclass
     JOIN pg_proc p ON p.oid = d.refobjid
     WHERE s.name = 'search_path' AND n.nspname = $1::name AND c.relname = ANY ($2::name[])
       AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\\_path=%')
     LIMIT 1`,
    [schema, MES_RIGHTS.map(({ name }) => name)],
  )
  const [needing] = rows
  return needing ? `pg_catalog, ${needing.usual}, pg_temp` : SERVER_ONLY
}

async function boundTo(link: Link, settings: CentralSettings): Promise<Binding> {
  const { connection, organization, schema } = settings
  // Every column, because that of the views is not there yet where the version is too low.
  const { rows } = await link.query<Binding>(
    'SELECT * FROM edge_gateway.binding WHERE role_name = current_user',
  )
  const place = schema === 'public' ? '' : ` --schema ${schema}`
  const sql = `millrace central sql --organization ${organization} --role ${connection.user}${place}`
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
