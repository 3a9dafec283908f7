/** Whether a table is what the route's file takes it for, and whether its role may do there what it must and no more. Pure. */
import { wordHint } from '../../../documents/nearest-word.ts'
import type { Judgement } from '../../../domain/judgement.ts'
import { matter } from '../../../domain/judgement.ts'
import type { FunctionFacts, RouteTableFacts } from './facts.ts'

/** How a table is spoken of, and what gives the role its rights. */
interface Spoken {
  readonly what: string
  /** The call that prints the SQL. */
  readonly grants: string
}

/** Everything that is wrong with one table; nothing where it is as it must be. */
export function judgeTable(
  table: RouteTableFacts,
  organizationId: number,
  { what, grants }: Spoken,
): readonly Judgement[] {
  const { bad } = matter(what)
  const title = `${table.schema}.${table.name}`
  if (table.columns.length === 0) {
    const near = wordHint(table.name, table.neighbours)
    return [bad(`there is no table ${title}`, near ?? "create it, or correct the route's file")]
  }
  const missing = missingColumns(table)
  if (missing.length > 0)
    return missing.map((name) =>
      bad(
        `${title} has no column "${name}"`,
        wordHint(
          name,
          table.columns.map((column) => column.name),
        ) ?? "add it, or correct the route's file",
      ),
    )
  const lacking = lackingRights(table)
  const rights = lacking.length === 0 ? [] : [bad(`${title}: the role may not ${lacking.join(', ')}`, grants)]
  return [
    ...rights,
    ...judgeRequired(table, title, what),
    ...judgeGenerated(table, title, what),
    ...judgeSeparation(table, title, organizationId, { what, grants }),
    ...table.functions.flatMap((one) => judgeFunction(one, `${title}: writing a row`, what)),
  ]
}

function missingColumns({ read, insert, update, columns }: RouteTableFacts): readonly string[] {
  return [...new Set([...read, ...insert, ...update])].filter(
    (name) => !columns.some((column) => column.name === name),
  )
}

function lackingRights({
  hasUsage,
  read,
  insert,
  update,
  columns,
  closedSequences,
  schema,
}: RouteTableFacts) {
  const without = (privilege: string, names: readonly string[]) => {
    const closed = names.filter(
      (name) => !columns.some((column) => column.name === name && column.allowed.includes(privilege)),
    )
    return closed.length === 0 ? [] : [`${privilege} (${closed.join(', ')})`]
  }
  return [
    ...(hasUsage ? [] : [`use the schema ${schema}`]),
    ...without('SELECT', read),
    ...without('INSERT', insert),
    ...without('UPDATE', update),
    ...(insert.length > 0 ? closedSequences.map((name) => `number rows by ${name}`) : []),
  ]
}

function judgeRequired(
  { insert, columns }: RouteTableFacts,
  title: string,
  what: string,
): readonly Judgement[] {
  if (insert.length === 0) return []
  const unfilled = columns.filter(
    ({ name, isRequired, hasDefault, isGenerated }) =>
      isRequired && !hasDefault && !isGenerated && !insert.includes(name),
  )
  return unfilled.map(({ name, type }) =>
    matter(what).bad(
      `${title}.${name} may not be empty, has no default, and no row fills it`,
      `give it a value in the route's file (columns: ${name}: …, a ${type}), or a DEFAULT in the table`,
    ),
  )
}

function judgeGenerated({ insert, update, columns }: RouteTableFacts, title: string, what: string) {
  return columns
    .filter(({ name, isGenerated }) => isGenerated && [...insert, ...update].includes(name))
    .map(({ name }) =>
      matter(what).bad(
        `${title}.${name} is filled by the server alone`,
        `take ${name} out of the route's file`,
      ),
    )
}

function judgeSeparation(
  { columns, hasRowSecurity, isBound, isLetIn, isViewed }: RouteTableFacts,
  title: string,
  organizationId: number,
  { what, grants }: Spoken,
): readonly Judgement[] {
  const { bad } = matter(what)
  const isOfTenants = organizationId !== 0 && columns.some(({ name }) => name === 'organization_id')
  if (isViewed) return []
  if (isOfTenants && !hasRowSecurity)
    return [
      bad(
        `${title} has an organization_id and no row-level security: rows of all organizations can be reached`,
        `ALTER TABLE ${title} ENABLE ROW LEVEL SECURITY; with policies for its other users; then ${grants}`,
      ),
    ]
  if (isOfTenants && !isBound)
    return [bad(`no policy keeps this role to its organization in ${title}`, grants)]
  if (hasRowSecurity && !isLetIn)
    return [
      bad(
        `${title} has row-level security, and no policy lets this role in`,
        isOfTenants ? grants : `CREATE POLICY … ON ${title} TO …; as its owner sees fit`,
      ),
    ]
  return []
}

/** What runs with more rights than the writer has does for the writer whatever it is made to do. */
export function judgeFunction(
  { title, runsAs, isSuperuser, hasOwnPath }: FunctionFacts,
  how: string,
  what: string,
): readonly Judgement[] {
  const { advice, bad } = matter(what)
  if (runsAs === null) return []
  const path = `ALTER ROUTINE ${title} SET search_path = pg_catalog, pg_temp; (and the schemas that it needs)`
  if (!hasOwnPath)
    return [
      bad(`${how} runs ${title} with the rights of ${runsAs}, and without a search_path of its own`, path),
    ]
  if (!isSuperuser) return []
  return [
    advice(
      `${how} runs ${title} with the rights of ${runsAs}, a superuser`,
      `ALTER ROUTINE ${title} OWNER TO …; somebody with no more rights than it needs`,
    ),
  ]
}
