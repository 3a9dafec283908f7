/**
 * Why a machine is in its status, from its fault code.
 *
 * The code often comes after the state, and many PLCs keep showing the last stop's code until the next one comes. So a
 * code that changed at most `settle` before the stop began, or later, is this stop's; one that was there longer counts
 * only if no other came within `settle` of the stop's beginning, and only for a rule that names the signal: where a rule
 * names none, what was there before it began belongs to something else. A code that comes late is still the reason of the
 * whole stop; further ones are noted. So are all that come behind a reason that an operator gave. With `latch: priority` a
 * more important code replaces the one before, whenever it comes in the stop, and that one is noted.
 */
import type { Instant } from '../../domain/instant.ts'
import { elapsedMs } from '../../domain/instant.ts'
import type { FaultSignal, MachineMap, StatusRule } from '../../domain/machine-map.ts'
import type { Category } from '../../domain/status.ts'
import type { CodeAge, StopReason } from '../state.ts'
import type { Held } from '../view.ts'
import { faultsShown, placeOf, placeOfReason, type ShownFault } from './fault-codes.ts'

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
  return faultsAsked(rule, seen).reduce(
    (result, one) => withFault(result, one, rule, seen),
    withCategoryOf(reason, rule),
  )
}

/** A fault that may be the reason, and the signal that shows it. */
interface AskedFault extends ShownFault {
  readonly fault: FaultSignal
}

/** The faults that the signals show which a rule asks, in the order in which they are heard. */
export function faultsAsked(
  { reason }: StatusRule,
  { map, values, codes }: Pick<Seen, 'map' | 'values' | 'codes'>,
): readonly AskedFault[] {
  const wanted = reason?.kind === 'from' ? reason.signals : undefined
  const isOneOfSeveral = map.faults.filter(({ isBitField }) => isBitField).length > 1
  const asked = map.faults.filter(({ signal }) => wanted?.includes(signal) ?? true)
  const shown = asked.flatMap((fault) => {
    const age = codes.find(({ signal }) => signal === fault.signal)
    const faults = faultsShown(fault, values[fault.signal], age, isOneOfSeveral)
    // The last one that came is the reason then, so those before it are none.
    const heard = fault.latch === 'last' ? faults.slice(-1) : faults
    return heard.map((one) => ({ ...one, fault }))
  })
  return shown.toSorted((a, b) => turnOf(a) - turnOf(b))
}

/** What is weighed by its importance is heard in that order, behind what is not. */
function turnOf({ fault, line }: AskedFault): number {
  return fault.latch === 'priority' ? placeOf(line) : 0
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

function withFault(reason: StopReason, asked: AskedFault, rule: StatusRule, seen: Seen): StopReason {
  const { fault, shown, since, line } = asked
  const isMoreImportant = fault.latch === 'priority' && placeOf(line) < placeOfReason(seen.map.faults, reason)
  const isKnown = shown === reason.shown || reason.later.includes(shown)
  if (isKnown && !isMoreImportant) return reason
  // A rule that does not say where its reason comes from has no claim on what was there before it began.
  const fresh = elapsedMs(seen.onset, since) >= (rule.reason ? -fault.settleMs : 0)
  if (!fresh && rule.reason === undefined) return reason
  if (!fresh && elapsedMs(seen.onset, seen.now) < fault.settleMs) return reason
  if (!fresh && reason.code !== null) return reason
  const isLatest = fault.latch === 'last' && line !== undefined
  if (reason.code === null) return { ...reason, ...reasonBy(asked, rule) }
  if (isLatest && reason.by === null) return { ...reason, ...reasonBy(asked, rule) }
  if (isMoreImportant && reason.by === null) {
    return { ...reason, ...reasonBy(asked, rule), later: laterWith(reason, reason.shown) }
  }
  return isKnown ? reason : { ...reason, later: laterWith(reason, shown) }
}

/** What a fault makes of the reason of a stop. */
export function reasonBy(
  { shown, line }: ShownFault,
  rule: StatusRule,
): Pick<StopReason, 'code' | 'category' | 'shown'> {
  const category = line?.category ?? rule.category ?? null
  return { code: line?.code ?? `code_${shown}`, category, shown }
}

/** Codes of a stop that are not its reason; those beyond the first few are not noted. */
function laterWith({ later }: StopReason, shown: string | null): readonly string[] {
  const isNoted = shown === null || later.includes(shown) || later.length >= LATER_CODES_MAX
  return isNoted ? later : [...later, shown]
}

/** Of which category a reason is by the code tables of the map; null where they do not name it. */
export function categoryOf(map: MachineMap, code: string): Category | null {
  for (const fault of map.faults) {
    const line = fault.reasons.find((line) => line.code === code)
    if (line) return line.category
  }
  return null
}
