import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { commitError, linkError, type Peer } from '../../../src/postgres/refusal.ts'

/** As the route into the MES names it: of its tables it writes one column. */
const central: Peer = {
  name: 'central',
  where: 'db1:5432',
  grants: 'ask the DBA',
  tls: { mode: 'verify-full' },
  writes: (table, column) => table === 'downtime_events' && column === 'downtime_reason_code',
}

function said(code: string, fields: Partial<DatabaseError> = {}): DatabaseError {
  return Object.assign(new DatabaseError('no', 2, 'error'), { code, ...fields })
}

const refusalOf = (error: unknown) => linkError(error, central).refusal

describe('what an error means for the batch', () => {
  test('a row that names another organization’s machine is refused for itself, a right that is missing is not', () => {
    expect(refusalOf(said('42501', { routine: 'ExecWithCheckOptions' }))).not.toBe('wait')
    expect(refusalOf(said('42501', { routine: 'aclcheck_error' }))).toBe('wait')
  })

  test.each([
    ['22001', 'a text that is too long'],
    ['22007', 'a time that cannot be read'],
    ['22008', 'a time out of range'],
    ['22021', 'a NUL in a text'],
    ['23503', 'a foreign key'],
    ['23514', 'a check'],
    ['23505', 'a unique key'],
    ['54000', 'an index entry that is too long'],
    ['P0001', "a site's own rule"],
    ['P0002', 'no data found in a trigger'],
    ['MX001', "a code of the site's own"],
    ['21000', 'a subquery with two rows in a trigger'],
    ['2F003', 'a prohibited statement in a function'],
    ['38000', 'an external routine'],
    ['44000', 'a check option'],
    ['0A000', 'something that nobody foresaw'],
    ['XX000', 'internal'],
    ['2200H', 'a sequence that is exhausted'],
  ])('%s (%s) is about the rows: evidence decides', (code) => {
    expect(refusalOf(said(code))).toBe('refused')
  })

  test('a lock of somebody else is told apart', () => {
    expect(refusalOf(said('55P03'))).toBe('locked')
  })

  test('what our statement names and is not there is the schema’s fault; what a trigger names, evidence decides', () => {
    expect(refusalOf(said('42883', { position: '17' }))).toBe('wait')
    expect(refusalOf(said('42883', { where: 'PL/pgSQL function check_row() line 3 at IF' }))).toBe('refused')
    expect(refusalOf(said('42703', { position: '17', where: 'PL/pgSQL function f() line 1' }))).toBe(
      'refused',
    )
  })

  test('two refusals are by the same thing whatever the rows hold', () => {
    const by = (fields: Partial<DatabaseError>) => linkError(said('P0001', fields), central).refusedBy
    const where = 'PL/pgSQL function check_row() line 3 at RAISE'
    expect(by({ where, message: 'row 1' })).toBe(by({ where, message: 'row 2' }))
    expect(by({ where })).not.toBe(by({ where: 'PL/pgSQL function check_row() line 9 at RAISE' }))
    const inGerman = 'PL/pgSQL-Funktion check_row() Zeile 3 bei RAISE'
    expect(by({ where: inGerman, message: 'Zeile 1' })).toBe(by({ where: inGerman, message: 'Zeile 2' }))
    expect(by({ table: 't', constraint: 'a', message: '1' })).toBe(
      by({ table: 't', constraint: 'a', message: '2' }),
    )
    expect(by({ message: 'nextval: reached the end of a' })).not.toBe(
      by({ message: 'nextval: reached the end of b' }),
    )
  })

  test.each([
    ['42501', 'privilege'],
    ['42P01', 'table missing'],
    ['42703', 'column missing'],
    ['53100', 'disk full'],
    ['53300', 'too many connections'],
    ['53400', 'decompression limit'],
    ['40001', 'serialization'],
    ['40P01', 'deadlock'],
    ['57P01', 'shutting down'],
    ['57P03', 'starting'],
    ['57014', 'took too long'],
    ['25006', 'read-only'],
    ['08006', 'connection'],
    ['28P01', 'password'],
    ['58030', 'input or output'],
    ['53200', 'out of memory'],
  ])('%s (%s) makes the batch wait', (code) => {
    expect(refusalOf(said(code))).toBe('wait')
  })

  test('NULL in a column that the gateway does not write is schema drift, which evidence tells from a row', () => {
    const table = 'downtime_events'
    expect(refusalOf(said('23502', { table, column: 'downtime_reason_code' }))).toBe('refused')
    const drift = linkError(said('23502', { table, column: 'cost_centre' }), central)
    expect(drift).toMatchObject({ refusal: 'refused', code: 'central-schema' })
    expect(drift.hint).toContain('downtime_events.cost_centre')
  })

  test('a collision in the gateway’s own tables is no row’s fault', () => {
    expect(refusalOf(said('23505', { schema: 'edge_gateway', table: 'stream' }))).toBe('wait')
  })

  test('a broken link waits, and the message names the host and what to do', () => {
    const silent = linkError(new Error('Query read timeout'), central)
    expect(silent.message).toBe('no link to central at db1:5432: it did not answer in time')
    expect(silent.hint).toMatch(/firewall.*pooler/)
    const open = linkError(new Error('The server does not support SSL connections'), central)
    expect([open.message, open.hint]).toEqual([
      'no link to central at db1:5432: it takes no TLS',
      expect.stringContaining('ssl = on'),
    ])
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' })
    const error = linkError(new AggregateError([refused]), central)
    expect(error).toMatchObject({ refusal: 'wait', sqlstate: null, code: 'central-link' })
    expect(error.message).toContain('db1:5432')
    expect(error.hint).toContain('check host and port')
  })
})

describe('an error at COMMIT', () => {
  const atCommit = (error: unknown) => commitError(linkError(error, central), central).refusal

  test('is known where the server judged the rows or another session', () => {
    expect(atCommit(said('23503'))).toBe('refused')
    expect(atCommit(said('40001'))).toBe('wait')
    expect(atCommit(said('53100'))).toBe('wait')
  })

  test('is unknown where the server was going down or did not answer', () => {
    expect(atCommit(said('57P01'))).toBe('unknown')
    expect(atCommit(said('08006'))).toBe('unknown')
    expect(atCommit(new Error('Connection terminated unexpectedly'))).toBe('unknown')
    expect(atCommit(new Error('Query read timeout'))).toBe('unknown')
  })

  test('is known where a deferred trigger of the site raised the code of a broken link or a shutdown', () => {
    for (const code of ['08006', '57P01', '58000', 'XX000'])
      expect(atCommit(said(code, { routine: 'exec_stmt_raise' }))).toBe('refused')
  })
})
