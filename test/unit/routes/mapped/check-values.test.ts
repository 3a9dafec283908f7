import { describe, expect, test } from 'vitest'
import type { ColumnFacts, RouteFacts, RouteTableFacts } from '../../../../src/routes/mapped/check/facts.ts'
import { judgeRoutine } from '../../../../src/routes/mapped/check/judge-routine.ts'
import { constantsIn, judgeValue, takenValues } from '../../../../src/routes/mapped/check/judge-values.ts'
import { rightsOf } from '../../../../src/routes/mapped/rights.ts'
import { readRoute } from '../../../support/mapped-route.ts'

function column(name: string, type: string, category: string, isRequired = false): ColumnFacts {
  const allowed = ['SELECT', 'INSERT', 'UPDATE']
  return { name, type, category, isRequired, hasDefault: false, isGenerated: false, allowed }
}

function table(name: string, ...columns: readonly ColumnFacts[]): RouteTableFacts {
  return {
    ...{ schema: 's', name, read: [], insert: [], update: [], columns, unique: [], neighbours: [] },
    ...{ hasUsage: true, hasRowSecurity: false, isBound: false, isLetIn: false, isViewed: false },
    ...{ closedSequences: [], functions: [] },
  }
}

/** One row of `on` into a column `c` of that type. */
function judged(on: string, value: string, one: ColumnFacts, when = ''): readonly string[] {
  const route = readRoute(`
route: r
must: deliver
to: {schema: s}
rows:
  - on: ${on}
    ${when}
    insert: t
    columns: {c: ${value}}
`)
  const looked = table('u', column('code', 'text', 'S'), column('id', 'integer', 'N'))
  const facts: RouteFacts = { organizationId: 1, tables: [table('t', one), looked], routines: [] }
  const taken = takenValues(route.rows, facts, 's')
  return taken.flatMap((value) =>
    judgeValue(value, facts, 's', 'r').map(({ verdict, said }) => `${verdict}: ${said}`),
  )
}

const c = (type: string, category: string, isRequired = false) => column('c', type, category, isRequired)

describe('a value goes into a column', () => {
  test.each([
    ['a text into text', 'scan', 'data', c('text', 'S')],
    ['a text into words of the site', 'status.opened', 'status', c('s.kind', 'E')],
    ['a time into a time', 'scan', 'at', c('timestamp with time zone', 'D')],
    ['a time into text', 'scan', 'at', c('text', 'S')],
    ['an id into a uuid', 'scan', 'id', c('uuid', 'U')],
    ['minutes into a number', 'status.closed', 'minutes', c('integer', 'N')],
    ['seconds with a fraction into a number', 'status.closed', 'duration_s', c('numeric', 'N')],
    ['a group into JSON', 'scan', '{json: [data, at]}', c('jsonb', 'U')],
    ['a hash into text', 'scan', '{sha256: [data]}', c('character', 'S')],
    ['what was looked up', 'scan', '{lookup: u.code, by: machine, take: id}', c('bigint', 'N')],
    ['what every event says, where nothing may be empty', 'status.opened', 'machine', c('text', 'S', true)],
    ['the organization', 'scan', 'organization', c('text', 'S', true)],
  ])('%s', (_, on, value, one) => {
    expect(judged(on, value, one)).toEqual([])
  })
})

describe('a value does not go into a column', () => {
  test.each([
    [
      'a time into a number',
      'scan',
      'at',
      c('integer', 'N'),
      /^bad: .* is an? integer, and gets a time: at$/,
    ],
    [
      'a fraction into whole numbers',
      'status.closed',
      'duration_s',
      c('integer', 'N'),
      /^bad: .* gets a number: duration_s$/,
    ],
    [
      'a number into a time',
      'status.closed',
      'minutes',
      c('date', 'D'),
      /^bad: .* gets an integer: minutes$/,
    ],
    ['JSON into a number', 'scan', '{json: [data]}', c('integer', 'N'), /^bad: .* gets a group: json$/],
    ['an id into a number', 'scan', 'id', c('bigint', 'N'), /^bad: .* gets a uuid: id$/],
    [
      'what was looked up, of another type',
      'scan',
      '{lookup: u.code, by: machine, take: id}',
      c('date', 'D'),
      /^bad: .* looked up in u\.id, an? integer$/,
    ],
    [
      'a text into a number, for most events',
      'scan',
      'data',
      c('integer', 'N'),
      /^advice: .* gets a text: data\. Events whose text is none are set aside$/,
    ],
    [
      'what some events lack, where nothing may be empty',
      'scan',
      'machine',
      c('text', 'S', true),
      /^advice: .* may not be empty, and machine is not said by every event/,
    ],
    [
      'a lookup that may find nothing',
      'scan',
      '{lookup: u.code, by: machine, take: id, optional: true}',
      c('integer', 'N', true),
      /^advice|^$/,
    ],
  ])('%s', (_, on, value, one, said) => {
    expect(judged(on, value, one).join()).toMatch(said)
  })

  test('unless the row asks for events that say it', () => {
    const when = 'when: {machine: {is: present}}'
    expect(judged('scan', 'machine', c('text', 'S', true), when)).toEqual([])
  })
})

test('constants and maps are what the server can be asked about', () => {
  const route = readRoute(`
route: r
must: deliver
to: {schema: s}
rows:
  - on: scan
    insert: t
    columns: {a: {value: 7}, b: {from: scan_type, map: {material: X}, else: Y}, c: data}
`)
  const facts: RouteFacts = {
    organizationId: 1,
    tables: [table('t', column('a', 'integer', 'N'), column('b', 's.kind', 'E'), column('c', 'text', 'S'))],
    routines: [],
  }
  expect(constantsIn(takenValues(route.rows, facts, 's')).map(({ text }) => text)).toEqual(['7', 'X', 'Y'])
})

test('rights follow from the file, each column once', () => {
  const route = readRoute(`
route: r
must: deliver
rows:
  - on: scan
    insert: a.t
    once_per: x
    columns: {x: id, y: {lookup: u.code, by: {lookup: v.k, by: machine, take: l}, where: {w: {value: 1}}, take: id}}
  - on: scan
    update: a.t
    key: {x: id}
    columns: {y: data}
  - on: scan
    call: f
    arguments: {p: data}
`)
  expect(rightsOf(route, 'public')).toEqual({
    tables: [
      { schema: 'a', name: 't', read: ['x'], insert: ['x', 'y'], update: ['y'] },
      { schema: 'public', name: 'v', read: ['k', 'l'], insert: [], update: [] },
      { schema: 'public', name: 'u', read: ['code', 'w', 'id'], insert: [], update: [] },
    ],
    routines: [{ schema: 'public', name: 'f', given: ['p'] }],
  })
})

test('of routines with one name, the one is meant that takes the arguments', () => {
  const one = {
    title: 's.f(text)',
    runsAs: null,
    isSuperuser: false,
    hasOwnPath: true,
    isAllowed: true,
    defaults: 0,
  }
  const inputs = (...names: readonly string[]) => names.map((name) => ({ name, type: 'text', category: 'S' }))
  const judge = (...candidates: readonly ReturnType<typeof inputs>[]) =>
    judgeRoutine(
      {
        ...{ schema: 's', name: 'f', given: ['p'], hasUsage: true, neighbours: ['f'] },
        candidates: candidates.map((some) => ({ ...one, inputs: some })),
      },
      { what: 'r', grants: 'g' },
    ).map(({ said }) => said)
  expect(judge(inputs('q'), inputs('p'))).toEqual([])
  expect(judge(inputs('p'), inputs('p'))).toEqual([
    'several routines are called s.f, and more than one takes these arguments',
  ])
  expect(judge(inputs('p', 'q'))).toEqual(['s.f needs "q" as well'])
})
