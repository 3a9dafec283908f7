/** What the server says of its write-ahead log: where it goes, and who still needs it. */
import type { Link } from '../../../../postgres/link.ts'

export interface ArchiveFacts {
  readonly archivedCount: number
  readonly lastArchived: string | null
  readonly lastArchivedMs: number | null
  readonly failedCount: number
  readonly lastFailed: string | null
  readonly lastFailedMs: number | null
  /** Files of the log that were begun since the last one was archived; null where none ever was. */
  readonly filesBehind: number | null
  /** Physical slots that a backup tool or a standby reads now. */
  readonly streamedTo: readonly string[]
  /** Since when an exclusive backup goes on that nobody has ended (before PostgreSQL 15); null where there is none. */
  readonly backupSinceMs: number | null
}

const MS = (column: string) => `extract(epoch FROM ${column})::float8 * 1000`

/** @param version `server_version_num` @throws DestinationError */
export async function askArchive(link: Link, version: number): Promise<ArchiveFacts> {
  const leftBackup =
    version < 150_000
      ? `CASE WHEN pg_is_in_backup() THEN ${MS('pg_backup_start_time()')} END`
      : 'NULL::float8'
  const { rows } = await link.query<ArchiveFacts>(
    `SELECT a.archived_count::int AS "archivedCount", a.last_archived_wal AS "lastArchived",
       ${MS('a.last_archived_time')} AS "lastArchivedMs", a.failed_count::int AS "failedCount",
       a.last_failed_wal AS "lastFailed", ${MS('a.last_failed_time')} AS "lastFailedMs",
       ${FILES_BEHIND} AS "filesBehind", ${leftBackup} AS "backupSinceMs",
       ARRAY(SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'physical' AND active ORDER BY 1) AS "streamedTo"
     FROM pg_stat_archiver a`,
  )
  const [found] = rows
  if (!found) throw new Error('pg_stat_archiver gave no row')
  return found
}

/** The names of files of the log count up: 8 digits of the timeline, then 8 and 8 of the place, of which each begins 4 GB of log. */
const FILES_BEHIND = `(
  SELECT ((('x' || substr(now_at, 9, 8))::bit(32)::bigint - ('x' || substr(was_at, 9, 8))::bit(32)::bigint)
      * (4294967296 / pg_size_bytes(current_setting('wal_segment_size')))
      + ('x' || substr(now_at, 17, 8))::bit(32)::bigint - ('x' || substr(was_at, 17, 8))::bit(32)::bigint - 1)::int
  FROM (SELECT pg_walfile_name(pg_current_wal_lsn()) AS now_at, left(a.last_archived_wal, 24) AS was_at) AS files
  WHERE was_at ~ '^[0-9A-F]{24}$' AND left(now_at, 8) = left(was_at, 8))`

/** When the last backup ended that left its note in the archive, in ms since 1970; null where there is none. */
export async function askBackupHistory(link: Link): Promise<number | null> {
  const { rows } = await link.query<{ ended: number | null }>(
    `SELECT max(${MS('modification')}) AS ended FROM pg_ls_archive_statusdir() WHERE name ~ '\\.backup\\.(done|ready)$'`,
  )
  return rows[0]?.ended ?? null
}
