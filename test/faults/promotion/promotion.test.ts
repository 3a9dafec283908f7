/** A standby that lacks the last commits becomes the primary: acknowledged rows are gone from central, and must come back. */
import { expect, test } from 'vitest'
import { startTestCentral } from '../../support/central.ts'
import { startDelivery } from '../../support/delivery.ts'
import { expectExactly, landed, minutes } from '../central/rows.ts'
import { standbyOf } from './standby.ts'

const PATIENCE_MS = 180_000

test('[F2] rows that were acknowledged and that the promoted standby lacks are delivered again, each once', {
  timeout: PATIENCE_MS,
}, async () => {
  await using central = await startTestCentral()
  await using standby = await standbyOf(central.server)
  const { connection, ...rest } = central.settings()
  const { host, port } = standby.server
  const hosts = [...connection.hosts, { host, port }]
  const delivery = await startDelivery({ ...rest, connection: { ...connection, hosts } }, minutes(0, 5))
  await delivery.untilEmpty()
  await standby.follow()
  expect(await landed(standby)).toBe(5)

  standby.holdBack()
  await delivery.store(minutes(5, 12))
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 12)
  await expectExactly(standby, 5)

  await standby.promote()
  await delivery.store(minutes(12, 15))
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(standby, 15)
  expect(await standby.sql('SELECT kind FROM edge_gateway.incident')).toEqual([{ kind: 'restore' }])
})
