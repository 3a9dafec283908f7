/**
 * Two real gateways on one line, of which one is killed again and again, stands still for a while, or loses its link to central; at
 * the end what the machines really did is compared with what central says.
 *
 * It is played by `npm run faults -- --pairs 1` and not by `npm test`: two whole gateways, a server and waits for leases need over a
 * minute on a busy machine. The protocol, the seam and the lease have quick tests of their own.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { StatusReport } from '../../../src/console/report.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { seededRandom } from '../faults.ts'
import { keepEvidence, type Suffered } from './evidence.ts'
import { type Member, pairMember } from './member.ts'
import { PLANT_MACHINES, startMachine } from './plant.ts'
import { truthFindings } from './truth.ts'
import { activity, postWitness, strangerWrites } from './witness.ts'

interface PairFaults {
  readonly kills: number
  readonly cuts: number
  /** How often the process of one is stopped, and goes on later. */
  readonly freezes: number
  readonly seed: number
  readonly lease?: string
  /** No further fault is done after so many minutes; what was done is judged. */
  readonly minutes?: number
  readonly preload?: string
  /** Where to keep what explains a finding. */
  readonly evidence?: string
}

interface PairFound {
  readonly findings: readonly string[]
  readonly takeovers: number
  /** The longest time between two signs of an active gateway, in ms. */
  readonly longestMs: number
  readonly changes: number
  readonly seconds: number
  readonly done: Readonly<Record<Deed, number>>
}

/** A gateway stays dead, or cut off, up to this long: a quarter of them for less than a lease, and comes back as the active one. */
const AWAY_MAX_MS = 16_000
/** Longer than the lease, and so long that the server has ended what was under way. */
const FROZEN_MIN_MS = 12_000
const FROZEN_MORE_MS = 8_000
const PAUSE_MAX_MS = 1_500
const EVENTUALLY_MS = 90_000
const LOOK_EVERY_MS = 100

async function playPair(faults: PairFaults): Promise<PairFound> {
  const { kills, cuts, freezes, seed, lease = '10s', preload, minutes = Number.POSITIVE_INFINITY } = faults
  const random = seededRandom(seed)
  await using central = await startTestCentral()
  await using stack = new AsyncDisposableStack()
  const roles = await twoRoles(central)
  const living = new AbortController()
  const machines = await Promise.all(
    PLANT_MACHINES.map(async (code, index) =>
      stack.use(await startMachine(code, seededRandom(seed * 10 + index), living.signal)),
    ),
  )
  const members: Member[] = []
  for (const { gateway, role, password } of roles) {
    const port = central.server.port
    members.push(stack.use(await pairMember({ gateway, role, password, port, lease, machines, preload })))
  }
  await postWitness(central, Object.fromEntries(roles.map(({ role, gateway }) => [role, gateway])))
  // Machines stop changing before the plant is torn down, whatever goes wrong.
  stack.defer(() => living.abort())
  for (const member of members) member.start()
  await untilWhole(members)
  const beganMs = performance.now()
  const deeds = shuffled(
    [...Array(kills).fill('kill'), ...Array(cuts).fill('cut'), ...Array(freezes).fill('freeze')] as Deed[],
    random,
  )
  const done = { kill: 0, cut: 0, freeze: 0 }
  const suffered: Suffered[] = []
  for (const deed of deeds) {
    if (performance.now() - beganMs > minutes * 60_000) break
    await suffer(deed, { members, random, suffered })
    done[deed] += 1
  }
  living.abort()
  await untilWhole(members)
  await wait(3_000)
  await untilWhole(members)
  const findings = [...(await strangerWrites(central)), ...(await truthFindings(central, machines))]
  if (faults.evidence !== undefined && findings.length > 0)
    await keepEvidence(join(faults.evidence, String(seed)), { central, members, machines, suffered })
  return {
    findings,
    ...(await activity(central)),
    changes: machines.reduce((sum, { changes }) => sum + changes.length, 0),
    seconds: (performance.now() - beganMs) / 1_000,
    done,
  }
}

type Deed = 'kill' | 'cut' | 'freeze'

interface Plant {
  readonly members: readonly Member[]
  readonly random: () => number
  readonly suffered: Suffered[]
}

/** One of the two, whichever role it has; the other one is well. */
async function suffer(deed: Deed, { members, random, suffered }: Plant): Promise<void> {
  await wait(random() * PAUSE_MAX_MS)
  const member = members[Math.floor(random() * members.length)]
  if (!member) return
  const awayMs = awayFor(deed, random)
  const note = (what: string) =>
    suffered.push({ at: new Date().toISOString(), gateway: member.gateway, what })
  note(`${deed} for ${Math.round(awayMs)} ms, as ${(await member.ask())?.pair?.role}`)
  if (deed === 'kill') {
    await member.kill()
    await wait(awayMs)
    member.start()
  } else if (deed === 'freeze') {
    member.freeze()
    await wait(awayMs)
    member.thaw()
  } else {
    const how = random()
    if (how < 0.4) member.link.impair('to-server', { kind: 'drop' })
    member.link.refuse()
    if (how < 0.7) member.link.reset()
    else member.link.halfOpen()
    await wait(awayMs)
    member.link.repair()
  }
  note('back')
  await untilWhole(members)
  note('whole')
}

/**
 * Half of those that are killed or cut off come back within a lease. Whoever stands still for less than one learns late what happened, as a
 * gateway does that is alone; so each stands still for longer.
 */
function awayFor(deed: Deed, random: () => number): number {
  if (deed === 'freeze') return FROZEN_MIN_MS + random() * FROZEN_MORE_MS
  return random() < 0.5 ? random() * 3_000 : random() * AWAY_MAX_MS
}

/**
 * One is active and has brought all to central, and the other one could take over at once: all of it at one look, so that the next fault
 * does not come on top of the last one.
 */
async function untilWhole(members: readonly Member[]): Promise<void> {
  const untilMs = performance.now() + EVENTUALLY_MS
  for (;;) {
    const reports = await Promise.all(members.map((member) => member.ask()))
    const roles = reports.map((report) => (isWell(report) ? report?.pair?.role : undefined))
    if (roles.includes('active') && roles.includes('stand-by')) return
    if (performance.now() > untilMs) throw new Error(notWhole(members, reports))
    await wait(LOOK_EVERY_MS)
  }
}

function isWell(report: StatusReport | undefined): boolean {
  return report?.pair?.unready === null && report.central.state === 'connected' && report.outbox.pending === 0
}

function notWhole(members: readonly Member[], reports: readonly (StatusReport | undefined)[]): string {
  const said = members.map(({ gateway, logFile }, index) => {
    const log = readFileSync(logFile, 'utf8').slice(-6_000)
    return `${gateway}: ${JSON.stringify(reports[index])}\n${log}`
  })
  return `the pair is not whole again:\n${said.join('\n')}`
}

interface MemberRole {
  readonly gateway: string
  readonly role: string
  readonly password: string
}

/** Each gateway has a login of its own, so that central knows who writes. */
async function twoRoles(central: TestCentral): Promise<readonly MemberRole[]> {
  const role = `${central.role}_b`
  const password = randomBytes(12).toString('hex')
  await central.sql(await gatewaySql({ organization: 'SAV', role }))
  await central.sql(`ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${escapeLiteral(password)}`)
  return [
    { gateway: 'line-1-a', role: central.role, password: central.password },
    { gateway: 'line-1-b', role, password },
  ]
}

function shuffled<One>(all: readonly One[], random: () => number): readonly One[] {
  return all
    .map((one) => [random(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)
}

/**
 * For the command line.
 * @param pairs how many play at the same time, each with its part of the faults and a central of its own
 * @returns whether nothing was wrong
 */
export async function pairCampaign(
  { kills, cuts, freezes, seed, ...limits }: PairFaults,
  pairs: number,
): Promise<boolean> {
  const share = (of: number, index: number) =>
    Math.floor((of * (index + 1)) / pairs) - Math.floor((of * index) / pairs)
  const played = await Promise.all(
    Array.from({ length: pairs }, (_, index) =>
      playPair({
        ...limits,
        ...{ kills: share(kills, index), cuts: share(cuts, index), freezes: share(freezes, index) },
        seed: seed + index,
      }),
    ),
  )
  const sum = (of: (found: PairFound) => number) => played.reduce((total, found) => total + of(found), 0)
  const findings = played.flatMap((found) => found.findings)
  const longestMs = Math.max(...played.map((found) => found.longestMs))
  console.log(
    `pair: ${sum(({ done }) => done.kill)} kills, ${sum(({ done }) => done.cut)} cut links and ${sum(({ done }) => done.freeze)} freezes, ${sum(({ changes }) => changes)} changes of machines, ` +
      `${sum(({ seconds }) => seconds).toFixed(0)} s; the active gateway changed ${sum(({ takeovers }) => takeovers)} times, ` +
      `at most ${(longestMs / 1_000).toFixed(1)} s between two signs of one; ${findings.length} findings`,
  )
  for (const finding of findings.slice(0, 20)) console.log(`  ${finding}`)
  return findings.length === 0 && longestMs <= 15_000
}
