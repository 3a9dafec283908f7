/** Faults, each as a function that causes it on a running line. All random choices come from the seed. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { withClient } from '../../src/demo/central-rows.ts'
import type { Line } from '../../src/demo/line.ts'
import type { Report } from '../../src/demo/reconcile/report.ts'
import type { CutPoint, TcpProxy } from '../support/tcp-proxy.ts'

export type Random = () => number

/** Mulberry32: small, and good enough to choose moments. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A gateway lives up to this long between two kills: sometimes not even until it has started. */
const LIFE_MAX_MS = 4_500
/** It stays dead up to this long. */
const DEATH_MAX_MS = 800

export async function killAtRandom(line: Line, kills: number, random: Random): Promise<void> {
  for (let count = 0; count < kills; count += 1) {
    await wait(random() * LIFE_MAX_MS)
    await line.gateway.kill()
    await wait(random() * DEATH_MAX_MS)
    line.gateway.start()
  }
}

/** Long enough that something is missed, and that connections are given up by the other side now and then. */
const FROZEN_MAX_MS = 6_000
const THAWED_MAX_MS = 6_000

/** The process does nothing for a while, as where a computer is suspended or has no time for it. */
export async function freezeAtRandom(line: Line, freezes: number, random: Random): Promise<void> {
  for (let count = 0; count < freezes; count += 1) {
    await wait(random() * THAWED_MAX_MS)
    line.gateway.freeze()
    await wait(random() * FROZEN_MAX_MS)
    line.gateway.thaw()
  }
}

/** The machine at which the people of the line scan. */
const SCANNED_MACHINE = 'PRESS-07'
const FROM_SCANS = /work order|reason|became/
/** What they scan of a stop that explains itself by nothing; no PLC of the line says any of it. */
const WITH_SCANNED_REASON = /^down(?:time)? \(?(?:waiting_for_material|sheet_jammed|sample_to_quality)\)?$/

/**
 * A day on which the gateway was frozen, without what its people have scanned. A scan of that time is taken in at the thaw, and may be
 * taken in before what the machine showed when it began: the order or the reason of such a row is that of the later moment, or of a
 * stop before that. Nobody writes down when a scan reaches a frozen process, so it cannot be judged.
 */
export function withoutScans(report: Report): Report {
  const isFrom = (pattern: RegExp) => (finding: Report['wrong'][number]) =>
    finding.machine === SCANNED_MACHINE && pattern.test(finding.what)
  return {
    ...report,
    wrong: report.wrong.filter((finding) => !isFrom(FROM_SCANS)(finding)),
    extra: report.extra.filter((finding) => !isFrom(WITH_SCANNED_REASON)(finding)),
  }
}

/** PostgreSQL stops as after a power cut, and is started again after a while. */
export async function stopCentral(line: Line, awayMs: number): Promise<void> {
  await wait(5_000)
  await line.central.stop('immediate')
  await wait(awayMs)
  await line.central.start()
  await wait(5_000)
}

/** Sometimes the very next commit is cut too, sometimes several get through before. */
const PEACE_MAX_MS = 3_000

const CUT_POINTS: readonly CutPoint[] = ['before-answer', 'after-forwarding', 'before-forwarding']
/** A commit comes with every change of a machine's status; after this long without one the gateway does not push. */
const COMMIT_MAX_MS = 90_000

/** The link breaks at the commit: nobody on this side can know whether it was done. */
export async function cutAtCommits(proxy: TcpProxy, cuts: number, random: Random): Promise<void> {
  for (let count = 0; count < cuts; count += 1) {
    await wait(random() * PEACE_MAX_MS)
    const point = CUT_POINTS[count % CUT_POINTS.length] ?? 'before-answer'
    const cut = proxy.cutAt((bytes) => /COMMIT/i.test(bytes.toString('latin1')), point)
    const lost = wait(COMMIT_MAX_MS, 'no commit came', { ref: false })
    if ((await Promise.race([cut, lost])) === 'no commit came') {
      throw new Error(`cut ${count + 1} of ${cuts}: no commit came within ${COMMIT_MAX_MS / 1000} s`)
    }
  }
}

/** Central's data folder is replaced with a copy that is `olderMs` old, so that it forgets what it had acknowledged. */
export async function restoreCentral(line: Line, olderMs: number): Promise<void> {
  const copy = join(line.folder, 'older-copy')
  await wait(5_000)
  const known = await countRestores(line)
  await line.central.stop('fast')
  await line.central.snapshot(copy)
  await line.central.start()
  await wait(olderMs)
  await line.central.stop('immediate')
  await line.central.restore(copy)
  await line.central.start()
  await untilRestoreIsKnown(line, known)
}

const NOTICED_MAX_MS = 60_000

/** Waits for the incident by which the gateway records that central was behind: the proof that the copy was really older. */
async function untilRestoreIsKnown(line: Line, known: number): Promise<void> {
  const deadlineMs = performance.now() + NOTICED_MAX_MS
  while ((await countRestores(line)) === known) {
    if (performance.now() > deadlineMs)
      throw new Error('the gateway did not notice that central was put back')
    await wait(200)
  }
}

async function countRestores(line: Line): Promise<number> {
  return await withClient(line.auditor, async (client) => {
    const found = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM edge_gateway.incident WHERE kind = 'restore'`,
    )
    return found.rows[0]?.count ?? 0
  })
}
