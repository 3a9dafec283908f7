/** A damaged log, adopted as documented: no orphan stays in quarantine, and central is told what was lost. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { StoreError } from '../../../src/domain/errors.ts'
import type { Outbox } from '../../../src/domain/outbox.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { tellLosses } from '../../../src/uploader/losses.ts'
import { type BufferSite, bufferSite, pressBefore, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { expectTiling, historyIn } from '../../support/central-tiling.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)
const at = (minutes: number) => START_MS + minutes * 60_000

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident, edge_gateway.machine',
  ),
)

async function live(
  site: BufferSite,
  fromMs: number,
  shown: readonly (readonly [state: string, seconds: number])[],
  { online = true } = {},
): Promise<string> {
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, fromMs, 'boot')
  for (const [state, seconds] of shown) await machine.show(state, seconds)
  return online ? await upload(outbox, central) : 'not asked'
}

/** Changes what the disk says of the event that such a machine stored last, and whose hash then proves nothing any more. */
function damage(site: BufferSite, like: string): number {
  const db = new Database(join(site.dataFolder, 'outbox.db'))
  const seq =
    db.prepare<[string], number>('SELECT max(seq) FROM event WHERE payload LIKE ?').pluck().get(like) ?? 0
  db.prepare(`UPDATE event SET payload = replace(payload, 'PRESS-07', 'PRESS-70') WHERE seq = ?`).run(seq)
  db.close()
  return seq
}

const story = async () => (await historyIn(central)).map(({ status, reason }) => reason ?? status)
const quarantined = () =>
  central.sql('SELECT event, reason FROM edge_gateway.quarantine WHERE released_at IS NULL')
const incidents = (kind: string) =>
  central.sql<{ detail: Record<string, unknown> }>(
    'SELECT detail FROM edge_gateway.incident WHERE kind = $1 ORDER BY at',
    [kind],
  )

test('a row whose opening was lost is left out, and the time is shown as not seen', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  await live(
    site,
    at(1),
    [
      ['idle', 60],
      ['run', 60],
      ['idle', 60],
    ],
    { online: false },
  )
  const lost = damage(site, '%"status.opened"%"status":"running"%')

  expect(await live(site, at(4), [['idle', 5]])).toBe('fenced')
  const { out } = await site.run('adopt')
  expect(out).toContain("this gateway's log was damaged")
  expect(out).toContain('nothing was changed; to do it, add --yes')
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(
    await live(site, at(4.1), [
      ['idle', 5],
      ['run', 5],
    ]),
  ).toBe('connected')

  expect(await quarantined()).toEqual([])
  await expectTiling(central)
  expect(await story()).toEqual(['running', 'idle', 'NO_DATA', 'idle', 'running'])
  expect(await incidents('loss')).toMatchObject([{ detail: { events: 1, stretches: [[lost, lost]] } }])
})

test('the row that goes on is opened again where its own opening was lost', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  await live(
    site,
    at(1),
    [
      ['idle', 60],
      ['fault', 60],
    ],
    { online: false },
  )
  damage(site, '%"status.opened"%"status":"down"%')

  expect(await live(site, at(3), [['fault', 5]])).toBe('fenced')
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(
    await live(site, at(3.1), [
      ['fault', 5],
      ['run', 5],
    ]),
  ).toBe('connected')

  expect(await quarantined()).toEqual([])
  await expectTiling(central)
  expect(await story()).toEqual(['running', 'idle', 'down', 'running'])
  expect(await central.sql('SELECT ended_at IS NULL AS open FROM downtime_events')).toEqual([{ open: false }])
})

test('a downtime whose opening was lost is written again', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  await live(site, at(1), [['fault', 60]], { online: false })
  damage(site, '%"downtime.opened"%')

  expect(await live(site, at(2), [['fault', 5]])).toBe('fenced')
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(
    await live(site, at(2.1), [
      ['fault', 5],
      ['run', 5],
    ]),
  ).toBe('connected')
  expect(await quarantined()).toEqual([])
  expect(await central.sql('SELECT ended_at IS NULL AS open FROM downtime_events')).toEqual([{ open: false }])
})

test('central is told once what was lost, also while it waits for an adoption and however often it is connected to', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  await live(
    site,
    at(1),
    [
      ['idle', 60],
      ['run', 60],
    ],
    { online: false },
  )
  damage(site, '%"status.opened"%"status":"idle"%')
  for (const minute of [3, 4]) expect(await live(site, at(minute), [['run', 5]])).toBe('fenced')
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  expect(await live(site, at(5), [['run', 5]])).toBe('connected')
  expect(await incidents('loss')).toHaveLength(1)
})

test('central writes down once what was lost, also where the log could not note that it was told', async () => {
  await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
  const loss = {
    id: 1,
    incarnation: randomUUID(),
    firstSeq: 7,
    lastSeq: 9,
    damage: 'a bad sector',
    atMs: at(0),
  }
  const full = new StoreError('buffer-disk-full', 'the disk is full', { retryable: true })
  const outbox = {
    losses: () => Promise.resolve([loss]),
    lossesTold: () => Promise.reject(full),
  } as unknown as Outbox
  await tellLosses(session, outbox)
  await tellLosses(session, outbox)
  expect(await incidents('loss')).toMatchObject([{ detail: { events: 3, stretches: [[7, 9]] } }])
})
