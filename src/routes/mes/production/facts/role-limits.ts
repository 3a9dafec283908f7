/** What the server limits by itself for the role, whatever the gateway asks for. */
import type { Link } from '../../../../postgres/link.ts'

/** Settings of the role in this database, by name; those of the role everywhere where this database has none. */
export type RoleLimits = ReadonlyMap<string, string>

/** @throws DestinationError */
export async function askRoleLimits(link: Link): Promise<RoleLimits> {
  const { rows } = await link.query<{ name: string; value: string }>(
    `SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value
     FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS setting
     WHERE s.setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
       AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     ORDER BY s.setdatabase`,
  )
  return new Map(rows.map(({ name, value }) => [name, value]))
}
