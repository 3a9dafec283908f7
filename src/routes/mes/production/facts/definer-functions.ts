/** Functions that run with the rights of whoever owns them, and that this role may call. */
import type { Link } from '../../../../postgres/link.ts'

export interface DefinerFunction {
  /** With schema and arguments, quoted where that is necessary. */
  readonly name: string
  readonly owner: string
  readonly ownerIsSuperuser: boolean
  /** Whether it looks for names in a path of its own, and not in its caller's. */
  readonly hasPath: boolean
}

/** Those of extensions are their makers' business. @throws DestinationError */
export async function askDefinerFunctions(link: Link): Promise<readonly DefinerFunction[]> {
  const { rows } = await link.query<DefinerFunction>(
    `SELECT p.oid::regprocedure::text AS name, r.rolname::text AS owner, r.rolsuper AS "ownerIsSuperuser",
       EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%') AS "hasPath"
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
     WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND r.rolname <> current_user
       AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
       AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
     ORDER BY 1`,
  )
  return rows
}
