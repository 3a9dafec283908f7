/** What a site's own triggers, and people in the MES, do to rows while others wait: on a real server. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { utcText } from '../../../src/domain/instant.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { downtime, downtimeAmended } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'
import {
  beginAgain,
  countRows,
  IS_ROW_FIVE,
  MACHINES,
  openings,
  quarantinedIn,
  START_MS,
  setRule,
} from '../../support/site-rules.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql('CREATE TABLE site_copy (reason TEXT, shift INTEGER NOT NULL)')
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAgain(central))

const count = (table: string) => countRows(central, table)
const quarantined = () => quarantinedIn(central)
const triggerThat = (does: string, { on }: { readonly on?: string } = {}) => setRule(central, does, on)

describe('a row that a trigger refuses under a code that is used for links, rights and limits is set aside', () => {
  test.each([
    '42501',
    '28000',
    '25006',
    '40001',
    '40P01',
    '53100',
    '57014',
    '57P01',
    '08006',
    '3D000',
    '55P03',
    '58030',
  ])('%s', async (code) => {
    await triggerThat(
      `IF ${IS_ROW_FIVE} THEN RAISE EXCEPTION 'not this one' USING ERRCODE = '${code}'; END IF`,
    )
    const delivery = await startDelivery(central.settings(), openings(10))
    await delivery.untilEmpty(15_000)
    expect(await count('machine_status_history')).toBe(9)
    expect(await quarantined()).toEqual([{ seq: 5, sqlstate: code }])
    await delivery.stop()
  })
})

describe('a row over which a trigger stumbles is set aside', () => {
  test.each([
    [
      '42501',
      'where it may not write',
      `IF ${IS_ROW_FIVE} THEN INSERT INTO site_copy VALUES ('x', 1); END IF`,
      '',
    ],
    [
      '23502',
      'where it fills another table',
      `INSERT INTO site_copy VALUES (NEW.reason_code, CASE WHEN ${IS_ROW_FIVE} THEN NULL ELSE 1 END)`,
      'GRANT INSERT ON site_copy TO public',
    ],
    [
      '23502',
      'where it fills a column that must be filled',
      `NEW.shift := CASE WHEN ${IS_ROW_FIVE} THEN NULL ELSE 1 END`,
      'ALTER TABLE machine_status_history ADD COLUMN shift INTEGER NOT NULL',
    ],
  ])('%s %s', async (code, _, does, before) => {
    if (before) await central.sql(before)
    await triggerThat(does)
    const delivery = await startDelivery(central.settings(), openings(10))
    await delivery.untilEmpty(15_000)
    expect(await count('machine_status_history')).toBe(9)
    expect(await quarantined()).toEqual([{ seq: 5, sqlstate: code }])
    await delivery.stop()
    await central.sql('ALTER TABLE machine_status_history DROP COLUMN IF EXISTS shift')
  })
})

test.each(['of this log', 'of before an adoption'])(
  'what lies in quarantine %s does not undo what was learnt later',
  { timeout: 120_000 },
  async (whose) => {
    await triggerThat(`IF NEW.downtime_reason_code = 'old' THEN RAISE EXCEPTION 'no such reason'; END IF`, {
      on: 'UPDATE ON downtime_events',
    })
    const at = utcText(START_MS)
    const code = (reason: string) => downtimeAmended({ at, reason, category: 'equipment', ended: null })
    const delivery = await startDelivery(central.settings(), [downtime({ at })])
    await delivery.untilEmpty()
    await delivery.store([code('old')])
    await delivery.until(() => delivery.uploader.health().summary.state === 'waiting')
    await delivery.store([
      downtime({ at: utcText(START_MS + 1_000), subject: machineOwner('WELD-03') }),
      downtimeAmended({ at: utcText(START_MS + 1_000), subject: machineOwner('WELD-03'), ended: null }),
    ])
    await delivery.untilEmpty(30_000)
    expect(await quarantined()).toMatchObject([{ seq: 2 }])
    if (whose !== 'of this log')
      await central.sql('UPDATE edge_gateway.quarantine SET incarnation = gen_random_uuid(), seq = 9000')
    await delivery.store([code('new')])
    await delivery.untilEmpty(30_000)
    expect(await quarantined()).toEqual([])
    await central.sql('DROP FUNCTION IF EXISTS site_rule CASCADE')
    delivery.uploader.retryQuarantine()
    await delivery.until(async () => (await quarantined()).length === 0)
    expect(await count(`downtime_events WHERE downtime_reason_code = 'new'`)).toBe(1)
  },
)

test('rows of a machine that is created land within a minute, also while a table is closed', {
  timeout: 120_000,
}, async () => {
  const delivery = await startDelivery(central.settings(), [...openings(6, ['LASER-09', ...MACHINES])])
  await delivery.untilEmpty()
  expect((await quarantined()).map(({ seq }) => seq)).toEqual([1, 5])
  await central.sql('ALTER TABLE downtime_events ADD CONSTRAINT closed CHECK (false) NOT VALID')
  await delivery.store([downtime(), downtime({ subject: machineOwner('WELD-03') })])
  await delivery.until(() => delivery.uploader.health().summary.state === 'waiting')
  await central.sql(
    `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
     SELECT organization_id, plant_id, 'LASER-09', 'L', machine_type FROM machines WHERE machine_code = 'CNC-01' LIMIT 1`,
  )
  await delivery.until(async () => (await quarantined()).length === 0, 60_000)
  expect(delivery.uploader.health().summary).toMatchObject({ state: 'waiting', quarantineCount: 0 })
  await central.sql('ALTER TABLE downtime_events DROP CONSTRAINT closed')
  await delivery.untilEmpty(40_000)
})
