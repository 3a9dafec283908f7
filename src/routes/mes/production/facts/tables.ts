/** The tables that the gateway fills: how large they are, and how well they are kept. */
import type { Link } from '../../../../postgres/link.ts'

/** One of them, its partitions and chunks included. */
export interface TableFacts {
  readonly name: string
  /** With its schema, quoted where that is necessary. */
  readonly fullName: string
  readonly isPartitioned: boolean
  readonly parts: number
  readonly heapBytes: number
  readonly indexBytes: number
  readonly liveRows: number
  readonly deadRows: number
  readonly changedSinceAnalyze: number
  readonly isAnalyzed: boolean
  readonly vacuumedMs: number | null
  readonly isVacuumOff: boolean
  /** In transactions. */
  readonly freezeAge: number
}

/** Of the database as a whole. */
export interface FreezeFacts {
  readonly databaseAge: number
  readonly maxAge: number
}

/** @throws DestinationError */
export async function askTables(
  link: Link,
  schema: string,
  names: readonly string[],
): Promise<readonly TableFacts[]> {
  const { rows } = await link.query<TableFacts>(
    `WITH RECURSIVE mine AS (
       SELECT c.oid AS root, c.oid AS part, true AS is_root FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1::name AND c.relname = ANY ($2::name[]) AND c.relkind IN ('r', 'p')
       UNION ALL
       SELECT mine.root, i.inhrelid, false FROM mine JOIN pg_inherits i ON i.inhparent = mine.part)
     SELECT r.relname::text AS name, format('%I.%I', $1::text, r.relname) AS "fullName", r.relkind = 'p' AS "isPartitioned",
       count(*) FILTER (WHERE NOT is_root)::int AS parts,
       sum(coalesce(pg_relation_size(part), 0))::float8 AS "heapBytes", sum(coalesce(pg_indexes_size(part), 0))::float8 AS "indexBytes",
       coalesce(sum(s.n_live_tup), 0)::float8 AS "liveRows", coalesce(sum(s.n_dead_tup), 0)::float8 AS "deadRows",
       coalesce(sum(s.n_mod_since_analyze), 0)::float8 AS "changedSinceAnalyze",
       bool_or(s.last_analyze IS NOT NULL OR s.last_autoanalyze IS NOT NULL) AS "isAnalyzed",
       extract(epoch FROM max(greatest(s.last_vacuum, s.last_autovacuum)))::float8 * 1000 AS "vacuumedMs",
       bool_or(coalesce(p.reloptions @> '{autovacuum_enabled=false}' OR p.reloptions @> '{autovacuum_enabled=off}', false)) AS "isVacuumOff",
       coalesce(max(CASE WHEN p.relfrozenxid <> '0' THEN age(p.relfrozenxid) END), 0)::float8 AS "freezeAge"
     FROM mine JOIN pg_class r ON r.oid = mine.root JOIN pg_class p ON p.oid = mine.part
     LEFT JOIN pg_stat_all_tables s ON s.relid = mine.part
     GROUP BY r.oid, r.relname, r.relkind ORDER BY r.relname`,
    [schema, names],
  )
  return rows
}

/** @throws DestinationError */
export async function askFreeze(link: Link): Promise<FreezeFacts> {
  const { rows } = await link.query<FreezeFacts>(
    `SELECT age(datfrozenxid)::float8 AS "databaseAge", current_setting('autovacuum_freeze_max_age')::float8 AS "maxAge"
     FROM pg_database WHERE datname = current_database()`,
  )
  return rows[0] ?? { databaseAge: 0, maxAge: 1 }
}

/**
 * How many rows of the last 30 days this role can see, as the planner estimates it: counting them could take minutes.
 * @param table as the role reaches it @param time its column of time
 * @throws DestinationError
 */
export async function estimateMonth(link: Link, table: string, time: string): Promise<number> {
  const { rows } = await link.query<{ 'QUERY PLAN': readonly { Plan: { 'Plan Rows': number } }[] }>(
    `EXPLAIN (FORMAT JSON) SELECT FROM ${table} WHERE ${time} > now() - interval '30 days'`,
  )
  return rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0
}
