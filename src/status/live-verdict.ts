/** How a machine is being judged at this moment, for people who watch a map at work: which rule, what it waits for, and why. */
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { DerivedStatus } from '../domain/status.ts'
import { sightAt } from './judging/sight.ts'
import { holdMs, leaveMs } from './judging/verdict.ts'
import { isStop } from './rows/downtime.ts'
import { intervalOf, type Memory, type StopReason, stopOf, unsettledOf } from './state.ts'
import { type Obstacle, whyUnseen } from './why-unseen.ts'

/** The judgement of one moment. */
export interface LiveVerdict {
  /** The rule that matches, counted from 0; undefined where the rules cannot decide. */
  readonly rule: number | undefined
  /** Why the rules cannot decide. */
  readonly obstacle: Obstacle | undefined
  /** The machine shows one of the map's transient states, and its status goes on. */
  readonly isTransient: boolean
  /** The status in force; undefined before the first one. */
  readonly status: ShownStatus | undefined
  /** The status that will follow if what is shown now holds. */
  readonly next: AwaitedStatus | undefined
}

/** A status, and what would become of it. */
interface ShownStatus {
  readonly is: DerivedStatus
  readonly reason: StopReason
  readonly sinceMs: number
  /** In how many ms it is a downtime in central: 0 where it is one already, undefined where it never is. */
  readonly downtimeInMs: number | undefined
}

interface AwaitedStatus {
  readonly is: DerivedStatus
  readonly reason: StopReason
  /** In how many ms it is believed. */
  readonly inMs: number
}

/** Looks at a machine as {@link derive} left it. */
export function liveVerdict(map: MachineMap, { durable, view }: Memory, at: Instant): LiveVerdict {
  const seen = { map, view, state: durable }
  const sight = sightAt(seen, at)
  const rule = 'rule' in sight ? map.rules.indexOf(sight.rule) : undefined
  return {
    rule,
    obstacle: whyUnseen(seen, at),
    isTransient: sight.kind === 'transient',
    status: shown(map, { durable, view }, at),
    next: awaited(map, { durable, view }, at),
  }
}

function shown(map: MachineMap, { durable, view }: Memory, at: Instant): ShownStatus | undefined {
  const { phase } = durable
  const interval = intervalOf(phase)
  if (!interval) return undefined
  const { status, reason, onset } = interval
  const stop = stopOf(phase)
  const isOne = isStop({ map, state: durable, view, events: [] }, status)
  const waitMs = map.stops.microStopBelowMs - elapsedMs(stop?.since ?? onset, at)
  const downtimeInMs = isOne ? Math.max(0, waitMs) : undefined
  return { is: status, reason, sinceMs: elapsedMs(onset, at), downtimeInMs }
}

function awaited(map: MachineMap, { durable, view }: Memory, at: Instant): AwaitedStatus | undefined {
  const unsettled = unsettledOf(durable.phase)
  const candidate = unsettled?.candidates.at(-1)
  if (!unsettled || !candidate) return undefined
  const draft = { map, state: durable, view, events: [] }
  const open = intervalOf(durable.phase)
  const heldMs = holdMs(draft, candidate, open) - elapsedMs(candidate.since, at)
  const leftMs = leaveMs(draft, candidate, open) - elapsedMs(unsettled.since, at)
  return { is: candidate.status, reason: candidate.reason, inMs: Math.max(0, heldMs, leftMs) }
}
