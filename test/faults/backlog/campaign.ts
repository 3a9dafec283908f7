/** Millions of events wait in the log of a real gateway: how long its start takes, what memory it needs, and whether all of them land. */
import { statSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type Daemon, type DaemonSite, daemonSite } from '../daemon.ts'
import { landedSeq } from '../landed.ts'
import { peakMb, residentMb } from '../resident-memory.ts'
import { writeBacklog } from './written.ts'

/** Long enough that the process has come to the memory that draining takes, whatever the length. */
const SHORT = 200_000
/** A start may take so much longer than with a short backlog: the end of a long log is checked, and not all of it. */
const START_MORE_MAX_MS = 5_000
/** The length of a backlog may cost so much: pages of the file that the system keeps for it, and chance. */
const MEMORY_MORE_MAX_MB = 64
const LOOK_EVERY_MS = 1_000
const SECTIONS = 'buffer: {max_size: 1TB}\n'

/** @returns whether everything landed, with no more memory and hardly more time than a short backlog needs */
export async function backlogCampaign(count: number): Promise<boolean> {
  // Beside other programs the time of a start says nothing of the log.
  const isQuiet = (loadavg()[0] ?? 0) <= availableParallelism()
  const short = await withBacklog(SHORT)
  const long = await withBacklog(count)
  const startMoreMs = long.startMs - short.startMs
  const moreMb = long.peakMb - short.peakMb
  const findings = [
    ...(isQuiet && startMoreMs > START_MORE_MAX_MS
      ? [`the start took ${Math.round(startMoreMs)} ms longer`]
      : []),
    ...(moreMb > MEMORY_MORE_MAX_MB ? [`its length cost ${Math.round(moreMb)} MB`] : []),
    ...[short, long].flatMap(({ isWhole }) => (isWhole ? [] : ['not all of it landed once'])),
    ...[short, long].flatMap(({ code }) => (code === 0 ? [] : [`the gateway ended with ${code}`])),
  ]
  for (const finding of findings) console.log(`  ${finding}`)
  console.log(`backlog: ${count} events, ${findings.length} findings`)
  return findings.length === 0
}

async function withBacklog(count: number) {
  await using central = await startTestCentral()
  await using site = await daemonSite(central, SECTIONS)
  const file = join(site.dataFolder, 'outbox.db')
  await writeBacklog(file, count)
  const gigabytes = statSync(file).size / 1e9
  const beganMs = performance.now()
  const daemon = site.start()
  await daemon.running()
  const startMs = performance.now() - beganMs
  const startMb = residentMb(daemon.pid)
  const drain = await drained(central, site, daemon, count)
  const code = await daemon.stop()
  console.log(
    `backlog of ${count} events, ${gigabytes.toFixed(2)} GB: start ${Math.round(startMs)} ms, RSS ${Math.round(startMb)} MB after it ` +
      `and ${Math.round(drain.peakMb)} MB at most, drained at ${Math.round(count / drain.seconds)} events/s`,
  )
  return { ...drain, startMs, code }
}

async function drained(central: TestCentral, site: DaemonSite, daemon: Daemon, count: number) {
  const beganMs = performance.now()
  for (let seq = 0; seq < count && !daemon.hasEnded; seq = await landedSeq(central)) {
    await wait(LOOK_EVERY_MS)
  }
  const seconds = (performance.now() - beganMs) / 1_000
  const [rows] = await central.sql<{ rows: number; moments: number }>(
    `SELECT count(*)::int AS rows, count(DISTINCT changed_at)::int AS moments FROM machine_status_history
      WHERE changed_at < '2026-01-01'::timestamptz + ${count} * interval '1 second'`,
  )
  const isWhole = rows?.rows === count && rows.moments === count
  if (!isWhole) console.log(JSON.stringify({ rows, status: await site.status() }))
  return { seconds, peakMb: peakMb(daemon.pid), isWhole }
}
