/** A backlog that is larger than the memory which the gateway may use. `npm run faults -- --backlog 10000000` is the long one. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestCentral } from '../support/central.ts'
import { writeBacklog } from './backlog/written.ts'
import { daemonSite, EVENTUALLY_MS, eventually } from './daemon.ts'

const EVENTS = 22_000
/** Five kilobytes each: 110 MB of texts, and more as objects. */
const REMARK = 'x'.repeat(5_000)
/** V8 ends a process that needs more. */
const HEAP_MB = 96
test('[B4] a backlog of more than the heap drains, and every row lands once', {
  timeout: 4 * EVENTUALLY_MS,
}, async () => {
  await using central = await startTestCentral()
  await using site = await daemonSite(central)
  await writeBacklog(join(site.dataFolder, 'outbox.db'), EVENTS, REMARK)
  const daemon = site.start({}, [`--max-old-space-size=${HEAP_MB}`])
  await daemon.running()
  const streamAt = async () =>
    (await central.sql<{ seq: number }>('SELECT last_seq::int AS seq FROM edge_gateway.stream'))[0]?.seq ?? 0
  let seq = 0
  while (seq < EVENTS) {
    const before = seq
    await eventually(async () => daemon.hasEnded || (await streamAt()) > before, 'more of it lands')
    expect(daemon.hasEnded, daemon.said()).toBe(false)
    seq = await streamAt()
  }
  const [rows] = await central.sql(
    `SELECT count(*)::int AS rows, count(DISTINCT changed_at)::int AS moments FROM machine_status_history
      WHERE changed_at < '2026-02-01'`,
  )
  expect(rows).toEqual({ rows: EVENTS, moments: EVENTS })
  expect(await daemon.stop()).toBe(0)
})
