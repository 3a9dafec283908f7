import { expect, test } from 'vitest'
import { defaultRole, gatewaySql } from '../../../../src/routes/mes/gateway-sql.ts'

test('the role is named after the organization unless another is named', async () => {
  expect(defaultRole('SAV')).toBe('millrace_sav')
  expect(await gatewaySql({ organization: 'SAV' })).toContain(`'millrace_sav'`)
  expect(await gatewaySql({ organization: 'SAV', role: 'edge' })).not.toContain('millrace_sav')
})

test('no placeholder is left over', async () => {
  expect(await gatewaySql({ organization: 'SAV' })).not.toContain('{{')
})

test('a name cannot break out of its quotes', async () => {
  const sql = await gatewaySql({ organization: `S'; DROP TABLE machines; --`, role: `a'b`, schema: `m"'$$` })
  expect(sql).toContain(`'S''; DROP TABLE machines; --'`)
  expect(sql).toContain(`'a''b'`)
  expect(sql).toContain(`'m"''$$'`)
})

test.each([
  [{ organization: '' }],
  [{ organization: 'SAV\nDROP' }],
  [{ organization: 'SAV', role: 'r'.repeat(49) }],
  [{ organization: 'SAV', schema: 's'.repeat(64) }],
])('a name that PostgreSQL could not hold is refused: %j', async (options) => {
  await expect(gatewaySql(options)).rejects.toThrow(RangeError)
})
