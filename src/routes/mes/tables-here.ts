/**
 * The tables of the MES as one site has them. One that may be missing is looked for, and so are columns that a row can do without: what
 * a site lacks must neither lose what was scanned nor hold up the rows of machines.
 */
import type { Link } from '../../postgres/link.ts'
import type { MesSchema } from './schema.ts'
import { type TableAccess, tableAccess } from './table-access.ts'
import { type MesColumn, type MesTable, writtenColumns } from './tables/table.ts'

/** Tables that rows can be written into, and those that are missing. */
export interface TablesHere {
  /** With the columns that are there. */
  readonly present: readonly MesTable[]
  /** The kinds of events that rows are made of, also of tables that are missing. */
  readonly kinds: readonly string[]
  /** Why events of a kind cannot be written, and what to do; undefined where they can. */
  whyMissing(kind: string): string | undefined
  /** Looks again for what was missing. Within a transaction. @throws DestinationError */
  lookAgain(): Promise<void>
}

/** Within a transaction. @throws DestinationError */
export async function findTables(
  link: Link,
  schema: MesSchema,
  tables: readonly MesTable[],
): Promise<TablesHere> {
  const { name: central } = link.peer
  let present: readonly MesTable[] = []
  /** By the kinds of events that cannot be written. */
  const reasons = new Map<string, string>()
  const look = async () => {
    reasons.clear()
    const access = await tableAccess(
      link,
      schema,
      tables.map(({ name }) => name),
    )
    present = tables.flatMap((table) => {
      const found = asThere(table, access)
      const lacking = found.optional ? lackingIn(found, access) : []
      if (lacking.length === 0) return [found]
      const reason = missingText(central, table, access, lacking)
      for (const kind of kindsOf(table)) reasons.set(kind, reason)
      return []
    })
  }
  await look()
  return {
    get present() {
      return present
    },
    kinds: tables.flatMap(kindsOf),
    whyMissing: (kind) => reasons.get(kind),
    lookAgain: look,
  }
}

function kindsOf({ opens, amends }: MesTable): readonly string[] {
  return [...opens, ...amends]
}

/** The table without the columns that it can do without, and with those fixed that may be kept as they are. */
function asThere(table: MesTable, access: TableAccess): MesTable {
  const columns = table.columns
    .filter((column) => !column.optional || mayWrite(table, column, access))
    .map((column) => (column.keeps && !mayWrite(table, column, access) ? asFixed(column) : column))
  return { ...table, columns }
}

/** A role of an earlier version may insert a column, and not yet change it. */
function asFixed(column: MesColumn): MesColumn {
  return { ...column, part: 'fixed' }
}

function lackingIn(table: MesTable, access: TableAccess): readonly string[] {
  return writtenColumns(table)
    .filter((column) => !mayWrite(table, column, access))
    .map(({ name }) => name)
}

function mayWrite({ name: table }: MesTable, { name, part }: MesColumn, access: TableAccess): boolean {
  return access.inserts(table, name) && (part !== 'amended' || access.updates(table, name))
}

function missingText(
  central: string,
  { name }: MesTable,
  access: TableAccess,
  lacking: readonly string[],
): string {
  if (!access.has(name))
    return `${central} has no table ${name}; where the MES gets one, have the DBA run what \`millrace central sql\` prints`
  return `${central} does not let this gateway write ${lacking.join(', ')} of ${name}; have the DBA run what \`millrace central sql\` prints`
}
