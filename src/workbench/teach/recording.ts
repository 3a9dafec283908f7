/**
 * What is recorded while somebody shows what a machine does: the course of each signal, and the phases in which he said what the
 * machine was doing. Plain data, so that a proposal can be made again and proven.
 */
import type { Category, DerivedStatus } from '../../domain/status.ts'

/** What a signal showed; whole numbers of 64 bits are rounded, and null stands for what could not be read. */
export type TrackValue = number | string | boolean | null

/** The signal shows this from here on. */
interface TrackPoint {
  readonly atMs: number
  readonly value: TrackValue
}

/** What may stand behind a key of a signal in a map. */
export type SignalKeys = Readonly<
  Record<string, string | number | boolean | Readonly<Record<string, string | number | boolean>>>
>

/** The course of one signal. */
export interface Track {
  readonly name: string
  /** `word`: a whole number without a sign, which may be a state, or bits. */
  readonly kind: 'bit' | 'word' | 'number' | 'text'
  /** Somebody named it, so that it means something; the others come from a scan. */
  readonly isNamed: boolean
  /** Only changes, in time order. */
  readonly points: readonly TrackPoint[]
  /** As a map has the signal. */
  readonly keys: SignalKeys
  /** The map of whoever teaches, or a profile, says already what its values mean: they were recorded as such. */
  readonly isInterpreted?: boolean
  /** Of a register: how a map has one bit of it as a signal of its own. */
  readonly bitKeys?: (bit: number) => SignalKeys
}

/** What a phase means to the MES. */
export interface PhaseMeaning {
  readonly is: DerivedStatus
  readonly reason?: string | undefined
  readonly category?: Category | undefined
}

/** Some seconds of which somebody said what the machine did. */
export interface TaughtPhase extends PhaseMeaning {
  readonly phase: number
  /** As people read it. */
  readonly label: string
  /** As a value's name in a map. */
  readonly word: string
  readonly fromMs: number
  readonly toMs: number
}

/** All of a teach-in. */
export interface TeachRecording {
  readonly tracks: readonly Track[]
  /** In time order. */
  readonly phases: readonly TaughtPhase[]
  /** How often signals were read. */
  readonly everyMs: number
  /** Up to when all was recorded. */
  readonly endMs: number
}

/** The first seconds of a phase belong to what was before: somebody pushes a button, and the machine has to follow. */
const SETTLE_PART = 0.3
const SETTLE_MAX_MS = 3_000

/** From when on a phase shows what it is about. */
export function steadyFromMs({ fromMs, toMs }: Pick<TaughtPhase, 'fromMs' | 'toMs'>): number {
  return fromMs + Math.min(SETTLE_MAX_MS, (toMs - fromMs) * SETTLE_PART)
}

/** Phases of one meaning are one thing to the rules. */
export function meaningKey({ is, reason, category }: PhaseMeaning): string {
  return [is, reason ?? '', category ?? ''].join('|')
}
