/** What docs/central.md tells a DBA to practise, with a gateway that goes on delivering meanwhile. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, opened } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'

let central: TestCentral
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral()
})
afterEach(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** A status and its end, in each minute of one day. */
function intervals(from: number, to: number): readonly Event[] {
  return Array.from({ length: to - from }, (_, place) => {
    const at = new Date(Date.UTC(2026, 0, 31, 9, from + place)).toISOString()
    return [opened({ at }), amended({ at })]
  }).flat()
}

async function rows(): Promise<number> {
  return (await central.sql('SELECT FROM machine_status_history WHERE duration_minutes IS NOT NULL')).length
}

/** Ends every session of the gateway, as a restart or a network does. */
async function cutSessions(): Promise<void> {
  await central.sql('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1', [
    central.role,
  ])
}

function withPasswordFile(file: string): CentralSettings {
  const { connection, ...rest } = central.settings()
  const { password: _, ...others } = connection
  return { ...rest, connection: { ...others, passwordFile: file } }
}

test('a password is changed while rows go on landing: the open session stays, and the next login reads the file again', {
  timeout: 120_000,
}, async () => {
  const file = join(folder, 'password')
  await writeFile(file, `${central.password}\n`)
  const delivery = await startDelivery(withPasswordFile(file), intervals(0, 5))
  await delivery.untilEmpty()

  await central.sql(`ALTER ROLE ${central.role} PASSWORD 'the new one'`)
  await delivery.store(intervals(5, 10))
  await delivery.untilEmpty()
  expect(await rows()).toBe(10)

  await writeFile(join(folder, 'new'), 'the new one\n', { mode: 0o600 })
  await rename(join(folder, 'new'), file)
  await cutSessions()
  await delivery.store(intervals(10, 15))
  await delivery.untilEmpty()
  expect(await rows()).toBe(15)
})

test('with the file replaced too late, logins are refused in words, and what came meanwhile lands afterwards', {
  timeout: 120_000,
}, async () => {
  const file = join(folder, 'password')
  await writeFile(file, central.password)
  const delivery = await startDelivery(withPasswordFile(file), intervals(0, 5))
  await delivery.untilEmpty()

  await central.sql(`ALTER ROLE ${central.role} PASSWORD 'the new one'`)
  await cutSessions()
  await delivery.store(intervals(5, 10))
  await delivery.until(() =>
    JSON.stringify(delivery.uploader.health()).includes('password authentication failed'),
  )
  expect(await rows()).toBe(5)

  await writeFile(file, 'the new one')
  await delivery.untilEmpty(40_000)
  expect(await rows()).toBe(10)
})

// Fault of the catalogue: [F4]
test('a central that was restored from its backup of last night is filled up by the gateway, but for what people wrote', {
  timeout: 120_000,
}, async () => {
  const delivery = await startDelivery(central.settings(), intervals(0, 20))
  await delivery.untilEmpty()
  const backup = join(folder, 'backup')
  await central.server.stop()
  await central.server.snapshot(backup)
  await central.server.start()

  await delivery.store(intervals(20, 40))
  await delivery.untilEmpty()
  await central.sql(`UPDATE machine_status_history SET notes = notes || '; seen by the foreman'`)
  await central.server.stop('immediate')
  await central.server.restore(backup)
  await central.server.start()

  await delivery.until(async () => (await rows()) === 40, 40_000)
  await delivery.untilEmpty()
  expect(
    await central.sql(`SELECT changed_at FROM machine_status_history GROUP BY 1 HAVING count(*) > 1`),
  ).toEqual([])
  expect(await central.sql(`SELECT kind FROM edge_gateway.incident`)).toEqual([{ kind: 'restore' }])
  expect(await central.sql(`SELECT FROM machine_status_history WHERE notes LIKE '%foreman%'`)).toEqual([])
})
