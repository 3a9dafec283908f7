/**
 * A computer without a battery starts with a clock that is behind, and learns the time from the network a little later. What a
 * machine shows until then waits, and is taken in by the right time: a stamp that is written cannot be changed any more.
 */
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { Input } from './derive.ts'
import type { MachineState } from './state.ts'

/** A network gives the time before that, or not at all: then time goes on from the stamps that are written already. */
const WAIT_MS = 120_000
/** So many messages wait at most. A machine that is polled twenty times a second brings a tenth of it in the time. */
const WAITING_MAX = 24_000
/** Clocks are adjusted by less than this without being set. */
const TOLERANCE_MS = 1_000

/** What waits for the time. */
export interface Waiting {
  readonly state: MachineState
  /** When a gateway last ran before this boot. */
  readonly aliveAt: Instant
  readonly since: Instant
  readonly inputs: Input[]
}

/** Whether the clock is wrong for certain: by it the computer was started before a gateway ran that ran before the start. */
export function isTimeUnknown(aliveAt: Instant, now: Instant): boolean {
  return aliveAt.boot !== now.boot && aheadMs(now) < aliveAt.wallMs - TOLERANCE_MS
}

/** Whether the time has become known, or nobody waits for it any longer. */
export function isWaitOver({ aliveAt, since, inputs }: Waiting, now: Instant): boolean {
  return !isTimeUnknown(aliveAt, now) || elapsedMs(since, now) > WAIT_MS || inputs.length > WAITING_MAX
}

function aheadMs({ wallMs, monoMs }: Instant): number {
  return wallMs - monoMs
}

/** A moment of this boot as the clock shows it that is now known to be right. */
export function byClockOf(now: Instant, { boot, monoMs }: Instant): Instant {
  return { boot, monoMs, wallMs: aheadMs(now) + monoMs }
}

/** The same of all the moments of an input. */
export function inputByClockOf(now: Instant, input: Input): Input {
  const moved = (at: Instant) => byClockOf(now, at)
  if (input.kind === 'stall') return { ...input, from: moved(input.from), to: moved(input.to) }
  if (input.kind !== 'reading') return { ...input, at: moved(input.at) }
  const { at, completeTo, samples } = input.reading
  const reading = {
    at: moved(at),
    completeTo: moved(completeTo),
    samples: samples.map((sample) => ({ ...sample, at: moved(sample.at) })),
  }
  return { ...input, reading }
}

/** When an input came. */
export function atOf(input: Input): Instant {
  if (input.kind === 'stall') return input.to
  return input.kind === 'reading' ? input.reading.at : input.at
}
