/** Which server it is, and how it keeps what it is given. */
import type { Link } from '../../../../postgres/link.ts'

export interface ServerFacts {
  /** `170002` is 17.2. */
  readonly version: number
  readonly database: string
  readonly encoding: string
  /** Pages that were found damaged since statistics began; null where the server does not count them. */
  readonly damagedPages: number | null
  /** Columns that hold times of events, and whose type has no time zone. */
  readonly zonelessTimes: readonly ZonelessTime[]
}

interface ZonelessTime {
  /** With its schema, quoted where that is necessary. */
  readonly table: string
  readonly column: string
}

/** @param times the columns that hold times of events, as `table.column` @throws DestinationError */
export async function askServer(link: Link, schema: string, times: readonly string[]): Promise<ServerFacts> {
  const { rows } = await link.query<ServerFacts>(
    `SELECT current_setting('server_version_num')::int AS version, current_database()::text AS database,
       getdatabaseencoding()::text AS encoding,
       (SELECT checksum_failures::int FROM pg_stat_database WHERE datname = current_database()) AS "damagedPages",
       (SELECT coalesce(json_agg(json_build_object('table', format('%I.%I', n.nspname, c.relname), 'column', a.attname)), '[]') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1::name AND c.relname || '.' || a.attname = ANY ($2::text[])
           AND a.atttypid = 'timestamp'::regtype) AS "zonelessTimes"`,
    [schema, times],
  )
  const [server] = rows
  if (!server) throw new Error('a SELECT without FROM gave no row')
  return server
}
