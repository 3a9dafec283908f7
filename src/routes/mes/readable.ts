/** Which of its tables a site has, and what this role may read of them. */
import type { Link } from '../../postgres/link.ts'
import type { MesSchema } from './schema.ts'

/** A table as the role finds it. */
interface FoundTable {
  readonly name: string
  readonly isThere: boolean
  /** Those that the role may read. */
  readonly columns: readonly string[]
}

/** What can be read, by the names of tables. */
export interface Readable {
  /** Whether the site has a table, though perhaps without letting this role read it. */
  has(table: string): boolean
  /** Whether all of these columns can be read. */
  reads(table: string, ...columns: readonly string[]): boolean
}

/** Within a transaction. @throws DestinationError */
export async function readableTables(
  link: Link,
  schema: MesSchema,
  names: readonly string[],
): Promise<Readable> {
  const { rows } = await link.query<FoundTable>(
    `SELECT wanted.name, c.oid IS NOT NULL AS "isThere",
       ARRAY(SELECT a.attname::text FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS columns
     FROM unnest($1::text[], $2::text[]) AS wanted (name, full_name)
     LEFT JOIN pg_class c ON c.oid = to_regclass(wanted.full_name)`,
    [names, names.map((name) => schema.table(name))],
  )
  const byName = new Map(rows.map((table) => [table.name, table]))
  return {
    has: (table) => byName.get(table)?.isThere ?? false,
    reads: (table, ...columns) => {
      const there = byName.get(table)?.columns ?? []
      return columns.every((column) => there.includes(column))
    },
  }
}
