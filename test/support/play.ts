/** Plays a machine into the derivation second by second, and keeps its intervals and downtimes as a reader of the events would. */
import type { DeviceMessage } from '../../src/domain/device.ts'
import type { DowntimeAmended, DowntimeOpened } from '../../src/domain/events/downtime.ts'
import type { MachineEvent } from '../../src/domain/events/machine.ts'
import type { StatusAmended, StatusOpened } from '../../src/domain/events/status.ts'
import { type Instant, shift } from '../../src/domain/instant.ts'
import type { MachineMap, StatusRule } from '../../src/domain/machine-map.ts'
import type { Reading, SignalValue } from '../../src/domain/signal.ts'
import { relevantSignals } from '../../src/maps/machine/relevant-signals.ts'
import { derive } from '../../src/status/derive.ts'
import { readState } from '../../src/status/saved/read-state.ts'
import { type MachineState, type Memory, newMemory, resumeMemory } from '../../src/status/state.ts'

export const START_MS = Date.UTC(2026, 0, 31, 9)

export type HistoryRow = StatusOpened & Partial<Omit<StatusAmended, 'kind'>>
export type DowntimeRow = DowntimeOpened & Partial<Omit<DowntimeAmended, 'kind'>>
type Values = Readonly<Record<string, SignalValue>>

/** Rules of a press: fault, setup, service, running, else idle; the code comes from `fault`. */
const PRESS_RULES: readonly StatusRule[] = [
  rule('maintenance', { state: 'service' }, 0),
  {
    ...rule('setup', { state: 'setup' }, 0),
    reason: { kind: 'fixed', code: 'changeover' },
    category: 'setup',
  },
  { ...rule('down', { state: 'fault' }, 1_000), reason: { kind: 'from', signals: ['fault'] } },
  rule('running', { state: 'run' }, 2_000),
  { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 },
]

export function rule(
  is: StatusRule['is'],
  when: Readonly<Record<string, string | number>>,
  forMs: number,
): StatusRule {
  const of = Object.entries(when).map(
    ([signal, value]) => ({ kind: 'value', signal, test: { kind: 'one-of', values: [value] } }) as const,
  )
  return { when: { kind: 'all', of }, is, forMs, releaseMs: forMs }
}

/** A press with the defaults of the contract; `changes` puts other values in place. */
export function press(changes: Partial<MachineMap> = {}): MachineMap {
  const map = {
    machine: 'PRESS-07',
    version: 'v1',
    file: 'devices/press-07.yaml',
    devices: [
      {
        id: 'PRESS-07',
        subject: 'machine:PRESS-07',
        protocol: 'test',
        settings: {},
        pollMs: 1_000,
        signals: ['state', 'fault', 'good', 'alive', 'order'].map((name) => ({ name, address: null })),
      },
    ],
    rules: PRESS_RULES,
    stops: { ignoreStopBelowMs: 2_000, ignoreRunBelowMs: 10_000, microStopBelowMs: 120_000 },
    faults: [
      {
        signal: 'fault',
        latch: 'first',
        settleMs: 5_000,
        reasons: [
          { from: 101, to: 101, code: 'mechanical_failure', category: 'equipment' },
          { from: 200, to: 249, code: 'material_shortage', category: 'material' },
          { code: 'unknown_fault', category: 'equipment' },
        ],
      },
    ],
    heartbeats: [],
    counters: [],
    eventsFor: ['down', 'setup'] as const,
    onCommLoss: {
      afterMs: 30_000,
      holdMaxMs: 12 * 3_600_000,
      byStatus: {
        available: 'hold',
        running: 'gap',
        idle: 'gap',
        down: 'hold',
        setup: 'hold',
        maintenance: 'hold',
      },
    },
    ...changes,
  } satisfies Omit<MachineMap, 'relevantSignals'>
  return { ...map, relevantSignals: relevantSignals(map) }
}

/** What the press's only device brings. */
export function readingOfPress(reading: Reading): DeviceMessage {
  return { kind: 'reading', device: 'PRESS-07', subject: 'machine:PRESS-07', reading }
}

export class Play {
  readonly events: MachineEvent[] = []
  readonly #map: MachineMap
  #memory: Memory
  #wallMs: number
  #monoMs = 1_000_000
  #boot = 'boot-1'
  #values: Values = {}

  constructor(map: MachineMap, startMs = START_MS) {
    this.#map = map
    this.#wallMs = startMs
    this.#memory = newMemory('boot-1', this.now)
  }

  get now(): Instant {
    return { boot: this.#boot, wallMs: this.#wallMs, monoMs: this.#monoMs }
  }

  get state(): MachineState {
    return this.#memory.durable
  }

  /** The machine shows these values from now on, and is polled every second for so long. */
  show(values: Values, seconds: number, quality: 'good' | 'bad' = 'good'): this {
    this.#read(values, quality)
    for (let second = 1; second <= seconds; second += 1) {
      this.skip(1)
      this.#read({}, quality)
    }
    return this
  }

  /** One reading, at this very moment. */
  read(values: Values): this {
    this.#read(values, 'good')
    return this
  }

  #read(values: Values, quality: 'good' | 'bad'): void {
    const at = this.now
    this.#values = { ...this.#values, ...values }
    const samples = Object.entries(values).map(([signal, value]) => ({ signal, value, quality, at }))
    this.#take(readingOfPress({ at, completeTo: at, samples }))
  }

  /** A reading that brings a change late: the source dated it `lateMs` ago. */
  readLate(values: Values, lateMs: number): this {
    const at = this.now
    const then = shift(at, -lateMs)
    this.#values = { ...this.#values, ...values }
    const samples = Object.entries(values).map(
      ([signal, value]) => ({ signal, value, quality: 'good', at: then }) as const,
    )
    this.#take(readingOfPress({ at, completeTo: at, samples }))
    return this
  }

  /** Time passes unseen. */
  skip(seconds: number): this {
    this.#wallMs += seconds * 1_000
    this.#monoMs += seconds * 1_000
    return this
  }

  /** The cable is out for so long; the clock ticks on. On return the machine shows all its values again. */
  cut(seconds: number, values: Values = {}): this {
    this.#take({ kind: 'link', device: 'PRESS-07', subject: 'machine:PRESS-07', up: false, at: this.now })
    for (let second = 0; second < seconds; second += 1) {
      this.skip(1)
      this.tick()
    }
    this.#take({ kind: 'link', device: 'PRESS-07', subject: 'machine:PRESS-07', up: true, at: this.now })
    this.#read({ ...this.#values, ...values }, 'good')
    return this
  }

  tick(): this {
    this.#take({ kind: 'tick', at: this.now })
    return this
  }

  /**
   * The process dies and starts again after so long, with the state as saved. `reboot` starts another boot; `silent` seconds
   * pass before the machine answers.
   */
  restart(
    seconds: number,
    values: Values = {},
    options: { readonly reboot?: boolean; readonly silent?: number } = {},
  ): this {
    const saved = readState(JSON.parse(JSON.stringify(this.#memory.durable)))
    if (saved.kind !== 'read') throw new Error(saved.why)
    this.skip(seconds)
    if (options.reboot) {
      this.#monoMs = 5_000
      this.#boot = 'boot-2'
    }
    this.#memory = resumeMemory(saved.state, this.#boot, this.now)
    for (let second = 0; second < (options.silent ?? 0); second += 1) this.skip(1).tick()
    this.#read({ ...this.#values, ...values }, 'good')
    return this
  }

  /** The wall clock is set; the monotonic one does not notice. */
  stepWallClock(seconds: number): this {
    this.#wallMs += seconds * 1_000
    return this
  }

  #take(input: Parameters<typeof derive>[2]): void {
    const { memory, events } = derive(this.#map, this.#memory, input)
    this.#memory = memory
    this.events.push(...events)
  }

  get history(): readonly HistoryRow[] {
    return fold(this.events, 'status') as readonly HistoryRow[]
  }

  get downtimes(): readonly DowntimeRow[] {
    return fold(this.events, 'downtime') as readonly DowntimeRow[]
  }

  /** History in short: `+0 idle`, `+60 down mechanical_failure`, seconds from the start. */
  get story(): readonly string[] {
    return this.history.map(({ at, status, reason }) =>
      [`+${(Date.parse(at) - START_MS) / 1_000}`, status, reason].filter((part) => part !== null).join(' '),
    )
  }

  /** Downtimes in short: `+60..+660 mechanical_failure equipment 10 min`. */
  get stops(): readonly string[] {
    const offset = (text: string) => `+${(Date.parse(text) - START_MS) / 1_000}`
    return this.downtimes.map(({ at, reason, category, ended }) =>
      [
        `${offset(at)}..${ended ? offset(ended.at) : ''}`,
        reason ?? 'unassigned',
        category ?? '-',
        ended ? `${ended.minutes} min` : 'open',
      ].join(' '),
    )
  }
}

/** What a reader of the events makes of them: opened, then amended in order. Refuses what makes no sense. */
function fold(events: readonly MachineEvent[], table: 'status' | 'downtime'): readonly object[] {
  const rows = new Map<string, object>()
  for (const event of events) {
    if (!event.kind.startsWith(table)) continue
    const before = rows.get(event.at)
    if (event.kind.endsWith('opened') && before) throw new Error(`opened twice: ${event.at}`)
    if (event.kind.endsWith('amended') && !before)
      throw new Error(`amended before it was opened: ${event.at}`)
    rows.set(event.at, { ...before, ...event })
  }
  return [...rows.values()]
}
