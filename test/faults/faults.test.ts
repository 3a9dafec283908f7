import { expect, onTestFinished, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { faultRun, type Outcome } from './fault-run.ts'
import { cutAtCommits, killAtRandom, restoreCentral, seededRandom, stopCentral } from './faults.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31
const MINUTES_MS = 60_000

// Fault of the catalogue: [B1]
test(
  'killed 20 times at random moments, the gateway loses nothing and doubles nothing',
  async () => {
    const outcome = await faultRun({ seed: SEED }, (line) => killAtRandom(line, 20, seededRandom(SEED)))
    expectClean(outcome)
  },
  6 * MINUTES_MS,
)

// Fault of the catalogue: [E1]
test(
  'while PostgreSQL is away for 20 s, everything waits and then lands',
  async () => {
    const outcome = await faultRun({ seed: SEED + 1 }, (line) => stopCentral(line, 20_000))
    expectClean(outcome)
  },
  4 * MINUTES_MS,
)

// Fault of the catalogue: [E2]
test(
  'a link that is cut at the commit, 12 times, doubles nothing',
  async () => {
    let proxy: TcpProxy | undefined
    onTestFinished(() => proxy?.[Symbol.asyncDispose]())
    const centralVia = async (server: { host: string; port: number }) => {
      proxy = await startTcpProxy({ host: server.host, port: server.port })
      return proxy
    }
    const outcome = await faultRun({ seed: SEED + 2, centralVia }, async () => {
      if (proxy) await cutAtCommits(proxy, 12, seededRandom(SEED))
    })
    expectClean(outcome)
  },
  6 * MINUTES_MS,
)

// Fault of the catalogue: [F4]
test(
  'a central that was put back to an older copy is filled up again',
  async () => {
    const outcome = await faultRun({ seed: SEED + 3 }, (line) => restoreCentral(line, 12_000))
    expectClean(outcome)
  },
  4 * MINUTES_MS,
)

function expectClean(outcome: Outcome): void {
  const { report, evidenceFile, drained, exitCode, writeRequests, log, logFaults, health } = outcome
  const { missing, extra, duplicates, wrong } = report
  const context = `seed ${SEED}, ${JSON.stringify(report.truth)} happened, ${JSON.stringify(report.central)} in central, ${evidenceFile ?? ''}\n${log}`
  expect({ missing, extra, duplicates, wrong }, context).toEqual({
    missing: [],
    extra: [],
    duplicates: [],
    wrong: [],
  })
  expect(report.truth.transitions, context).toBeGreaterThan(20)
  expect({ drained, exitCode, writeRequests }, context).toEqual({
    drained: true,
    exitCode: 0,
    writeRequests: 0,
  })
  expect({ logFaults, health }, context).toEqual({ logFaults: [], health: 'healthy' })
}
