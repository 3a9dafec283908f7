/**
 * One life of a gateway and its central, made from a seed: events come, some faults happen, then everything is repaired, and
 * all events must be in central exactly once. Each seed chooses its own subset of faults (swarm testing).
 */
import { EVENT_VERSION } from '../../src/domain/events/event.ts'
import type { StatusAmended, StatusOpened } from '../../src/domain/events/status.ts'
import { utcText } from '../../src/domain/instant.ts'
import { machineOwner } from '../../src/domain/owner.ts'
import { amended, opened } from '../support/central-events.ts'
import { createGateway, type Gateway, type Mutation } from './gateway.ts'
import { unfinished, violation } from './invariants.ts'
import { createModelCentral, FAIR, type ModelCentral, type Weather } from './model-central.ts'
import type { Database } from './model-database.ts'
import { createModelLog, type ModelLog } from './model-outbox.ts'
import { createRandom, type Random } from './random.ts'
import { createVirtualTime, type VirtualTime } from './virtual-time.ts'

const IDENTITY = { incarnation: '0190a0a0-0000-7000-8000-000000000001', epoch: 1 }
const OTHER_IDENTITY = { ...IDENTITY, incarnation: '0190a0a0-0000-7000-8000-000000000002' }
const MACHINES = ['press-1', 'press-2', 'lathe-3', 'oven-4']
/** Longer than the longest wait of the uploader, a hanging transaction, plus the longest back-off. */
const HEALING_MAX_MS = 900_000
const FAULTS = [
  'link',
  'hangs',
  'unknown commits',
  'outages',
  'refusals',
  'crashes',
  'stops',
  'restores',
  'failovers',
  'retention',
  'bad rows',
  'locks',
  'late machines',
] as const
export type Fault = (typeof FAULTS)[number]
export type Fork = 'none' | 'deleted stream' | 'cloned card' | 'old image' | 'replaced disk'

export interface Mutant {
  readonly mutate: Mutation
  /** False: the model of central does not lock the row. */
  readonly locks?: boolean
}

export const FAITHFUL: Mutant = { mutate: (world) => world }

/** What happened in a life, so that a test can check that all kinds of faults were met. */
export interface Report {
  readonly trace: number
  readonly violation: string | undefined
  readonly faults: ReadonlySet<Fault>
  readonly fork: Fork
  readonly met: ReadonlySet<string>
}

export async function live(seed: number, mutant: Mutant = FAITHFUL): Promise<Report> {
  const world = createWorld(seed, mutant)
  const { time, central, gateways } = world
  for (const gateway of gateways) gateway.start()
  world.unleash()
  await time.runUntil(world.chaosMs, () => world.violation !== undefined)
  world.heal()
  await time.runUntil(world.chaosMs + HEALING_MAX_MS, () => world.violation !== undefined || world.isDone())
  world.finish()
  return {
    trace: time.trace,
    violation: world.violation,
    faults: world.faults,
    fork: world.fork,
    met: new Set(central.history.flatMap(encounters)),
  }
}

function encounters({ incidents, quarantine }: Database): readonly string[] {
  const set = quarantine.some(({ released }) => !released) ? ['quarantine'] : []
  const landed = quarantine.some(({ released }) => released) ? ['release'] : []
  return [...incidents.map(({ kind }) => kind), ...set, ...landed]
}

interface World {
  readonly time: VirtualTime
  readonly central: ModelCentral
  readonly gateways: Gateway[]
  readonly faults: ReadonlySet<Fault>
  readonly fork: Fork
  readonly chaosMs: number
  readonly violation: string | undefined
  unleash(): void
  heal(): void
  isDone(): boolean
  finish(): void
}

function createWorld(seed: number, mutant: Mutant): World {
  const random = createRandom(seed)
  const time = createVirtualTime(random)
  const fork = drawFork(random)
  const faults = drawFaults(random, fork)
  const chaosMs = random.between(30_000, 150_000)
  const histories: ModelLog[] = [createModelLog(IDENTITY)]
  const gateways: Gateway[] = []
  const truth = {
    histories,
    mayLookRestored: faults.has('restores') || faults.has('failovers') || fork !== 'none',
    mayFence: fork !== 'none',
  }
  let wrong: string | undefined
  let chaos = true
  const fail = (what: string) => {
    wrong ??= what
  }
  const check = (database: Database) => {
    const what = violation(database, truth)
    if (what) fail(what)
  }
  const central = createModelCentral(time, random, check, { locks: mutant.locks ?? true })
  const parts = { time, random, central, fail, mutate: mutant.mutate }
  const produce = createProducer(random, time, faults)

  const addGateway = (log: ModelLog) => {
    const batch = { rows: random.between(2, 24), lingerMs: random.between(0, 1_500) }
    const gateway = createGateway({ ...parts, log, batch })
    gateway.crashChance = chaos && faults.has('crashes') ? 0.004 : 0
    gateways.push(gateway)
    return gateway
  }
  const newHistory = (log: ModelLog) => {
    histories.push(log)
    return log
  }

  /** Does something again and again, as long as there is chaos. */
  const often = (lowMs: number, highMs: number, work: () => void) => {
    time.after(random.between(lowMs, highMs), () => {
      if (!chaos) return
      work()
      often(lowMs, highMs, work)
    })
  }
  const once = (work: () => void) => time.after(random.between(5_000, chaosMs - 5_000), work)

  const diverge: Readonly<Record<Fork, () => void>> = {
    none: () => {},
    'deleted stream': () =>
      void central.administer((database) => ({ ...database, stream: undefined, deleted: database.stream })),
    'cloned card': () => addGateway(newHistory(first(gateways).log.clone())).start(),
    'old image': () => replaceLog(first(gateways), olderImage(first(gateways).log, random)),
    'replaced disk': () => replaceLog(first(gateways), createModelLog(OTHER_IDENTITY)),
  }
  const replaceLog = (gateway: Gateway, log: ModelLog) => {
    gateway.crash()
    gateway.log = newHistory(log)
    time.after(random.between(100, 3_000), gateway.start)
  }
  const restart = (gateway: Gateway) =>
    void gateway.stop().then(() => time.after(random.between(0, 2_000), gateway.start))
  /** Master data come and go, and somebody impatient asks for the quarantine again and again. */
  const mendMasterData = () => {
    const machine = random.pick(MACHINES)
    if (!central.machines.delete(machine)) central.machines.add(machine)
    for (const withinMs of [500, 2_000, 4_000, 8_000])
      time.after(random.between(0, withinMs), () => {
        for (const gateway of gateways) gateway.retryQuarantine()
      })
  }
  /** Puts a deleted stream row back once a gateway is held by its absence. */
  const operate = () => {
    time.after(20_000, operate)
    const fenced = gateways.some((gateway) => gateway.health().state === 'fenced')
    if (fenced && !central.database.stream && central.database.deleted)
      void central.administer((database) => ({ ...database, stream: database.stream ?? database.deleted }))
  }

  return {
    time,
    central,
    gateways,
    faults,
    fork,
    chaosMs,
    get violation() {
      return wrong && `seed ${seed}: ${wrong} [${fork}; ${[...faults].join(', ')}]`
    },
    unleash: () => {
      addGateway(first(histories)).start()
      for (const machine of MACHINES)
        if (!faults.has('late machines') || random.chance(0.5)) central.machines.add(machine)
      often(200, random.pick([2_000, 6_000, 30_000]), () => {
        for (const gateway of gateways) if (random.chance(0.7)) produce(gateway.log)
      })
      often(3_000, 20_000, () => {
        central.weather = drawWeather(random, faults)
      })
      often(2_000, 30_000, () => random.pick(gateways).retryQuarantine())
      if (faults.has('restores')) often(15_000, 80_000, () => central.restore(random.pick(central.history)))
      if (faults.has('failovers'))
        often(10_000, 60_000, () => central.restore(recent(central.history, random)))
      if (faults.has('retention'))
        often(1_000, 10_000, () => first(gateways).log.purge(random.between(0, 30)))
      if (faults.has('stops')) often(5_000, 40_000, () => restart(random.pick(gateways)))
      if (faults.has('late machines')) often(1_000, 10_000, mendMasterData)
      if (fork !== 'none') once(diverge[fork])
      operate()
    },
    heal: () => {
      chaos = false
      central.weather = FAIR
      for (const machine of MACHINES) central.machines.add(machine)
      for (const gateway of gateways) gateway.crashChance = 0
      // Life goes on: what lands behind a refused event shows that its table is sound.
      for (const { log } of gateways) log.append(soundEvents(time))
    },
    isDone: () => gateways.every((gateway) => isSettled(gateway, central, fork)),
    finish: () => {
      check(central.database)
      for (const gateway of gateways)
        if (!isSettled(gateway, central, fork))
          fail(`${unfinished(central.database, gateway.log)}; health: ${JSON.stringify(gateway.health())}`)
    },
  }
}

/** Everything landed; or held by a fence that has a cause. */
function isSettled(gateway: Gateway, central: ModelCentral, fork: Fork): boolean {
  const { state } = gateway.health()
  if (state === 'fenced') return isForked(fork)
  return state === 'connected' && unfinished(central.database, gateway.log) === undefined
}

function drawFork(random: Random): Fork {
  if (random.chance(0.7)) return 'none'
  return random.pick(['deleted stream', 'cloned card', 'old image', 'replaced disk'])
}

/** Never a fork together with a short retention: where the hash is no longer kept, nobody can tell two histories apart. */
function drawFaults(random: Random, fork: Fork): ReadonlySet<Fault> {
  return new Set(FAULTS.filter((fault) => random.chance(0.4) && !(isForked(fork) && fault === 'retention')))
}

/** Whether central meets two histories, so that one of them must be kept out for ever. */
function isForked(fork: Fork): boolean {
  return fork !== 'none' && fork !== 'deleted stream'
}

function olderImage({ events, cursorSeq }: ModelLog, random: Random): ModelLog {
  const length = random.between(0, events.length)
  return createModelLog(IDENTITY, events.slice(0, length), random.between(0, Math.min(length, cursorSeq)))
}

function drawWeather(random: Random, faults: ReadonlySet<Fault>): Weather {
  return {
    linkBreaks: faults.has('link') ? random.pick([0, 0.01, 0.1]) : 0,
    hangs: faults.has('hangs') ? random.pick([0, 0.005, 0.02]) : 0,
    commitUnknown: faults.has('unknown commits') ? random.pick([0, 0.1, 0.5]) : 0,
    down: faults.has('outages') && random.chance(0.3),
    refuses: faults.has('refusals')
      ? random.pick(['nothing', 'nothing', 'disk full', 'no privilege', 'table'])
      : 'nothing',
    locked: faults.has('locks') && random.chance(0.4) ? random.pick(MACHINES) : undefined,
  }
}

/** A replica that lacks the last few transactions. */
function recent(history: readonly Database[], random: Random): Database {
  return history[Math.max(0, history.length - 1 - random.between(1, 4))] ?? first(history)
}

/** A row that is opened and ended, later than any other. */
function soundEvents(time: VirtualTime): readonly (StatusOpened | StatusAmended)[] {
  const at = utcText(time.now().wallMs + 3_600_000)
  const subject = machineOwner(MACHINES[0] ?? '')
  return [opened({ at, subject }), amended({ at, subject })]
}

/** Opens rows and amends them; now and then one that central can never take. */
function createProducer(random: Random, time: VirtualTime, faults: ReadonlySet<Fault>) {
  let count = 0
  const event = (log: ModelLog): StatusOpened | StatusAmended => {
    count += 1
    const remark = `e${count}${faults.has('bad rows') && random.chance(0.1) ? ' bad' : ''}`
    const { length } = log.events
    const before =
      length > 0 ? log.events[random.between(Math.max(0, length - 6), length - 1)]?.event : undefined
    if (before?.kind === 'status.opened' && random.chance(0.5)) {
      const { previousStatus: _, status: __, ...row } = before as StatusOpened
      const ended = { durationMs: count * 60_000, minutes: count, marks: [] }
      return { ...row, kind: 'status.amended', ended, remark }
    }
    return {
      v: EVENT_VERSION,
      kind: 'status.opened',
      at: utcText(time.now().wallMs + count),
      subject: machineOwner(random.pick(MACHINES)),
      previousStatus: null,
      status: 'running',
      reason: null,
      workOrder: null,
      cause: [],
      countedUnseen: null,
      rule: null,
      marks: [],
      remark,
    }
  }
  return (log: ModelLog) => {
    for (let left = random.between(1, 6); left > 0; left -= 1) log.append([event(log)])
  }
}

function first<T>([item]: readonly T[]): T {
  if (item === undefined) throw new Error('there is no first one')
  return item
}
