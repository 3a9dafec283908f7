/** Who holds others up. */
import type { Link } from '../../../../postgres/link.ts'

export interface SessionFacts {
  /** Sessions that wait for a lock on a table of ours, and whose they are. */
  readonly waiting: readonly WaitingSession[]
  /** Of this role, idle in a transaction; what others do in theirs, this role cannot see. */
  readonly idleInTransaction: number
  /** Two-phase transactions that nobody has ended. */
  readonly prepared: readonly PreparedTransaction[]
}

interface WaitingSession {
  readonly table: string
  readonly pid: number
  readonly forMs: number
  readonly blockedBy: readonly number[]
}

interface PreparedTransaction {
  readonly name: string
  readonly forMs: number
}

/** @param tables with their schemas, quoted @throws DestinationError */
export async function askSessions(
  link: Link,
  tables: readonly string[],
  version: number,
): Promise<SessionFacts> {
  // Since when somebody waits is known from PostgreSQL 14 on.
  const waits = version >= 140_000 ? 'extract(epoch FROM clock_timestamp() - l.waitstart)' : 'NULL'
  const { rows: waiting } = await link.query<WaitingSession>(
    `WITH RECURSIVE mine AS (
       SELECT to_regclass(name)::oid AS root, to_regclass(name)::oid AS part FROM unnest($1::text[]) AS name
       UNION ALL
       SELECT mine.root, i.inhrelid FROM mine JOIN pg_inherits i ON i.inhparent = mine.part)
     SELECT mine.root::regclass::text AS table, l.pid, coalesce(${waits}, 0)::float8 * 1000 AS "forMs", pg_blocking_pids(l.pid) AS "blockedBy"
     FROM pg_locks l JOIN mine ON mine.part = l.relation
     WHERE NOT l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     ORDER BY 3 DESC LIMIT 20`,
    [tables],
  )
  const { rows: own } = await link.query<{ idle: number }>(
    `SELECT count(*)::int AS idle FROM pg_stat_activity
     WHERE usename = current_user AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
       AND state_change < now() - interval '1 minute'`,
  )
  const { rows: prepared } = await link.query<PreparedTransaction>(
    `SELECT gid AS name, extract(epoch FROM now() - prepared)::float8 * 1000 AS "forMs" FROM pg_prepared_xacts
     WHERE database = current_database() ORDER BY prepared`,
  )
  return { waiting, idleInTransaction: own[0]?.idle ?? 0, prepared }
}
