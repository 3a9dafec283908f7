/** The indexes of the tables that the gateway asks. */
import type { Link } from '../../../../postgres/link.ts'

/** An index, of a table or of one of its partitions. */
export interface IndexFacts {
  readonly table: string
  /** With its schema, quoted where that is necessary. */
  readonly name: string
  /** In their order; an expression is its text. */
  readonly columns: readonly string[]
  readonly method: string
  /** Whether it covers only some rows. */
  readonly isPartial: boolean
  readonly isValid: boolean
  readonly isUnique: boolean
  /** Whether it is that of a partition or a chunk. */
  readonly isPart: boolean
  /** How often it was used since statistics began, and how large it is. */
  readonly scans: number
  readonly bytes: number
}

/** @throws DestinationError */
export async function askIndexes(
  link: Link,
  schema: string,
  names: readonly string[],
): Promise<readonly IndexFacts[]> {
  const { rows } = await link.query<IndexFacts>(
    `WITH RECURSIVE mine AS (
       SELECT c.oid AS root, c.oid AS part FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1::name AND c.relname = ANY ($2::name[]) AND c.relkind IN ('r', 'p')
       UNION ALL
       SELECT mine.root, i.inhrelid FROM mine JOIN pg_inherits i ON i.inhparent = mine.part)
     SELECT r.relname::text AS table, format('%I.%I', n.nspname, c.relname) AS name,
       ARRAY(SELECT coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, place::int, true))
         FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key (attnum, place)
         LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = key.attnum AND key.attnum > 0
         WHERE place <= i.indnkeyatts ORDER BY place) AS columns,
       m.amname::text AS method, i.indpred IS NOT NULL AS "isPartial", i.indisvalid AND i.indisready AS "isValid",
       i.indisunique AS "isUnique", mine.root <> mine.part AS "isPart",
       coalesce(s.idx_scan, 0)::float8 AS scans, coalesce(pg_relation_size(i.indexrelid), 0)::float8 AS bytes
     FROM mine JOIN pg_index i ON i.indrelid = mine.part JOIN pg_class c ON c.oid = i.indexrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class r ON r.oid = mine.root JOIN pg_am m ON m.oid = c.relam
     LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
     ORDER BY 1, 2`,
    [schema, names],
  )
  return rows
}
