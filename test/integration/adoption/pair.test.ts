/** A gateway of a pair on a new computer, adopted as documented: the rows of the machines are those of whoever is active, and stay as they are. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { isMachineEvent } from '../../../src/domain/events/machine.ts'
import type { Lease } from '../../../src/domain/lease.ts'
import { PAIR } from '../../../src/pair/standing.ts'
import { createLeaseKeeper } from '../../../src/routes/mes/lease.ts'
import { type BufferSite, bufferSite, MORNING_MS, pressBefore, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { historyIn } from '../../support/central-tiling.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
    edge_gateway.incident, edge_gateway.machine, edge_gateway.lease, edge_gateway.pair_gateway`),
)

function siteOf(gateway: string): BufferSite {
  const site = bufferSite(central)
  site.reconfigure({ 'gateway: edge-1': `gateway: ${gateway}\npair: {name: line-1}` })
  return site
}

/** The press runs and stops, and what the gateway has recorded of it is in central; the last row is open. */
async function recordAndPush(site: BufferSite, gateway: string, fromMs: number): Promise<void> {
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, fromMs, 'boot')
  await machine.show('run', 60)
  await machine.show('idle', 60)
  await machine.show('run', 60)
  expect(await upload(outbox, central, { gateway })).toBe('connected')
}

async function take(gateway: string): Promise<Lease | undefined> {
  const pair = { name: 'line-1', leaseMs: 10_000 }
  const keeper = createLeaseKeeper(central.settings({ gateway }), pair)
  await using session = await keeper.connect(AbortSignal.timeout(60_000))
  const { lease } = await session.look(undefined)
  if (lease) await session.release(lease.epoch, undefined)
  await central.sql(`UPDATE edge_gateway.lease SET expires_at = now() - interval '1 second'`)
  await session.take(lease)
  return (await session.look(undefined)).lease
}

test('on a new computer, its adoption ends no row of the other one, which is active', async () => {
  await recordAndPush(siteOf('edge-a'), 'edge-a', MORNING_MS)
  await take('edge-a')
  expect((await take('edge-b'))?.holder).toBe('edge-b')
  await recordAndPush(siteOf('edge-b'), 'edge-b', MORNING_MS + 3_600_000)
  const before = await historyIn(central)

  const restored = siteOf('edge-a')
  const { code, out } = await restored.run('adopt', '--yes')
  expect(code).toBe(0)
  expect(out).toContain('machines are left to pair "line-1"')
  await using outbox = await restored.open()
  expect((await outbox.read(0, 100)).filter(({ event }) => isMachineEvent(event))).toEqual([])
  // It would else take itself for a gateway that was alone with its machines until now.
  expect(Object.keys(await outbox.states())).toEqual([])
  expect(await upload(outbox, central, { gateway: 'edge-a' })).toBe('connected')
  expect(await historyIn(central)).toEqual(before)
})

test('whose log waits behind the takeover of the other one, it leaves that out, and keeps it in a file', async () => {
  const site = siteOf('edge-a')
  await recordAndPush(site, 'edge-a', MORNING_MS)
  await take('edge-b')
  const before = await historyIn(central)
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, MORNING_MS + 240_000, 'boot')
  await machine.show('idle', 60)
  await outbox[Symbol.asyncDispose]()
  await central.sql(`UPDATE edge_gateway.stream SET incarnation = gen_random_uuid()`)
  const { code, out } = await site.run('adopt', '--yes')
  expect(code).toBe(0)
  expect(out).toMatch(/left out {2}[1-9]\d* events, kept in /)
  await using after = await site.open()
  expect(await upload(after, central, { gateway: 'edge-a' })).toBe('connected')
  expect(await historyIn(central)).toEqual(before)
})

test('goes on as any other one where nobody has taken over', async () => {
  const site = siteOf('edge-a')
  await recordAndPush(site, 'edge-a', MORNING_MS)
  const lease = await take('edge-a')
  {
    await using outbox = await site.open()
    const { incarnation } = outbox.identity
    const standing = { v: 1, incarnation, epoch: lease?.epoch, historySeq: 0, knownEpoch: lease?.epoch }
    const states = { [PAIR]: { ...standing, sinceMs: MORNING_MS, superseded: 0 } }
    await outbox.append({ at: { boot: 'boot', wallMs: MORNING_MS, monoMs: 1 }, events: [], states })
    const machine = await pressBefore(outbox, MORNING_MS + 240_000, 'boot')
    await machine.show('idle', 60)
  }
  await central.sql(`UPDATE edge_gateway.stream SET incarnation = gen_random_uuid()`)
  const { code, out } = await site.run('adopt', '--yes')
  expect([code, out.includes('left to pair')]).toEqual([0, false])
})
