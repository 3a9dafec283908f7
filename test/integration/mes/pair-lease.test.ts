import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { DestinationSession } from '../../../src/domain/destination.ts'
import type { Fence, Lease, LeaseSession, PairWord } from '../../../src/domain/lease.ts'
import { createFence } from '../../../src/routes/mes/fence.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, scan, stored } from '../../support/central-events.ts'
import { leaseSession, PAIR, pairFolder } from '../../support/pair-gateway.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const [A, B] = ['line-1-a', 'line-1-b']
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq]) })
const soon = () => AbortSignal.timeout(60_000)
const ACTIVE: PairWord = { role: 'active', unready: null, mapsHash: 'same' }
const STANDS_BY: PairWord = { role: 'stand-by', unready: null, mapsHash: 'same' }

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
    edge_gateway.incident, edge_gateway.lease, edge_gateway.pair_gateway`),
)

const leaseOf = (gateway: string, leaseMs?: number) => leaseSession(central, gateway, leaseMs)

async function writerOf(gateway: string, epoch: number | null, historySeq = 0): Promise<DestinationSession> {
  return sessionOf(
    central.settings({ gateway }),
    Object.assign(createFence(PAIR, 5_000), { epoch, historySeq }),
  )
}

async function sessionOf(settings: CentralSettings, fence: Fence): Promise<DestinationSession> {
  const session = await createMesDestination(settings, { fence }).connect(soon())
  onTestFinished(() => session[Symbol.asyncDispose]())
  return session
}

/** Writes one row of a machine, as the uploader does. */
function write(session: DestinationSession, seq = 1, midway = async () => {}): Promise<void> {
  return session.transaction(async (transaction) => {
    if (!transaction.head)
      await transaction.begin({ incarnation: '22222222-2222-4222-8222-222222222222', epoch: 1 }, place(0))
    const at = new Date(Date.UTC(2026, 0, 31, 9, seq)).toISOString()
    await transaction.apply(stored([opened({ at })], seq), { guarded: false })
    await midway()
    await transaction.advance(place(seq))
  })
}

async function rows(): Promise<number | undefined> {
  return (await central.sql<{ n: number }>('SELECT count(*)::int AS n FROM machine_status_history'))[0]?.n
}

async function taken(session: LeaseSession, seen?: Lease): Promise<number> {
  const epoch = await session.take(seen)
  if (epoch === undefined) throw new Error('the lease was not as it was seen')
  return epoch
}

const expire = () => central.sql(`UPDATE edge_gateway.lease SET expires_at = now() - interval '1 second'`)

// Fault of the catalogue: [H2]
describe('rows of machines', () => {
  test('are written by whoever holds the lease, and refused from its former holder', async () => {
    const [ofA, ofB] = [await leaseOf(A), await leaseOf(B)]
    const first = await taken(ofA)
    const [writerA, stranger] = [await writerOf(A, first), await writerOf(B, null)]
    await write(writerA)
    await expect(write(stranger)).rejects.toThrow('does not hold the lease of pair "line-1"')
    await expire()
    const second = await taken(ofB, (await ofB.look(STANDS_BY)).lease)
    expect(second).toBeGreaterThan(first)
    await expect(write(writerA, 2)).rejects.toMatchObject({ refusal: 'wait' })
    expect(await rows()).toBe(1)
    await write(await writerOf(B, second), 3)
    expect(await rows()).toBe(2)
  })

  test('that were stored in an earlier time of its own are filled up again without the lease', async () => {
    await taken(await leaseOf(B))
    await write(await writerOf(A, null, 1))
    expect(await rows()).toBe(1)
  })

  test('of a former holder wait in vain, while its scans are delivered', async () => {
    await taken(await leaseOf(B))
    const writer = await writerOf(A, null)
    const operator = (await central.sql<{ id: number }>('SELECT id FROM users LIMIT 1'))[0]?.id ?? 0
    await writer.transaction(async (transaction) => {
      await transaction.begin({ incarnation: '33333333-3333-4333-8333-333333333333', epoch: 1 }, place(0))
      await transaction.apply(stored([scan(operator)]), { guarded: false })
      await transaction.advance(place(1))
    })
    expect((await writer.head())?.seq).toBe(1)
  })

  test('are refused once the row of the lease is deleted, and taken again with the next renewal', async () => {
    const ofA = await leaseOf(A)
    const epoch = await taken(ofA)
    const writer = await writerOf(A, epoch)
    await central.sql('DELETE FROM edge_gateway.lease')
    await expect(write(writer)).rejects.toThrow('does not hold the lease')
    expect((await ofA.renew(epoch, ACTIVE)).lease).toMatchObject({ holder: A, epoch })
    await write(writer)
    expect(await rows()).toBe(1)
  })
})

describe('a takeover', () => {
  test('waits for the transaction that its former holder has under way, which still counts', async () => {
    const [ofA, ofB] = [await leaseOf(A), await leaseOf(B)]
    const writer = await writerOf(A, await taken(ofA))
    await expire()
    const { lease } = await ofB.look(STANDS_BY)
    const order: string[] = []
    let takeover: Promise<unknown> = Promise.resolve()
    await write(writer, 1, async () => {
      takeover = taken(ofB, lease).then(() => order.push('taken over'))
      await central.sql('SELECT pg_sleep(0.3)')
      order.push('written')
    })
    await takeover
    expect(order).toEqual(['written', 'taken over'])
    expect(await rows()).toBe(1)
    await expect(write(writer, 2)).rejects.toThrow('does not hold the lease')
  })

  test('does not happen to a lease that is held, or that somebody else has taken meanwhile', async () => {
    const [ofA, ofB] = [await leaseOf(A), await leaseOf(B)]
    const epoch = await taken(ofA)
    expect(await ofB.take((await ofB.look(STANDS_BY)).lease)).toBeUndefined()
    await ofA.release(epoch, B)
    const { lease } = await ofB.look(STANDS_BY)
    expect(lease).toMatchObject({ isReleased: true, wanted: B })
    await taken(ofB, lease)
    expect(await ofA.take(lease)).toBeUndefined()
    expect((await ofA.renew(epoch, ACTIVE)).lease).toMatchObject({ holder: B, isReleased: false })
  })

  test('of two that never had one succeeds for one of them', async () => {
    const sessions = [await leaseOf(A), await leaseOf(B)]
    const epochs = await Promise.all(sessions.map((session) => session.take(undefined)))
    expect(epochs.filter((epoch) => epoch !== undefined)).toHaveLength(1)
  })
})

test('a central that was restored hears of the newer epoch from its holder, and not of the older one', async () => {
  const [ofA, ofB] = [await leaseOf(A), await leaseOf(B)]
  const first = await taken(ofA)
  const [old] = await central.sql('SELECT * FROM edge_gateway.lease')
  await expire()
  const second = await taken(ofB, (await ofB.look(STANDS_BY)).lease)
  await central.sql(`UPDATE edge_gateway.lease SET holder = $1, epoch = $2, expires_at = $3`, [
    old?.holder,
    old?.epoch,
    old?.expires_at,
  ])
  await expect(write(await writerOf(B, second))).rejects.toThrow('does not hold the lease')
  expect((await ofB.renew(second, ACTIVE)).lease).toMatchObject({ holder: B, epoch: second })
  expect((await ofA.renew(first, ACTIVE)).lease).toMatchObject({ holder: B, epoch: second })
  await write(await writerOf(B, second))
  expect(await rows()).toBe(1)
})

describe('a link that is in doubt', () => {
  async function throughProxy(fence: Fence) {
    const proxy = await startTcpProxy(central.server)
    onTestFinished(() => proxy[Symbol.asyncDispose]())
    return { proxy, session: await sessionOf({ ...central.settingsVia(proxy), gateway: A }, fence) }
  }

  test('and has died without a word is left before anything has to be brought over it', async () => {
    const fence = createFence(PAIR, 5_000)
    const { proxy, session } = await throughProxy(fence)
    proxy.halfOpen()
    const asked = session.head()
    const failed = expect(asked).rejects.toMatchObject({ code: 'central-link', refusal: 'wait' })
    fence.doubt()
    await expect.poll(() => session.broken?.aborted, { timeout: 20_000 }).toBe(true)
    expect(session.broken?.reason).toMatchObject({ code: 'central-link' })
    await failed
  })

  test('and answers is kept, with the transaction that is under way', async () => {
    const fence = createFence(PAIR, 5_000)
    const { session } = await throughProxy(fence)
    fence.epoch = await taken(await leaseOf(A))
    await write(session, 1, async () => fence.doubt())
    fence.doubt()
    await write(session, 2)
    expect([await rows(), session.broken?.aborted]).toEqual([2, false])
  })
})

describe('millrace pair', () => {
  const site = () => pairFolder(central, A)
  const call = (action: string, cwd: string) =>
    callMillrace(['pair', action, '--config', 'gateway.yaml'], { cwd })

  test('shows who is active, and how the other one is', async () => {
    const cwd = site()
    expect(await call('show', cwd)).toMatchObject({ code: 0, out: 'line-1: nobody is active\n' })
    const [ofA, ofB] = [await leaseOf(A), await leaseOf(B)]
    await ofA.renew(await taken(ofA), ACTIVE)
    await ofB.look({ ...STANDS_BY, unready: 'it does not reach PRESS-07' })
    const { code, out } = await call('show', cwd)
    expect(code).toBe(0)
    expect(out).toContain('line-1: "line-1-a" is active')
    expect(out).toContain('line-1-b  stand-by, not ready: it does not reach PRESS-07')
  })

  test('hands over to nobody, and to none that is not ready', async () => {
    const cwd = site()
    expect(await call('hand-over', cwd)).toMatchObject({ code: 1 })
    const [ofA, ofB] = [await leaseOf(A), await leaseOf(B)]
    await ofA.renew(await taken(ofA), ACTIVE)
    expect((await call('hand-over', cwd)).err).toContain('no second gateway')
    await ofB.look({ ...STANDS_BY, unready: 'it is starting' })
    const { code, err } = await call('hand-over', cwd)
    expect(code).toBe(1)
    expect(err).toContain(
      '"line-1-b" is not ready to take over: it is starting\nto hand over all the same, stop',
    )
  })

  test('hands over: the active one is told who is wanted, and the command ends when that one holds the lease', async () => {
    const cwd = site()
    const [ofA, ofB] = [await leaseOf(A, 60_000), await leaseOf(B, 60_000)]
    const epoch = await taken(ofA)
    await ofA.renew(epoch, ACTIVE)
    await ofB.look(STANDS_BY)
    const handing = call('hand-over', cwd)
    await expect.poll(async () => (await ofA.renew(epoch, ACTIVE)).lease?.wanted, { timeout: 60_000 }).toBe(B)
    await ofA.release(epoch, B)
    await taken(ofB, (await ofB.look(STANDS_BY)).lease)
    expect(await handing).toMatchObject({
      code: 0,
      out: '"line-1-b" is the active gateway of pair line-1 now\n',
    })
  })
})
