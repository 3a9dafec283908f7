/**
 * Why a machine is in its status, from its fault code.
 *
 * The code often comes after the state, and many PLCs keep showing the last stop's code until the next one comes. So a
 * code that changed at most `settle` before the stop began, or later, is this stop's; one that was there longer counts
 * only if no other came within `settle` of the stop's beginning, and only for a rule that names the signal: where a rule
 * names none, what was there before it began belongs to something else. A code that comes late is still the reason of the
 * whole stop; further ones are noted. So are all that come behind a reason that an operator gave.
 */
import type { Instant } from '../../domain/instant.ts'
import { elapsedMs } from '../../domain/instant.ts'
import type { FaultSignal, MachineMap, StatusRule } from '../../domain/machine-map.ts'
import type { Category } from '../../domain/status.ts'
import type { CodeAge, StopReason } from '../state.ts'
import type { Held } from '../view.ts'
import { faultsShown, type ShownFault } from './fault-codes.ts'

/** More codes than this in one stop are not noted. */
const LATER_CODES_MAX = 5

interface Seen {
  readonly map: MachineMap
  readonly values: Readonly<Record<string, Held>>
  readonly codes: readonly CodeAge[]
  /** When the stop began. */
  readonly onset: Instant
  readonly now: Instant
}

/** The reason as the present values make it; the same object while nothing changed. */
export function followReason(reason: StopReason, rule: StatusRule, seen: Seen): StopReason {
  if (rule.reason?.kind === 'fixed') return withFixed(reason, rule, seen.map)
  const wanted = rule.reason?.signals
  let result = withCategoryOf(reason, rule)
  for (const fault of seen.map.faults) {
    if (wanted !== undefined && !wanted.includes(fault.signal)) continue
    const age = seen.codes.find(({ signal }) => signal === fault.signal)
    const faults = faultsShown(fault, seen.values[fault.signal], age)
    // The last one that came is the reason then, so those before it are none.
    for (const shown of fault.latch === 'last' ? faults.slice(-1) : faults) {
      result = withFault(result, shown, { rule, fault, seen })
    }
  }
  return result
}

function withFixed(reason: StopReason, rule: StatusRule, map: MachineMap): StopReason {
  if (reason.code !== null || rule.reason?.kind !== 'fixed') return reason
  const { code } = rule.reason
  return { ...reason, code, category: rule.category ?? categoryOf(map, code) }
}

/** What the rule says of a stop whose code says nothing, or is not known yet. */
function withCategoryOf(reason: StopReason, { category }: StatusRule): StopReason {
  const isKnown = reason.category !== null || reason.by !== null
  return category === undefined || isKnown ? reason : { ...reason, category }
}

interface FaultContext {
  readonly rule: StatusRule
  readonly fault: FaultSignal
  readonly seen: Seen
}

function withFault(
  reason: StopReason,
  { shown, since, line }: ShownFault,
  context: FaultContext,
): StopReason {
  const { rule, fault, seen } = context
  if (shown === reason.shown || reason.later.includes(shown)) return reason
  // A rule that does not say where its reason comes from has no claim on what was there before it began.
  const fresh = elapsedMs(seen.onset, since) >= (rule.reason ? -fault.settleMs : 0)
  if (!fresh && rule.reason === undefined) return reason
  if (!fresh && elapsedMs(seen.onset, seen.now) < fault.settleMs) return reason
  if (!fresh && reason.code !== null) return reason
  if (reason.code === null || (fault.latch === 'last' && line && reason.by === null)) {
    const category = line?.category ?? rule.category ?? null
    return { ...reason, code: line?.code ?? `code_${shown}`, category, shown }
  }
  if (reason.later.length >= LATER_CODES_MAX) return reason
  return { ...reason, later: [...reason.later, shown] }
}

/** Of which category a reason is by the code tables of the map; null where they do not name it. */
export function categoryOf(map: MachineMap, code: string): Category | null {
  for (const fault of map.faults) {
    const line = fault.reasons.find((line) => line.code === code)
    if (line) return line.category
  }
  return null
}
