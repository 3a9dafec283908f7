import { describe, expect, test } from 'vitest'
import { judgeRoute, readRoute } from '../../../support/mapped-route.ts'

const CONTRACT = `
route: operation-timestamps
to: {schema: scheduling}
must: deliver
rows:
  - on: scan
    when: {scan_type: [work_order_start, work_order_pause, work_order_resume, work_order_complete]}
    insert: operation_timestamps
    columns:
      operation_id: {lookup: operations.operation_number, by: work_order, take: id}
      timestamp_type: {from: scan_type, map: {work_order_start: START, work_order_pause: PAUSE, work_order_resume: RESUME, work_order_complete: STOP}}
      recorded_at: at
      workstation: {value: SAV100}
`

/** One row, with the rest of a file around it. */
function fileWith(row: string): string {
  return `route: r\nmust: deliver\nrows:\n  - ${row.trim().split('\n').join('\n    ')}\n`
}

describe('a mapped route', () => {
  test('is understood as the contract writes it', () => {
    const route = readRoute(CONTRACT)
    expect(route).toMatchObject({
      to: { database: 'central', schema: 'scheduling' },
      batch: { rows: 8_000, lingerMs: 200 },
    })
    const [row] = route.rows
    expect(row?.on).toEqual(['scan'])
    expect(row?.when).toEqual([
      [
        {
          field: 'scan_type',
          oneOf: ['work_order_start', 'work_order_pause', 'work_order_resume', 'work_order_complete'],
        },
      ],
    ])
    expect(row?.does).toMatchObject({
      kind: 'insert',
      table: { name: 'operation_timestamps' },
      oncePer: [],
      columns: [
        {
          name: 'operation_id',
          value: {
            kind: 'lookup',
            table: { name: 'operations' },
            where: [{ name: 'operation_number', value: { kind: 'field', field: 'work_order' } }],
            take: 'id',
            optional: false,
          },
        },
        { name: 'timestamp_type', value: { kind: 'chosen', field: 'scan_type' } },
        { name: 'recorded_at', value: { kind: 'field', field: 'at' } },
        { name: 'workstation', value: { kind: 'constant', value: 'SAV100' } },
      ],
    })
  })

  test('may go to another database', () => {
    const route = readRoute(`
route: elsewhere
must: deliver
to: {url: "postgres://gw@db2:5433/wip", tls: off, schema: floor}
rows: [{on: status.opened, insert: log, columns: {machine: machine}}]
`)
    expect(route.to).toMatchObject({
      database: 'other',
      schema: 'floor',
      connection: { hosts: [{ host: 'db2', port: 5433 }], database: 'wip', user: 'gw' },
    })
  })

  test('takes every form of a value, and lookups through other lookups', () => {
    const route = readRoute(
      fileWith(`
on: scan
insert: floor.moves
once_per: payload_hash
columns:
  id: id
  note: {text: "{machine}: {data} {{x}}"}
  lot: fields.LOT
  payload_hash: {sha256: [station, data]}
  payload: {json: [data, operator]}
  extra: {json: {what: data, from: {value: gate}}}
  moved_on: {local: at, zone: Europe/Rome}
  kind: {from: scan_type, map: {work_order_start: 1}, else: 0}
  operation_id:
    lookup: mes.operations.number
    by: {from: fields.OP, else: "10"}
    where: {work_order_id: {lookup: work_orders.work_order_number, by: work_order, take: id}}
    take: id
    optional: true
`),
    )
    const [row] = route.rows
    expect(
      row?.does.kind === 'insert' && row.does.columns.map(({ name, value }) => [name, value.kind]),
    ).toEqual([
      ['id', 'field'],
      ['note', 'text'],
      ['lot', 'field'],
      ['payload_hash', 'sha256'],
      ['payload', 'json'],
      ['extra', 'json'],
      ['moved_on', 'field'],
      ['kind', 'chosen'],
      ['operation_id', 'lookup'],
    ])
    expect(row?.does).toMatchObject({
      table: { schema: 'floor', name: 'moves' },
      oncePer: ['payload_hash'],
    })
  })

  test.each([
    [
      'on: scam\ninsert: t\ncolumns: {a: at}',
      'route.yaml:4:9: there is no event "scam"; did you mean "scan"?',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: machin}',
      'route.yaml:6:18: scan has no field "machin"; did you mean "machine"?',
    ],
    [
      'on: scan\nwhen: {scan_typ: work_order_start}\ninsert: t\ncolumns: {a: at}',
      'route.yaml:5:12: scan has no field "scan_typ"; did you mean "scan_type"?',
    ],
    [
      'on: [status.opened, status.closed]\ninsert: t\ncolumns: {a: duration_s}',
      'route.yaml:6:18: status.opened and status.closed have no common field "duration_s"; only status.closed has it; make two rows of it',
    ],
    [
      'on: status.opened\nwhen: {status: dwn}\ninsert: t\ncolumns: {a: at}',
      'route.yaml:5:20: status is never "dwn"; did you mean "down"?',
    ],
    [
      'on: scan\ninsert: t\ncolums: {a: at}',
      'route.yaml:6:5: unknown key "colums" in a row; did you mean "columns"?',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: 7}',
      'route.yaml:6:18: 7 is no field of an event; for a constant write {value: 7}',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: {value: 9007199254740993}}',
      'route.yaml:6:26: 9007199254740993 is not valid here; write a number so large in quotes',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: {form: at}}',
      'route.yaml:6:19: unknown key "form" in a value; did you mean "from"?',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: {lookup: users, by: operator, take: id}}',
      'route.yaml:6:27: "users" is no column; write TABLE.COLUMN or SCHEMA.TABLE.COLUMN',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: {lookup: users.id, by: operator}}',
      'route.yaml:6:15: "take" is missing',
    ],
    [
      'on: scan\ncolumns: {a: at}',
      'route.yaml:4:5: this row does not say what becomes of the event; name one of: insert, update, call',
    ],
    [
      'on: scan\ninsert: t\nupdate: t\ncolumns: {a: at}',
      'route.yaml:6:5: a row has either insert or update; make two rows of it',
    ],
    [
      'on: scan\nupdate: t\ncolumns: {a: at}',
      'route.yaml:4:5: "key" is missing; by which columns the row is found',
    ],
    [
      'on: scan\ncall: f\ncolumns: {a: at}',
      'route.yaml:6:5: "columns" does not belong to call; what a call is given stands under arguments',
    ],
    [
      'on: scan\ninsert: t\nonce_per: hsh\ncolumns: {hash: data}',
      'route.yaml:6:15: "hsh" is not among the columns; did you mean "hash"?',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: {text: "{machine"}}',
      'route.yaml:6:25: a { stands alone; write {{ for the character itself',
    ],
    [
      'on: scan\ninsert: t\ncolumns: {a: {local: at, zone: Europe/Rom}}',
      'route.yaml:6:36: there is no time zone "Europe/Rom"; as in Europe/Rome',
    ],
  ])('names the fault in %j with its place', (row, fault) => {
    expect(judgeRoute(fileWith(row)).faults).toContain(fault)
  })

  test('names all faults of a file at once', () => {
    const { route, faults } = judgeRoute(
      'route: r\nmust: deliver\nto: {shema: x}\nrows: [{on: scna, insert: t, columns: {a: b}}]\n',
    )
    expect(route).toBeUndefined()
    expect(faults).toEqual([
      'route.yaml:3:6: unknown key "shema" in to; did you mean "schema"?',
      'route.yaml:4:13: there is no event "scna"; did you mean "scan"?',
    ])
  })
})
