/**
 * A machine's cycles, one pulse each.
 *
 * After a pulse the machine runs for one ideal cycle, that much is known. What follows is open until the next pulse comes: within
 * `stop_after` the machine ran through, and slowly if it took longer than `slow_after`. Where none has come by then, the machine has
 * stood since the last pulse and one ideal cycle. A machine that goes on slowly is slow without a break.
 */
import { elapsedMs, type Instant, laterOf, shift } from '../../../domain/instant.ts'
import type { PulseSignal } from '../../../domain/machine-map.ts'
import { type Count, followCount } from '../counters.ts'
import type { CourseTurn, Followed, Glance, RawValue } from './glance.ts'

/** What is remembered of the pulses of a machine. */
export interface PulseMemory {
  /** Of a counter its count; of a bit 1 while it is on, and 0. */
  readonly count: Count
  readonly readAt: Instant
  readonly stage: Stage
  /** The last pulse; before the first one: since when it is awaited. */
  readonly from: Instant
  readonly isSlow: boolean
  /** How long the latest cycles took, oldest first, where the map wants to learn it. */
  readonly cyclesMs: readonly number[]
}

/** `awaited`: no pulse has come yet; `coming`: pulses come; `stopped`: none has come for `stop_after`. */
export const STAGES = ['awaited', 'coming', 'stopped'] as const
type Stage = (typeof STAGES)[number]

/** So many cycles are remembered to learn from. */
const CYCLES_MAX = 99
/** Fewer say nothing yet. */
const CYCLES_MIN = 20

/** @param before undefined for a machine that is seen for the first time */
export function followPulses(
  spec: PulseSignal,
  before: PulseMemory | undefined,
  { at, raw }: Glance,
): Followed<PulseMemory> {
  if (!before) return followed(spec, begun(at, raw), [])
  const { count, pulses } = pulsesIn(spec, before, { at, ...(raw !== undefined && { raw }) })
  const read = { ...before, count, readAt: at }
  const quietMs = elapsedMs(before.from, at)
  // Several pulses at once came one after the other, while nobody looked.
  const ranThrough = pulses > 0 && before.stage === 'coming' && quietMs / pulses <= spec.stopAfterMs
  if (ranThrough) return pulsed(spec, read, { at, cycleMs: quietMs / pulses })
  const isQuiet = before.stage !== 'stopped' && quietMs > spec.stopAfterMs
  const stopped: PulseMemory = isQuiet ? { ...read, stage: 'stopped', isSlow: false } : read
  const turns = isQuiet ? [{ value: 'no_pulse', since: stoodSince(spec, before) }] : []
  if (pulses === 0) return followed(spec, stopped, turns)
  const cyclesMs = learnt(spec, before, quietMs / pulses)
  const again: PulseMemory = { ...stopped, stage: 'coming', from: at, isSlow: false, cyclesMs }
  return followed(spec, again, [
    ...turns,
    { value: 'pulsing', since: begunAgain(spec, before, { at, pulses }) },
  ])
}

/** How long a cycle takes in truth: the median, so that stops do not count. Null as long as too few have been seen. */
export function observedCycleMsOf({ cyclesMs }: PulseMemory): number | null {
  if (cyclesMs.length < CYCLES_MIN) return null
  return cyclesMs.toSorted((a, b) => a - b)[Math.floor(cyclesMs.length / 2)] ?? null
}

function begun(at: Instant, raw: RawValue | undefined): PulseMemory {
  const count = { value: Number(raw ?? 0), doubted: null }
  return { count, readAt: at, stage: 'awaited', from: at, isSlow: false, cyclesMs: [] }
}

/** A pulse came in time. */
function pulsed(
  spec: PulseSignal,
  before: PulseMemory,
  { at, cycleMs }: { readonly at: Instant; readonly cycleMs: number },
): Followed<PulseMemory> {
  const isSlow = cycleMs > spec.slowAfterMs
  const memory = { ...before, from: at, isSlow, cyclesMs: learnt(spec, before, cycleMs) }
  if (isSlow === before.isSlow) return followed(spec, memory, [])
  const turn: CourseTurn = isSlow
    ? { value: 'slow', since: shift(before.from, spec.idealCycleMs) }
    : { value: 'pulsing', since: before.from }
  return followed(spec, memory, [turn])
}

/** Whether a cycle that follows a slow one is slow as well shows only at its end. */
function followed(
  { idealCycleMs }: PulseSignal,
  memory: PulseMemory,
  turns: readonly CourseTurn[],
): Followed<PulseMemory> {
  const { stage, from, isSlow } = memory
  const isRunning = stage === 'coming' && !isSlow
  return { memory, turns, knownTo: stage === 'stopped' ? null : isRunning ? shift(from, idealCycleMs) : from }
}

function stoodSince({ idealCycleMs }: PulseSignal, { stage, from }: PulseMemory): Instant {
  return stage === 'coming' ? shift(from, idealCycleMs) : from
}

/** Several pulses at once began as many cycles ago as there are, and not before they were looked for last. */
function begunAgain(
  { idealCycleMs }: PulseSignal,
  { readAt }: PulseMemory,
  { at, pulses }: { readonly at: Instant; readonly pulses: number },
): Instant {
  return pulses === 1 ? at : laterOf(shift(at, -pulses * idealCycleMs), readAt)
}

function pulsesIn({ counter }: PulseSignal, { count, readAt }: PulseMemory, { at, raw }: Glance) {
  if (raw === undefined) return { count, pulses: 0 }
  const value = Number(raw)
  if (counter) {
    const { count: next, parts } = followCount(counter, count, value, elapsedMs(readAt, at))
    return { count: next, pulses: parts }
  }
  return { count: { value, doubted: null }, pulses: value > count.value ? 1 : 0 }
}

function learnt({ isLearning }: PulseSignal, { stage, cyclesMs }: PulseMemory, cycleMs: number) {
  if (!isLearning || stage === 'awaited') return cyclesMs
  return [...cyclesMs, Math.round(cycleMs)].slice(-CYCLES_MAX)
}
