import { expect, test } from 'vitest'
import { defaultRole, gatewaySql, removalSql } from '../../../../src/routes/mes/gateway-sql.ts'
import { MES_RIGHTS } from '../../../../src/routes/mes/rights.ts'
import { MES_TABLES } from '../../../../src/routes/mes/tables/index.ts'

test('the role is named after the organization unless another is named', async () => {
  expect(defaultRole('SAV')).toBe('millrace_sav')
  expect(await gatewaySql({ organization: 'SAV' })).toContain(`'millrace_sav'`)
  expect(await gatewaySql({ organization: 'SAV', role: 'edge' })).not.toContain('millrace_sav')
})

test('no placeholder is left over', async () => {
  expect(await gatewaySql({ organization: 'SAV' })).not.toContain('{{')
  expect(await removalSql({ organization: 'SAV' })).not.toContain('{{')
})

test('a name cannot break out of its quotes', async () => {
  const sql = await gatewaySql({ organization: `S'; DROP TABLE machines; --`, role: `a'b`, schema: `m"'$$` })
  expect(sql).toContain(`'S''; DROP TABLE machines; --'`)
  expect(sql).toContain(`'a''b'`)
  expect(sql).toContain(`'m"''$$'`)
})

test('the search path is pinned before anything else is said', async () => {
  for (const sql of [await gatewaySql({ organization: 'SAV' }), await removalSql({ organization: 'SAV' })]) {
    const statements = sql.split('\n').filter((line) => line !== '' && !line.startsWith('--'))
    expect(statements.slice(0, 2)).toEqual(['BEGIN;', 'SET LOCAL search_path = pg_catalog, pg_temp;'])
  }
})

test('every column that the gateway writes may be written', () => {
  for (const { name, columns, optional = false } of MES_TABLES) {
    const rights = MES_RIGHTS.find((one) => one.name === name)
    const written = columns.filter(({ derived }) => !derived).map((column) => column.name)
    const amended = columns.filter(({ part }) => part === 'amended').map((column) => column.name)
    expect(rights?.needed).toBe(!optional)
    expect(rights?.read).toEqual(expect.arrayContaining(written))
    expect(rights?.insert).toEqual(expect.arrayContaining(['organization_id', ...written]))
    expect(rights?.update).toEqual(expect.arrayContaining(amended))
    const spare = columns.filter((column) => rights?.spare.includes(column.name))
    expect(spare.filter((column) => !column.optional)).toEqual([])
  }
})

test.each([
  [{ organization: '' }],
  [{ organization: 'O'.repeat(51), role: 'edge' }],
  [{ organization: 'SAV\nDROP' }],
  [{ organization: 'SAV', role: 'r'.repeat(49) }],
  [{ organization: 'SAV', schema: 's'.repeat(64) }],
])('a name that PostgreSQL could not hold is refused: %j', async (options) => {
  await expect(gatewaySql(options)).rejects.toThrow(RangeError)
})
