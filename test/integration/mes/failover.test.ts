/** After a failover the old primary may come back and take writes. What goes there is lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PostgresServer } from '../../../simulators/central/postgres.ts'
import type { Recipient } from '../../../src/domain/recipient.ts'
import { CENTRAL, createMesDestination } from '../../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { type BufferSite, bufferSite, pressBefore, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startTestPostgres } from '../../support/test-postgres.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)
const at = (minutes: number) => START_MS + minutes * 60_000

let folder: string
/** The primary of before the failover. */
let central: TestCentral
/** Its standby, which is promoted. */
let promoted: PostgresServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral()
  promoted = await startTestPostgres()
})
afterEach(async () => {
  await central[Symbol.asyncDispose]()
  await promoted[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** The other server becomes a standby with everything that the old primary has now, and then a primary. */
async function failOver(): Promise<void> {
  await copyOver()
  await on(promoted, 'SELECT pg_promote()')
}

/** Copies the files of the old primary, which keeps on running, as of a base backup. */
async function copyOver(): Promise<void> {
  const data = join(folder, 'data')
  await central.server.stop()
  await central.server.snapshot(data)
  writeFileSync(join(data, 'standby.signal'), '')
  await promoted.stop()
  await promoted.restore(data)
  await promoted.start()
  await central.server.start()
}

async function on(server: PostgresServer, sql: string): Promise<readonly Record<string, unknown>[]> {
  // The copy has the roles and passwords of the original.
  const client = new Client({ ...central.server.superuser(), port: server.port })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A gateway that has all of these hosts, in this order. */
function hosts(
  ...servers: readonly { readonly host: string; readonly port: number }[]
): Partial<CentralSettings> {
  const { connection } = central.settings()
  return { connection: { ...connection, hosts: servers.map(({ host, port }) => ({ host, port })) } }
}

async function live(
  site: BufferSite,
  fromMs: number,
  shown: readonly (readonly [string, number])[],
  changes: Partial<CentralSettings>,
): Promise<string> {
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, fromMs, 'boot')
  for (const [state, seconds] of shown) await machine.show(state, seconds)
  return await upload(outbox, central, changes)
}

async function recipientOf(site: BufferSite): Promise<Recipient | undefined> {
  await using outbox = await site.open()
  return await outbox.recipient(CENTRAL)
}

const story = async (server: PostgresServer) =>
  (await on(server, 'SELECT new_status FROM machine_status_history ORDER BY changed_at')).map(
    ({ new_status }) => new_status,
  )

// Fault of the catalogue: [F6]
test('the old primary that came back gets nothing, though it is named first and takes writes', {
  timeout: 120_000,
}, async () => {
  const site = bufferSite(central)
  const both = () => hosts(central.server, promoted)
  await live(site, at(0), [['run', 60]], both())
  await failOver()
  await central.server.stop()
  await live(site, at(1), [['idle', 60]], both())
  expect(await story(promoted)).toEqual(['running', 'idle'])

  await central.server.start()
  expect(await live(site, at(2), [['run', 60]], both())).toBe('connected')
  expect(await story(promoted)).toEqual(['running', 'idle', 'running'])
  expect(await story(central.server)).toEqual(['running'])
})

test('alone it is waited for its successor, in words that name both timelines, until somebody adopts it', {
  timeout: 120_000,
}, async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]], hosts(central.server))
  await failOver()
  await live(site, at(1), [['idle', 60]], hosts(promoted))

  const { err } = await site.run('quarantine', 'list')
  expect(err).toContain(`central at 127.0.0.1:${central.server.port} is on timeline 1 of its system`)
  expect(err).toContain(`has pushed to timeline 2 (127.0.0.1:${promoted.port})`)

  const withDead = hosts(central.server, { host: '127.0.0.1', port: 1 })
  const destination = createMesDestination({ ...central.settings(), ...withDead })
  const refusal = destination.connect(AbortSignal.timeout(20_000), await recipientOf(site))
  await expect(refusal).rejects.toMatchObject({ code: 'central-past' })

  const { out } = await site.run('adopt')
  expect(out).toContain('it is the primary of before a failover; if it shall be the primary again')
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(
    await live(
      site,
      at(3),
      [
        ['idle', 20],
        ['run', 10],
      ],
      hosts(central.server),
    ),
  ).toBe('connected')
  expect(await story(central.server)).toEqual(['running', 'available', 'idle', 'running'])
})

// Fault of the catalogue: [F3]
test('a restore to a moment that makes a new timeline is refilled, as any other restore', {
  timeout: 120_000,
}, async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]], hosts(central.server))
  await failOver()
  await live(site, at(1), [['idle', 60]], hosts(central.server))
  expect(await live(site, at(2), [['run', 60]], hosts(promoted))).toBe('connected')
  expect(await story(promoted)).toEqual(['running', 'idle', 'running'])
  expect(await on(promoted, 'SELECT kind FROM edge_gateway.incident')).toEqual([{ kind: 'restore' }])
})
