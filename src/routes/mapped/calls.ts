/**
 * Calls functions and procedures of the site, one after the other in the order of the events. One that says no by its result is
 * refused like a row, and what it has written is taken back with it.
 */
import type { QueryResult } from 'pg'
import { isRecord } from '../../documents/draft.ts'
import { quoteName } from '../../postgres/names.ts'
import { byColumn } from '../../postgres/table-writer.ts'
import { answers } from '../../postgres/transaction.ts'
import type { SiteRoutine } from './catalogue.ts'
import type { CallAction } from './mapped-route.ts'
import type { MappedTarget } from './target.ts'
import { holds, type SentValue } from './values.ts'

interface Call {
  readonly values: readonly SentValue[]
}

/** The results of a call by name, once for each row of it. */
type Results = Readonly<Record<string, unknown>>

/** @returns the calls that said no, each with why */
export async function writeCalls<One extends Call>(
  target: MappedTarget,
  call: CallAction,
  calls: readonly One[],
): Promise<readonly (readonly [One, string])[]> {
  const given = call.arguments.map(({ name }) => name)
  const routine = target.catalogue.routine(call.routine, given)
  const results = routine.isProcedure
    ? await callProcedure(target, routine, given, calls)
    : await callFunction(target, routine, given, calls)
  if (call.refusedWhen.length === 0) return []
  return calls.flatMap((one, index) => {
    const refusal = results[index]?.find((row) => holds(call.refusedWhen, (name) => row[name] ?? null))
    return refusal ? [[one, reasonOf(call, routine, refusal)] as const] : []
  })
}

function reasonOf({ reason, refusedWhen }: CallAction, { title }: SiteRoutine, result: Results): string {
  const said = (names: readonly string[]) => names.map((name) => String(result[name] ?? '')).filter(Boolean)
  const why = said(reason).join(': ')
  if (why !== '') return `${title} refuses it: ${why}`
  const tested = [...new Set(refusedWhen.flatMap((tests) => tests.map(({ field }) => field)))]
  return `${title} refuses it: ${tested.map((name) => `${name} is ${String(result[name] ?? 'empty')}`).join(', ')}`
}

/**
 * One statement calls a function for all events, in their order. It stands where each row calls it once, whatever the planner thinks:
 * in FROM, it might be called once for several events that say the same.
 */
async function callFunction(
  { link }: MappedTarget,
  { sql, inputs, outputs, isVoid }: SiteRoutine,
  given: readonly string[],
  calls: readonly Call[],
): Promise<readonly (readonly Results[])[]> {
  const passed = given.map(
    (name, index) => `${quoteName(name)} => e.v${index}::${inputs.get(name)?.type ?? 'text'}`,
  )
  // A function without arguments is called as often as there are events.
  const values = given.length === 0 ? calls.map(() => ['']) : calls.map((call) => call.values)
  const columns = given.length === 0 ? [''] : given
  const call = `${sql}(${passed.join(', ')})`
  const { rows } = await link.query<{ readonly ordinal: number; readonly result: unknown }>(
    `SELECT e.ordinal::int AS ordinal, ${isVoid ? call : `to_jsonb(${call})`} AS result
     FROM (SELECT * FROM unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')})
       WITH ORDINALITY AS given (${columns.map((_, index) => `v${index}`).join(', ')}, ordinal) ORDER BY ordinal) AS e`,
    byColumn(columns, values),
  )
  const byCall = Map.groupBy(rows, ({ ordinal }) => ordinal)
  return calls.map((_, index) =>
    (byCall.get(index + 1) ?? []).map(({ result }) => resultsOf(result, outputs)),
  )
}

/** A single value is called `result`, and as its parameter is called where it comes by one. */
function resultsOf(result: unknown, outputs: readonly string[]): Results {
  if (isRecord(result)) return { result, ...result }
  return { result, ...(outputs.length === 1 && { [outputs[0] ?? '']: result }) }
}

/** Procedures can only be called one at a time; the calls are sent without waiting for the answer to the one before. */
async function callProcedure(
  { link }: MappedTarget,
  { sql, inputs, unset }: SiteRoutine,
  given: readonly string[],
  calls: readonly Call[],
): Promise<readonly (readonly Results[])[]> {
  const passed = given.map(
    (name, index) => `${quoteName(name)} => $${index + 1}::${inputs.get(name)?.type ?? 'text'}`,
  )
  const returned = unset.map((name) => `${quoteName(name)} => NULL`)
  const text = `CALL ${sql}(${[...passed, ...returned].join(', ')})`
  const sent = calls.map(({ values }) => link.query<Results>(text, values))
  return (await answers<QueryResult<Results>>(sent)).map(({ rows }) => rows)
}
