/**
 * A pair over many days of kills and cut links: each fact is in central once, nobody writes without the lease, the line is never long
 * alone, and central never long without what it does.
 */
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'
import { ModelCentral, ModelGateway, type PairMistakes } from './pair-model.ts'

const FAULTS = 12
const DAYS = 40
/** Some mistakes show on few days. */
const MISTAKE_DAYS_MAX = 250
/** A takeover, and what it takes to make a link again and to bring what is stored. */
const LATEST_MAX_MS = 20_000

interface DayFound {
  readonly findings: readonly string[]
  readonly takeovers: number
  readonly longestMs: number
  readonly latestMs: number
}

async function playDay(seed: number, mistakes: PairMistakes = {}): Promise<DayFound> {
  const random = createRandom(seed)
  const time = createVirtualTime(random)
  const central = new ModelCentral(time, mistakes)
  const gateways = ['a', 'b'].map((name) => new ModelGateway(name, central, time, mistakes))
  let fact = 0
  const machine = async () => {
    for (;;) {
      await time.sleep(1_000)
      central.happens(fact)
      for (const gateway of gateways) gateway.see(fact)
      fact += 1
    }
  }
  const pass = (ms: number, until?: () => boolean) => time.runUntil(time.now().monoMs + ms, until)
  for (const gateway of gateways) void gateway.start()
  await pass(25_000)
  void machine()
  await pass(5_000)
  // Faults come one at a time: one is active and has brought all to central, and the other one could take over.
  const isWhole = () =>
    gateways.every(({ isReady }) => isReady) && gateways.filter(({ isActive }) => isActive).length === 1
  const findings: string[] = []
  for (let count = 0; count < FAULTS; count += 1) {
    const gateway = gateways[random.next() < 0.5 ? 0 : 1]
    if (!gateway) continue
    const awayMs = random.next() < 0.5 ? random.next() * 3_000 : random.next() * 20_000
    const isKill = random.next() < 0.6
    if (isKill) gateway.kill()
    else gateway.isCut = true
    await pass(awayMs)
    if (isKill) void gateway.start()
    else gateway.isCut = false
    if (!(await pass(60_000, isWhole))) findings.push('the pair is not whole again')
    await pass(random.next() * 5_000)
  }
  await pass(30_000)
  const last = fact - 5
  for (let one = 0; one < last; one += 1) {
    const writers = central.written.get(one) ?? []
    if (writers.length !== 1) findings.push(`fact ${one} of ${last} is in central ${writers.length} times`)
  }
  for (const gateway of gateways)
    if (gateway.pending > 5) findings.push(`${gateway.name} does not get rid of ${gateway.pending} events`)
  return {
    findings: [...findings, ...central.strangers],
    takeovers: central.takeovers,
    longestMs: central.longestMs,
    latestMs: central.latestMs,
  }
}

test.each(Array.from({ length: DAYS }, (_, seed) => seed + 1))('day %i', async (seed) => {
  const { findings, takeovers, longestMs, latestMs } = await playDay(seed)
  expect(findings.slice(0, 5)).toEqual([])
  expect(takeovers).toBeGreaterThan(0)
  expect(longestMs).toBeLessThan(15_000)
  expect(latestMs).toBeLessThan(LATEST_MAX_MS)
})

test('a second computer of the same name, whose log central does not know, never gets the line', async () => {
  const time = createVirtualTime(createRandom(7))
  const central = new ModelCentral(time, {})
  const [a, b] = ['a', 'b'].map((name) => new ModelGateway(name, central, time, {}))
  const twin = new ModelGateway('a', central, time, {}, 'a restored')
  const pass = (ms: number) => time.runUntil(time.now().monoMs + ms)
  let fact = 0
  const see = async () => {
    for (;;) {
      await time.sleep(1_000)
      central.happens(fact)
      for (const gateway of [a, b, twin]) gateway?.see(fact)
      fact += 1
    }
  }
  void a?.start()
  await pass(20_000)
  void b?.start()
  void see()
  await pass(20_000)
  const { takeovers } = central
  void twin.start()
  await pass(60_000)
  expect([a?.isActive, twin.isActive, central.takeovers]).toEqual([true, false, takeovers])
  expect(central.news('b').gateways.find(({ gateway }) => gateway === 'a')?.role).toBe('active')
  // The one whose log it is goes: the other gateway of the pair takes over, and not the twin.
  a?.kill()
  await pass(60_000)
  expect([b?.isActive, twin.isActive, central.takeovers]).toEqual([true, false, takeovers + 1])
  const writers = Array.from({ length: fact - 5 }, (_, one) => central.written.get(one)?.length ?? 0)
  expect(writers).toEqual(writers.map(() => 1))
})

test('three gateways of one pair say so, until the third one has been silent for a minute', async () => {
  const time = createVirtualTime(createRandom(8))
  const central = new ModelCentral(time, {})
  const gateways = ['a', 'b', 'c'].map((name) => new ModelGateway(name, central, time, {}))
  const said = () => gateways.map(({ troubles }) => troubles.includes('pair-crowded'))
  const pass = (ms: number) => time.runUntil(time.now().monoMs + ms)
  for (const gateway of gateways) void gateway.start()
  await pass(30_000)
  expect(said()).toEqual([true, true, true])
  expect(gateways.filter(({ isActive }) => isActive)).toHaveLength(1)
  gateways.find(({ isActive }) => !isActive)?.kill()
  await pass(30_000)
  expect(said().filter(Boolean)).toHaveLength(2)
  await pass(35_000)
  expect(said()).toEqual([false, false, false])
})

describe('a mistake is found', () => {
  const mistakes: readonly (readonly [string, PairMistakes])[] = [
    ['the lease is checked outside of the transaction', { checksLeaseBefore: true }],
    ["a client's clock says whether the lease has expired", { clientClockMs: -60_000 }],
    ['the old tail is pushed after a takeover', { pushesOldTail: true }],
    ['a gateway that stands by stores', { standByStores: true }],
    ['a link on which nothing was sent is trusted after a takeover', { trustsIdleLink: true }],
  ]

  test.each(mistakes)('%s', async (_, mistake) => {
    for (let seed = 1; seed <= MISTAKE_DAYS_MAX; seed += 1) {
      const { findings, longestMs, latestMs } = await playDay(seed, mistake)
      if (findings.length > 0 || longestMs >= 15_000 || latestMs >= LATEST_MAX_MS) return
    }
    expect.unreachable('no day has found it')
  })
})
