import { expect, test } from 'vitest'
import { startTestCentral } from '../../support/central.ts'
import { hasPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import { judgedProduction, saidOf } from '../../support/production-check.ts'

test.skipIf(!hasPgBouncer())(
  'central behind PgBouncer in transaction mode (where it is installed)',
  async () => {
    await using central = await startTestCentral()
    await using pooler = await startPgBouncer(central)
    const direct = await judgedProduction(central.settings())
    expect(saidOf(direct, 'pooler')).toEqual([])
    const pooled = await judgedProduction(central.settingsVia(pooler))
    expect(saidOf(pooled, 'pooler')).toEqual([
      expect.stringMatching(/^unseen: one stands between/),
      'good: what it sends to the server is encrypted, or crosses no network',
    ])
    const others = (verdicts: typeof direct) =>
      verdicts.flatMap(({ what, verdict }) => (what === 'pooler' ? [] : [`${verdict} ${what}`]))
    expect(others(pooled)).toEqual(others(direct))
  },
)
