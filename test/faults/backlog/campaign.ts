/** Millions of events wait in the log of a real gateway: how long its start takes, what memory it needs, and whether all of them land. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type Daemon, type DaemonSite, daemonSite } from '../daemon.ts'
import { writeBacklog } from './written.ts'

/** What the product promises of a start, on a quiet computer. */
const START_MAX_MS = 10_000
/** What a backlog may cost beside a gateway without one, whatever its length: pages on their way, and a few pages of the file. */
const MEMORY_MAX_MB = 64
const LOOK_EVERY_MS = 1_000
const SECTIONS = 'buffer: {max_size: 1TB}\n'

/** @returns whether everything landed, with as little memory and time as is promised */
export async function backlogCampaign(count: number): Promise<boolean> {
  const withoutMb = await memoryWithoutBacklog()
  await using central = await startTestCentral()
  await using site = await daemonSite(central, SECTIONS)
  const file = join(site.dataFolder, 'outbox.db')
  await writeBacklog(file, count)
  console.log(`backlog: ${count} events written, ${(statSync(file).size / 1e9).toFixed(2)} GB`)

  const beganMs = performance.now()
  const daemon = site.start()
  await daemon.running()
  const startMs = performance.now() - beganMs
  const startMb = residentMb(daemon.pid)
  const drain = await drained(central, site, daemon, count)
  const code = await daemon.stop()
  const findings = [
    ...(startMs > START_MAX_MS ? [`the start took ${Math.round(startMs)} ms`] : []),
    ...(drain.peakMb - withoutMb > MEMORY_MAX_MB
      ? [`it cost ${Math.round(drain.peakMb - withoutMb)} MB`]
      : []),
    ...(drain.isWhole ? [] : ['not all of it landed once']),
    ...(code === 0 ? [] : [`the gateway ended with ${code}`]),
  ]
  for (const finding of findings) console.log(`  ${finding}`)
  console.log(
    `backlog: start ${Math.round(startMs)} ms; RSS ${Math.round(startMb)} MB after it, ${Math.round(drain.peakMb)} MB at most, ` +
      `${Math.round(withoutMb)} MB without a backlog; drained at ${Math.round(count / drain.seconds)} events/s; ${findings.length} findings`,
  )
  return findings.length === 0
}

async function memoryWithoutBacklog(): Promise<number> {
  await using central = await startTestCentral()
  await using site = await daemonSite(central)
  const daemon = site.start()
  await daemon.running()
  await wait(10 * LOOK_EVERY_MS)
  return peakMb(daemon.pid)
}

async function drained(central: TestCentral, site: DaemonSite, daemon: Daemon, count: number) {
  const beganMs = performance.now()
  const landed = async () => {
    const [stream] = await central.sql<{ seq: number }>(
      'SELECT last_seq::int AS seq FROM edge_gateway.stream',
    )
    return stream?.seq ?? 0
  }
  for (let seq = 0; seq < count && !daemon.hasEnded; seq = await landed()) {
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

function residentMb(pid: number): number {
  return kilobytesOf(pid, 'VmRSS') / 1024
}

/** The most that was ever resident. */
function peakMb(pid: number): number {
  return kilobytesOf(pid, 'VmHWM') / 1024
}

function kilobytesOf(pid: number, field: string): number {
  return Number(
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  )
}
