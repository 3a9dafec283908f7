/** Campaigns of faults on the whole line: days of machines, played by the real gateway, and reconciled with what really happened. */
import type { Line } from '../../src/demo/line.ts'
import { agrees, type Finding } from '../../src/demo/reconcile/report.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import type { Campaign, CampaignRun } from './campaign.ts'
import { faultRun, type Outcome } from './fault-run.ts'
import {
  cutAtCommits,
  freezeAtRandom,
  killAtRandom,
  restoreCentral,
  seededRandom,
  stopCentral,
  withoutScans,
} from './faults.ts'
import { liveWithPromotions } from './promotion/day.ts'

/** Of one kind of fault: what it does, how many a round has, and after how many a new line is started, so that a day to look into is short. */
interface DayKind {
  readonly summary: string
  readonly usual: Campaign['usual']
  readonly aDay: number
}

const KINDS = {
  kills: {
    summary: 'SIGKILLs of the gateway at random moments',
    usual: { short: 20, full: 10_000 },
    aDay: 100,
  },
  freezes: { summary: 'stops of the process for seconds', usual: { short: 10, full: 1_000 }, aDay: 60 },
  cuts: {
    summary: 'links to central cut around a COMMIT',
    usual: { short: 12, full: 1_000 },
    aDay: 60,
  },
  stops: { summary: 'immediate stops of PostgreSQL', usual: { short: 1, full: 200 }, aDay: 3 },
  restores: { summary: 'restores of central from an older copy', usual: { short: 1, full: 200 }, aDay: 3 },
  promotions: {
    summary: 'promotions of a standby that lacks the last batches',
    usual: { short: 1, full: 200 },
    aDay: 5,
  },
} satisfies Readonly<Record<string, DayKind>>

type DayName = keyof typeof KINDS

export const DAY_CAMPAIGNS: readonly Campaign[] = (Object.keys(KINDS) as DayName[]).map((name) => ({
  name,
  summary: KINDS[name].summary,
  usual: KINDS[name].usual,
  play: (count, run) => dayCampaign(name, count, run),
}))

/** How long PostgreSQL is away, and how old the copy is. */
const FAULT_MS = 20_000

/** @returns whether every day of it reconciled */
async function dayCampaign(kind: DayName, faults: number, { seed, isOver }: CampaignRun): Promise<boolean> {
  let left = faults
  let findings = 0
  let transitions = 0
  for (let day = 0; left > 0 && !isOver(); day += 1) {
    const today = Math.min(left, KINDS[kind].aDay)
    left -= today
    const outcome = await live(kind, today, seed + day)
    findings += report(outcome, kind, seed + day)
    transitions += outcome.report.truth.transitions
  }
  console.log(`${kind}: ${faults - left} over ${transitions} transitions, ${findings} findings`)
  return findings === 0
}

async function live(kind: DayName, faults: number, seed: number): Promise<Outcome> {
  const random = seededRandom(seed)
  switch (kind) {
    case 'kills':
      return await faultRun({ seed }, (line) => killAtRandom(line, faults, random))
    case 'freezes':
      return await liveWithFreezes(faults, seed)
    case 'cuts':
      return await liveWithCuts(faults, seed)
    case 'promotions':
      return await liveWithPromotions(faults, seed)
    case 'stops':
      return await faultRun({ seed }, (line) => repeat(line, faults, stopCentral))
    case 'restores':
      return await faultRun({ seed }, (line) => repeat(line, faults, restoreCentral))
  }
}

async function liveWithFreezes(faults: number, seed: number): Promise<Outcome> {
  const outcome = await faultRun({ seed }, (line) => freezeAtRandom(line, faults, seededRandom(seed)))
  return { ...outcome, report: withoutScans(outcome.report) }
}

async function liveWithCuts(faults: number, daySeed: number): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  let proxy: TcpProxy | undefined
  const centralVia = async (server: { readonly host: string; readonly port: number }) => {
    proxy = stack.use(await startTcpProxy({ host: server.host, port: server.port }))
    return proxy
  }
  return await faultRun({ seed: daySeed, centralVia }, async () => {
    if (proxy) await cutAtCommits(proxy, faults, seededRandom(daySeed))
  })
}

async function repeat(
  line: Line,
  faults: number,
  fault: (line: Line, ms: number) => Promise<void>,
): Promise<void> {
  for (let count = 0; count < faults; count += 1) await fault(line, FAULT_MS)
}

/** Prints what a day found. @returns how many findings */
function report(outcome: Outcome, kind: DayName, daySeed: number): number {
  const { report: found, drained, evidenceFile, log, logFaults, health } = outcome
  const all: readonly Finding[] = [...found.missing, ...found.extra, ...found.duplicates, ...found.wrong]
  if (agrees(found) && drained && logFaults.length === 0 && health === 'healthy') return 0
  console.log(`${kind}, seed ${daySeed}: ${drained ? '' : 'not drained; '}${all.length} findings`)
  for (const { at, machine, what } of all) console.log(`  ${at} ${machine} ${what}`)
  for (const fault of logFaults) console.log(`  the log says ${fault}`)
  if (health !== 'healthy') console.log(`  not healthy two minutes after the last fault: ${health}`)
  console.log(evidenceFile ?? log)
  return Math.max(1, all.length)
}
