/** Plays a station against a clock that stands still between its steps: bytes in, and all that comes of them out. */
import type { Event } from '../../src/domain/events/event.ts'
import type { Instant } from '../../src/domain/instant.ts'
import type { MasterData } from '../../src/domain/master-data.ts'
import type { BadgeMessage, MachineStanding, ScanMessage } from '../../src/domain/scan.ts'
import type { RawScan } from '../../src/domain/scanner.ts'
import type { StationMap } from '../../src/domain/station-map.ts'
import type { Answer, Context, Message, Stall, Taken, Tick } from '../../src/domain/subject.ts'
import { Framer } from '../../src/scanners/framing/framer.ts'
import { readScan } from '../../src/scans/read-scan.ts'
import { type StationSubject, stationSubject } from '../../src/scans/station-subject.ts'

/** As often as the pipeline gives subjects time. */
const TICK_MS = 1_000
/** How long a computer has been up when the gateway starts on it. */
const UP_MS = 20_000

interface Playing {
  readonly map: StationMap
  readonly masterData: MasterData
  readonly machine: MachineStanding | null
  readonly startMs: number
  /** Ends the program after each step and starts it again, as an update does. */
  readonly restartsAlways?: boolean
}

/** An answer, and when it was given by the clock on the wall. */
export interface Answered extends Answer {
  readonly wallMs: number
}

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** One scanner and its station, with the machine beside them as the steps set it. */
export class StationPlay {
  readonly events: Event[] = []
  readonly answers: Answered[] = []
  readonly learnt: { readonly context: Context; readonly wallMs: number }[] = []
  subject: StationSubject
  machine: MachineStanding | null
  readonly #playing: Playing
  #now: Instant
  #timers: Timer[] = []
  #raw: RawScan[] = []
  #framer: Framer
  /** What a start after a crash finds. */
  #saved: unknown
  /** When the program was last running before it started. */
  #aliveAt: Instant | undefined

  constructor(playing: Playing) {
    this.#playing = playing
    this.machine = playing.machine
    this.#now = { boot: 'boot-1', wallMs: playing.startMs, monoMs: UP_MS }
    this.#framer = this.#newFramer()
    this.subject = this.#start()
  }

  /** What the port brings in one packet. */
  async bytes(bytes: Uint8Array): Promise<void> {
    this.#framer.take(bytes)
    await this.#readAll()
  }

  /** Lets time go on. */
  async pass(ms: number): Promise<void> {
    const end = this.#now.monoMs + ms
    for (;;) {
      const tickMs = UP_MS + (Math.floor((this.#now.monoMs - UP_MS) / TICK_MS) + 1) * TICK_MS
      const timer = this.#timers.toSorted((a, b) => a.dueMs - b.dueMs)[0]
      const nextMs = Math.min(tickMs, timer?.dueMs ?? tickMs)
      if (nextMs > end) break
      this.#advance(nextMs - this.#now.monoMs)
      if (timer && timer.dueMs === nextMs) {
        this.#timers = this.#timers.filter((one) => one !== timer)
        timer.callback()
        await this.#readAll()
      }
      const { wakeAtMs } = this.subject
      if (tickMs === nextMs && wakeAtMs !== undefined && wakeAtMs < this.#now.monoMs)
        this.#take({ kind: 'tick', at: this.#now })
    }
    this.#advance(end - this.#now.monoMs)
  }

  /** Somebody, or something, sets the clock. */
  stepClock(ms: number): void {
    this.#now = { ...this.#now, wallMs: this.#now.wallMs + ms }
  }

  /**
   * The program is away for a time, after an end in good order or a crash; the computer with it or not.
   * @param clockMs how much the clock on the wall is off afterwards
   */
  restart(how: 'program' | 'crash' | 'computer', awayMs: number, clockMs: number): void {
    if (how === 'program') this.#save(this.subject.state)
    const { boot, wallMs, monoMs } = this.#now
    this.#aliveAt = this.#now
    const later = wallMs + awayMs + clockMs
    this.#now =
      how === 'computer'
        ? { boot: `${boot}+`, wallMs: later, monoMs: UP_MS }
        : { boot, wallMs: later, monoMs: monoMs + awayMs }
    this.#timers = []
    this.#framer = this.#newFramer()
    this.subject = this.#start()
  }

  #start(): StationSubject {
    return stationSubject(this.#playing.map, {
      state: this.#saved,
      lastSeen: undefined,
      before: undefined,
      aliveAt: this.#aliveAt,
      now: this.#now,
    })
  }

  #newFramer(): Framer {
    const clock = {
      now: () => this.#now,
      after: (ms: number, callback: () => void) => {
        const timer = { dueMs: this.#now.monoMs + ms, callback }
        this.#timers.push(timer)
        return () => {
          this.#timers = this.#timers.filter((one) => one !== timer)
        }
      },
    }
    const { suffix } = this.#playing.map.port.framing
    return new Framer({ suffix, clock, out: (item) => item.kind === 'scan' && this.#raw.push(item) })
  }

  async #readAll(): Promise<void> {
    for (const raw of this.#raw.splice(0)) {
      const read = await readScan(this.#playing.map, raw, this.#playing.masterData)
      if (!read) continue
      const message: ScanMessage | BadgeMessage = { ...read, machine: this.machine }
      this.#take(message)
    }
  }

  #take(input: Message | Tick | Stall): void {
    const { wallMs } = this.#now
    const taken: Taken = this.subject.take(input)
    this.events.push(...taken.events)
    for (const answer of [taken.givenUp, taken.answer]) if (answer) this.answers.push({ ...answer, wallMs })
    for (const context of taken.context ?? []) {
      this.learnt.push({ context, wallMs })
      this.machine = standingAfter(this.machine, context)
    }
    if (taken.state) this.#save(taken.state)
    if (!this.#playing.restartsAlways) return
    this.#save(this.subject.state)
    this.subject = this.#start()
  }

  #save(state: object): void {
    this.#saved = JSON.parse(JSON.stringify(state))
  }

  #advance(ms: number): void {
    const { boot, wallMs, monoMs } = this.#now
    this.#now = { boot, wallMs: wallMs + ms, monoMs: monoMs + ms }
  }
}

/** As far as a station's scans depend on it. */
function standingAfter(machine: MachineStanding | null, context: Context): MachineStanding | null {
  if (!machine) return null
  const { workOrder, declared } = context
  return {
    ...machine,
    ...(workOrder === undefined ? {} : { workOrder }),
    ...(declared === undefined ? {} : { declared: declared?.status ?? null }),
  }
}
