/** What the server's catalogue says of a route's tables and routines, and of what this role may do with them. */
import type { Link } from '../../../postgres/link.ts'
import type { Tenancy } from '../../route-kind.ts'
import type { RouteRights, RouteRoutine, RouteTableRights } from '../rights.ts'

/** One column, as far as writing it is concerned. */
export interface ColumnFacts {
  readonly name: string
  /** As SQL. */
  readonly type: string
  /** PostgreSQL's own: `S` text, `N` number, `D` date and time, `B` truth value, `E` one of some words, `U` other. */
  readonly category: string
  readonly isRequired: boolean
  /** Whether the server fills it where nobody does. */
  readonly hasDefault: boolean
  /** Whether the server alone fills it. */
  readonly isGenerated: boolean
  /** `SELECT`, `INSERT`, `UPDATE`: what the role may do. */
  readonly allowed: readonly string[]
}

/** A function that runs when a row is written, or that a default calls. */
export interface FunctionFacts {
  readonly title: string
  /** Whose rights it runs with, where those are not the writer's; null where they are. */
  readonly runsAs: string | null
  readonly isSuperuser: boolean
  /** Whether it says itself where it looks for tables and functions. */
  readonly hasOwnPath: boolean
}

/** One table or view; `columns` is empty where there is none of that name. */
export interface RouteTableFacts extends RouteTableRights {
  /** Whether the role may look into its schema. */
  readonly hasUsage: boolean
  /** Tables of the same schema. */
  readonly neighbours: readonly string[]
  readonly columns: readonly ColumnFacts[]
  readonly unique: readonly (readonly string[])[]
  readonly hasRowSecurity: boolean
  /** Whether a restrictive policy keeps this role to its organization by what it says. */
  readonly isBound: boolean
  /** Whether any policy lets this role in. */
  readonly isLetIn: boolean
  /** Whether the role reaches it through a view of its organization's rows. */
  readonly isViewed: boolean
  /** Sequences that number rows, and that the role may not use. */
  readonly closedSequences: readonly string[]
  /** Triggers and defaults. */
  readonly functions: readonly FunctionFacts[]
}

/** One of the functions and procedures that have the name. */
export interface CandidateFacts extends FunctionFacts {
  readonly inputs: readonly { readonly name: string; readonly type: string; readonly category: string }[]
  /** How many of the last ones have a default. */
  readonly defaults: number
  readonly isAllowed: boolean
}

/** What is called, and which routines have that name. */
export interface RouteRoutineFacts extends RouteRoutine {
  readonly hasUsage: boolean
  readonly neighbours: readonly string[]
  readonly candidates: readonly CandidateFacts[]
}

/** Everything about one route. */
export interface RouteFacts {
  /** 0 where the database knows none. */
  readonly organizationId: number
  readonly tables: readonly RouteTableFacts[]
  readonly routines: readonly RouteRoutineFacts[]
}

/** Within a transaction that finds only what the server brings. @throws DestinationError */
export async function askRoute(link: Link, tenancy: Tenancy, rights: RouteRights): Promise<RouteFacts> {
  const { organizationId } = tenancy
  const tables: RouteTableFacts[] = []
  for (const table of rights.tables) tables.push(await askTable(link, tenancy, table))
  const routines: RouteRoutineFacts[] = []
  for (const routine of rights.routines) routines.push(await askRoutine(link, routine))
  return { organizationId, tables, routines }
}

const FUNCTION = `'title', p.oid::regprocedure::text, 'runsAs', CASE WHEN p.prosecdef THEN o.rolname END,
  'isSuperuser', p.prosecdef AND o.rolsuper,
  'hasOwnPath', EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE starts_with(setting, 'search_path='))`

/** $1 schema, $2 table, $3 the view through which it is reached, or null; $4 the organization. */
const TABLE = `
  SELECT coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "hasUsage",
    ARRAY(SELECT o.relname::text FROM pg_class o WHERE o.relnamespace = n.oid AND o.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1) AS neighbours,
    coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL),
        'category', CASE WHEN y.typtype = 'd' THEN b.typcategory ELSE y.typcategory END,
        'isRequired', a.attnotnull OR y.typnotnull,
        'hasDefault', a.atthasdef OR a.attidentity <> '' OR y.typdefault IS NOT NULL,
        'isGenerated', a.attgenerated <> '' OR a.attidentity = 'a',
        'allowed', ARRAY(SELECT privilege FROM unnest('{SELECT,INSERT,UPDATE}'::text[]) AS privilege
          WHERE has_column_privilege(coalesce(to_regclass($3), c.oid), a.attname::text, privilege)))
        ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = y.typbasetype
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND ($3::text IS NULL OR EXISTS (SELECT FROM pg_attribute v WHERE v.attrelid = to_regclass($3) AND v.attname = a.attname))), '[]') AS columns,
    coalesce((SELECT json_agg(ARRAY(SELECT a.attname::text FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]) AND a.attnum > 0))
      FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL), '[]') AS "unique",
    coalesce(c.relrowsecurity, false) AS "hasRowSecurity", $3::text IS NOT NULL AS "isViewed",
    EXISTS (SELECT FROM pg_policy p,
      LATERAL (SELECT format('(organization_id = %s)', $4::int) AS own_rows, pg_get_expr(p.polqual, p.polrelid) AS shown,
        coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) AS taken) AS says
      WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
        AND (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (p.polroles)
        AND shown = own_rows AND (taken = own_rows OR starts_with(taken, '(' || own_rows || ' AND '))) AS "isBound",
    EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
      AND (0 = ANY (p.polroles) OR (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (p.polroles))) AS "isLetIn",
    ARRAY(SELECT DISTINCT s.oid::regclass::text FROM pg_attrdef d
      JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
      JOIN pg_depend uses ON uses.classid = 'pg_attrdef'::regclass AND uses.objid = d.oid AND uses.refclassid = 'pg_class'::regclass
      JOIN pg_class s ON s.oid = uses.refobjid
      WHERE d.adrelid = c.oid AND a.attname <> ALL ($5::text[])
        AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') ELSE false END) AS "closedSequences",
    coalesce((SELECT json_agg(DISTINCT jsonb_build_object(${FUNCTION}))
      FROM (SELECT tgfoid AS id FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
            UNION SELECT d.refobjid FROM pg_attrdef f JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
              AND d.refclassid = 'pg_proc'::regclass WHERE f.adrelid = c.oid) AS called
      JOIN pg_proc p ON p.oid = called.id JOIN pg_roles o ON o.oid = p.proowner), '[]') AS functions
  FROM (SELECT $1::text AS schema, $2::text AS name) AS w
  LEFT JOIN pg_namespace n ON n.nspname = w.schema
  LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`

async function askTable(
  link: Link,
  { viewOf, organizationId }: Tenancy,
  table: RouteTableRights,
): Promise<RouteTableFacts> {
  const { schema, name, insert } = table
  const values = [schema, name, viewOf(schema, name) ?? null, organizationId, insert]
  const { rows } = await link.query<Omit<RouteTableFacts, keyof RouteTableRights>>(TABLE, values)
  const [found] = rows
  if (!found) throw new Error('a question with one row gave none')
  return { ...table, ...found }
}

const ROUTINE = `
  SELECT coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "hasUsage",
    ARRAY(SELECT DISTINCT p.proname::text FROM pg_proc p WHERE p.pronamespace = n.oid AND p.prokind IN ('f', 'p') ORDER BY 1) AS neighbours,
    coalesce((SELECT json_agg(json_build_object(${FUNCTION}, 'defaults', p.pronargdefaults,
        'isAllowed', has_function_privilege(p.oid, 'EXECUTE'),
        'inputs', (SELECT coalesce(json_agg(json_build_object('name', coalesce(p.proargnames[u.place], ''),
            'type', format_type(u.type, NULL), 'category', y.typcategory) ORDER BY u.place), '[]')
          FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS u (type, place)
          JOIN pg_type y ON y.oid = u.type
          WHERE coalesce(p.proargmodes[u.place], 'i') IN ('i', 'b', 'v'))))
      FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner
      WHERE p.pronamespace = n.oid AND p.proname = w.name AND p.prokind IN ('f', 'p')), '[]') AS candidates
  FROM (SELECT $1::text AS schema, $2::text AS name) AS w LEFT JOIN pg_namespace n ON n.nspname = w.schema`

async function askRoutine(link: Link, routine: RouteRoutine): Promise<RouteRoutineFacts> {
  const { rows } = await link.query<Omit<RouteRoutineFacts, keyof RouteRoutine>>(ROUTINE, [
    routine.schema,
    routine.name,
  ])
  const [found] = rows
  if (!found) throw new Error('a question with one row gave none')
  return { ...routine, ...found }
}
