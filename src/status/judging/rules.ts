/**
 * Ordered rules over what is seen: the first that matches decides.
 *
 * Three-valued: a value that is missing, not good, or of a kind that the rule cannot mean makes its condition unknown, and an
 * unknown condition before the first match leaves the status undecided. Nothing is ever concluded from a value that was not
 * seen or not understood.
 */
import type { Evidence } from '../../domain/events/event.ts'
import type { Condition, MachineMap, StatusRule } from '../../domain/machine-map.ts'
import type { Held } from '../view.ts'
import { type ConditionAnswer, holds, same } from './value-test.ts'

/** What signals show, by their names. */
export type Values = Readonly<Record<string, Held>>

/**
 * What the rules say of the present values:
 * `rule`: this one matches, and `read` are the signals that settled it: those that the outcome depends on, and no others;
 * `undecided`: what is needed to decide is missing, not good or not understood; `doubt.ts` says what.
 */
type Verdict =
  | { readonly kind: 'rule'; readonly rule: StatusRule; readonly read: readonly string[] }
  | { readonly kind: 'undecided' }

/** The first rule that matches, unless what is needed to decide cannot be seen. */
export function decide(map: MachineMap, values: Values): Verdict {
  const read: string[] = []
  for (const rule of map.rules) {
    const answer = evaluate(rule.when, values)
    if (answer === 'unknown') return { kind: 'undecided' }
    for (const signal of settling(rule.when, answer, values)) if (!read.includes(signal)) read.push(signal)
    if (answer) return { kind: 'rule', rule, read }
  }
  return { kind: 'undecided' }
}

/** The signals that settle a condition: one false part settles `all`, one true part settles `any`, whatever is beside it. */
function settling(condition: Condition, answer: boolean, values: Values): readonly string[] {
  switch (condition.kind) {
    case 'else':
      return []
    case 'value':
      return [condition.signal]
    case 'not':
      return settling(condition.of, !answer, values)
    case 'all':
    case 'any': {
      const settles = condition.kind === 'any'
      if (answer !== settles) return condition.of.flatMap((part) => settling(part, answer, values))
      const decisive = condition.of.find((part) => evaluate(part, values) === settles)
      return decisive ? settling(decisive, settles, values) : []
    }
  }
}

/** Whether a condition holds, as far as the values say. */
export function evaluate(condition: Condition, values: Values): ConditionAnswer {
  switch (condition.kind) {
    case 'else':
      return true
    case 'value': {
      const held = values[condition.signal]
      if (held === undefined || held.quality !== 'good' || held.value === null) return 'unknown'
      return holds(condition.test, held.value, condition.meaning)
    }
    case 'all':
      return every(condition.of, values)
    case 'any':
      return some(condition.of, values)
    case 'not':
      return negate(evaluate(condition.of, values))
  }
}

/** One false condition settles it, whatever is unknown beside it. */
function every(conditions: readonly Condition[], values: Values): ConditionAnswer {
  let result: ConditionAnswer = true
  for (const condition of conditions) {
    const answer = evaluate(condition, values)
    if (answer === false) return false
    if (answer === 'unknown') result = 'unknown'
  }
  return result
}

/** One true condition settles it, whatever is unknown beside it. */
function some(conditions: readonly Condition[], values: Values): ConditionAnswer {
  let result: ConditionAnswer = false
  for (const condition of conditions) {
    const answer = evaluate(condition, values)
    if (answer === true) return true
    if (answer === 'unknown') result = 'unknown'
  }
  return result
}

function negate(answer: ConditionAnswer): ConditionAnswer {
  return answer === 'unknown' ? 'unknown' : !answer
}

/** Whether a signal shows one of the transient states, during which the status before them stays. */
export function isTransient(map: MachineMap, values: Values): boolean {
  const held = map.transient && values[map.transient.signal]
  if (!map.transient || !held || held.quality !== 'good' || held.value === null) return false
  const value = held.value
  return map.transient.values.some((wanted) => same(wanted, value))
}

/** The signals and values that made a rule match, each signal once: `state` with `fault`, `fault` with 101. */
export function causeOf(condition: Condition, values: Values): readonly Evidence[] {
  const shown = new Map<string, Evidence>()
  collect(condition, values, shown)
  return [...shown.values()]
}

function collect(condition: Condition, values: Values, shown: Map<string, Evidence>): void {
  if (condition.kind === 'value') {
    if (evaluate(condition, values) === true) shown.set(condition.signal, evidence(condition.signal, values))
  } else if (condition.kind === 'all' || condition.kind === 'any') {
    for (const part of condition.of) collect(part, values, shown)
  } else if (condition.kind === 'not' && condition.of.kind === 'value') {
    shown.set(condition.of.signal, evidence(condition.of.signal, values))
  }
}

function evidence(signal: string, values: Values): Evidence {
  const value = values[signal]?.value ?? null
  // JSON has no word for what is beyond a double's whole numbers, and none for NaN and infinity.
  const isBeyondJson = typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
  return { signal, value: isBeyondJson ? String(value) : value }
}
