/** Whether what a route writes can become what its columns and arguments are. Pure, but for constants: those the server is asked. */
import { OUTWARD_KINDS } from '../../../domain/events/outward.ts'
import { type Judgement, matter } from '../../../domain/judgement.ts'
import type { Constant, LookupValue, NamedValue, ObjectName, RowSpec, Value } from '../mapped-route.ts'
import { lookupsOf } from '../target.ts'
import type { RouteFacts, RouteTableFacts } from './facts.ts'
import { calledRoutine } from './judge-routine.ts'

/** A column or a parameter that takes a value. */
interface Taker {
  readonly title: string
  readonly type: string
  readonly category: string
  readonly isRequired: boolean
}

/** A value, and what takes it. */
export interface TakenValue {
  readonly spec: RowSpec
  readonly value: Value
  readonly taker: Taker
}

/** Every value of the route with what takes it, as far as that is there; lookups take what they look up. */
export function takenValues(
  rows: readonly RowSpec[],
  facts: RouteFacts,
  schema: string,
): readonly TakenValue[] {
  return rows.flatMap((spec) => {
    const { does } = spec
    const own =
      does.kind === 'call'
        ? argumentsTaken(spec, facts, schema)
        : columnsTaken(
            spec,
            [...(does.kind === 'update' ? does.key : []), ...does.columns],
            tableOf(facts, schema, does.table),
          )
    const lookups = lookupsOf(does).flatMap(({ table, where }) =>
      columnsTaken(spec, where, tableOf(facts, schema, table)).map((taken) => ({
        ...taken,
        // Nothing is written there: what is empty finds nothing.
        taker: { ...taken.taker, isRequired: false },
      })),
    )
    return [...own, ...lookups]
  })
}

/** The facts of a table as the file names it. */
export function tableOf(
  { tables }: RouteFacts,
  schema: string,
  table: ObjectName,
): RouteTableFacts | undefined {
  return tables.find((one) => one.name === table.name && one.schema === (table.schema ?? schema))
}

function columnsTaken(
  spec: RowSpec,
  values: readonly NamedValue[],
  table: RouteTableFacts | undefined,
): readonly TakenValue[] {
  return values.flatMap(({ name, value }) => {
    const column = table?.columns.find((one) => one.name === name)
    return column && table
      ? [{ spec, value, taker: { ...column, title: `${table.schema}.${table.name}.${name}` } }]
      : []
  })
}

function argumentsTaken(spec: RowSpec, { routines }: RouteFacts, schema: string): readonly TakenValue[] {
  const { does } = spec
  if (does.kind !== 'call') return []
  const names = does.arguments.map(({ name }) => name)
  const facts = routines.find(
    (one) =>
      one.name === does.routine.name &&
      one.schema === (does.routine.schema ?? schema) &&
      one.given.join() === names.join(),
  )
  const routine = facts && calledRoutine(facts)
  return does.arguments.flatMap(({ name, value }) => {
    const input = routine?.inputs.find((one) => one.name === name)
    return input
      ? [{ spec, value, taker: { ...input, isRequired: false, title: `${does.routine.name}(${name})` } }]
      : []
  })
}

/** What a value is, in the words of the events' vocabulary; a lookup is what its column is. */
type Kind =
  | 'text'
  | 'integer'
  | 'number'
  | 'flag'
  | 'time'
  | 'uuid'
  | 'list'
  | 'group'
  | 'looked up'
  | 'constant'

/** Of kinds whose values always are of it, the categories of types that take every one of them. */
const TAKING: Readonly<Record<Exclude<Kind, 'looked up' | 'constant' | 'text'>, RegExp>> = {
  integer: /^[NS]$/,
  number: /^[NS]$/,
  flag: /^[BS]$/,
  time: /^[DS]$/,
  uuid: /^S$/,
  list: /^S$/,
  group: /^S$/,
}
/** Types whose category says too little. */
const TAKING_TYPES: Partial<Readonly<Record<Kind, readonly string[]>>> = {
  uuid: ['uuid'],
  list: ['json', 'jsonb'],
  group: ['json', 'jsonb'],
}
const WHOLE_NUMBERS: readonly string[] = ['smallint', 'integer', 'bigint']

/** Whether the types fit, and whether a column that may not be empty always gets a value. */
export function judgeValue(
  { spec, value, taker }: TakenValue,
  facts: RouteFacts,
  schema: string,
  what: string,
): readonly Judgement[] {
  const { advice, bad } = matter(what)
  const { title, type, isRequired } = taker
  const from = `${spec.title}: ${title}`
  const kind = kindOf(value, spec)
  const change = `give it another value in the route's file, or the column another type`
  if (kind === 'looked up' && value.kind === 'lookup')
    return judgeLookedUp(value, taker, facts, schema, { from, what })
  if (!fits(kind, taker))
    return [bad(`${from} is ${article(type)}, and gets ${article(kind)}: ${nameOf(value)}`, change)]
  const texts =
    kind === 'text' && !/^[SE]$/.test(taker.category)
      ? [
          advice(
            `${from} is ${article(type)}, and gets a text: ${nameOf(value)}. Events whose text is none are set aside`,
            change,
          ),
        ]
      : []
  const empty =
    isRequired && mayBeEmpty(value, spec)
      ? [
          advice(
            `${from} may not be empty, and ${nameOf(value)} is not said by every event: those are set aside`,
            `when: {FIELD: {is: present}}, or {from: …, else: …} in the route's file`,
          ),
        ]
      : []
  return [...texts, ...empty]
}

function fits(kind: Kind, { category, type }: Taker): boolean {
  if (kind === 'text' || kind === 'constant' || kind === 'looked up') return true
  if (kind === 'number' && WHOLE_NUMBERS.includes(type)) return false
  return TAKING[kind].test(category) || (TAKING_TYPES[kind] ?? []).includes(type)
}

/** A number with a fraction goes into no column of whole numbers, and a looked-up value is what stands in its column. */
function judgeLookedUp(
  { table: name, take }: LookupValue,
  { category, type }: Taker,
  facts: RouteFacts,
  schema: string,
  { from, what }: { readonly from: string; readonly what: string },
): readonly Judgement[] {
  const source = tableOf(facts, schema, name)?.columns.find((column) => column.name === take)
  if (!source || source.category === category || category === 'S' || source.category === 'S') return []
  return [
    matter(what).bad(
      `${from} is ${article(type)}, and gets what was looked up in ${name.name}.${take}, ${article(source.type)}`,
      'take another column, or give this one another type',
    ),
  ]
}

function kindOf(value: Value, { on }: RowSpec): Kind {
  switch (value.kind) {
    case 'field':
      return fieldKind(value.field, on)
    case 'chosen':
      return value.map === undefined ? fieldKind(value.field, on) : 'constant'
    case 'constant':
      return 'constant'
    case 'json':
      return 'group'
    case 'lookup':
      return 'looked up'
    default:
      return 'text'
  }
}

/** A field that is of several types, by the kind of event, is a text. */
function fieldKind(name: string, on: readonly string[]): Kind {
  const types = new Set(fieldsNamed(name, on).map((field) => field?.type ?? 'text'))
  const [type = 'text', other] = types
  return other === undefined ? type : 'text'
}

function fieldsNamed(name: string, on: readonly string[]) {
  return OUTWARD_KINDS.filter(({ kind }) => on.includes(kind)).map(({ fields }) =>
    fields.find((field) => field.name === name),
  )
}

/** Whether events need not say it. A test of the row that asks for it makes sure that they do. */
function mayBeEmpty(value: Value, { on, when }: RowSpec): boolean {
  if (value.kind === 'lookup') return value.optional
  if (value.kind === 'constant') return value.value === null
  if (value.kind !== 'field' && value.kind !== 'chosen') return false
  if (value.kind === 'chosen' && value.otherwise !== undefined && value.otherwise !== null) return false
  const { field } = value
  const isAsked =
    when.length > 0 &&
    when.every((tests) =>
      tests.some(
        (test) =>
          test.field === field &&
          (test.oneOf ||
            test.presence === 'present' ||
            test.startsWith ||
            test.from !== undefined ||
            test.to !== undefined),
      ),
    )
  if (isAsked || ['organization', 'plant'].includes(field)) return false
  return fieldsNamed(field, on).some((one) => !one?.always)
}

function nameOf(value: Value): string {
  if (value.kind === 'field' || value.kind === 'chosen') return value.field
  return value.kind === 'lookup' ? `${value.table.name}.${value.take}` : value.kind
}

/** `u` is spoken as in uuid. */
function article(noun: string): string {
  return /^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`
}

/** A constant, and the type that it has to become. */
interface WantedConstant {
  readonly taken: TakenValue
  readonly text: string
}

/** What the file writes down, and what maps make of fields: each of these can be tried. */
export function constantsIn(taken: readonly TakenValue[]): readonly WantedConstant[] {
  return taken.flatMap((one) =>
    constantsOf(one.value).flatMap((value) => (value === null ? [] : [{ taken: one, text: String(value) }])),
  )
}

function constantsOf(value: Value): readonly Constant[] {
  if (value.kind === 'constant') return [value.value]
  if (value.kind !== 'chosen') return []
  return [...(value.map?.values() ?? []), ...(value.otherwise === undefined ? [] : [value.otherwise])]
}

/** @param refusal what the server says against it */
export function judgeConstant(
  { taken: { spec, taker }, text }: WantedConstant,
  refusal: string,
  what: string,
): Judgement {
  return matter(what).bad(
    `${spec.title}: ${taker.title} is ${article(taker.type)}, and does not take "${text}": ${refusal}`,
    `correct the value in the route's file`,
  )
}
