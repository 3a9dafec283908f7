/** How many connections the server has room for, and how many this role may have. */
import type { Link } from '../../../../postgres/link.ts'

export interface ConnectionFacts {
  /** For everybody but superusers. */
  readonly places: number
  /** Taken now, in all databases. */
  readonly taken: number
  /** Of this role, of this database; null where there is no limit. */
  readonly roleLimit: number | null
  readonly databaseLimit: number | null
  /** Of this role now, this one included. */
  readonly ofRole: number
  /** Gateways that have a stream in this role's organization. */
  readonly gateways: number
  /** When the password of the role ends, in ms since 1970; null where it does not. */
  readonly passwordEndsMs: number | null
  /** Quoted where that is necessary. */
  readonly role: string
}

/** @throws DestinationError */
export async function askConnections(link: Link): Promise<ConnectionFacts> {
  const { rows } = await link.query<ConnectionFacts>(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) AS places,
       (SELECT coalesce(sum(numbackends), 0)::int FROM pg_stat_database) AS taken,
       nullif(r.rolconnlimit, -1) AS "roleLimit",
       (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()) AS "databaseLimit",
       (SELECT count(*)::int FROM pg_stat_activity WHERE usename = current_user) AS "ofRole",
       (SELECT count(DISTINCT split_part(gateway_id, '/', 1))::int FROM edge_gateway.stream) AS gateways,
       CASE WHEN isfinite(r.rolvaliduntil) THEN extract(epoch FROM r.rolvaliduntil)::float8 * 1000 END AS "passwordEndsMs",
       quote_ident(r.rolname) AS role
     FROM pg_roles r WHERE r.rolname = current_user`,
  )
  const [found] = rows
  if (!found) throw new Error('the role of this session is not in pg_roles')
  return found
}
