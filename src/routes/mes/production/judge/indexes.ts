/** Whether the gateway's statements find their rows by index, and whether an index is broken or of no use. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { IndexFacts } from '../facts/indexes.ts'
import type { NeededIndex } from '../needed-indexes.ts'

const MEBIBYTE = 1_048_576
/** A smaller one costs too little to speak of. */
const UNUSED_BYTES_MIN = 100 * MEBIBYTE

/** A table that the site has, and how an index is made on it. */
interface IndexedTable {
  readonly name: string
  /** With its schema, quoted where that is necessary. */
  readonly fullName: string
  /** Of a partitioned table, an index cannot be made without a lock in one go; of a hypertable, one transaction a chunk does. */
  readonly kind: 'plain' | 'partitioned' | 'hypertable'
}

export function judgeIndexes(
  tables: readonly IndexedTable[],
  indexes: readonly IndexFacts[],
  needed: readonly NeededIndex[],
): readonly Judgement[] {
  return [...judgeMissing(tables, indexes, needed), judgeInvalid(indexes), ...judgeUnused(indexes)]
}

function judgeMissing(
  tables: readonly IndexedTable[],
  indexes: readonly IndexFacts[],
  needed: readonly NeededIndex[],
): readonly Judgement[] {
  const { good, advice, bad } = matter('indexes')
  const missing = needed.flatMap((one) => {
    const table = tables.find(({ name }) => name === one.table)
    return table && !indexes.some((index) => serves(index, one)) ? [{ ...one, on: table }] : []
  })
  if (missing.length === 0) return [good('each statement of the gateway finds its rows by index')]
  return missing.map(({ table, columns, why, isVital, on }) => {
    const said = `${table} has none on (${columns.join(', ')}): ${why}`
    return isVital ? bad(said, creation(on, columns)) : advice(said, creation(on, columns))
  })
}

/** Every statement names the organization, so it may stand anywhere before or among the columns. */
function serves(
  { table, columns, method, isPartial, isValid, isPart }: IndexFacts,
  needed: NeededIndex,
): boolean {
  if (table !== needed.table || method !== 'btree' || isPartial || !isValid || isPart) return false
  const own = columns.filter((column) => column !== 'organization_id' || needed.columns.includes(column))
  return needed.columns.every((column, place) => own[place] === column)
}

function creation({ name, fullName, kind }: IndexedTable, columns: readonly string[]): string {
  const index = `idx_${name}_${columns.join('_')}`.slice(0, 63)
  const list = columns.join(', ')
  if (kind === 'hypertable')
    return `CREATE INDEX ${index} ON ${fullName} (${list}) WITH (timescaledb.transaction_per_chunk);`
  if (kind === 'partitioned')
    return [
      `CREATE INDEX ${index} ON ONLY ${fullName} (${list});`,
      'and on each partition CREATE INDEX CONCURRENTLY …, ALTER INDEX … ATTACH PARTITION …;',
    ].join('\n')
  return `CREATE INDEX CONCURRENTLY ${index} ON ${fullName} (${list});`
}

function judgeInvalid(indexes: readonly IndexFacts[]): Judgement {
  const { good, bad } = matter('broken indexes')
  const broken = indexes.filter(({ isValid }) => !isValid)
  if (broken.length === 0) return good('none')
  return bad(
    `${broken.map(({ name }) => name).join(', ')}: not used, and kept up all the same`,
    broken.map(({ name }) => `REINDEX INDEX CONCURRENTLY ${name};`).join('\n'),
  )
}

function judgeUnused(indexes: readonly IndexFacts[]): readonly Judgement[] {
  const unused = indexes.filter(
    ({ scans, bytes, isUnique, isPart }) => scans === 0 && bytes >= UNUSED_BYTES_MIN && !isUnique && !isPart,
  )
  if (unused.length === 0) return []
  const named = unused.map(({ name, bytes }) => `${name} (${Math.round(bytes / MEBIBYTE)} MB)`)
  return [
    matter('unused indexes').advice(
      `never used since statistics began: ${named.join(', ')}`,
      [
        'ask the owner of the MES, also about standbys, and then:',
        ...unused.map(({ name }) => `DROP INDEX CONCURRENTLY ${name};`),
      ].join('\n'),
    ),
  ]
}
