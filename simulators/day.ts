/**
 * A machine's day as a list of steps, one after the other: pure, so that a seed always gives the same day.
 *
 * Two neighbouring steps never mean the same status and reason in central. A random day always changes its status, and a
 * scripted step that repeats the one before it is joined with it into one longer step.
 */
import { type PlantState, type Status, statusOf } from './plant-state.ts'
import { pick, pickWeighted, type Random } from './random.ts'
import type { DaySpec, MachineSpec, RandomDay, Range } from './scenario.ts'

/** `fault` is 0 where there is none. `holdMs` is how long the status lasts, in plant time. */
export interface Step {
  readonly state: PlantState
  readonly fault: number
  readonly holdMs: number
}

/** What a step becomes in central: the words of its columns. */
export interface Meaning {
  readonly status: Status
  readonly reason: string | null
  readonly category: string | null
}

type ReasonTables = Pick<MachineSpec, 'faults' | 'reasons'>

export function meaningOf({ state, fault }: Pick<Step, 'state' | 'fault'>, tables: ReasonTables): Meaning {
  const known = fault > 0 ? tables.faults[String(fault)] : tables.reasons[state]
  return { status: statusOf(state), reason: known?.reason ?? null, category: known?.category ?? null }
}

/** The steps of a day; endless for random days and repeated scripts. */
export function* steps(spec: ReasonTables & { readonly day: DaySpec }, random: Random): Generator<Step> {
  yield* joinEqual(plannedSteps(spec, random), spec)
}

function plannedSteps(spec: ReasonTables & { readonly day: DaySpec }, random: Random): Iterable<Step> {
  const codes = Object.keys(spec.faults).map(Number)
  return spec.day.random ? randomSteps(spec.day.random, codes, random) : scriptedSteps(spec.day)
}

function* scriptedSteps({ script = [], repeat }: DaySpec): Generator<Step> {
  do {
    for (const { state, fault, for: holdMs } of script) yield { state, fault: fault ?? 0, holdMs }
  } while (repeat)
}

function* randomSteps(day: RandomDay, codes: readonly number[], random: Random): Generator<Step> {
  const choices = Object.entries(day.states).map(([state, how]) => ({ state: state as PlantState, ...how }))
  let next = choices.find((choice) => choice.state === day.first)
  while (next) {
    const { state, hold, without_code } = next
    // No number is drawn where there is nothing to decide, so that a day stays the same.
    const isMute = without_code > 0 && random() < without_code
    const fault = state === 'down' && !isMute ? (pick(codes, random) ?? 0) : 0
    yield { state, fault, holdMs: within(pick(hold, random), random) }
    const others = choices.filter((choice) => statusOf(choice.state) !== statusOf(state))
    next = pickWeighted(others, random)
  }
}

function within(range: Range | undefined, random: Random): number {
  if (!range) return 0
  return Math.round(range.minMs + random() * (range.maxMs - range.minMs))
}

function* joinEqual(planned: Iterable<Step>, tables: ReasonTables): Generator<Step> {
  let open: Step | undefined
  for (const step of planned) {
    if (open && sameMeaning(open, step, tables)) {
      open = { ...open, holdMs: open.holdMs + step.holdMs }
      continue
    }
    if (open) yield open
    open = step
  }
  if (open) yield open
}

function sameMeaning(one: Step, other: Step, tables: ReasonTables): boolean {
  const [left, right] = [meaningOf(one, tables), meaningOf(other, tables)]
  return left.status === right.status && left.reason === right.reason && left.category === right.category
}
