/** The link to central: held, dropped, half open, reset, slow and in pieces, at the commit and at rest. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type Delivery, startDelivery } from '../../support/delivery.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { beginAnew, expectExactly, landed, minutes } from './rows.ts'

const PATIENCE_MS = 120_000
/** Shorter than the product's own, so that nobody waits for half a minute; that those are below 30 s is held elsewhere. */
const LIMITS = { connectMs: 2_000, answerMs: 2_000 }
const isCommit = (bytes: Buffer) => bytes.includes('COMMIT')

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAnew(central))

function via(proxy: TcpProxy, limits = LIMITS): CentralSettings {
  const settings = central.settingsVia(proxy)
  return { ...settings, connection: { ...settings.connection, limits } }
}

/** Resolves when the gateway has given a link up and makes the next one. */
async function untilNextLink({ until }: Delivery, proxy: TcpProxy): Promise<void> {
  const before = proxy.accepted
  await until(() => proxy.accepted > before, PATIENCE_MS)
}

describe('[E3] a COMMIT that is delivered after the gateway has connected again', () => {
  test('while its transaction still holds the stream: it counts, and nothing is sent twice', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using proxy = await startTcpProxy(central.server)
    const delivery = await startDelivery(via(proxy), minutes(0, 3))
    await delivery.untilEmpty()
    const stranding = proxy.strandAt(isCommit)
    await delivery.store(minutes(3, 6))
    const commit = await stranding
    await untilNextLink(delivery, proxy)
    expect(await landed(central)).toBe(3)
    await commit.deliver()
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 6)
  })

  test('when the server has given its transaction up: it does nothing, and the rows are sent again', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using proxy = await startTcpProxy(central.server)
    const delivery = await startDelivery(via(proxy), minutes(0, 3))
    await delivery.untilEmpty()
    const stranding = proxy.strandAt(isCommit)
    await delivery.store(minutes(3, 6))
    const commit = await stranding
    // What idle_in_transaction_session_timeout does after 30 s.
    await central.sql(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE state = 'idle in transaction'`,
    )
    await delivery.untilEmpty(PATIENCE_MS)
    await commit.deliver()
    await delivery.store(minutes(6, 8))
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 8)
  })
})

test('[E2] a COMMIT that was done and whose answer is lost is not done again', {
  timeout: PATIENCE_MS,
}, async () => {
  await using proxy = await startTcpProxy(central.server)
  const delivery = await startDelivery(via(proxy), minutes(0, 2))
  await delivery.untilEmpty()
  const cut = proxy.cutAt(isCommit, 'before-answer')
  await delivery.store(minutes(2, 5))
  await cut
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 5)
})

describe('[E4] a link of which the other end is gone without a word', () => {
  test('while nothing is asked', { timeout: PATIENCE_MS }, async () => {
    await using proxy = await startTcpProxy(central.server)
    const delivery = await startDelivery(via(proxy), minutes(0, 2))
    await delivery.untilEmpty()
    proxy.halfOpen()
    await delivery.store(minutes(2, 4))
    await delivery.untilEmpty(PATIENCE_MS)
    await expectExactly(central, 4)
  })

  test.each(['to-client', 'to-server'] as const)(
    'in the middle of a batch (%s)',
    {
      timeout: PATIENCE_MS,
    },
    async (direction) => {
      await using proxy = await startTcpProxy(central.server)
      const delivery = await startDelivery(via(proxy), minutes(0, 2))
      await delivery.untilEmpty()
      proxy.impair(direction, { kind: 'drop' })
      await delivery.store(minutes(2, 4))
      await untilNextLink(delivery, proxy)
      proxy.repair()
      await delivery.untilEmpty(PATIENCE_MS)
      await expectExactly(central, 4)
    },
  )
})

test('[F8] a transaction that is begun late, over a link that was given up, holds the stream for 30 s and no longer', {
  timeout: PATIENCE_MS,
}, async () => {
  await using proxy = await startTcpProxy(central.server)
  const delivery = await startDelivery(via(proxy), minutes(0, 2))
  await delivery.untilEmpty()
  proxy.impair('to-server', { kind: 'hold' })
  await delivery.store(minutes(2, 4))
  await untilNextLink(delivery, proxy)
  proxy.repair()
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 4)
})

test('[E5] a link that is reset in the middle of every batch, and refused in between, makes progress all the same', {
  timeout: PATIENCE_MS,
}, async () => {
  const rounds = 5
  await using proxy = await startTcpProxy(central.server)
  const delivery = await startDelivery(via(proxy), minutes(0, 50))
  for (let round = 1; round <= rounds; round += 1) {
    await delivery.store(minutes(50 * round, 50 * (round + 1)))
    const cut = proxy.cutAt(isCommit, round % 2 === 0 ? 'after-forwarding' : 'before-forwarding')
    await cut
    proxy.refuse()
    await delivery.until(() => delivery.uploader.health().summary.state !== 'connected', PATIENCE_MS)
    proxy.repair()
  }
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 50 * (rounds + 1))
})

// Bound: ROWS_MIN
test('[E6] over 4 KB a second, answers byte by byte, a backlog lands in batches that fit', {
  timeout: PATIENCE_MS,
}, async () => {
  await using proxy = await startTcpProxy(central.server)
  const delivery = await startDelivery(via(proxy, { connectMs: 10_000, answerMs: 6_000 }), minutes(0, 2))
  await delivery.untilEmpty()
  proxy.impair('to-server', { kind: 'rate', bytesPerSecond: 4_000 })
  proxy.impair('to-client', { kind: 'chop', bytes: 1 })
  await delivery.store(minutes(2, 60))
  await delivery.until(async () => (await landed(central)) > 2, PATIENCE_MS)
  proxy.repair()
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 60)
})

test('[E6] with 150 ms of delay either way', { timeout: PATIENCE_MS }, async () => {
  await using proxy = await startTcpProxy(central.server)
  proxy.impair('to-server', { kind: 'delay', ms: 150 })
  proxy.impair('to-client', { kind: 'delay', ms: 150 })
  const settings = central.settingsVia(proxy)
  const delivery = await startDelivery(settings, minutes(0, 20))
  await delivery.untilEmpty(PATIENCE_MS)
  await expectExactly(central, 20)
})
