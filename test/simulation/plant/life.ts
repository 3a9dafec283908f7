/**
 * Ten minutes of a plant, made from a seed: three machines and a scanner, the whole core of the gateway on its computer, and three
 * destinations. Faults happen, then everything is healed, and what was promised is held against what happened in truth.
 */
import { isMachineEvent } from '../../../src/domain/events/machine.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { createRandom, type Random } from '../random.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'
import { CONSUMERS, createServers, type Server } from './centrals.ts'
import { createComputer } from './computer.ts'
import { blindOf, PlantGateway } from './gateway.ts'
import { Gun } from './gun.ts'
import { FAITHFUL, type Habits } from './habits.ts'
import { LogDisk, SOUND } from './log-disk.ts'
import { MACHINES, MAPS, STATION, TOLD } from './machines.ts'
import { logBreaches } from './oracle-log.ts'
import { rowBreaches } from './oracle-rows.ts'
import { Plc } from './plc.ts'
import { drawFaults, type Fault, type Phase, touchesClock } from './swarm.ts'
import { letHappen } from './troubles.ts'

const CHAOS_MS = 600_000
/** Longer than the longest wait of the uploader, a hanging transaction, and the longest back-off. */
const HEALING_MAX_MS = 900_000
/**
 * By then whatever came last is in the record. It counts from the last start of the gateway too: of a stop that is held unseen, only
 * the next contact says how long it has lasted.
 */
const SETTLED_MS = 45_000
const LOOK_MS = 5_000
const STARTING_MS = 4_000
const BACKLOG = 40
const IDENTITY = { incarnation: '0190a0a0-0000-7000-8000-000000000001', epoch: 1 }
/** Of a crash at any one call. */
const CRASH_CHANCE = 0.0005

export interface LifeOptions {
  readonly habits?: Habits
  /** False: the model of central does not lock the row of the stream. */
  readonly locks?: boolean
  readonly faults?: ReadonlySet<Fault>
  /** The only machine whose device has faults. */
  readonly victim?: string
  readonly chaosMs?: number
  /** Dies at the call with this number; nothing else kills it. */
  readonly crashAt?: number
}

export interface Report {
  readonly trace: number
  readonly violation: string | undefined
  readonly faults: ReadonlySet<Fault>
  /** Which faults struck while the gateway did what: `kills / storing`. */
  readonly met: ReadonlySet<`${Fault} / ${Phase}`>
  readonly events: number
  /** The calls at which it might have died, in their order. */
  readonly points: number
  /** The rows of each machine as they are stored, as text. */
  readonly rows: ReadonlyMap<string, readonly string[]>
}

/** The same seed and options give the same life, to the last message. */
export async function live(seed: number, options: LifeOptions = {}): Promise<Report> {
  const plant = new Plant(seed, options)
  await plant.live()
  return plant.report()
}

class Plant {
  readonly #seed: number
  readonly #options: LifeOptions
  readonly #time: VirtualTime
  readonly #startMs: number
  readonly #faults: ReadonlySet<Fault>
  readonly #disk: LogDisk
  readonly #servers: readonly Server[]
  readonly #plcs: ReadonlyMap<string, Plc>
  readonly #gun: Gun
  readonly #gateway: PlantGateway
  readonly #met = new Set<`${Fault} / ${Phase}`>()
  readonly #chaosMs: number
  #isChaos = true
  #points = 0
  #wrong: string | undefined
  readonly #heal: () => void

  constructor(seed: number, options: LifeOptions) {
    this.#seed = seed
    this.#options = options
    const stream = (name: string) => createRandom(streamSeed(seed, name))
    const time = createVirtualTime(stream('time'))
    this.#time = time
    this.#startMs = time.now().wallMs
    this.#disk = new LogDisk(IDENTITY, CONSUMERS)
    this.#faults = options.faults ?? drawFaults(stream('faults'))
    this.#chaosMs = options.chaosMs ?? CHAOS_MS
    const fail = (what: string) => {
      this.#wrong ??= what
    }
    const common = { time, stream, faults: this.#faults, fail }
    const disk = () => this.#disk
    this.#servers = createServers({ ...common, disk, machines: MACHINES, locks: options.locks ?? true })
    this.#plcs = new Map(MACHINES.map((code) => [code, new Plc(code, stream(code), time)]))
    this.#gun = new Gun(stream('gun'), time)
    const computer = createComputer(time)
    const plant = {
      time,
      computer,
      disk: this.#disk,
      servers: this.#servers,
      plcs: this.#plcs,
      gun: this.#gun,
    }
    const line = stream('line')
    this.#gateway = new PlantGateway({
      ...{ ...plant, fail, told: TOLD, machines: MAPS, station: STATION },
      random: stream('gateway'),
      lineMs: () => line.between(2, 40),
      habits: options.habits ?? FAITHFUL,
      fate: this.#fateOf(stream('fate')),
    })
    const met = (fault: Fault) => this.#met.add(`${fault} / ${this.#phase}`)
    this.#heal = letHappen({ ...common, ...plant, gateway: this.#gateway, met, victim: options.victim })
  }

  async live(): Promise<void> {
    this.#gateway.start()
    const isWrong = () => this.#wrong !== undefined
    await this.#time.runUntil(this.#chaosMs, isWrong)
    this.#healAll()
    // A process that stands still goes on by itself.
    const settledMs = this.#chaosMs + this.#gateway.pausedLeftMs + SETTLED_MS
    await this.#time.runUntil(settledMs, isWrong)
    for (let now = settledMs; !this.#isDone && now < this.#chaosMs + HEALING_MAX_MS; ) {
      now += LOOK_MS
      await this.#time.runUntil(now, isWrong)
      if (isWrong()) return
    }
    if (!isWrong()) this.#judge()
  }

  report(): Report {
    const { events } = this.#disk
    const faults = [...this.#faults].join(', ')
    const rows = MACHINES.map((code) => {
      const own = events.filter(({ event }) => event.subject === machineOwner(code) && isMachineEvent(event))
      return [code, own.map(({ event }) => JSON.stringify(event))] as const
    })
    return {
      trace: this.#trace,
      violation: this.#wrong && `seed ${this.#seed}: ${this.#wrong} [${faults}]`,
      faults: this.#faults,
      met: this.#met,
      events: events.length,
      points: this.#points,
      rows: new Map(rows),
    }
  }

  get #trace(): number {
    const { seq, hash } = this.#disk.tail
    return (
      (this.#time.trace ^ Math.imul(seq, 31) ^ new DataView(Uint8Array.from(hash).buffer).getInt32(0)) | 0
    )
  }

  get #phase(): Phase {
    if (!this.#gateway.isRunning || this.#gateway.ranMs < STARTING_MS) return 'starting'
    const pending = this.#disk.events.length - this.#disk.cursor('central')
    if (pending > BACKLOG) return 'backlog'
    if (this.#servers.some(({ central }) => central.isBusy)) return 'pushing'
    return this.#disk.isBusy ? 'storing' : 'idle'
  }

  #fateOf(random: Random): (point: string) => 'kill' | 'power cut' | undefined {
    const { crashAt } = this.#options
    return () => {
      this.#points += 1
      if (crashAt !== undefined) return this.#points === crashAt ? 'kill' : undefined
      if (!this.#isChaos) return undefined
      if (this.#faults.has('kills') && random.chance(CRASH_CHANCE)) {
        this.#met.add(`kills / ${this.#phase}`)
        return 'kill'
      }
      if (this.#faults.has('power cuts') && random.chance(CRASH_CHANCE / 4)) {
        this.#met.add(`power cuts / ${this.#phase}`)
        return 'power cut'
      }
      return undefined
    }
  }

  #healAll(): void {
    this.#isChaos = false
    this.#heal()
    for (const server of this.#servers) server.heal()
    for (const plc of this.#plcs.values()) {
      if (plc.link !== 'up') plc.become('up')
      plc.hold()
    }
    this.#disk.weather = SOUND
    this.#gun.plug()
    this.#gun.hold()
  }

  get #isDone(): boolean {
    const hasSettled = this.#gateway.isRunning && this.#gateway.ranMs >= SETTLED_MS
    return hasSettled && this.#servers.every((server) => server.unfinished() === undefined)
  }

  #judge(): void {
    const unfinished = this.#servers.flatMap((server) => server.unfinished() ?? [])
    if (!this.#gateway.isRunning) unfinished.push('the gateway does not run')
    for (const server of this.#servers) server.check()
    const events = this.#disk.events.map(({ event }) => event)
    const rows = [...this.#plcs.values()].flatMap((plc) =>
      rowBreaches(events.filter((event) => event.subject === machineOwner(plc.code)).filter(isMachineEvent), {
        code: plc.code,
        truth: plc.truth,
        blind: blindOf(plc),
        away: this.#gateway.away,
        isAwayUnknown: touchesClock(this.#faults) && this.#faults.has('power cuts'),
        startMs: touchesClock(this.#faults) ? undefined : this.#startMs,
        endMs: this.#time.now().monoMs,
      }),
    )
    const found = [...unfinished, ...logBreaches(this.#disk, this.#gateway.stored, this.#gun), ...rows]
    this.#wrong ??= found[0] && found.slice(0, 3).join('; ')
  }
}

/** FNV-1a: each part of the plant has chance of its own, so that more of one changes nothing of another. */
function streamSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193)
  return hash >>> 0
}
