/** What the role of a mapped route must be allowed in its database, and nothing besides: it follows from the file alone. */
import type { MappedSettings, ObjectName, RowAction } from './mapped-route.ts'
import { lookupsOf } from './target.ts'

/** Columns of one table, by what is done with them. */
export interface RouteTableRights {
  readonly schema: string
  readonly name: string
  readonly read: readonly string[]
  readonly insert: readonly string[]
  readonly update: readonly string[]
}

/** A function or procedure that is called with these arguments. */
export interface RouteRoutine {
  readonly schema: string
  readonly name: string
  readonly given: readonly string[]
}

/** Everything that a route's role must be allowed. */
export interface RouteRights {
  readonly tables: readonly RouteTableRights[]
  readonly routines: readonly RouteRoutine[]
}

type Wanted = Omit<RouteTableRights, 'schema' | 'name'> & { readonly table: ObjectName }

/** @param central the schema of the MES tables: that of a route that names none in the same database */
export function rightsOf({ to, rows }: Pick<MappedSettings, 'to' | 'rows'>, central: string): RouteRights {
  const schema = to.schema ?? central
  const inSchema = (name: ObjectName) => ({ schema: name.schema ?? schema, name: name.name })
  const wanted = rows.flatMap(({ does }) => wantedBy(does))
  const byTable = Map.groupBy(wanted, ({ table }) => JSON.stringify(inSchema(table)))
  return {
    tables: [...byTable.values()].map((some) => ({
      ...inSchema(some[0]?.table ?? { name: '' }),
      read: distinct(some.flatMap(({ read }) => read)),
      insert: distinct(some.flatMap(({ insert }) => insert)),
      update: distinct(some.flatMap(({ update }) => update)),
    })),
    routines: rows.flatMap(({ does }) =>
      does.kind === 'call'
        ? [{ ...inSchema(does.routine), given: does.arguments.map(({ name }) => name) }]
        : [],
    ),
  }
}

function wantedBy(does: RowAction): readonly Wanted[] {
  const lookups = lookupsOf(does).map(({ table, where, take }) => ({
    ...NOTHING,
    table,
    read: [...where.map(({ name }) => name), take],
  }))
  return [...own(does), ...lookups]
}

const NOTHING = { read: [], insert: [], update: [] }

function own(does: RowAction): readonly Wanted[] {
  if (does.kind === 'call') return []
  const columns = does.columns.map(({ name }) => name)
  // A row that is there already is found by what it holds.
  if (does.kind === 'insert') return [{ ...NOTHING, table: does.table, read: does.oncePer, insert: columns }]
  return [{ ...NOTHING, table: does.table, read: does.key.map(({ name }) => name), update: columns }]
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}
