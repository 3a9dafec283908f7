/** What writing the rows of one route needs to know of its database. */
import { SERVER_ONLY } from '../../postgres/begin.ts'
import { type Repertoire, repertoireOf } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import { searchPathFor } from '../../postgres/search-path.ts'
import { reading } from '../../postgres/transaction.ts'
import type { Tenancy } from '../route-kind.ts'
import { columnOf, readCatalogue, type SiteCatalogue, type SiteNames } from './catalogue.ts'
import type { LookupValue, NamedValue, ObjectName, RowAction, RowSpec, Value } from './mapped-route.ts'

/** The names by which events speak of where they come from. */
export interface OriginNames {
  readonly gateway: string
  readonly organization: string
  readonly plant: string
}

/** Where rows go on one link. */
export interface MappedTarget {
  readonly link: Link
  /** The text that begins a transaction. */
  readonly begin: string
  /** Where functions of the site look for their tables. */
  readonly searchPath: string
  readonly organizationId: number
  readonly origin: OriginNames
  readonly rows: readonly RowSpec[]
  catalogue: SiteCatalogue
  /** Reads the catalogue again, outside of a transaction: people mend tables for which events were set aside. */
  readonly readAgain: () => Promise<void>
  /** The characters that the database can hold. */
  readonly repertoire: Repertoire
}

/** What is written, and where names without a schema are. */
interface Wanted {
  readonly rows: readonly RowSpec[]
  readonly schema: string
  readonly origin: OriginNames
}

/**
 * Compares the names of the route's file with the database.
 * @throws DestinationError `wait` where a table, a column or a routine is not there
 */
export async function openTarget(
  link: Link,
  tenancy: Tenancy,
  { rows, schema, origin }: Wanted,
): Promise<MappedTarget> {
  const repertoire = await repertoireOf(link)
  const names = namesIn(rows)
  const [catalogue, searchPath] = await reading(link, tenancy.begin(SERVER_ONLY), async () => [
    await readCatalogue(link, { schema, tenancy }, names),
    await searchPathFor(link, {
      tables: writtenTables(rows).map((name) => qualified(schema, name)),
      routines: names.routines.map(({ name }) => qualified(schema, name)),
      schema,
    }),
  ])
  for (const { does } of rows) requireColumns(link, catalogue, does)
  const { organizationId } = tenancy
  const target: MappedTarget = {
    link,
    begin: tenancy.begin(searchPath),
    searchPath,
    organizationId,
    origin,
    rows,
    catalogue,
    readAgain: async () => {
      target.catalogue = await reading(link, tenancy.begin(SERVER_ONLY), () =>
        readCatalogue(link, { schema, tenancy }, names),
      )
    },
    repertoire,
  }
  return target
}

function qualified(schema: string, name: ObjectName) {
  return { schema: name.schema ?? schema, name: name.name }
}

function writtenTables(rows: readonly RowSpec[]): readonly ObjectName[] {
  return rows.flatMap(({ does }) => (does.kind === 'call' ? [] : [does.table]))
}

function namesIn(rows: readonly RowSpec[]): SiteNames {
  const actions = rows.map(({ does }) => does)
  return {
    tables: [...writtenTables(rows), ...actions.flatMap(lookupsOf).map(({ table }) => table)],
    routines: actions.flatMap((does) =>
      does.kind === 'call' ? [{ name: does.routine, given: does.arguments.map(({ name }) => name) }] : [],
    ),
  }
}

function requireColumns(link: Link, catalogue: SiteCatalogue, does: RowAction): void {
  const require = (table: ObjectName, columns: readonly string[]) => {
    for (const column of columns) columnOf(link, catalogue.table(table), column)
  }
  if (does.kind !== 'call') require(does.table, [...keyOf(does), ...does.columns].map(({ name }) => name))
  for (const { table, where, take } of lookupsOf(does))
    require(table, [...where.map(({ name }) => name), take])
}

/** By what an action finds its row. */
function keyOf(does: RowAction): readonly NamedValue[] {
  return does.kind === 'update' ? does.key : []
}

/** All values of an action, in the order in which they are sent. */
export function valuesOf(does: RowAction): readonly NamedValue[] {
  return does.kind === 'call' ? does.arguments : [...keyOf(does), ...does.columns]
}

/** All lookups of an action, those inside of others before these. */
export function lookupsOf(does: RowAction): readonly LookupValue[] {
  return valuesOf(does).flatMap(({ value }) => lookupsIn(value))
}

function lookupsIn(value: Value): readonly LookupValue[] {
  switch (value.kind) {
    case 'lookup':
      return [...value.where.flatMap((one) => lookupsIn(one.value)), value]
    case 'sha256':
      return value.of.flatMap(lookupsIn)
    case 'json':
      return value.of.flatMap((one) => lookupsIn(one.value))
    default:
      return []
  }
}
