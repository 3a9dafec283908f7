import { existsSync, readdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { expectTiling, historyIn } from '../../support/central-tiling.ts'
import { Killed, killedBehind, TwoRouteSite } from '../../support/two-routes.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)
const at = (minutes: number) => START_MS + minutes * 60_000
const TABLES = [
  'machine_status_history',
  'downtime_events',
  'edge_gateway.stream',
  'edge_gateway.quarantine',
  'edge_gateway.incident',
]

// Each test is several lives of a gateway, with a real database.
vi.setConfig({ testTimeout: 120_000 })

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => central.sql(`TRUNCATE ${TABLES.join(', ')}`))

/** Both clones of a card have seen the same machine, and each has lived on by itself; the second one is to be adopted. */
interface Fork {
  readonly first: TwoRouteSite
  readonly clone: TwoRouteSite
}

const BEFORE = [
  ['run', 60],
  ['idle', 60],
] as const
const FIRST_GOES_ON = [
  ['run', 60],
  ['fault', 60],
  ['run', 30],
] as const
const CLONE_GOES_ON = [
  ['fault', 61],
  ['run', 200],
  ['idle', 60],
  ['run', 60],
] as const
const LATER = [
  ['run', 60],
  ['idle', 30],
] as const

/** The clone has an archive of its own, which agrees with it, is behind it, and has answered once without being heard. */
async function forkAtMes(): Promise<Fork> {
  const first = new TwoRouteSite(central)
  await first.live(at(0), BEFORE)
  const clone = first.clone()
  await first.live(at(2.1), FIRST_GOES_ON, [first.mes])
  expect(await clone.live(at(2.15), [['run', 58]])).toEqual(['fenced', 'connected'])
  {
    await using outbox = await clone.open()
    await outbox.rewind('archive', (await outbox.cursor('archive')).seq - 2)
  }
  await clone.live(at(3.12), CLONE_GOES_ON, [])
  return { first, clone }
}

/** The archive is one for both, as the MES is. */
async function forkAtBoth(): Promise<Fork> {
  const first = new TwoRouteSite(central, testFolder(), join(testFolder(), 'archive.db'))
  await first.live(at(0), BEFORE)
  const clone = first.clone()
  await first.live(at(2.1), FIRST_GOES_ON)
  expect(await clone.live(at(2.15), [['run', 58]])).toEqual(['fenced', 'fenced'])
  await clone.live(at(3.12), CLONE_GOES_ON, [])
  return { first, clone }
}

/** How central stands now, to be put back later. */
async function rememberCentral(): Promise<() => Promise<void>> {
  const saved = new Map<string, unknown>()
  for (const table of TABLES) {
    const [row] = await central.sql(`SELECT coalesce(jsonb_agg(t), '[]') AS rows FROM ${table} t`)
    saved.set(table, row?.rows)
  }
  return async () => {
    await central.sql(`TRUNCATE ${TABLES.join(', ')}`)
    for (const [table, rows] of saved) {
      await central.sql(
        `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`,
        [JSON.stringify(rows)],
      )
    }
  }
}

const incidents = () => central.sql('SELECT kind, detail FROM edge_gateway.incident ORDER BY at')
const heads = () => central.sql('SELECT incarnation, epoch::int, last_seq::int FROM edge_gateway.stream')

/** After the adoption: both routes go on, and each has had everything that it should, once. */
async function expectWhole(site: TwoRouteSite, before: Archived): Promise<void> {
  expect(await site.live(at(20), LATER)).toEqual(['connected', 'connected'])
  await expectTiling(central)
  expect(await site.auditFindings()).toEqual([])
  const archived = site.archived()
  expect(archived.slice(0, before.archived.length)).toEqual(before.archived)
  const since = archived.slice(before.archived.length)
  expect(since.slice(0, before.waiting.length)).toEqual(before.waiting)
  const log = await site.logged()
  expect(since.slice(-log.length)).toEqual(log.slice(-since.length))
  // Two clones may well find the same of the machine; of one log no event comes twice.
  expect(new Set(since.map((event) => JSON.stringify(event))).size).toBe(since.length)
}

/** What an archive has, and what still waits for it in the log. */
interface Archived {
  readonly archived: readonly Event[]
  readonly waiting: readonly Event[]
}

async function archivedBy(site: TwoRouteSite): Promise<Archived> {
  return { archived: site.archived(), waiting: await site.waitingForArchive() }
}

describe.each([
  ['at the MES alone', forkAtMes],
  ['at both destinations', forkAtBoth],
])('a fork %s', (_, fork) => {
  test('is adopted at both in one run, and the archive gets also what is left out for the MES', async () => {
    const { first, clone } = await fork()
    const before = await archivedBy(clone)
    const { notTakenOver, leftOutFile } = await clone.adopt()
    expect(notTakenOver).toEqual([])
    expect(leftOutFile).toBeDefined()
    expect(before.waiting.length).toBeGreaterThan(0)
    expect(await heads()).toMatchObject([{ epoch: 2 }])
    expect((await incidents()).at(-1)).toMatchObject({ kind: 'adoption', detail: { adopted: { epoch: 2 } } })
    expect(clone.archiveIncidents().at(-1)).toMatchObject({
      kind: 'adoption',
      detail: { adopted: { epoch: 2 }, leftOutEvents: 0, keptEvents: before.waiting.length },
    })
    await expectWhole(clone, before)
    const ofFirst = await first.live(at(30), [['idle', 60]])
    expect(ofFirst).toEqual(['fenced', first.archiveFile === clone.archiveFile ? 'fenced' : 'connected'])
  })

  test('is adopted in full by a second run, wherever the first one is killed', async () => {
    const { clone } = await fork()
    const restoreCentral = await rememberCentral()
    const before = await archivedBy(clone)
    const undisturbed = clone.rehearsal()
    await undisturbed.adopt()
    await expectWhole(undisturbed, before)
    const [story, archive] = [await historyIn(central), undisturbed.archived()]
    let kills = 0
    for (;;) {
      await restoreCentral()
      const site = clone.rehearsal()
      const died = await site.adopt(killedBehind(kills + 1)).catch((error: unknown) => error)
      if (!(died instanceof Killed)) break
      kills += 1
      expect((await site.adopt()).notTakenOver, `killed behind call ${kills}`).toEqual([])
      expect(await site.live(at(20), LATER)).toEqual(['connected', 'connected'])
      expect(await historyIn(central), `killed behind call ${kills}`).toEqual(story)
      expect(site.archived(), `killed behind call ${kills}`).toEqual(archive)
    }
    // The file, the closings, the incarnation, and for each route its beginning, its incident and the commit.
    expect(kills).toBeGreaterThanOrEqual(9)
  }, 300_000)

  test('is adopted in full by a second run, when the gateway ran in between', async () => {
    const { clone } = await fork()
    await central.sql(`REVOKE UPDATE (epoch) ON edge_gateway.stream FROM "${central.role}"`)
    const { notTakenOver } = await clone.adopt()
    await central.sql(`GRANT UPDATE (epoch) ON edge_gateway.stream TO "${central.role}"`)
    expect(notTakenOver).toMatchObject([{ name: 'central', why: { refusal: 'wait' } }])
    expect(await clone.live(at(12), [['fault', 45]])).toEqual(['fenced', 'connected'])

    const before = await archivedBy(clone)
    expect(before.waiting).toEqual([])
    // What is left out already is not left out, and not written to a file, a second time.
    expect(await clone.adopt()).toEqual({ notTakenOver: [], leftOutFile: undefined })
    await expectWhole(clone, before)
  })
})

test('a fence at the other route alone is adopted, and the MES is carried along without a change of its rows', async () => {
  const site = new TwoRouteSite(central)
  await site.live(at(0), BEFORE)
  renameSync(site.archiveFile, `${site.archiveFile}-before`)
  const replaced = new TwoRouteSite(central, testFolder(), site.archiveFile)
  await replaced.live(at(3), [['idle', 60]], [replaced.archive])
  const foreign = replaced.archived()
  expect(await site.live(at(5), [['run', 60]])).toEqual(['connected', 'fenced'])
  const rows = await historyIn(central)

  expect((await site.adopt()).notTakenOver).toEqual([])
  expect(await historyIn(central)).toEqual(rows)
  expect((await incidents()).at(-1)).toMatchObject({
    kind: 'adoption',
    detail: { reason: 'carried along', leftOutEvents: 0, closingEvents: 0 },
  })
  expect(await site.live(at(6), [['idle', 10]])).toEqual(['connected', 'connected'])
  expect(site.archived().length).toBeGreaterThan(foreign.length)
  await expectTiling(central)
})

test('nothing is changed while one of the destinations is away, and the message says which and what to do', async () => {
  const { clone } = await forkAtBoth()
  const folder = dirname(clone.archiveFile)
  const before = { heads: await heads(), log: await clone.logged(), incidents: await incidents() }
  renameSync(folder, `${folder}-away`)
  const refusal = await clone.adopt().catch((error: unknown) => error)
  renameSync(`${folder}-away`, folder)
  expect(refusal).toMatchObject({
    message: expect.stringMatching(/route archive .*nothing was changed: .*cannot be opened/),
    hint: expect.stringMatching(/once archive answers, run `millrace buffer adopt` again/),
  })
  expect({ heads: await heads(), log: await clone.logged(), incidents: await incidents() }).toEqual(before)
  expect(existsSync(clone.archiveFile)).toBe(true)
  expect(readdirSync(clone.folder).filter((name) => name.startsWith('left-out'))).toEqual([])
  expect((await clone.adopt()).notTakenOver).toEqual([])
})

test('a destination that moves meanwhile is named, and the others are taken over', async () => {
  const { first, clone } = await forkAtBoth()
  const { notTakenOver } = await clone.adopt(justBefore('beginIncarnation', () => pushMore(first)))
  expect(notTakenOver).toEqual([{ name: 'archive', why: 'moved' }])
  const before = await archivedBy(clone)
  expect((await clone.adopt()).notTakenOver).toEqual([])
  await expectWhole(clone, before)
})

async function pushMore(first: TwoRouteSite): Promise<void> {
  await first.live(at(11), [['idle', 60]], [first.archive])
}

/** Does something before a call goes out. */
function justBefore(method: string, work: () => Promise<void>) {
  return <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return (...args: readonly unknown[]) =>
          key === method ? work().then(() => value.apply(target, args)) : value.apply(target, args)
      },
    })
}
