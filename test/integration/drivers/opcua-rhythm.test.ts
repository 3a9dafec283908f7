/** Servers that publish and answer as seldom as they like. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import type { Reading } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, valuesOf } from '../../support/driver-bench.ts'
import { publishesSlowly } from '../../support/opcua-habits.ts'
import { NAMESPACE, startOpcUaServer } from '../../support/opcua-server.ts'

const opcUaDriver = createOpcUaDriver()
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-rhythm-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const int32 = (value: number) => ({ dataType: DataType.Int32, value })
const STATE = { name: 'state', dataType: 'Int32', initial: int32(0) } as const
const SIGNALS = { state: { at: `nsu=${NAMESPACE};s=state` } }

interface Stay {
  readonly readings: readonly Reading[]
  readonly quietMaxMs: number
  /** The longest time without a reading. */
  readonly longestQuietMs: number
  readonly sessions: number
  readonly activations: number
}

/** Stays connected to a server of this rhythm for a while, with one change in it, or fails where the link is lost. */
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
  const timers = [
    setTimeout(() => server.set('state', int32(1)), forMs / 3),
    setTimeout(() => abort.abort(), forMs),
  ]
  const readings: Reading[] = []
  for await (const reading of link) readings.push(reading)
  for (const timer of timers) clearTimeout(timer)
  const moments = [...readings.map(({ at }) => at.monoMs), systemClock.now().monoMs]
  return {
    readings,
    quietMaxMs: link.quietMaxMs ?? 0,
    longestQuietMs: Math.max(...moments.slice(1).map((ms, n) => ms - (moments[n] ?? ms))),
    sessions: server.requests('CreateSessionRequest'),
    activations: server.requests('ActivateSessionRequest'),
  }
}

test.concurrent.each([
  [10_000, 3],
  [5_000, 10],
  [1_000, 10],
])(
  'an idle machine stays in sight with keep-alives after %i ms × %i',
  async (intervalMs, count) => {
    const forMs = Number(process.env.MILLRACE_RHYTHM_MS ?? 27_000)
    const seen = await stay({}, { intervalMs, count, forMs })
    expect(valuesOf(seen.readings, 'state')).toEqual([0, 1])
    expect(seen.longestQuietMs).toBeLessThan(Math.max(12_000, 1.5 * intervalMs))
    expect(seen.quietMaxMs).toBeGreaterThan(seen.longestQuietMs)
    expect(seen).toMatchObject({ sessions: 1, activations: 1 })
  },
  120_000,
)

test.concurrent.each([10_000, 30_000])(
  'a server that is polled every %i ms keeps its one connection',
  async (pollMs) => {
    const settings = { mode: 'poll' }
    const seen = await stay(settings, { intervalMs: 0, count: 0, pollMs, forMs: 27_000 })
    expect(valuesOf(seen.readings, 'state').length).toBeGreaterThan(pollMs === 10_000 ? 1 : 0)
    expect(seen).toMatchObject({ sessions: 1, activations: 1 })
  },
  120_000,
)
