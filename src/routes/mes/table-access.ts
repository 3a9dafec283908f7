/** Which of its tables a site has, and what this role may do with them. */
import type { Link } from '../../postgres/link.ts'
import type { MesSchema } from './schema.ts'

type Privilege = 'SELECT' | 'INSERT' | 'UPDATE'

/** What can be done, by the names of tables and columns. */
export interface TableAccess {
  /** Whether the site has a table, though perhaps without letting this role read it. */
  has(table: string): boolean
  /** Whether all of these columns are there and may be read. */
  reads(table: string, ...columns: readonly string[]): boolean
  inserts(table: string, column: string): boolean
  updates(table: string, column: string): boolean
}

interface FoundTable {
  readonly name: string
  readonly isThere: boolean
  /** `SELECT id`, `INSERT notes`: what the role may do with which column. */
  readonly granted: readonly string[]
}

/** Within a transaction, whose search path is our own. @throws DestinationError */
export async function tableAccess(
  link: Link,
  schema: MesSchema,
  names: readonly string[],
): Promise<TableAccess> {
  const { rows } = await link.query<FoundTable>(
    `SELECT wanted.name, c.oid IS NOT NULL AS "isThere",
       ARRAY(SELECT privilege || ' ' || a.attname
         FROM pg_attribute a CROSS JOIN unnest('{SELECT,INSERT,UPDATE}'::text[]) AS privilege
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND has_column_privilege(c.oid, a.attnum, privilege)) AS granted
     FROM unnest($1::text[], $2::text[]) AS wanted (name, full_name)
     LEFT JOIN pg_class c ON c.oid = to_regclass(wanted.full_name)`,
    [names, names.map((name) => schema.table(name))],
  )
  const granted = new Map(rows.map((table) => [table.name, new Set(table.granted)]))
  const there = new Set(rows.filter(({ isThere }) => isThere).map(({ name }) => name))
  const may = (privilege: Privilege, table: string, column: string) =>
    granted.get(table)?.has(`${privilege} ${column}`) ?? false
  return {
    has: (table) => there.has(table),
    reads: (table, ...columns) => columns.every((column) => may('SELECT', table, column)),
    inserts: (table, column) => may('INSERT', table, column),
    updates: (table, column) => may('UPDATE', table, column),
  }
}
