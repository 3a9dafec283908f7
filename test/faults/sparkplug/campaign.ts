/**
 * A feed in Sparkplug under kills: of the gateway, of the broker, and of the link, and with a host that comes and goes. A judge hears
 * every message on the wire, and at the end the host must have every event of the log, in order for each machine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openOutbox } from '../../../src/buffer/outbox.ts'
import { outward } from '../../../src/domain/events/outward.ts'
import { ownerCode } from '../../../src/domain/owner.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { type JudgeCounts, SparkplugJudge } from '../../support/sparkplug/judge.ts'
import { type SparkplugHost, startSparkplugHost } from '../../support/sparkplug/sparkplug-host.ts'
import { type TappedBroker, tapBroker } from '../../support/sparkplug/tap.ts'
import { type Random, seededRandom } from '../faults.ts'
import { KillableGateway } from './killable-gateway.ts'

export interface SparkplugFaults {
  /** The campaign goes on until the gateway has sent so many. */
  readonly messages: number
  readonly perSecond: number
  /** From one fault to the next, at most. */
  readonly peaceMaxMs: number
  readonly seed: number
}

export interface SparkplugFound {
  readonly findings: readonly string[]
  readonly counts: JudgeCounts
  /** How often each fault was caused. */
  readonly faults: Readonly<Record<string, number>>
  readonly events: number
  /** Events that reached the host more than once. */
  readonly repeated: number
  readonly seconds: number
}

const IDS = { group: 'SAV-1', node: 'edge-1', hostId: 'scada' }
const AWAY_MAX_MS = 800
/** The uploader waits up to 30 s between two tries to connect. */
const BACK_MAX_MS = 90_000
const FINDINGS_MAX = 20
/** Events that wait while everything is of the present. */
const NEARLY_DRAINED = 50

interface Site {
  readonly broker: TestBroker
  readonly wire: TappedBroker
  readonly judge: SparkplugJudge
  readonly host: SparkplugHost
  readonly gateway: KillableGateway
}

type Fault = (site: Site, random: Random) => Promise<void>

const FAULTS: Readonly<Record<string, Fault>> = {
  'gateway killed': async ({ gateway }, random) => {
    await gateway.kill()
    await wait(random() * AWAY_MAX_MS)
    gateway.start()
  },
  'gateway stopped': async ({ gateway }, random) => {
    await gateway.stop()
    await wait(random() * AWAY_MAX_MS)
    gateway.start()
  },
  'broker killed': async ({ broker }, random) => {
    await broker.kill()
    await wait(random() * AWAY_MAX_MS)
    await broker.start()
  },
  'link cut': async ({ wire }) => wire.cut(),
  'host lost': async ({ host }) => host.break(),
  'host away': async ({ host }, random) => {
    await host.leave()
    await wait(random() * AWAY_MAX_MS)
    await host.join()
  },
  'rebirth asked': async ({ host }) => {
    const before = host.births
    await host.askForRebirth()
    await until(() => host.births > before, 'no birth came that was asked for')
  },
  'old death heard': async ({ host }) => host.sayOldDeath(),
}

/** For the command line. @returns whether nothing was wrong */
export async function sparkplugCampaign(messages: number, seed: number): Promise<boolean> {
  const found = await playSparkplug({ messages, perSecond: 400, peaceMaxMs: 2_500, seed })
  const { counts, faults, events, repeated, seconds, findings } = found
  console.log(
    `sparkplug: ${counts.messages} messages of ${events} events in ${seconds.toFixed(0)} s, ${counts.sessions} connections, ` +
      `${counts.births} births, ${counts.rebirths} of them asked for, ${counts.historical} messages of history, ` +
      `${repeated} events repeated, ${findings.length} findings`,
  )
  console.log(
    `  ${Object.entries(faults)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ')}`,
  )
  for (const finding of findings) console.log(`  ${finding}`)
  return findings.length === 0
}

export async function playSparkplug(faults: SparkplugFaults): Promise<SparkplugFound> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sparkplug-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const site = await startSite(stack, folder, faults)
  const { judge, host, gateway } = site
  const beganMs = performance.now()
  gateway.start()
  await untilBack(site, 'at the start')
  const caused = await sufferUntil(site, faults)
  gateway.hush()
  await until(() => gateway.report?.pending === 0, 'the log was not delivered')
  await wait(500)
  const standing = statesAgree(site)
  await gateway.stop()
  await wait(200)
  const seconds = (performance.now() - beganMs) / 1_000
  const violations = judge.violations.map(
    ({ rule, what, session, message }) => `${rule}: ${what} (connection ${session}, message ${message})`,
  )
  const delivery = await undelivered(folder, host)
  const findings = [...gateway.failures, ...violations, ...standing, ...delivery.findings]
  return {
    findings: findings.slice(0, FINDINGS_MAX),
    counts: judge.counts,
    faults: caused,
    events: delivery.events,
    repeated: host.events.length - new Set(host.events.map(({ id }) => id)).size,
    seconds,
  }
}

async function startSite(
  stack: AsyncDisposableStack,
  folder: string,
  faults: SparkplugFaults,
): Promise<Site> {
  const broker = stack.use(await startBroker())
  const { hostId, group, node } = IDS
  const judge = new SparkplugJudge({ group, node, primaryHost: hostId, nowMs: Date.now })
  const wire = stack.use(await tapBroker(broker, judge))
  const host = stack.use(await startSparkplugHost({ url: broker.url, ...IDS }))
  const { perSecond } = faults
  const gateway = stack.use(new KillableGateway({ folder, url: wire.url, hostId, perSecond, judge }))
  return { broker, wire, judge, host, gateway }
}

/** One fault after the other, each once everything works again. */
async function sufferUntil(
  site: Site,
  { messages, peaceMaxMs, seed }: SparkplugFaults,
): Promise<Readonly<Record<string, number>>> {
  const random = seededRandom(seed)
  const caused: Record<string, number> = {}
  let round: [string, Fault][] = []
  while (site.judge.counts.messages < messages) {
    // Each of them once, in another order with every round.
    if (round.length === 0) round = shuffled(Object.entries(FAULTS), random)
    const [name, cause] = round.pop() ?? ['', () => Promise.resolve()]
    // Half of the faults strike while what was kept is still going out, and half when everything is of the present.
    if (random() < 0.5) await until(() => isNearlyDrained(site), 'what was kept did not go out')
    await wait(random() * peaceMaxMs)
    caused[name] = (caused[name] ?? 0) + 1
    await cause(site, random)
    await untilBack(site, `after: ${name}`)
  }
  return caused
}

function isNearlyDrained({ gateway }: Site): boolean {
  return gateway.report !== undefined && gateway.report.pending < NEARLY_DRAINED
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}

/** Until the host hears the gateway, and the gateway sends what there is. */
async function untilBack({ host, gateway, judge }: Site, when: string): Promise<void> {
  const isBack = () => host.isJoined && host.isNodeAlive && gateway.report?.state === 'connected'
  await until(isBack, `the host does not hear the gateway ${when}`)
  const before = judge.counts.messages
  await until(() => judge.counts.messages > before, `the gateway is silent ${when}`)
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  const untilMs = performance.now() + BACK_MAX_MS
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(otherwise)
    await wait(20)
  }
}

/** What the host shows of each machine is what the machine shows. */
function statesAgree({ host, gateway }: Site): readonly string[] {
  const { shown = {} } = gateway.report ?? {}
  return Object.entries(shown).flatMap(([machine, status]) => {
    const device = machine.replace('/', '%2F')
    const isAlive = host.aliveDevices.includes(device)
    if (isAlive !== (status !== null)) return [`${machine} is ${isAlive ? 'alive' : 'dead'} at the host`]
    const present = host.present(device, 'Status/State')
    return status === null || present === status
      ? []
      : [`${machine} is ${status}, and ${present} at the host`]
  })
}

/** Every event of the log has reached the host, and those of one machine or station first in their order. */
async function undelivered(
  folder: string,
  host: SparkplugHost,
): Promise<{ readonly events: number; readonly findings: readonly string[] }> {
  const firstHeard = new Map<string, number>()
  for (const [index, { id }] of host.events.entries()) if (!firstHeard.has(id)) firstHeard.set(id, index)
  const newest = new Map<string, number>()
  const findings: string[] = []
  let events = 0
  for await (const { id, kind, seq, code } of loggedEvents(folder)) {
    events += 1
    const heard = firstHeard.get(id)
    if (heard === undefined) findings.push(`event ${seq} (${kind} of ${code}) never reached the host`)
    else if (heard < (newest.get(code) ?? -1))
      findings.push(`event ${seq} (${kind} of ${code}) came out of order`)
    else newest.set(code, heard)
  }
  return { events, findings }
}

async function* loggedEvents(folder: string) {
  await using outbox = await openOutbox({
    file: join(folder, 'outbox.db'),
    retentionMs: Number.MAX_SAFE_INTEGER,
    maxBytes: 1024 ** 3,
    consumers: [{ name: 'feed', must: 'deliver' }],
    bootId: systemClock.now().boot,
    clock: systemClock,
    log: createLog('silent'),
  })
  let after = 0
  for (;;) {
    const page = await outbox.read(after, 1_000)
    for (const stored of page) {
      const event = outward(stored, { gateway: IDS.node })
      if (event)
        yield { id: event.id, kind: event.kind, seq: stored.seq, code: ownerCode(stored.event.subject) }
    }
    const last = page.at(-1)
    if (!last) return
    after = last.seq
  }
}
