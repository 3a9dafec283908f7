/**
 * Central was away for days, with an event a second of each of 20 machines: what the log does at its bound, how long the start
 * takes, how fast everything lands, and what becomes of what happens meanwhile.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { bufferSection } from '../../../src/buffer/settings.ts'
import { callMillrace } from '../../support/called-command.ts'
import type { TestCentral } from '../../support/central.ts'
import { type Daemon, type DaemonSite, daemonSite, eventually, machineMap } from '../daemon.ts'
import { landedSeq } from '../landed.ts'
import { peakMb } from '../resident-memory.ts'
import { bareRate, centralOf, type Landed, landedRows, shownMachines } from './central.ts'
import { LiveMachines } from './live.ts'
import type { Away } from './plan.ts'
import { type Written, writeAway } from './written.ts'

const MACHINES = 20
/** So long the gateway runs on its log before central is back. */
const ALONE_MS = 5_000
/** So long it is watched once the backlog is gone. */
const AFTER_MS = 15_000
const LOOK_EVERY_MS = 250
const SAID_EVERY_MS = 25_000

export interface AwayPlan {
  readonly seconds: number
  /** `buffer.max_size` */
  readonly size: string
  /** Of the client that only inserts. */
  readonly bareRows: number
}

export interface AwayFound {
  readonly written: Written
  readonly maxBytes: number
  readonly startMs: number
  /** Whether `status` said, while central was still away, that nothing can be stored. */
  readonly toldFull: boolean
  readonly drainSeconds: number
  /** Rows a second of the gateway, and of a client that only inserts them. */
  readonly gatewayRate: number
  readonly bareRate: number
  readonly peakMb: number
  readonly landed: Landed
  /** From a change that was seen at a machine to the local log, in ms, while the backlog drained and behind it. */
  readonly storedMs: { readonly alone: number; readonly draining: readonly number[]; readonly after: number }
  /** From such a change to central, in ms: the most while the backlog drained, and once it was gone. */
  readonly landedMs: { readonly draining: number; readonly after: number }
  /** What `status` and central said meanwhile. */
  readonly said: readonly string[]
  readonly code: number | null
}

export async function playAway({ seconds, size, bareRows }: AwayPlan): Promise<AwayFound> {
  const machines = Array.from({ length: MACHINES }, (_, n) => `CNC-${String(n + 1).padStart(2, '0')}`)
  const liveFromMs = Date.now()
  const away: Away = { machines, firstMs: liveFromMs - (seconds + 60) * 1_000, seconds }
  const { maxBytes } = bufferSection.schema.parse({ max_size: size })
  await using central = await centralOf(machines)
  const bare = await bareRate(central, away, bareRows)
  await using site = await siteOf(central, machines, size)
  const file = join(site.dataFolder, 'outbox.db')
  const written = await writeAway(file, away, maxBytes)
  await central.server.stop()

  const beganMs = performance.now()
  const daemon = site.start()
  await daemon.running()
  const startMs = performance.now() - beganMs
  await using live = new LiveMachines(site, file, written.events)
  await wait(ALONE_MS)
  const status = await site.status()
  const toldFull = status?.degraded.some(({ code }) => code === 'buffer-blocked') === true
  await central.server.start()
  const drain = await drained({ central, site, daemon, live }, written.events)
  const landed = await landedRows(central, liveFromMs)
  return {
    written,
    maxBytes,
    startMs,
    toldFull,
    ...drain,
    gatewayRate: written.events / 2 / drain.drainSeconds,
    bareRate: bare,
    peakMb: peakMb(daemon.pid),
    landed,
    code: await daemon.stop(),
  }
}

async function siteOf(central: TestCentral, machines: readonly string[], size: string): Promise<DaemonSite> {
  const site = await daemonSite(central, `buffer: {max_size: ${size}}\n`)
  for (const machine of machines.slice(1)) {
    const file = join(site.folder, 'devices', `${machine}.yaml`)
    writeFileSync(file, machineMap(machine, site.device.port))
  }
  return site
}

interface Playing {
  readonly central: TestCentral
  readonly site: DaemonSite
  readonly daemon: Daemon
  readonly live: LiveMachines
}

/** From the first event of the backlog in central to the last one, and what comes behind it. */
async function drained(
  { central, site, daemon, live }: Playing,
  backlog: number,
): Promise<Pick<AwayFound, 'drainSeconds' | 'storedMs' | 'landedMs' | 'said'>> {
  const look = async () => {
    const seq = await landedSeq(central)
    live.landed(seq)
    return seq
  }
  await eventually(async () => daemon.hasEnded || (await look()) > 0, 'the backlog begins to land')
  const first = await look()
  const beganMs = performance.now()
  const said: string[] = []
  for (let seq = first; seq < backlog && !daemon.hasEnded; seq = await look()) {
    if (performance.now() - beganMs > (said.length + 1) * SAID_EVERY_MS)
      said.push(await saidOf(site, central))
    await wait(LOOK_EVERY_MS)
  }
  // What landed before the first look took its time, too.
  const drainSeconds = ((performance.now() - beganMs) / 1_000) * (backlog / Math.max(1, backlog - first))
  const goneMs = Date.now()
  for (const untilMs = goneMs + AFTER_MS; Date.now() < untilMs && !daemon.hasEnded; await look())
    await wait(LOOK_EVERY_MS)
  return { drainSeconds, ...timesOf(live, goneMs - drainSeconds * 1_000, goneMs), said }
}

/** What whoever stands before the gateway reads, and what central shows of its machines. */
async function saidOf(site: DaemonSite, central: TestCentral): Promise<string> {
  const { out } = await callMillrace(['status', '--config', 'gateway.yaml'], { cwd: site.folder })
  const outbox = out.split('\n').find((line) => line.startsWith('outbox'))
  return `${outbox ?? out}; machines in central: ${await shownMachines(central)}`
}

/** By when the backlog began to land, and when it was gone, ms since 1970. */
function timesOf(
  live: LiveMachines,
  beganMs: number,
  goneMs: number,
): Pick<AwayFound, 'storedMs' | 'landedMs'> {
  const before = live.events.filter(({ atMs }) => atMs < beganMs)
  const draining = live.events.filter(({ atMs }) => atMs >= beganMs && atMs < goneMs)
  // Those that came while the last of the backlog was on its way go with the next batch.
  const after = live.events.filter(({ atMs }) => atMs >= goneMs + 1_000)
  const lags = (events: LiveMachines['events']) => events.flatMap(({ landedAfterMs }) => landedAfterMs ?? [])
  return {
    storedMs: {
      alone: Math.max(0, ...before.map(({ storedAfterMs }) => storedAfterMs)),
      draining: draining.map(({ storedAfterMs }) => storedAfterMs),
      after: Math.max(0, ...after.map(({ storedAfterMs }) => storedAfterMs)),
    },
    landedMs: {
      draining: Math.max(0, ...lags([...before, ...draining])),
      after: Math.max(0, ...lags(after)),
    },
  }
}
