/** A machine's device map after validation: what the derivation and the collector work from. Data only, frozen. */
import type { BitCount } from './bit-order.ts'
import type { Device } from './device.ts'
import type { PlantPlace } from './place.ts'
import type { DaySpan } from './planned-time.ts'
import type { Range } from './range.ts'
import type { Category, DerivedStatus } from './status.ts'

export interface MachineMap {
  /** `machines.machine_code` in central. */
  readonly machine: string
  /** Short hash of everything in the map that decides a status; each event carries it as `rule`. */
  readonly version: string
  /** The file as named to the user, for messages. */
  readonly file: string
  readonly devices: readonly Device[]
  readonly rules: readonly StatusRule[]
  readonly transient?: Transient
  readonly stops: Stops
  readonly faults: readonly FaultSignal[]
  readonly heartbeats: readonly { readonly signal: string; readonly staleAfterMs: number }[]
  readonly counters: readonly CounterSignal[]
  /** Signals of which the rules see not the value that is read, but what its course over time means. */
  readonly perceived: readonly Perceived[]
  /** Signal that carries the work order's number, if any. */
  readonly workOrderSignal?: string
  /** Names of the signals that decide anything. The others are shown to people, and the derivation passes them over. */
  readonly relevantSignals: readonly string[]
  /** Statuses whose stops become downtimes. */
  readonly eventsFor: readonly DerivedStatus[]
  readonly onCommLoss: CommLossPolicy
  /** Not running without a work order is NO_ORDER. */
  readonly needsOrder?: true
  /** Breaks of this machine, in place of those of the plant. */
  readonly breaks?: readonly DaySpan[]
  /** How often a row that goes on is split, besides at each UTC midnight: at the turns of shifts and breaks, or at each UTC hour. */
  readonly split?: 'shift' | 'hour'
  /** When a run ends a status that somebody has declared; without it after 5 cycles, or 2 minutes. */
  readonly exitAfter?: ExitAfter
  /** Where in the plant it stands, as far as the map says it. */
  readonly place?: PlantPlace
  /** It is derived and shown, and nothing of it is stored or leaves the gateway. */
  readonly isShadow?: true
}

/** Ordered, first match wins; the last rule is the mandatory `else`. */
export interface StatusRule {
  readonly when: Condition
  readonly is: DerivedStatus
  readonly reason?: ReasonSource
  readonly category?: Category
  /** The condition must hold this long; the status's interval then begins at the condition's first sample. */
  readonly forMs: number
  /** Another status must hold this long before this one is left. */
  readonly releaseMs: number
}

/** When a rule matches. */
export type Condition =
  | { readonly kind: 'else' }
  | ValueCondition
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }

/** Whether one signal shows what it should. */
export interface ValueCondition {
  readonly kind: 'value'
  readonly signal: string
  readonly test: ValueTest
  /** Of a signal with names: all that it may show. */
  readonly meaning?: Meaning
}

/** What a signal's value is held against. */
export type ValueTest =
  | { readonly kind: 'one-of'; readonly values: readonly (number | string | boolean)[] }
  | ({ readonly kind: 'range' } & Range)
  | { readonly kind: 'mask'; readonly mask: number; readonly equals: number }

/**
 * What the map knows of the values of a signal with names. A value beyond it is unknown to every rule: nobody has said what
 * the machine does then.
 */
export interface Meaning {
  /** By the raw value as text. */
  readonly names: Readonly<Record<string, string>>
  /** How rules of the map speak of numbers: a number without a name is known to the map where one of these holds. */
  readonly spoken: readonly ValueTest[]
}

/** Where a status's reason comes from: a code of the map, or what signals show. */
export type ReasonSource =
  | { readonly kind: 'fixed'; readonly code: string }
  | { readonly kind: 'from'; readonly signals: readonly string[] }

/** PackML's acting states and the like: the status before them stays until they are over, at most `maxMs`. */
interface Transient {
  readonly signal: string
  readonly values: readonly (number | string)[]
  readonly maxMs: number
}

/** A run that is production, and no trial: as soon as either is reached. */
export interface ExitAfter {
  /** Advances of a counter of good parts, of all parts or of cycles. */
  readonly cycles: number
  readonly runningMs: number
}

/** Shortest durations that count; named as technicians write them under `stops:`. */
interface Stops {
  /** A shorter stop does not end `running`. */
  readonly ignoreStopBelowMs: number
  /** A shorter run does not end a stop. */
  readonly ignoreRunBelowMs: number
  /** A shorter stop has its interval, and is no downtime. */
  readonly microStopBelowMs: number
  /** What a wait without a reason of its own turns out to be, as a whole, once it is no micro stop. */
  readonly longStopIs?: DerivedStatus
}

/** Which code is the reason of a stop: the one that came first, the latest, or the most important one of all that came. */
export const LATCHES = ['first', 'last', 'priority'] as const
export type Latch = (typeof LATCHES)[number]

/** A signal that shows why a machine stopped. */
export interface FaultSignal {
  readonly signal: string
  readonly latch: Latch
  /**
   * How long a stop waits for its own code, which often arrives after the state. A code that the PLC has shown since long
   * before the stop counts only if no other came within this time.
   */
  readonly settleMs: number
  /** A code that comes later than `settleMs` in a stop ends it, and begins another one of the same status. */
  readonly splitsOnCode?: true
  /** Each bit of it is a fault of its own, and the table's codes are the numbers of bits. */
  readonly isBitField?: true
  /** How its bits are counted, and how many there are; without it, from the lowest, which is 0. */
  readonly bits?: BitCount
  readonly reasons: readonly ReasonLine[]
}

/**
 * One line of a code table: of the numbers `from` to `to`, both included, or of the text `shows`, letter by letter. The line
 * `"*"` has none of them.
 */
export interface ReasonLine {
  readonly from?: number
  readonly to?: number
  readonly shows?: string
  /** Null where this value means that there is no fault. */
  readonly code: string | null
  readonly category: Category | null
  /** 1 is the most important. A line without one is less important than any that has one. */
  readonly priority?: number
  readonly text?: string
}

/** A signal that counts parts. */
export interface CounterSignal {
  readonly signal: string
  /** The first value that the counter never shows, e.g. 65536. */
  readonly rollover?: number
  /** More than this a minute is a glitch, not production. */
  readonly maxPerMinute?: number
  /** Of a counter of cycles: so many parts come of each; 1 unless written. */
  readonly partsPerCycle?: number
}

/** A signal that means something only over time. */
export type Perceived = LightSignal | PulseSignal | AnalogSignal

/** A lamp of a stack light: it is `on`, it is `off`, or it blinks. */
export interface LightSignal {
  readonly kind: 'light'
  readonly signal: string
  /** Changes that follow each other within this time are blinking. */
  readonly windowMs: number
}

/** A signal that has one pulse for each cycle of its machine: `pulsing`, `slow` or `no_pulse`. */
export interface PulseSignal {
  readonly kind: 'pulse'
  readonly signal: string
  /** How it counts; absent for a bit, whose pulses are its rising edges. */
  readonly counter?: CounterSignal
  readonly idealCycleMs: number
  /** A cycle that takes longer is a slow one. */
  readonly slowAfterMs: number
  /** Without a pulse for longer than this, the machine stands. */
  readonly stopAfterMs: number
  /** How long its cycles take in truth is watched, and proposed to people. */
  readonly isLearning: boolean
}

/**
 * A current, a power or a speed: the machine is `running` once the average lies above one limit, and `stopped` once it lies below
 * the other one. In between it is what it was.
 */
export interface AnalogSignal {
  readonly kind: 'analog'
  readonly signal: string
  readonly runningAbove: number
  readonly stoppedBelow: number
  readonly averageMs: number
}

/** When a device counts as lost, and what becomes of its machine's status then. */
export interface CommLossPolicy {
  /** Nothing good seen for this long is a loss; at least 30 s and three polls unless the map says otherwise. */
  readonly afterMs: number
  /** How long `hold` lets a status go on; then it ends as with `gap`. */
  readonly holdMaxMs: number
  /** `gap`: the interval closes at the last good sample and a NO_DATA marker follows; `hold`: the status goes on. */
  readonly byStatus: Readonly<Record<DerivedStatus, 'gap' | 'hold'>>
}
