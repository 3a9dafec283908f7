/** The site's tables and routines, as the server's catalogue has them: a route's names and types are compared with these. */
import { wordHint } from '../../documents/nearest-word.ts'
import { DestinationError } from '../../domain/errors.ts'
import type { Link } from '../../postgres/link.ts'
import { quoteName } from '../../postgres/names.ts'
import type { Tenancy } from '../route-kind.ts'
import type { ObjectName } from './mapped-route.ts'

/** A column, or a parameter of a routine. */
export interface SiteColumn {
  readonly name: string
  /** As SQL, qualified where it is the site's own. */
  readonly type: string
  /** What values are compared as, and read as first: below all domains, and without a bound that would cut them. */
  readonly base: string
  /** The most characters; null where there is no bound. Casts to a domain cut what is longer, and say nothing. */
  readonly length: number | null
}

/** A table, or a view on one. */
export interface SiteTable {
  /** For messages: `scheduling.operations`. */
  readonly title: string
  /** As SQL. */
  readonly sql: string
  readonly columns: ReadonlyMap<string, SiteColumn>
  /** Whether writing it changes no other table, and reading it reads no other one, as far as the catalogue says. */
  readonly isPlain: boolean
  /** Sets of columns that no two rows have alike. */
  readonly unique: readonly ReadonlySet<string>[]
}

/** A function or procedure, as it is called with certain arguments. */
export interface SiteRoutine {
  readonly title: string
  readonly sql: string
  readonly isProcedure: boolean
  /** Its parameters that take something, by name. */
  readonly inputs: ReadonlyMap<string, SiteColumn>
  /** The names of the parameters that give something back. */
  readonly outputs: readonly string[]
  /** Those of a procedure that take nothing, and are named in a call all the same. */
  readonly unset: readonly string[]
  readonly isVoid: boolean
}

/** What a route's file names, as it is in the database. */
export interface SiteCatalogue {
  table(name: ObjectName): SiteTable
  routine(name: ObjectName, given: readonly string[]): SiteRoutine
}

/** Types by their numbers: 18 `"char"`, 19 `name`, 1042 `character`, 1043 `character varying`. */
const NAME_MAX = 63

/** What is to be found. */
export interface SiteNames {
  readonly tables: readonly ObjectName[]
  readonly routines: readonly { readonly name: ObjectName; readonly given: readonly string[] }[]
}

/** In which schema names without one are, and for whom the role writes. */
interface NameScope {
  readonly schema: string
  readonly tenancy: Pick<Tenancy, 'viewOf'>
}

/**
 * Reads what the server has under these names; to be called within a transaction, in which types of a site come qualified.
 * @throws DestinationError `wait` where something is not there
 */
export async function readCatalogue(link: Link, scope: NameScope, names: SiteNames): Promise<SiteCatalogue> {
  const tables = await readTables(link, scope, names.tables)
  const routines = await readRoutines(link, scope, names.routines)
  return {
    table: (name) => required(tables.get(keyOf(scope, name))),
    routine: (name, given) => required(routines.get(callKey(scope, name, given))),
  }
}

function required<T>(found: T | undefined): T {
  if (found === undefined) throw new TypeError('it was not among the names that were read')
  return found
}

function schemaOf({ schema }: NameScope, name: ObjectName): string {
  return name.schema ?? schema
}

function keyOf(scope: NameScope, name: ObjectName): string {
  return JSON.stringify([schemaOf(scope, name), name.name])
}

function callKey(scope: NameScope, name: ObjectName, given: readonly string[]): string {
  return JSON.stringify([keyOf(scope, name), given])
}

interface ColumnRow extends SiteColumn {
  readonly schema: string
  readonly table_name: string
  readonly is_plain: boolean
}

interface UniqueRow {
  readonly schema: string
  readonly table_name: string
  readonly columns: readonly string[]
}

const WANTED = `unnest($1::text[], $2::text[]) AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name`

/** Of a type and its bound: the type below all domains, and how many characters it holds. */
function storedAs(type: string, bound: string): string {
  return `LATERAL (
    WITH RECURSIVE below AS (
      SELECT ${type} AS type, ${bound} AS bound
      UNION ALL
      SELECT y.typbasetype, y.typtypmod FROM below JOIN pg_catalog.pg_type y ON y.oid = below.type AND y.typtype = 'd')
    SELECT CASE WHEN below.type IN (18, 19) THEN 'text' ELSE pg_catalog.format_type(below.type, -1) END AS base,
      CASE below.type WHEN 18 THEN 1 WHEN 19 THEN ${NAME_MAX}
        ELSE CASE WHEN below.type IN (1042, 1043) AND below.bound > 4 THEN below.bound - 4 END END AS length
    FROM below JOIN pg_catalog.pg_type y ON y.oid = below.type AND y.typtype <> 'd') AS stored`
}

const COLUMNS = `SELECT w.schema, w.name AS table_name, a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, -1) AS type, stored.base, stored.length,
    c.relkind = 'r' AND NOT c.relhasrules AND NOT c.relhassubclass
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint f
        WHERE f.confrelid = c.oid AND f.contype = 'f' AND f.confupdtype IN ('c', 'n', 'd')) AS is_plain
  FROM ${WANTED} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
  ${storedAs('a.atttypid', 'a.atttypmod')}`

const UNIQUE = `SELECT w.schema, w.name AS table_name,
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]) AND a.attnum > 0) AS columns
  FROM ${WANTED}
  JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
  WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL`

async function readTables(
  link: Link,
  scope: NameScope,
  names: readonly ObjectName[],
): Promise<ReadonlyMap<string, SiteTable>> {
  const asked = [...new Map(names.map((name) => [keyOf(scope, name), name])).values()]
  const values = [asked.map((name) => schemaOf(scope, name)), asked.map(({ name }) => name)]
  const columns = (await link.query<ColumnRow>(COLUMNS, values)).rows
  const unique = (await link.query<UniqueRow>(UNIQUE, values)).rows
  return new Map(
    asked.map((name) => {
      const schema = schemaOf(scope, name)
      const isIts = (row: { readonly schema: string; readonly table_name: string }) =>
        row.schema === schema && row.table_name === name.name
      const own = columns.filter(isIts)
      const title = `${schema}.${name.name}`
      if (own.length === 0) throw notThere(link, `there is no table ${title}`)
      const table: SiteTable = {
        title,
        sql: scope.tenancy.viewOf(schema, name.name) ?? `${quoteName(schema)}.${quoteName(name.name)}`,
        columns: new Map(own.map((column) => [column.name, column])),
        isPlain: own.every((column) => column.is_plain),
        unique: unique.filter(isIts).map((row) => new Set(row.columns)),
      }
      return [keyOf(scope, name), table] as const
    }),
  )
}

/** A column of a table. @throws DestinationError `wait` where it is not there */
export function columnOf(link: Link, { title, columns }: SiteTable, name: string): SiteColumn {
  const column = columns.get(name)
  if (column) return column
  throw notThere(link, `${title} has no column "${name}"`, wordHint(name, [...columns.keys()]))
}

interface RoutineRow {
  readonly schema: string
  readonly routine_name: string
  readonly kind: string
  readonly names: readonly string[] | null
  readonly modes: readonly string[] | null
  readonly types: readonly Omit<SiteColumn, 'name'>[]
  readonly defaults: number
  readonly is_void: boolean
}

const ROUTINES = `SELECT w.schema, w.name AS routine_name, p.prokind::text AS kind,
    p.proargnames AS names, p.proargmodes::text[] AS modes, p.pronargdefaults::int AS defaults,
    p.prorettype = 'pg_catalog.void'::pg_catalog.regtype AS is_void,
    coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'type', pg_catalog.format_type(u.type, -1), 'base', stored.base, 'length', stored.length) ORDER BY u.ordinal)
      FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS u (type, ordinal),
        ${storedAs('u.type', '-1')}), '[]') AS types
  FROM unnest($1::text[], $2::text[]) AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = w.name AND p.prokind IN ('f', 'p')`

async function readRoutines(
  link: Link,
  scope: NameScope,
  calls: SiteNames['routines'],
): Promise<ReadonlyMap<string, SiteRoutine>> {
  if (calls.length === 0) return new Map()
  const { rows } = await link.query<RoutineRow>(ROUTINES, [
    calls.map(({ name }) => schemaOf(scope, name)),
    calls.map(({ name }) => name.name),
  ])
  return new Map(
    calls.map(({ name, given }) => {
      const schema = schemaOf(scope, name)
      const title = `${schema}.${name.name}`
      const named = rows.filter((row) => row.schema === schema && row.routine_name === name.name)
      const sql = `${quoteName(schema)}.${quoteName(name.name)}`
      return [callKey(scope, name, given), { title, sql, ...takingThese(link, title, named, given) }] as const
    }),
  )
}

/** Of several that have one name, the one that can be called with these arguments. */
function takingThese(link: Link, title: string, rows: readonly RoutineRow[], given: readonly string[]) {
  const [first] = rows
  if (!first) throw notThere(link, `there is no function or procedure ${title}`)
  const fitting = [...new Map(rows.map((row) => [JSON.stringify(row), parametersOf(row)])).values()].filter(
    ({ inputs, required: needed }) =>
      given.every((name) => inputs.has(name)) && needed.every((name) => given.includes(name)),
  )
  const [found, other] = fitting
  if (found && !other) return found
  if (found)
    throw notThere(link, `several routines are called ${title}, and more than one takes these arguments`)
  const { inputs, required: needed } = parametersOf(first)
  const unknown = given.find((name) => !inputs.has(name))
  if (unknown !== undefined)
    throw notThere(link, `${title} has no parameter "${unknown}"`, wordHint(unknown, [...inputs.keys()]))
  const lacking = needed.filter((name) => !given.includes(name))
  throw notThere(link, `${title} needs ${lacking.map((name) => `"${name}"`).join(', ')} as well`)
}

/** `i` takes, `b` takes and gives back, `v` takes any number; the others only give something back. */
function parametersOf({ kind, names, modes, types, defaults, is_void: isVoid }: RoutineRow) {
  const parameters = types.map((type, index) => ({
    ...type,
    mode: modes?.[index] ?? 'i',
    name: names?.[index] ?? '',
  }))
  const taking = parameters.filter(({ mode }) => ['i', 'b', 'v'].includes(mode))
  const giving = parameters.filter(({ mode }) => ['o', 'b'].includes(mode))
  return {
    isProcedure: kind === 'p',
    inputs: new Map(taking.map((parameter) => [parameter.name, parameter])),
    required: taking.slice(0, taking.length - defaults).map(({ name }) => name),
    outputs: giving.map(({ name }) => name),
    unset: kind === 'p' ? giving.filter(({ mode }) => mode === 'o').map(({ name }) => name) : [],
    isVoid,
  }
}

function notThere({ peer: { name, where, grants } }: Link, what: string, near?: string): DestinationError {
  return new DestinationError(`${name}-schema`, `${name} at ${where}: ${what}`, {
    refusal: 'wait',
    hint: near ?? `correct the route's file, or ${grants}`,
  })
}
