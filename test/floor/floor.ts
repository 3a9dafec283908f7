/** The floor: a press, its stations and a real pipeline, on a clock that the day moves. What a start knows is what was saved. */
import { fileURLToPath } from 'node:url'
import type { Event } from '../../src/domain/events/event.ts'
import { type Instant, shift } from '../../src/domain/instant.ts'
import type { LookupResult, MasterData } from '../../src/domain/master-data.ts'
import type { OutboxEntry } from '../../src/domain/outbox.ts'
import { machineOwner, type Owner, stationOwner } from '../../src/domain/owner.ts'
import type { MachineStanding } from '../../src/domain/scan.ts'
import type { StationMap } from '../../src/domain/station-map.ts'
import type { Answer } from '../../src/domain/subject.ts'
import { Pipeline } from '../../src/pipeline.ts'
import { createLog } from '../../src/runtime/log.ts'
import { readScan } from '../../src/scans/read-scan.ts'
import { stationSubject } from '../../src/scans/station-subject.ts'
import { isMachineSubject, machineSubject } from '../../src/status/machine-subject.ts'
import { press, readingOfPress } from '../support/press.ts'
import { stationOf } from '../support/scan-cases.ts'
import { type Day, type Shown, STATIONS, type StationName } from './day.ts'

const MIDNIGHT_MS = Date.UTC(2026, 0, 31)
const PRESS = machineOwner('PRESS-07')
const FOLDER = fileURLToPath(new URL('stations/', import.meta.url))
const log = createLog('silent')
export const OPERATORS: Readonly<Record<string, number>> = { '1001': 7, '1002': 8 }
const SHOWN: Readonly<Record<Shown, { readonly state: string; readonly fault: number }>> = {
  run: { state: 'run', fault: 0 },
  ready: { state: 'ready', fault: 0 },
  fault: { state: 'fault', fault: 0 },
  jam: { state: 'fault', fault: 101 },
  setup: { state: 'setup', fault: 0 },
}

/** Something that happened, with its moment in ms since the day began. */
export type Happened =
  | { readonly kind: 'scan'; readonly at: number; readonly station: StationName; readonly code: string }
  | { readonly kind: 'beat'; readonly at: number }
  | { readonly kind: 'sees'; readonly at: number; readonly shows: Shown }

/** What came of it. */
export interface Said {
  readonly station: StationName
  readonly verdict: Answer['verdict']
  readonly why: string | null
}

export interface Moment {
  readonly what: Happened
  readonly said: readonly Said[]
  readonly made: readonly Event[]
  readonly standing: MachineStanding | null
}

const maps: Readonly<Record<StationName, StationMap>> = {
  press: stationOf('press', FOLDER),
  bench: stationOf('bench', FOLDER),
  table: stationOf('table', FOLDER),
}

const masterData: MasterData = {
  holderOf: async (employeeCode) => {
    const operator = OPERATORS[employeeCode] ?? null
    return { badge: `hash of ${operator}`, operator, why: operator === null ? 'nobody has it' : null }
  },
  find: async ({ places, code }): Promise<LookupResult> => {
    if (places[0]?.table !== 'work_orders') return { kind: 'unknown' }
    const state = code === '3' ? 'completed' : 'released'
    return { kind: 'one', reference: { type: 'work_order', id: Number(code), code, state } }
  },
  shiftEndMs: () => null,
}

export async function live(day: Day): Promise<readonly Moment[]> {
  const floor = new Floor(day)
  for (const step of day.steps) await floor.take(step)
  floor.pass(400)
  return floor.moments
}

class Floor {
  readonly moments: Moment[] = []
  readonly startMs: number
  readonly #states = new Map<string, unknown>()
  #pipeline: Pipeline | undefined
  #now: Instant
  #ms = 250
  #shows: Shown = 'ready'
  #isNew = true
  #said: Said[] = []
  #made: Event[] = []

  constructor({ midnight }: Day) {
    this.startMs = MIDNIGHT_MS - midnight * 1_000
    this.#now = { boot: 'boot-1', wallMs: this.startMs + this.#ms, monoMs: 1_000_000 + this.#ms }
    this.#start()
    this.pass(5)
  }

  async take(step: Day['steps'][number]): Promise<void> {
    if (step.kind === 'scan') await this.#scan(step)
    else if (step.kind === 'press') this.#show(step)
    else if (step.kind === 'wait') this.pass(step.seconds)
    else this.#restart(step)
  }

  pass(seconds: number): void {
    const until = this.#ms + Math.round(seconds * 1_000)
    for (;;) {
      const next = (Math.floor(this.#ms / 1_000) + 1) * 1_000
      if (next > until) break
      this.#advance(next)
      if (!this.#pipeline) continue
      this.#poll()
      this.#note({ kind: 'beat', at: this.#ms }, () => this.#pipeline?.beat())
    }
    this.#advance(until)
  }

  async #scan({ station, code, after }: Extract<Day['steps'][number], { kind: 'scan' }>): Promise<void> {
    const map = maps[station]
    const raw = { kind: 'scan', bytes: Buffer.from(code), aimId: null, at: this.#now } as const
    const read = await readScan(map, raw, masterData)
    if (!read) return
    if (!read) throw new Error(`${code} is no scan`)
    const machine = station === 'table' ? null : this.#standing
    this.#note({ kind: 'scan', at: this.#ms, station, code }, () =>
      this.#pipeline?.deliver({ ...read, machine }),
    )
    this.pass(after)
  }

  #show({ shows, seconds }: Extract<Day['steps'][number], { kind: 'press' }>): void {
    this.#shows = shows
    this.#isNew = true
    this.pass(seconds)
  }

  #restart({ how, seconds }: Extract<Day['steps'][number], { kind: 'restart' }>): void {
    // What was refused last may be forgotten until then.
    if (how === 'kill') this.pass(6)
    if (how === 'stop') this.#note({ kind: 'beat', at: this.#ms }, () => this.#pipeline?.beat(true))
    this.#pipeline = undefined
    this.pass(seconds)
    this.#start()
    this.pass(5)
  }

  #start(): void {
    const clock = { now: () => this.#now, sleep: async () => {}, after: () => () => {} }
    const outbox = {
      append: async (entry: OutboxEntry) => this.#append(entry),
      uncommitted: 0,
      states: async () => ({}),
    }
    const answered = (owner: Owner, { verdict, why }: Answer) => {
      const station = STATIONS.find((one) => stationOwner(maps[one].scanner) === owner)
      if (station) this.#said.push({ station, verdict, why })
    }
    const saved = JSON.parse(JSON.stringify(Object.fromEntries(this.#states)))
    const pipeline = new Pipeline({ outbox, clock, log, answered }, saved)
    this.#pipeline = pipeline
    pipeline.put(PRESS, (remembered) =>
      machineSubject(press({ exitAfter: { cycles: 5, runningMs: 120_000 } }), remembered),
    )
    for (const map of Object.values(maps))
      pipeline.put(stationOwner(map.scanner), (remembered) => stationSubject(map, remembered))
    this.#isNew = true
    const link = { kind: 'link', device: 'PRESS-07', subject: PRESS, up: true, at: this.#now } as const
    pipeline.deliver(link)
  }

  #poll(): void {
    const at = this.#now
    const shown = this.#isNew ? Object.entries(SHOWN[this.#shows]) : []
    this.#isNew = false
    const samples = shown.map(([signal, value]) => ({ signal, value, quality: 'good', at }) as const)
    this.#note({ kind: 'sees', at: this.#ms, shows: this.#shows }, () =>
      this.#pipeline?.deliver(readingOfPress({ at, completeTo: at, samples })),
    )
  }

  #note(what: Happened, act: () => unknown): void {
    const standing = this.#pipeline && what.kind === 'scan' ? this.#standing : null
    act()
    this.moments.push({ what, said: this.#said.splice(0), made: this.#made.splice(0), standing })
  }

  #append({ events, states }: OutboxEntry): void {
    this.#made.push(...events)
    for (const [owner, state] of Object.entries(states)) this.#states.set(owner, state)
  }

  get #standing(): MachineStanding | null {
    const machine = this.#pipeline?.subjectOf(PRESS)
    return machine && isMachineSubject(machine) ? machine.standing(this.#now) : null
  }

  #advance(ms: number): void {
    this.#now = shift(this.#now, ms - this.#ms)
    this.#ms = ms
  }
}
