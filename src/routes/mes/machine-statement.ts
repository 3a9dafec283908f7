/**
 * The one statement that keeps `machines` current, and the function in which central keeps it. Planning it takes longer than carrying
 * it out, and a session of the server keeps the plan of what is in a function: also behind a pooler, where nothing else of a gateway's
 * session stays.
 */

import { NO_DATA, SET_IN_MES } from '../../domain/status.ts'
import { SERVER_ONLY } from '../../postgres/begin.ts'
import type { Link } from '../../postgres/link.ts'
import { quoteName } from '../../postgres/names.ts'
import type { MesSchema } from './schema.ts'
import { statusHistory } from './tables/status-history.ts'
import type { Tenant } from './tenant.ts'

/** The names of the two tables of the MES, as SQL. */
interface MachineTables {
  readonly machines: string
  readonly history: string
}

/** In the order of the parameters; one element of each list is about one machine. */
export const MACHINE_PARAMETERS = 'integer, integer[], timestamp with time zone[], text[], text, boolean[]'

/** The name of the function, without its schema. Each role has its own, because its tables may be views. */
export function machineFunction(role: string): string {
  return `${role}_machines`
}

/** What the function does; it gives nothing back. */
export function machineFunctionBody(tables: MachineTables): string {
  return `\nBEGIN\n${statementText(tables)};\nEND\n`
}

/**
 * The statement to be sent: a call of the function where central has it with exactly the text of this version, else the text itself.
 * A site's triggers that find their tables by the role's search path would not find them in the function, which has one of its own.
 * Within a transaction.
 * @throws DestinationError
 */
export async function machineStatement(
  link: Link,
  schema: MesSchema,
  { searchPath }: Pick<Tenant, 'searchPath'>,
): Promise<string> {
  const tables = { machines: schema.machines, history: schema.table(statusHistory.name) }
  if (searchPath !== SERVER_ONLY) return statementText(tables)
  const { rows } = await link.query<{ readonly name: string }>(
    `SELECT p.proname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = 'edge_gateway' AND p.proname = (current_user::text || '_machines'::text)::name AND NOT p.prosecdef
       AND oidvectortypes(p.proargtypes) = $1 AND p.prosrc = $2 AND has_function_privilege(p.oid, 'EXECUTE')`,
    [MACHINE_PARAMETERS, machineFunctionBody(tables)],
  )
  const [found] = rows
  if (!found) return statementText(tables)
  return `SELECT edge_gateway.${quoteName(found.name)}($1, $2, $3, $4, $5, $6)`
}

/**
 * Makes `machines` say what each machine's latest row says. A row that came late changes nothing, and a machine that
 * people took out of service stays so. A work order that the MES itself set stays while the gateway knows of none; one
 * that came from the gateway's own rows goes when they no longer carry it.
 *
 * What the gateway said last is written down beside it, so that anything else in `machines.status` is known to be somebody else's.
 * A maintenance of theirs stays until a row of the gateway says maintenance too; and where they have ended one that the gateway
 * goes on with, that stays as well. What a trigger of the MES makes of the gateway's word is nobody's.
 *
 * $1 is the organization, $5 the gateway. Of each machine $2 has the id, $3 the time of its earliest row among those written, $4 the ids of
 * their work orders, separated by spaces, and $6 whether one of them says maintenance.
 */
function statementText(tables: MachineTables): string {
  return `WITH said AS MATERIALIZED (${saidText(tables)}), changed AS (
   UPDATE ${tables.machines} AS m
   SET status = CASE WHEN said.is_theirs THEN m.status ELSE said.status END,
     current_work_order_id = said.work_order_id, updated_at = now()
   FROM said
   WHERE m.organization_id = $1 AND m.id = said.id
     AND m.status IS DISTINCT FROM 'decommissioned' AND m.status IS NOT DISTINCT FROM said.before
     AND (CASE WHEN said.is_theirs THEN m.status ELSE said.status END, said.work_order_id)
       IS DISTINCT FROM (m.status, m.current_work_order_id)
   RETURNING m.id, CASE WHEN said.is_theirs THEN said.status ELSE m.status END::text AS stands
 ), stood AS (
   SELECT said.*, coalesce(changed.stands, said.status::text) AS stands
   FROM said LEFT JOIN changed ON changed.id = said.id)
 UPDATE edge_gateway.machine AS known SET said_status = said.stands, said_for = said.changed_at
 FROM stood AS said
 WHERE known.organization_id = $1 AND known.gateway_id = $5 AND known.machine_id = said.id
   AND known.rows_from = said.rows_from
   AND (known.said_status, known.said_for) IS DISTINCT FROM (said.stands, said.changed_at)`
}

/**
 * What is to be said of each machine. What this gateway said last is nobody's word, nor is that of the newest row since: before the
 * gateway has said anything, or where another one has written rows of the machine meanwhile. That nothing is seen of a machine does
 * not end the maintenance that people have set; and one that they have ended is not set again by the row that it became.
 */
function saidText({ machines, history }: MachineTables): string {
  const rowBefore = (column: string, time = 'written.first_at', since = '') => `(
               SELECT ${column} FROM ${history}
               WHERE organization_id = $1 AND machine_id = written.machine_id AND changed_at < ${time}${since}
               ORDER BY changed_at DESC LIMIT 1)`
  const sinceSaid = ` AND changed_at > coalesce(known.said_for, '-infinity')`
  const isNotOurs = `m.status::text IS DISTINCT FROM known.said_status
           AND m.status::text IS DISTINCT FROM ${rowBefore('new_status::text', 'written.first_at', sinceSaid)}`
  return `SELECT m.id, m.status AS before, latest.new_status AS status, latest.changed_at, known.rows_from,
         CASE
           WHEN m.status::text IS DISTINCT FROM 'maintenance' THEN latest.new_status::text = 'maintenance'
             AND (latest.reason_code = '${SET_IN_MES}' OR known.said_status = 'maintenance' AND ${isNotOurs})
           WHEN latest.reason_code = '${NO_DATA}' THEN ${rowBefore('reason_code', 'latest.changed_at')} = '${SET_IN_MES}'
             OR (${isNotOurs})
           ELSE NOT written.says_maintenance AND ${isNotOurs}
         END IS TRUE AS is_theirs,
         CASE WHEN latest.work_order_id IS NULL
             AND m.current_work_order_id IS NOT NULL
             AND NOT coalesce(m.current_work_order_id = ANY (string_to_array(written.work_orders, ' ')::int[]), false)
             AND m.current_work_order_id IS DISTINCT FROM ${rowBefore('work_order_id')}
           THEN m.current_work_order_id ELSE latest.work_order_id END AS work_order_id
       FROM unnest($2::int[], $3::timestamptz[], $4::text[], $6::boolean[])
         AS written (machine_id, first_at, work_orders, says_maintenance)
       JOIN ${machines} AS m ON m.organization_id = $1 AND m.id = written.machine_id
       CROSS JOIN LATERAL (
         SELECT new_status, reason_code, work_order_id, changed_at FROM ${history}
         WHERE organization_id = $1 AND machine_id = written.machine_id
         ORDER BY changed_at DESC LIMIT 1
       ) AS latest
       LEFT JOIN LATERAL (
         SELECT said_status, said_for, rows_from FROM edge_gateway.machine
         WHERE organization_id = $1 AND gateway_id = $5 AND machine_id = written.machine_id
         ORDER BY rows_from DESC LIMIT 1
       ) AS known ON true`
}
