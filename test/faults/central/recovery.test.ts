/** Central is restored from its archive: to an earlier moment, and to before what the gateway still keeps. */
import { appendFileSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serverAccount } from '../../../simulators/central/account.ts'
import { openTmpdir } from '../../../simulators/temporary-folder.ts'
import { startTestCentral } from '../../support/central.ts'
import { startDelivery } from '../../support/delivery.ts'
import { movedClock } from '../../support/moved-clock.ts'
import { expectExactly, landed, minutes } from './rows.ts'

const PATIENCE_MS = 120_000
const HOUR_MS = 3_600_000

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-recovery-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('[F3] restored from its archive to an earlier moment, it is filled up again with what came after that', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  // The server runs as an account of its own, which has to get there.
  const archive = mkdtempSync(join(openTmpdir(), 'millrace-archive-'))
  const { uid, gid } = serverAccount()
  if (uid !== undefined && gid !== undefined) chownSync(archive, uid, gid)
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(archive, { recursive: true, force: true }))
  const archiving = { archive_mode: 'on', archive_command: `cp %p ${archive}/%f` }
  const central = stack.use(await startTestCentral({ server: archiving }))
  const base = join(folder, 'base')
  await central.server.stop('fast')
  await central.server.snapshot(base)
  await central.server.start()

  const delivery = await startDelivery(central.settings(), minutes(0, 5))
  await delivery.untilEmpty()
  const [moment] = await central.sql<{ at: string }>('SELECT clock_timestamp()::text AS at')
  await delivery.store(minutes(5, 9))
  await delivery.untilEmpty()
  await central.sql('SELECT pg_switch_wal()')
  await central.server.stop('fast')

  const recovery = [
    `restore_command = 'cp ${archive}/%f %p'`,
    `recovery_target_time = '${moment?.at}'`,
    `recovery_target_action = 'promote'`,
  ]
  appendFileSync(join(base, 'postgresql.auto.conf'), `${recovery.join('\n')}\n`)
  writeFileSync(join(base, 'recovery.signal'), '')
  await central.server.restore(base)
  await central.server.start()
  await delivery.store(minutes(9, 11))
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 11)
  expect(await central.sql('SELECT kind FROM edge_gateway.incident')).toEqual([{ kind: 'restore' }])
})

test('[F5] restored to before what the gateway keeps, it gets the rest, and both sides name what is gone', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  await using central = await startTestCentral()
  const moved = movedClock()
  const log = { retentionMs: HOUR_MS, clock: moved.clock }
  const delivery = await startDelivery(central.settings(), minutes(0, 2), log)
  await delivery.untilEmpty()
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  await central.server.stop('fast')
  await central.server.snapshot(copy)
  await central.server.start()
  await delivery.store(minutes(2, 4))
  await delivery.untilEmpty(PATIENCE_MS)
  for (let minute = 4; minute < 10; minute += 1) {
    await moved.look()
    moved.moveOn(HOUR_MS / 2)
    await moved.look()
    await delivery.store(minutes(minute, minute + 1))
    await delivery.untilEmpty(PATIENCE_MS)
  }
  await moved.look()
  const oldest = await delivery.outbox.oldestKept()
  expect(oldest).toBeGreaterThan(8)

  await central.server.stop('immediate')
  await central.server.restore(copy)
  await central.server.start()
  await delivery.store(minutes(10, 11))
  await delivery.until(
    () => /no longer kept/.test(delivery.uploader.health().summary.cause ?? ''),
    PATIENCE_MS,
  )
  await delivery.untilEmpty(PATIENCE_MS)
  const gone = { fromSeq: 5, toSeq: oldest - 1 }
  expect(delivery.uploader.health().summary.cause).toContain(
    `events ${gone.fromSeq} to ${gone.toSeq} are no longer kept`,
  )
  const incidents = await central.sql('SELECT kind, detail FROM edge_gateway.incident')
  expect(incidents).toMatchObject([{ kind: 'gap', detail: gone }])
  expect(await landed(central)).toBe(2 + (22 - gone.toSeq) / 2)
})
