/** Servers, and machines behind them, whose clocks are off or say nothing: every change has its true time all the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, StatusCodes } from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import type { Reading, Sample } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, readUntil, samplesOf } from '../../support/driver-bench.ts'
import { type HeldUp, watchHeldUp } from '../../support/held-up.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 240_000 })

const opcUaDriver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-clock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const HOUR_MS = 3_600_000
/** Short faults and long ones, in ms. */
const CHANGES = [400, 1_300, 400, 700, 2_000, 400, 900, 3_000, 500, 600]
/** What sampling and publishing take together. */
const EDGE_MAX_MS = 700
/** A change is sampled, published and taken in: each of these may be held up, all of them in this process. */
const HELD_UP_TIMES = 3

const int32 = (value: number) => ({ dataType: DataType.Int32, value })

function variable(name: string) {
  return { name, dataType: 'Int32', initial: int32(0) } as const
}

function connect(server: OpcUaTestServer, name: string, settings: object = {}) {
  const signals = { state: { at: `nsu=${NAMESPACE};s=${name}` } }
  const device = deviceOf(opcUaDriver, { url: server.url, security: 'None', ...settings }, signals, 100)
  return opcUaDriver.connect(device, driverContext(folder), new AbortController().signal)
}

/** Changes the values 1, 2, 3… of all variables together. @returns when, by our clock */
async function play(set: (value: number) => void): Promise<readonly number[]> {
  const times: number[] = []
  await systemClock.sleep(500)
  for (const [n, ms] of CHANGES.entries()) {
    set(n + 1)
    times.push(Date.now())
    // In full, however late it was itself: the server has to sample each value.
    await systemClock.sleep(ms)
  }
  return times
}

/** What a link shows, from its first value on. */
interface Followed {
  /** When the state changed, as the link says. */
  readonly edges: Promise<readonly number[]>
}

/** Resolves once the first value has come: on a busy computer that takes its time, and the first change must not be before. */
async function follow(link: Awaited<ReturnType<typeof connect>>): Promise<Followed> {
  const begun = Promise.withResolvers<void>()
  const all = readUntil(link, (readings) => {
    if (goodOf(readings).length > 0) begun.resolve()
    return goodOf(readings).some(({ value }) => value === CHANGES.length)
  })
  await Promise.race([begun.promise, all])
  return { edges: all.then(edgesOf) }
}

function goodOf(readings: readonly Reading[]): readonly Sample[] {
  return samplesOf(readings, 'state').filter(({ quality }) => quality === 'good')
}

function edgesOf(readings: readonly Reading[]): readonly number[] {
  const samples = goodOf(readings)
  expect(samples.map(({ value }) => value)).toEqual([0, ...CHANGES.map((_, n) => n + 1)])
  return samples.slice(1).map(({ at }) => at.wallMs)
}

function edgeMaxMs({ maxMs }: HeldUp): number {
  return EDGE_MAX_MS + HELD_UP_TIMES * maxMs
}

function worst(edges: readonly number[], times: readonly number[]): number {
  return Math.max(...times.map((ms, n) => Math.abs((edges[n] ?? 0) - ms)))
}

test.concurrent.each([-1_500, -3_000, -6_000, 3_000, HOUR_MS])(
  'edges are true at a server whose clock is %i ms ahead',
  async (clockMs) => {
    await using server = await startOpcUaServer({ folder, variables: [variable('state')], clockMs })
    await using link = await connect(server, 'state')
    const heldUp = watchHeldUp()
    const { edges } = await follow(link)
    const times = await play((value) => server.set('state', int32(value)))
    expect(worst(await edges, times)).toBeLessThan(edgeMaxMs(heldUp))
  },
)

// Fault of the catalogue: [A5]
test.concurrent('edges are true where machines behind a server have clocks of their own, or none', async () => {
  const stamps: Readonly<Record<string, () => Date | undefined>> = {
    ...Object.fromEntries(
      [-HOUR_MS, -6_000, -4_500, -3_000, -1_500, 3_000, HOUR_MS].map((aheadMs) => [
        `${aheadMs} ms ahead`,
        () => new Date(Date.now() + aheadMs),
      ]),
    ),
    frozen: () => new Date('2026-01-01T00:00:00Z'),
    'never set': () => new Date('1601-01-01T00:00:00Z'),
  }
  const names = Object.keys(stamps)
  await using server = await startOpcUaServer({ folder, variables: names.map(variable) })
  const links = await Promise.all(names.map((name) => connect(server, name)))
  const heldUp = watchHeldUp()
  const followed = await Promise.all(links.map(follow))
  const times = await play((value) => {
    for (const name of names) server.set(name, int32(value), StatusCodes.Good, stamps[name]?.())
  })
  const errors = (await Promise.all(followed.map(({ edges }) => edges))).map(
    (of, n) => [names[n], worst(of, times)] as const,
  )
  for (const link of links) await link[Symbol.asyncDispose]()
  expect(errors.filter(([, errorMs]) => errorMs >= edgeMaxMs(heldUp))).toEqual([])
})

// Fault of the catalogue: [D5]
test.concurrent('a server whose clock is set while it runs is followed, and no edge is far off', async () => {
  await using server = await startOpcUaServer({ folder, variables: [variable('state')] })
  await using subscribed = await connect(server, 'state')
  await using polled = await connect(server, 'state', { mode: 'poll' })
  const heldUp = watchHeldUp()
  const followed = await Promise.all([subscribed, polled].map(follow))
  const times = await play((value) => {
    if (value === 4) server.setClock(-HOUR_MS)
    if (value === 8) server.setClock(4_000)
    server.set('state', int32(value))
  })
  for (const seen of await Promise.all(followed.map(({ edges }) => edges)))
    expect(worst(seen, times)).toBeLessThan(edgeMaxMs(heldUp))
})
