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
import { type Answer, holds, same } from './value-test.ts'

type Values = Readonly<Record<string, Held>>

/** The first rule that matches, or undefined where what is needed to decide cannot be seen. */
export function decide(map: MachineMap, values: Values): StatusRule | undefined {
  for (const rule of map.rules) {
    const answer = evaluate(rule.when, values)
    if (answer === true) return rule
    if (answer === 'unknown') return undefined
  }
  return undefined
}

/** Whether a condition holds, as far as the values say. */
export function evaluate(condition: Condition, values: Values): Answer {
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
function every(conditions: readonly Condition[], values: Values): Answer {
  let result: Answer = true
  for (const condition of conditions) {
    const answer = evaluate(condition, values)
    if (answer === false) return false
    if (answer === 'unknown') result = 'unknown'
  }
  return result
}

/** One true condition settles it, whatever is unknown beside it. */
function some(conditions: readonly Condition[], values: Values): Answer {
  let result: Answer = false
  for (const condition of conditions) {
    const answer = evaluate(condition, values)
    if (answer === true) return true
    if (answer === 'unknown') result = 'unknown'
  }
  return result
}

function negate(answer: Answer): Answer {
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
