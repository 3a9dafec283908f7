/** The server's settings as this role's sessions have them. */
import type { Link } from '../../../../postgres/link.ts'

/** By their names. One that the server lacks, or hides from this role, is not in it. */
export type ServerSettings = ReadonlyMap<string, string>

/**
 * What a session of this role starts with, in this database: a statement before this one may have set something else for itself, or
 * another user of a pooled session.
 * @throws DestinationError
 */
export async function askSettings(link: Link): Promise<ServerSettings> {
  const { rows } = await link.query<{ name: string; value: string | null }>(
    `SELECT name, coalesce(reset_val, setting) AS value FROM pg_settings`,
  )
  return new Map(rows.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
}
