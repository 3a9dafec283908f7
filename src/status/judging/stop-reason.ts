/**
 * Why a machine is in its status, from its fault code.
 *
 * The code often comes after the state, and many PLCs keep showing the last stop's code until the next one comes. So a
 * code that changed at most `settle` before the stop began, or later, is this stop's; one that was there longer counts
 * only if no other came within `settle` of the stop's beginning, and only for a rule that names the signal: where a rule
 * names none, what was there before it began belongs to something else. A code that comes late is still the reason of the
 * whole stop; further ones are noted.
 */
import type { Instant } from '../../domain/instant.ts'
import { elapsedMs } from '../../domain/instant.ts'
import type { FaultSignal, MachineMap, ReasonRange, StatusRule } from '../../domain/machine-map.ts'
import type { SignalValue } from '../../domain/signal.ts'
import type { Category } from '../../domain/status.ts'
import type { StopReason } from '../state.ts'
import type { Held } from '../view.ts'

/** More codes than this in one stop are not noted. */
const LATER_CODES_MAX = 5

interface Seen {
  readonly map: MachineMap
  readonly values: Readonly<Record<string, Held>>
  /** When the stop began. */
  readonly onset: Instant
  readonly now: Instant
}

/** The reason as the present values make it; the same object while nothing changed. */
export function followReason(reason: StopReason, rule: StatusRule, seen: Seen): StopReason {
  if (rule.reason?.kind === 'fixed') return withFixed(reason, rule.reason.code, rule, seen.map)
  const wanted = rule.reason?.signal
  let result = withCategory(reason, rule)
  for (const fault of seen.map.faults) {
    if (wanted !== undefined && fault.signal !== wanted) continue
    result = withCode(result, fault, rule, seen)
  }
  return result
}

function withFixed(reason: StopReason, code: string, rule: StatusRule, map: MachineMap): StopReason {
  if (reason.code !== null) return reason
  return { ...reason, code, category: rule.category ?? categoryOf(map, code) }
}

/** A rule that says which kind of loss it is says so whatever the reason turns out to be. */
function withCategory(reason: StopReason, { category }: StatusRule): StopReason {
  if (category === undefined || reason.code !== null || reason.category === category) return reason
  return { ...reason, category }
}

function withCode(reason: StopReason, fault: FaultSignal, rule: StatusRule, seen: Seen): StopReason {
  const held = seen.values[fault.signal]
  if (held?.quality !== 'good' || !isCode(held.value)) return reason
  const shown = String(held.value)
  if (shown === reason.shown || reason.later.at(-1) === shown) return reason
  const isOwn = elapsedMs(seen.onset, held.since) >= (rule.reason ? -fault.settleMs : 0)
  if (!isOwn && !mayBeOld(reason, fault, rule, seen)) return reason
  const entry = lookUp(fault.reasons, held.value)
  if (reason.code === null || (fault.latch === 'last' && entry)) {
    const category = entry?.category ?? rule.category ?? null
    return { ...reason, code: entry?.code ?? `code_${shown}`, category, shown }
  }
  if (reason.later.length >= LATER_CODES_MAX) return reason
  return { ...reason, later: [...reason.later, shown] }
}

/** Whether a code that was there long before may be the reason after all, because no other came in time. */
function mayBeOld(reason: StopReason, fault: FaultSignal, rule: StatusRule, { onset, now }: Seen): boolean {
  return rule.reason !== undefined && reason.code === null && elapsedMs(onset, now) >= fault.settleMs
}

/** Zero, an empty text and nothing at all mean: no fault. */
function isCode(value: SignalValue): boolean {
  return value !== null && value !== '' && value !== false && Number(value) !== 0
}

function lookUp(ranges: readonly ReasonRange[], value: SignalValue): ReasonRange | undefined {
  const code = typeof value === 'string' ? Number.parseFloat(value) : Number(value)
  const exact = ranges.find(
    (range) => range.from !== undefined && range.from <= code && code <= (range.to ?? range.from),
  )
  return exact ?? ranges.find((range) => range.from === undefined)
}

function categoryOf(map: MachineMap, code: string): Category | null {
  for (const fault of map.faults) {
    const entry = fault.reasons.find((range) => range.code === code)
    if (entry) return entry.category
  }
  return null
}
