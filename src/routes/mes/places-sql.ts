/** The rule of `places.ts` as SQL, for questions about rows that were written. In all of it $1 is the organization. */
import { escapeLiteral } from 'pg'
import type { MesSchema } from './schema.ts'

/** Whose rows they are. */
interface WrittenBy {
  readonly schema: MesSchema
  readonly gateway: string
}

/** Names of values in a statement, as SQL. */
interface WrittenRow {
  /** What makes a column with codes the row's: `(column) => `${column} = k.code``. */
  readonly hasCode: (column: string) => string
  readonly at: string
}

/** The id under which the row of a code is; NULL where nobody knows. */
export function placeText({ schema, gateway }: WrittenBy, { hasCode, at }: WrittenRow): string {
  return `coalesce(
    (SELECT s.machine_id FROM edge_gateway.machine s JOIN ${schema.machines} sm ON sm.organization_id = $1 AND sm.id = s.machine_id
     WHERE ${ownText('s', gateway)} AND ${hasCode('s.machine_code')}
     ORDER BY s.rows_from <= ${at} DESC, CASE WHEN s.rows_from <= ${at} THEN s.rows_from END DESC, s.rows_from LIMIT 1),
    (SELECT id FROM ${schema.machines} WHERE organization_id = $1 AND ${hasCode('machine_code')}))`
}

/**
 * The ids under which rows of a code are, as a table of `machine_id` and `until`: from there on its rows are those of another code,
 * under which this gateway goes on with the machine.
 * @param code the code, as SQL
 */
export function spansText({ schema, gateway }: WrittenBy, code: string): string {
  const own = (name: string) => ownText(name, gateway)
  const known = `FROM edge_gateway.machine s JOIN ${schema.machines} sm ON sm.organization_id = $1 AND sm.id = s.machine_id
    WHERE ${own('s')} AND s.machine_code = ${code}`
  return `SELECT s.machine_id, (SELECT min(o.rows_from) FROM edge_gateway.machine o WHERE ${own('o')}
      AND o.machine_id = s.machine_id AND o.machine_code <> s.machine_code AND o.rows_from > s.rows_from) AS until ${known}
    UNION ALL
    SELECT n.id, (SELECT min(o.rows_from) FROM edge_gateway.machine o WHERE ${own('o')} AND o.machine_id = n.id)
    FROM ${schema.machines} n WHERE n.organization_id = $1 AND n.machine_code = ${code} AND NOT EXISTS (SELECT ${known})`
}

function ownText(name: string, gateway: string): string {
  return `${name}.organization_id = $1 AND ${name}.gateway_id = ${escapeLiteral(gateway)}`
}
