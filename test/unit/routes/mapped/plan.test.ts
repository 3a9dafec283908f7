/** In which portions and with how many statements rows are written. */
import { describe, expect, test } from 'vitest'
import type { RowSpec } from '../../../../src/routes/mapped/mapped-route.ts'
import { grouped, planned, portions } from '../../../../src/routes/mapped/plan.ts'
import { opened, scan, stored } from '../../../support/central-events.ts'
import { readRoute } from '../../../support/mapped-route.ts'

const ORIGIN = { gateway: 'edge-1', organization: 'SAV', plant: 'SAV-1' }

function specs(rows: string): readonly RowSpec[] {
  return readRoute(`route: r\nmust: deliver\nrows:\n${rows}`).rows
}

/** Rows of a kind by number, in the order of the names: `A1 B1 A2`. */
function rowsOf(all: readonly RowSpec[], names: string) {
  return names.split(' ').map((name) => {
    const spec = all['ABC'.indexOf(name.charAt(0))]
    if (!spec) throw new Error(`there is no row ${name}`)
    const [event] = stored([opened()])
    if (!event) throw new Error('there is an event')
    return { name, spec, event, fields: () => null, key: spec.does.kind === 'update' ? name.slice(1) : null }
  })
}

const statements = (all: readonly RowSpec[], names: string) =>
  grouped(rowsOf(all, names)).map(({ rows }) => rows.map(({ name }) => name).join(' '))

describe('rows', () => {
  const inserts = specs(`
  - {on: scan, insert: a, columns: {x: at}}
  - {on: scan, insert: b, columns: {x: at}}
  - {on: scan, call: c}`)

  test('of different tables are gathered by table', () => {
    expect(statements(inserts, 'A1 B1 A2 B2 A3')).toEqual(['A1 A2 A3', 'B1 B2'])
  })

  test('never pass over a call, whose doings nobody knows', () => {
    expect(statements(inserts, 'A1 B1 C1 A2 C2 C3 B2')).toEqual(['A1', 'B1', 'C1', 'A2', 'C2 C3', 'B2'])
  })

  test('of one table keep their order, and a row is changed once in a statement', () => {
    const both = specs(`
  - {on: scan, insert: a, columns: {x: at}}
  - {on: scan, update: a, key: {x: at}, columns: {y: at}}`)
    expect(statements(both, 'A1 A2 B1 B2 B1 A3')).toEqual(['A1 A2', 'B1 B2', 'B1', 'A3'])
  })

  test('that look up what an earlier one writes come in a portion of their own', () => {
    const dependent = specs(`
  - {on: scan, insert: a, columns: {x: at}}
  - {on: scan, insert: b, columns: {x: {lookup: a.x, by: at, take: id}}}`)
    const cut = portions(rowsOf(dependent, 'A1 A2 B1 B2 A3 B3'))
    expect(cut.map((part) => part.map(({ name }) => name).join(' '))).toEqual(['A1 A2', 'B1 B2 A3', 'B3'])
  })
})

test('an event becomes as many rows as items of the file take it', () => {
  const rows = specs(`
  - {on: [scan, status.opened], insert: a, columns: {x: at}}
  - {on: scan, when: {scan_type: label}, insert: b, columns: {x: at}}`)
  const of = (event: Parameters<typeof planned>[1]) => planned(rows, event, ORIGIN).length
  const [plain, label, status] = stored([scan(1), scan(1, { scanType: 'label' }), opened()])
  expect([plain, label, status].map((event) => (event ? of(event) : -1))).toEqual([1, 2, 1])
})
