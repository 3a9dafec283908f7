/**
 * Proves to a person that a mapped route can write what its file says, and nothing else: tables, columns, types, rights, routines,
 * and that the role is kept to its organization. It only reads.
 */
import { DestinationError } from '../../../domain/errors.ts'
import { type Judgement, matter } from '../../../domain/judgement.ts'
import { SERVER_ONLY } from '../../../postgres/begin.ts'
import type { Link } from '../../../postgres/link.ts'
import { onPrimary } from '../../../postgres/primary.ts'
import { createServerWarnings } from '../../../postgres/server-warnings.ts'
import { reading } from '../../../postgres/transaction.ts'
import type { RouteContext, Tenancy } from '../../route-kind.ts'
import { findBinding } from '../database.ts'
import type { MappedSettings } from '../mapped-route.ts'
import { rightsOf } from '../rights.ts'
import { askRoute, type RouteFacts } from './facts.ts'
import { judgeSearches } from './judge-lookups.ts'
import { judgeRoutine } from './judge-routine.ts'
import { judgeTable } from './judge-table.ts'
import { constantsIn, judgeConstant, judgeValue, type TakenValue, takenValues } from './judge-values.ts'

/** `insufficient_privilege` */
const NOT_ALLOWED = '42501'

/** A route out of a file. */
interface CheckedRoute {
  readonly name: string
  /** As named to the user. */
  readonly file: string
  readonly settings: MappedSettings
}

type Surroundings = Pick<RouteContext, 'central' | 'log' | 'now'>

/** A line if all is as it must be, else one for each fault. */
export async function checkRoute(
  { name, file, settings }: CheckedRoute,
  { central, log, now }: Surroundings,
  signal: AbortSignal,
): Promise<readonly Judgement[]> {
  const { to } = settings
  const isCentral = to.database === 'central'
  const primary = {
    connection: isCentral ? central.connection : to.connection,
    ...{ log, now, name },
    warned: createServerWarnings(name, log, () => now().monoMs),
    grants: grantsOf(file),
    writes: () => false,
  }
  try {
    return await onPrimary(primary, signal, async ({ link }) => {
      await using _open = link
      const tenancy = await (isCentral ? central.findTenancy(link) : findBinding(link))
      return await judgeRoute(link, tenancy, { name, file, settings }, central.schema)
    })
  } catch (error) {
    if (!(error instanceof DestinationError)) throw error
    return [matter(`route ${name}`).bad(error.message, error.hint ?? grantsOf(file))]
  }
}

function grantsOf(file: string): string {
  return `have the DBA run what \`millrace central sql --route ${file}\` prints`
}

async function judgeRoute(
  link: Link,
  tenancy: Tenancy,
  { name, file, settings: { to, rows } }: CheckedRoute,
  centralSchema: string,
): Promise<readonly Judgement[]> {
  const what = `route ${name}`
  const schema = to.schema ?? centralSchema
  const rights = rightsOf({ to, rows }, centralSchema)
  const facts = await read(link, tenancy, () => askRoute(link, tenancy, rights))
  const spoken = { what, grants: grantsOf(file) }
  const taken = takenValues(rows, facts, schema)
  const found = [
    ...facts.tables.flatMap((table) => judgeTable(table, facts.organizationId, spoken)),
    ...facts.routines.flatMap((routine) => judgeRoutine(routine, spoken)),
    ...taken.flatMap((one) => judgeValue(one, facts, schema, what)),
    ...(await judgeConstants(link, tenancy, taken, what)),
    ...judgeSearches(rows, facts, schema, what),
  ]
  const isBad = found.some(({ verdict }) => verdict === 'bad')
  return isBad ? found : [matter(what).good(goodText(facts)), ...found]
}

function goodText({ tables, routines, organizationId }: RouteFacts): string {
  const names = [
    ...tables.map(({ schema, name }) => `${schema}.${name}`),
    ...routines.map(({ schema, name }) => `${schema}.${name}()`),
  ]
  const tenancy =
    organizationId === 0
      ? 'this database knows no organizations'
      : 'kept to its organization where a table has one'
  return `${names.join(', ')} are as the file says, and may be written; ${tenancy}`
}

/** Each is made what its column is, as writing it would do. */
async function judgeConstants(
  link: Link,
  tenancy: Tenancy,
  taken: readonly TakenValue[],
  what: string,
): Promise<readonly Judgement[]> {
  const judged: Judgement[] = []
  for (const wanted of constantsIn(taken)) {
    const ask = () => link.query(`SELECT $1::text::${wanted.taken.taker.type} AS made`, [wanted.text])
    const refusal = await read(link, tenancy, ask).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refusal === undefined) continue
    if (!(refusal instanceof DestinationError) || refusal.sqlstate === null) throw refusal
    // Which rights are missing is said of the table.
    if (refusal.sqlstate === NOT_ALLOWED) continue
    judged.push(judgeConstant(wanted, refusal.message, what))
  }
  return judged
}

function read<T>(link: Link, tenancy: Tenancy, question: () => Promise<T>): Promise<T> {
  return reading(link, `${tenancy.begin(SERVER_ONLY)} SET TRANSACTION READ ONLY`, question)
}
