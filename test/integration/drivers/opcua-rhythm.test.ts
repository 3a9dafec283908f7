/** Servers that publish and answer as seldom as they like. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import type { Reading } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, samplesOf, valuesOf } from '../../support/driver-bench.ts'
import { type HeldUp, watchHeldUp } from '../../support/held-up.ts'
import { publishesSlowly } from '../../support/opcua-habits.ts'
import { NAMESPACE, startOpcUaServer } from '../../support/opcua-server.ts'

const opcUaDriver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-rhythm-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const CHANGES_APART_MS = 2_500
/** An edge is exact to some milliseconds, unless the computer is so busy that the server itself is late. */
const EDGE_MAX_MS = 1_000
/** A change is sampled, published and taken in: each of these may be held up, all of them in this process. */
const HELD_UP_TIMES = 3

const int32 = (value: number) => ({ dataType: DataType.Int32, value })
const STATE = { name: 'state', dataType: 'Int32', initial: int32(0) } as const
const SIGNALS = { state: { at: `nsu=${NAMESPACE};s=state` } }

interface Stay {
  readonly readings: readonly Reading[]
  /** When the state changed to 1, 2 and 3, by our clock. */
  readonly changedMs: readonly number[]
  readonly quietMaxMs: number
  /** The longest time without a reading. */
  readonly longestQuietMs: number
  readonly sessions: number
  readonly activations: number
  readonly heldUp: HeldUp
}

/** Stays connected to a server of this rhythm for a while, with three changes in it, or fails where the link is lost. */
async function stay(
  settings: object,
  {
    intervalMs,
    count,
    forMs,
    pollMs = 250,
  }: { intervalMs: number; count: number; forMs: number; pollMs?: number },
): Promise<Stay> {
  await using server = await startOpcUaServer({ folder, variables: [STATE] })
  server.teach(publishesSlowly(intervalMs, count))
  const device = deviceOf(opcUaDriver, { url: server.url, security: 'None', ...settings }, SIGNALS, pollMs)
  const abort = new AbortController()
  await using link = await opcUaDriver.connect(device, driverContext(folder), abort.signal)
  const changedMs: number[] = []
  const change = (value: number) => {
    server.set('state', int32(value))
    changedMs.push(Date.now())
  }
  const timers = [
    ...[1, 2, 3].map((value) => setTimeout(() => change(value), forMs / 3 + (value - 1) * CHANGES_APART_MS)),
    setTimeout(() => abort.abort(), forMs),
  ]
  const heldUp = watchHeldUp()
  const readings: Reading[] = []
  for await (const reading of link) readings.push(reading)
  for (const timer of timers) clearTimeout(timer)
  const moments = [...readings.map(({ at }) => at.monoMs), systemClock.now().monoMs]
  return {
    readings,
    changedMs,
    quietMaxMs: link.quietMaxMs ?? 0,
    longestQuietMs: Math.max(...moments.slice(1).map((ms, n) => ms - (moments[n] ?? ms))),
    sessions: server.requests('CreateSessionRequest'),
    activations: server.requests('ActivateSessionRequest'),
    heldUp,
  }
}

test.concurrent.each([
  [10_000, 3],
  [5_000, 10],
  [1_000, 10],
])(
  'a machine that rests stays in sight with keep-alives after %i ms × %i, and its changes are exact',
  async (intervalMs, count) => {
    const forMs = Number(process.env.MILLRACE_RHYTHM_MS ?? 27_000)
    const seen = await stay({}, { intervalMs, count, forMs })
    const samples = samplesOf(seen.readings, 'state')
    expect(samples.map(({ value }) => value)).toEqual([0, 1, 2, 3])
    const heldUpMs = HELD_UP_TIMES * seen.heldUp.maxMs
    for (const [n, ms] of seen.changedMs.entries()) {
      expect(Math.abs((samples[n + 1]?.at.wallMs ?? 0) - ms)).toBeLessThan(EDGE_MAX_MS + heldUpMs)
    }
    expect(seen.longestQuietMs).toBeLessThan(Math.max(12_000, 1.5 * intervalMs) + heldUpMs)
    expect(seen.quietMaxMs).toBeGreaterThan(seen.longestQuietMs)
    expect(seen).toMatchObject({ sessions: 1, activations: 1 })
  },
  240_000,
)

test.concurrent.each([10_000, 30_000])(
  'a server that is polled every %i ms keeps its one connection',
  async (pollMs) => {
    const settings = { mode: 'poll' }
    const seen = await stay(settings, { intervalMs: 0, count: 0, pollMs, forMs: 27_000 })
    expect(valuesOf(seen.readings, 'state').length).toBeGreaterThan(pollMs === 10_000 ? 1 : 0)
    expect(seen).toMatchObject({ sessions: 1, activations: 1 })
  },
  240_000,
)
