/** The gateway's computer with its disk: processes on it are started, killed, stopped and frozen, and what each life saw is noted. */
import type { Event } from '../../../src/domain/events/event.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { MasterData } from '../../../src/domain/master-data.ts'
import type { StationMap } from '../../../src/domain/station-map.ts'
import { STOP_MAX_MS } from '../../../src/runtime/budget.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import type { Life } from '../mortal.ts'
import type { Random } from '../random.ts'
import type { VirtualTime } from '../virtual-time.ts'
import type { Server } from './centrals.ts'
import type { Computer } from './computer.ts'
import { driversFor, type Telling } from './devices.ts'
import type { Gun } from './gun.ts'
import type { Habits } from './habits.ts'
import type { LogDisk } from './log-disk.ts'
import type { Plc, Span } from './plc.ts'
import { runProcess } from './process.ts'

export interface GatewayParts {
  readonly time: VirtualTime
  readonly computer: Computer
  readonly random: Random
  /** For how long each answer of a device is on its way, in ms. */
  readonly lineMs: () => number
  readonly disk: LogDisk
  readonly habits: Habits
  readonly servers: readonly Server[]
  readonly plcs: ReadonlyMap<string, Plc>
  readonly told: ReadonlyMap<string, Telling>
  readonly machines: readonly MachineMap[]
  readonly station: StationMap
  readonly gun: Gun
  readonly fail: (what: string) => void
  /** Called before and after each call of an adapter; what it returns dies there. */
  readonly fate: (point: string) => 'kill' | 'power cut' | undefined
}

/** A process, from its start to its death. */
interface Running extends Life {
  readonly abort: AbortController
  readonly startedAt: number
  pausedUntil: number
  /** When it stands still and until it has read everything anew. */
  pausedSpan: { readonly from: number; to: number } | undefined
  hangUp: () => void
}

/** Links are made and devices read within this long after a start. */
const SETTLED_MS = 4_000
/** What a machine showed is saved so often. */
const SAVED_MS = 7_000
const PAUSE_MS = 1_000
/** No computer is back before that. */
const BOOT_MS = 12_000

export class PlantGateway {
  /** When it was not there, or may have forgotten what it saw. */
  readonly away: { from: number; to: number }[] = []
  /** What the pipeline was told to be durable. */
  readonly stored: Event[] = []
  readonly #parts: GatewayParts
  #running: Running | undefined
  #storedUpTo = 0
  #bootedAt = 0
  #isWanted = false

  constructor(parts: GatewayParts) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#running !== undefined && !this.#running.abort.signal.aborted
  }

  /** For how long it has run. */
  get ranMs(): number {
    return this.#running ? this.#parts.time.now().monoMs - this.#running.startedAt : 0
  }

  /** For how long it still stands still. */
  get pausedLeftMs(): number {
    return Math.max(0, (this.#running?.pausedUntil ?? 0) - this.#parts.time.now().monoMs)
  }

  /** Nothing comes of it while it runs already, or while the computer boots: then it starts later. */
  start(): void {
    const { time, fail } = this.#parts
    const now = time.now().monoMs
    // What still stops is started again once it has ended, as a service manager does.
    this.#isWanted = this.#running?.abort.signal.aborted === true
    if (this.#running) return
    if (now < this.#bootedAt) return void time.after(this.#bootedAt - now, () => this.start())
    const life: Running = {
      over: false,
      abort: new AbortController(),
      startedAt: now,
      pausedUntil: 0,
      pausedSpan: undefined,
      hangUp: () => {},
    }
    this.#running = life
    this.#storedUpTo = now
    for (const gone of this.away) if (gone.to === Number.POSITIVE_INFINITY) gone.to = now + SETTLED_MS
    const over = this.#run(life).then(
      () => !life.abort.signal.aborted && !life.over && fail('the gateway ended by itself'),
      (error) =>
        life.over ||
        life.abort.signal.aborted ||
        fail(`the gateway failed: ${error instanceof Error ? error.stack : error}`),
    )
    void over.then(() => this.#end(life))
  }

  /** The process is gone from one moment to the next. */
  kill(): void {
    if (this.#running) this.#end(this.#running)
  }

  /** All that was not synced is gone as well, and the computer boots. */
  cutPower(): void {
    this.kill()
    this.#parts.disk.cutPower()
    this.#parts.computer.boot()
    this.#bootedAt = this.#parts.time.now().monoMs + BOOT_MS
  }

  /** SIGTERM. */
  stop(): void {
    const life = this.#running
    if (!life || life.abort.signal.aborted) return
    const { time, fail } = this.#parts
    this.#goneFrom(time.now().monoMs - PAUSE_MS)
    life.abort.abort()
    const isPaused = life.pausedUntil > time.now().monoMs
    time.after(STOP_MAX_MS + (isPaused ? life.pausedUntil : 0), () => {
      if (this.#running === life && !life.over) fail('the gateway did not stop in time')
    })
  }

  /** SIGSTOP, and SIGCONT so much later. */
  pause(ms: number): void {
    const life = this.#running
    const { time } = this.#parts
    if (!life || life.abort.signal.aborted || life.pausedUntil > time.now().monoMs) return
    const now = time.now().monoMs
    life.pausedUntil = now + ms
    life.pause = time.sleep(ms).then(() => {
      life.pause = undefined
    })
    life.pausedSpan = { from: now - PAUSE_MS, to: now + ms + SETTLED_MS }
    this.away.push(life.pausedSpan)
  }

  async #run(life: Running): Promise<void> {
    const { computer, random, disk, habits, servers, plcs, told, machines, station, gun, fail, lineMs } =
      this.#parts
    const clock = processClock(this.#parts, life)
    const clients = servers.map(({ central }) => central.client())
    life.hangUp = () => {
      for (const client of clients) client.hangUp()
    }
    const drivers = driversFor(plcs, told, clock, lineMs)
    await runProcess(
      {
        ...{ clock, random, disk, habits, machines, station, masterData: NOBODY, life, fail },
        drivers: { ...drivers, all: drivers.all.map((driver) => habits.driver(driver)) },
        scanners: gun.transports(clock),
        routes: servers.map(({ route }, nth) => ({ ...route, central: clients[nth]?.central ?? never() })),
        fate: (point) => this.#meet(life, point),
        stored: (events, calledAt) => {
          if (life.over) return
          this.#storedUpTo = Math.max(this.#storedUpTo, calledAt - computer.now().monoMs + computer.trueMs)
          this.stored.push(...events)
        },
      },
      life.abort.signal,
    )
  }

  #meet(life: Running, point: string): void {
    if (life.over) return
    const end = this.#parts.fate(point)
    if (end === 'kill') this.kill()
    if (end === 'power cut') this.cutPower()
    const { time, random } = this.#parts
    if (end === 'kill') time.after(random.between(100, 5_000), () => this.start())
    if (end === 'power cut') time.after(random.between(15_000, 40_000), () => this.start())
  }

  #end(life: Running): void {
    if (this.#running !== life) return
    this.#running = undefined
    life.over = true
    // A process that dies while it stands still does not keep the next one from seeing.
    const { pausedSpan } = life
    if (pausedSpan) pausedSpan.to = Math.min(pausedSpan.to, this.#parts.time.now().monoMs)
    life.hangUp()
    this.#parts.gun.released()
    // A stop saves what was seen last, unless the disk does not take it.
    this.#goneFrom(this.#storedUpTo - (life.abort.signal.aborted ? PAUSE_MS : SAVED_MS))
    if (this.#isWanted) this.#parts.time.after(PAUSE_MS, () => this.start())
  }

  #goneFrom(from: number): void {
    this.away.push({ from, to: Number.POSITIVE_INFINITY })
  }
}

/** Who works here is nobody's concern: the station has a user of its own. */
const NOBODY: MasterData = {
  holderOf: async () => ({ badge: 'none', operator: null, why: 'nobody has it' }),
  find: async () => ({ kind: 'unknown' }),
  shiftEndMs: () => null,
}

function never(): never {
  throw new Error('there is no such route')
}

/** The clock of a process: none of its timers fires after its death, nor while it stands still. */
function processClock({ time, computer }: GatewayParts, life: Running): Clock {
  const after = (ms: number, ring: () => void): (() => void) => {
    let cancel = time.after(ms, fire)
    function fire(): void {
      if (life.over) return
      const leftMs = life.pausedUntil - time.now().monoMs
      if (leftMs > 0) cancel = time.after(leftMs, fire)
      else ring()
    }
    return () => cancel()
  }
  return {
    now: () => computer.now(),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const cancel = after(ms, wake)
        function end(): void {
          cancel()
          resolve()
        }
        signal?.addEventListener('abort', end, { once: true })
      }),
  }
}

/** Of one machine: when it could not be seen, for its own reasons. */
export function blindOf({ blind }: Plc): readonly Span[] {
  return blind.map(({ from, to }) => ({ from: from - PAUSE_MS, to: to + SETTLED_MS }))
}
