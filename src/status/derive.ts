/**
 * Machine status and downtime from what a machine shows: (map, memory, input) → memory and events. Pure: no clock, no I/O.
 *
 * Time moves only with contact. A status is committed when it has held for its debounce, and then reaches back to its
 * first sample. What was not seen is never claimed: a machine out of sight closes at its last good sample (on-loss.ts).
 * A rule decides only on values that are there and good (judging/rules.ts).
 */
import type { DeviceMessage } from '../domain/device.ts'
import type { MachineEvent } from '../domain/events/machine.ts'
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Reading, Sample } from '../domain/signal.ts'
import type { Tick } from '../domain/subject.ts'
import { change, type Draft, see } from './draft.ts'
import { commitIfHeld } from './judging/candidate.ts'
import { judge } from './judging/judge.ts'
import { reasonNow } from './judging/verdict.ts'
import { isOutOfSight, lose, wakeForLossMs } from './on-loss.ts'
import { changeReason, endStop, isLong, recordStop } from './rows/downtime.ts'
import { closeInterval, splitAtMidnights } from './rows/intervals.ts'
import {
  forgetDevice,
  frozenSince,
  interrupt,
  relevantSamples,
  seenUpTo,
  takeSamples,
} from './seeing/seeing.ts'
import { candidateOf, type MachineState, type Memory, stopOf } from './state.ts'

/** What moves a machine's status: readings, links that come and go, and time. */
export type Input = DeviceMessage | Tick

interface Derived {
  readonly memory: Memory
  readonly events: readonly MachineEvent[]
  /** Whether the durable state changed in a way that a restart must know of. */
  readonly changed: boolean
  /** When the machine wants a tick even if nothing comes from it, on the monotonic clock; undefined if never. */
  readonly wakeAtMs: number | undefined
}

/** Takes in one input. */
export function derive(map: MachineMap, memory: Memory, input: Input): Derived {
  const draft: Draft = { map, state: memory.durable, view: memory.view, events: [] }
  if (input.kind === 'reading') takeReading(draft, input.device, input.reading)
  else if (input.kind === 'tick') takeTick(draft, input.at)
  else if (!input.up) forgetDevice(draft, input.device)
  return {
    memory: { durable: draft.state, view: draft.view },
    events: draft.events,
    changed: draft.events.length > 0 || hasTurned(memory.durable, draft.state),
    wakeAtMs: wakeForLossMs(draft),
  }
}

/** Whether the machine is in another phase, or another status waits to be believed. */
function hasTurned({ phase: before }: MachineState, { phase: after }: MachineState): boolean {
  return before.kind !== after.kind || candidateOf(before) !== candidateOf(after)
}

/** The machine's map is gone: what is open ends where the machine was last seen. */
export function retire(map: MachineMap, memory: Memory): readonly MachineEvent[] {
  const draft: Draft = { map, state: memory.durable, view: memory.view, events: [] }
  const { lastSeen } = draft.state
  if (lastSeen) {
    endStop(draft, lastSeen, ['reconfigured'])
    closeInterval(draft, lastSeen, ['reconfigured'])
  }
  return draft.events
}

function takeTick(draft: Draft, at: Instant): void {
  if (isOutOfSight(draft, at)) lose(draft, at)
}

function takeReading(draft: Draft, device: string, reading: Reading): void {
  // After a restart nothing is lost before the machine shows what it is doing: then judge() decides, by comeBack().
  if (draft.view.sight.kind !== 'restarted') takeTick(draft, reading.at)
  const samples = relevantSamples(draft.map, reading.samples)
  commitIfHeld(draft, samples[0]?.at ?? reading.at)
  for (const moment of moments(samples)) {
    takeSamples(draft, moment.samples)
    judge(draft, moment.at)
  }
  see(draft, { contacts: { ...draft.view.contacts, [device]: reading.at } })
  confirm(draft, reading.at)
}

/** Samples of one moment belong together: the rules see them all at once. */
function moments(samples: readonly Sample[]): { readonly at: Instant; readonly samples: Sample[] }[] {
  const result: { readonly at: Instant; readonly samples: Sample[] }[] = []
  for (const sample of samples) {
    const last = result.at(-1)
    if (last && last.at.wallMs === sample.at.wallMs) last.samples.push(sample)
    else result.push({ at: sample.at, samples: [sample] })
  }
  return result
}

/** The machine was in contact now, so its values still hold: what had to hold for a while may have done so. */
function confirm(draft: Draft, now: Instant): void {
  const seen = seenUpTo(draft)
  if (!seen) {
    noteFrozen(draft, now)
    return
  }
  if (draft.view.sight.verdict.transientSince !== null) judge(draft, now)
  commitIfHeld(draft, seen)
  followStopReason(draft, now)
  change(draft, { lastSeen: seen })
  settle(draft, candidateOf(draft.state.phase)?.since ?? seen)
}

/** A fault code came, or another one. Where a candidate waits, codes belong to it and not to the stop that may be over. */
function followStopReason(draft: Draft, now: Instant): void {
  const stop = stopOf(draft.state.phase)
  const { verdict } = draft.view.sight
  if (!stop || candidateOf(draft.state.phase) || verdict.kind !== 'rule') return
  changeReason(draft, reasonNow(draft, verdict.rule, stop.reason, stop.since, now))
}

/**
 * Writes what is certain about the open interval up to a moment. While another status is a candidate, that moment is the
 * candidate's first sample: the interval may have ended there.
 */
function settle(draft: Draft, upTo: Instant): void {
  recordStop(draft, upTo)
  const stop = stopOf(draft.state.phase)
  // A stop that may still turn out a micro stop is split, if at all, when it is known what it was.
  if (!stop || isLong(draft, stop, upTo)) splitAtMidnights(draft, upTo)
}

/** A PLC that answers with frozen registers was last seen when its heartbeat last changed. */
function noteFrozen(draft: Draft, now: Instant): void {
  const since = frozenSince(draft.map, draft.view.values, now)
  if (!since || draft.view.sight.kind !== 'whole') return
  interrupt(draft)
  change(draft, { lastSeen: since })
}
