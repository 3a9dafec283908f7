/** Other logins that could reach what the gateway keeps in central. */
import type { Link } from '../../../../postgres/link.ts'

/** A login that is no superuser, owns nothing there and is bound to no organization. */
export interface OtherLogin {
  /** Quoted where that is necessary. */
  readonly role: string
  readonly mayWrite: boolean
}

/** @throws DestinationError */
export async function askOtherLogins(link: Link): Promise<readonly OtherLogin[]> {
  const { rows } = await link.query<OtherLogin>(
    `WITH own AS (
       SELECT c.oid, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'edge_gateway' AND c.relkind IN ('r', 'p', 'v'))
     SELECT quote_ident(r.rolname) AS role,
       bool_or(has_table_privilege(r.oid, own.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
         OR has_any_column_privilege(r.oid, own.oid, 'INSERT, UPDATE')) AS "mayWrite"
     FROM pg_roles r CROSS JOIN own
     WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user
       AND has_schema_privilege(r.oid, 'edge_gateway', 'USAGE') AND has_any_column_privilege(r.oid, own.oid, 'SELECT, INSERT, UPDATE')
       AND NOT EXISTS (SELECT FROM own o WHERE pg_has_role(r.oid, o.relowner, 'USAGE'))
       -- A gateway's role of any organization has a policy of its own on the streams.
       AND NOT EXISTS (SELECT FROM pg_policy p JOIN own o ON o.oid = p.polrelid WHERE r.oid = ANY (p.polroles))
     GROUP BY r.rolname ORDER BY 1`,
  )
  return rows
}
