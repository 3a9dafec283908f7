/** Whether a row that is looked for can be told from others, and found without reading the whole table. Pure. */
import { type Judgement, matter } from '../../../domain/judgement.ts'
import type { ObjectName, RowSpec } from '../mapped-route.ts'
import { lookupsOf } from '../target.ts'
import type { RouteFacts } from './facts.ts'
import { tableOf } from './judge-values.ts'

/** Columns by which a row is looked for, and what comes of several. */
interface Search {
  readonly table: ObjectName
  readonly columns: readonly string[]
  readonly why: string
}

/** Advice for each search that no unique index serves. */
export function judgeSearches(
  rows: readonly RowSpec[],
  facts: RouteFacts,
  schema: string,
  what: string,
): readonly Judgement[] {
  const judged = rows.flatMap((spec) =>
    searchesOf(spec).flatMap(({ table: name, columns, why }) => {
      const table = tableOf(facts, schema, name)
      if (!table || table.columns.length === 0 || columns.length === 0) return []
      // The role sees its organization's rows only, so that counts as named.
      const named = [...columns, 'organization_id']
      if (table.unique.some((set) => set.every((column) => named.includes(column)))) return []
      const title = `${table.schema}.${table.name}`
      return [
        matter(what).advice(
          `${spec.title}: nothing keeps two rows of ${title} from having the same ${columns.join(', ')}: ${why}`,
          `CREATE UNIQUE INDEX CONCURRENTLY ON ${title} (${columns.join(', ')});`,
        ),
      ]
    }),
  )
  return [...new Map(judged.map((one) => [one.said, one])).values()]
}

function searchesOf({ does }: RowSpec): readonly Search[] {
  const lookups = lookupsOf(does).map(({ table, where }) => ({
    table,
    columns: where.map(({ name }) => name),
    why: 'where there are two, the event is set aside',
  }))
  if (does.kind === 'update')
    return [
      {
        table: does.table,
        columns: does.key.map(({ name }) => name),
        why: 'where there are two, the event is set aside',
      },
      ...lookups,
    ]
  if (does.kind === 'insert')
    return [
      {
        table: does.table,
        columns: does.oncePer,
        why: 'another writer may put the same in at the same moment, and each look-up reads the whole table',
      },
      ...lookups,
    ]
  return lookups
}
