/** The SQL with which a DBA lets a mapped route write. */
import { readFile } from 'node:fs/promises'
import { escapeLiteral } from 'pg'
import type { RouteRights } from './rights.ts'

interface RouteRole {
  /** The route's name, for the reader. */
  readonly route: string
  /** As which the gateway logs in there. */
  readonly role: string
  /** Where the tables of the MES are: some of them may be reached through views. */
  readonly mesSchema: string
}

/** What gives the role exactly what the route needs. It must have been let in before. */
export async function routeRightsSql(
  rights: RouteRights,
  { route, role, mesSchema }: RouteRole,
): Promise<string> {
  const values: Readonly<Record<string, string>> = {
    title: route,
    role: escapeLiteral(role),
    mes_schema: escapeLiteral(mesSchema),
    tables: listed(
      rights.tables.map(({ schema, name, read, insert, update }) =>
        [escapeLiteral(schema), escapeLiteral(name), names(read), names(insert), names(update)].join(', '),
      ),
      'NULL::TEXT, NULL::TEXT, NULL::TEXT[], NULL::TEXT[], NULL::TEXT[]',
    ),
    routines: listed(
      rights.routines.map(({ schema, name, given }) =>
        [escapeLiteral(schema), escapeLiteral(name), names(given)].join(', '),
      ),
      'NULL::TEXT, NULL::TEXT, NULL::TEXT[]',
    ),
  }
  const text = await readFile(new URL('./sql/route-rights.sql', import.meta.url), 'utf8')
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
}

/** A list of values may not be empty, so one that is none stands for nothing. */
function listed(rows: readonly string[], none: string): string {
  return (rows.length === 0 ? [none] : rows).map((row) => `(${row})`).join(',\n        ')
}

function names(some: readonly string[]): string {
  return `ARRAY[${some.map((name) => escapeLiteral(name)).join(', ')}]::TEXT[]`
}
