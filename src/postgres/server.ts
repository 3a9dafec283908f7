/** Which server answers, and which of its lives it lives: read by any role, where the server's owner has not forbidden it. */
import { DestinationError } from '../domain/errors.ts'
import type { Link } from './link.ts'

/** The server and the database of a link. */
export interface ServerIdentity {
  readonly database: string
  /** Given to a server when it is made, and shared by its standbys and by copies of its files; null where it may not be read. */
  readonly systemId: string | null
  /** Raised whenever a standby of that system becomes a primary; null where it may not be read. */
  readonly timeline: number | null
}

/**
 * The timeline is that of the position to which the server writes now: `pg_control_checkpoint()` shows the one before until the first
 * checkpoint after a promotion.
 */
export const SERVER_TEXT = `SELECT pg_catalog.current_database() AS database,
  (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system_id,
  pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) AS wal_file`

interface ServerRow {
  readonly database: string
  readonly system_id: string
  readonly wal_file: string
}

/** Hexadecimal digits of the timeline, with which the name of each file of the write-ahead log begins. */
const TIMELINE_DIGITS = 8

/**
 * Asks a primary who it is. A service that keeps that to itself is known by its database's name alone.
 * @throws DestinationError when the link breaks
 */
export async function identifyServer(link: Link): Promise<ServerIdentity> {
  try {
    const { rows } = await link.query(SERVER_TEXT)
    const server = serverOf(rows[0])
    if (server) return server
  } catch (error) {
    // Whatever the server says against the question: it keeps the answer to itself.
    if (!(error instanceof DestinationError) || error.sqlstate === null) throw error
  }
  const { rows } = await link.query<Pick<ServerRow, 'database'>>(
    'SELECT pg_catalog.current_database() AS database',
  )
  return { database: rows[0]?.database ?? '', systemId: null, timeline: null }
}

/** The answer to {@link SERVER_TEXT}. */
export function serverOf(row: unknown): ServerIdentity | undefined {
  if (row === undefined) return undefined
  const { database, system_id: systemId, wal_file: walFile } = row as ServerRow
  return { database, systemId, timeline: Number.parseInt(walFile.slice(0, TIMELINE_DIGITS), 16) }
}
