/** Where functions of a site look for their tables. The gateway's own statements qualify every name. */
import { SERVER_ONLY } from './begin.ts'
import type { Link } from './link.ts'
import { quoteName } from './names.ts'

interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/** What statements of the gateway set off. */
interface SetOff {
  /** Tables that are written to: their triggers, policies, defaults and constraints may call functions. */
  readonly tables: readonly QualifiedName[]
  /** Functions and procedures that are called. */
  readonly routines?: readonly QualifiedName[]
  /** Comes before the role's own schemas where a function needs any. */
  readonly schema?: string
}

/**
 * A function that has no search path of its own finds its tables by that of the role. Only where one is called is the role's kept:
 * such a function already runs with this role's rights.
 */
export async function searchPathFor(link: Link, { tables, routines = [], schema }: SetOff): Promise<string> {
  const { rows } = await link.query<{ readonly usual: string }>(
    // The settings are read once, and only where a function needs one of them: all of them are gathered for that.
    `SELECT (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'search_path') AS usual FROM (
       SELECT p.proconfig FROM unnest($1::text[], $2::text[]) AS w (schema, name)
       JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
       JOIN (SELECT tgrelid AS on_table, 'pg_trigger'::regclass AS class, oid AS id FROM pg_trigger WHERE NOT tgisinternal
             UNION ALL SELECT polrelid, 'pg_policy'::regclass, oid FROM pg_policy
             UNION ALL SELECT adrelid, 'pg_attrdef'::regclass, oid FROM pg_attrdef
             UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid FROM pg_constraint) caller ON caller.on_table = c.oid
       JOIN pg_depend d ON d.classid = caller.class AND d.objid = caller.id AND d.refclassid = 'pg_proc'::regclass
       JOIN pg_proc p ON p.oid = d.refobjid
       UNION ALL
       SELECT p.proconfig FROM unnest($3::text[], $4::text[]) AS w (schema, name)
       JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = w.name
     ) AS called
     WHERE NOT EXISTS (SELECT FROM unnest(called.proconfig) AS setting WHERE setting LIKE 'search\\_path=%')
     LIMIT 1`,
    [...columnsOf(tables), ...columnsOf(routines)],
  )
  const [needing] = rows
  if (!needing) return SERVER_ONLY
  return ['pg_catalog', ...(schema === undefined ? [] : [quoteName(schema)]), needing.usual, 'pg_temp'].join(
    ', ',
  )
}

function columnsOf(names: readonly QualifiedName[]): readonly (readonly string[])[] {
  return [names.map(({ schema }) => schema), names.map(({ name }) => name)]
}
