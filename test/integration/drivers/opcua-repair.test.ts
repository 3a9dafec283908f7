/** What happens at a machine while its OPC UA server cannot be reached, and the server keeps it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import type { LinkLost } from '../../../src/domain/errors.ts'
import type { Reading, Sample } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, readUntil, samplesOf, valuesOf } from '../../support/driver-bench.ts'
import { type HeldUp, watchHeldUp } from '../../support/held-up.ts'
import {
  countsKeepAlives,
  forgetsMessages,
  republishesEmptily,
  stampsNoSource,
  withholds,
} from '../../support/opcua-habits.ts'
import {
  NAMESPACE,
  type OpcUaHabit,
  type OpcUaTestServer,
  type OpcUaTestServerOptions,
  startOpcUaServer,
} from '../../support/opcua-server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

/** A server and a client that encrypt are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 240_000 })

/** How often each kind of cut is tried at once. */
const REPEATED = Number(process.env.MILLRACE_CUTS ?? 1)
const opcUaDriver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-repair-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const int32 = (value: number) => ({ dataType: DataType.Int32, value })
const STATE = { name: 'state', dataType: 'Int32', initial: int32(0) } as const
const SIGNALS = { state: { at: `nsu=${NAMESPACE};s=state` } }

function start(more: Partial<OpcUaTestServerOptions> = {}): Promise<OpcUaTestServer> {
  return startOpcUaServer({ folder, variables: [STATE], ...more })
}

function connect(port: number, pollMs = 100) {
  const settings = { url: `opc.tcp://127.0.0.1:${port}`, security: 'None' }
  const device = deviceOf(opcUaDriver, settings, SIGNALS, pollMs)
  return opcUaDriver.connect(device, driverContext(folder), new AbortController().signal)
}

/**
 * Reads until it is enough. Resolves once the first value has come: on a busy computer that takes its time, and nothing may happen
 * before.
 */
async function begin(
  link: Awaited<ReturnType<typeof connect>>,
  isEnough: (readings: readonly Reading[]) => boolean,
): Promise<{ readonly readings: Promise<readonly Reading[]> }> {
  const begun = Promise.withResolvers<void>()
  const readings = readUntil(link, (all) => {
    if (valuesOf(all, 'state').includes(0)) begun.resolve()
    return isEnough(all)
  })
  await Promise.race([begun.promise, readings])
  return { readings }
}

/** Sets the state to 1, 2, 3… at these times from now. @returns when it did so, by our clock */
async function play(server: OpcUaTestServer, atMs: readonly number[]): Promise<readonly number[]> {
  const startMs = Date.now()
  const done: number[] = []
  for (const [n, ms] of atMs.entries()) {
    await systemClock.sleep(Math.max(0, startMs + ms - Date.now()))
    server.set('state', int32(n + 1))
    done.push(Date.now())
  }
  return done
}

/** An edge is exact to some milliseconds, unless the computer is so busy that the server itself is late. */
const EDGE_MAX_MS = 1_000
/** A change is sampled, published and taken in: each of these may be held up, all of them in this process. */
const HELD_UP_TIMES = 3

function edgeMaxMs({ maxMs }: HeldUp): number {
  return EDGE_MAX_MS + HELD_UP_TIMES * maxMs
}

/** By how much the times of samples differ from the true ones, at most. */
function worstErrorMs(samples: readonly Sample[], trueMs: readonly number[]): number {
  const errors = trueMs.map((ms, n) => Math.abs((samples[n]?.at.wallMs ?? 0) - ms))
  return Math.max(...errors)
}

function expectComplete(readings: readonly Reading[]): void {
  let completeToMs = Number.NEGATIVE_INFINITY
  for (const { at, completeTo, samples } of readings) {
    for (const sample of samples) {
      expect(sample.at.monoMs).toBeGreaterThanOrEqual(completeToMs)
      expect(sample.at.monoMs).toBeLessThanOrEqual(at.monoMs)
    }
    expect(completeTo.monoMs).toBeGreaterThanOrEqual(completeToMs)
    expect(completeTo.monoMs).toBeLessThanOrEqual(at.monoMs)
    completeToMs = completeTo.monoMs
  }
}

/** What becomes of what is on its way, and of the connection, when the cable is out. */
const CUTS = [
  { kind: 'hold', isReset: false },
  { kind: 'hold', isReset: true },
  { kind: 'drop', isReset: true },
] as const

/** A cable that is out for 12 s after a quiet time, with two stops inside. Two machines share the server's session. */
async function cutCable(
  { kind, isReset }: (typeof CUTS)[number],
  { clockMs = 0, habit = {} }: { readonly clockMs?: number; readonly habit?: OpcUaHabit },
): Promise<void> {
  await using server = await start({ clockMs })
  server.teach(habit)
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using one = await connect(proxy.port)
  await using other = await connect(proxy.port)
  const isEnough = (all: readonly Reading[]) => valuesOf(all, 'state').includes(4)
  const begun = await Promise.all([one, other].map((link) => begin(link, isEnough)))
  const heldUp = watchHeldUp()
  // Keep-alives only, so that their numbers have been seen.
  await systemClock.sleep(5_000 + 2_000 * Math.random())
  for (const direction of ['to-server', 'to-client'] as const) proxy.impair(direction, { kind })
  const [times] = await Promise.all([play(server, [1_000, 4_000, 6_000, 9_000]), systemClock.sleep(12_000)])
  if (isReset) proxy.reset()
  proxy.repair()
  for (const all of await Promise.all(begun.map(({ readings }) => readings))) {
    const samples = samplesOf(all, 'state').slice(1)
    expect(samples.map(({ value }) => value)).toEqual([1, 2, 3, 4])
    expect(worstErrorMs(samples, times)).toBeLessThan(edgeMaxMs(heldUp))
    expectComplete(all)
  }
  expect(server.requests('CreateSessionRequest')).toBe(1)
}

for (const clockMs of [0, -3_000]) {
  const clock = clockMs === 0 ? 'right' : '3 s behind'
  // Fault of the catalogue: [A1]
  test.concurrent(`two stops during a cut of 12 s keep their times, server's clock ${clock}`, async () => {
    const cuts = Array.from({ length: REPEATED }, () => CUTS).flat()
    await Promise.all(cuts.map((cut) => cutCable(cut, { clockMs })))
  })
}

test.concurrent('two stops during a cut keep their times at a server that gives no time of the source', async () => {
  await Promise.all(CUTS.map((cut) => cutCable(cut, { habit: stampsNoSource() })))
})

test.concurrent('after a reset, a server that repeats empty messages is read again, and not flooded', async () => {
  await using server = await start()
  server.teach(forgetsMessages())
  server.teach(republishesEmptily())
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using connection = await connect(proxy.port)
  const heldUp = watchHeldUp()
  const { readings } = await begin(connection, (all) => valuesOf(all, 'state').includes(2))
  await systemClock.sleep(3_000)
  proxy.reset()
  await systemClock.sleep(1_500)
  const times = await play(server, [0, 2_000])
  expect(worstErrorMs(samplesOf(await readings, 'state').slice(1), times)).toBeLessThan(edgeMaxMs(heldUp))
  expect(server.requests('RepublishRequest')).toBeLessThan(5)
})

test.concurrent('a message that did not come is fetched, and its values keep their place', async () => {
  await using server = await start()
  server.teach(withholds(3))
  await using connection = await connect(server.port)
  const { readings } = await begin(connection, (all) => valuesOf(all, 'state').includes(4))
  await play(server, [1_000, 3_000, 5_000, 7_000])
  expect(valuesOf(await readings, 'state')).toEqual([0, 1, 2, 3, 4])
  expectComplete(await readings)
  expect(server.requests('RepublishRequest')).toBe(1)
})

test.concurrent('a server that counts its keep-alives keeps its session, and no change is lost', async () => {
  await using server = await start()
  server.teach(countsKeepAlives())
  await using connection = await connect(server.port)
  const { readings } = await begin(connection, (all) => valuesOf(all, 'state').includes(3))
  await play(server, [4_000, 8_000, 9_000])
  expect(valuesOf(await readings, 'state')).toEqual([0, 1, 2, 3])
  expect(server.requests('CreateSessionRequest')).toBe(1)
})

// Fault of the catalogue: [A3]
test.concurrent('messages that the server does not have any more end the link', async () => {
  await using server = await start()
  server.teach(forgetsMessages())
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using connection = await connect(proxy.port)
  const end = readUntil(connection, () => false).catch((error: LinkLost) => error.code)
  await systemClock.sleep(4_000)
  proxy.impair('to-client', { kind: 'drop' })
  await play(server, [500, 1_000, 1_500])
  proxy.reset()
  proxy.repair()
  expect(await end).toBe('link-gap')
})
