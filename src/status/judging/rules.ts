/**
 * Ordered rules over what is seen: the first that matches decides.
 *
 * Three-valued: a value that is missing or not good makes its condition unknown, and an unknown condition before the
 * first match leaves the status undecided. Nothing is ever concluded from a value that was not seen.
 */
import type { Evidence } from '../../domain/events/event.ts'
import type { Condition, MachineMap, StatusRule, ValueTest } from '../../domain/machine-map.ts'
import type { SignalValue } from '../../domain/signal.ts'
import type { Held } from '../view.ts'

type Values = Readonly<Record<string, Held>>
type Truth = true | false | 'unknown'

/**
 * What the rules say of the present values:
 * `rule`: this one matches, and `read` are the signals that settled it: those that the outcome depends on, and no others;
 * `undecided`: what is needed to decide, `unknown`, is missing or not good.
 */
type Verdict =
  | { readonly kind: 'rule'; readonly rule: StatusRule; readonly read: readonly string[] }
  | { readonly kind: 'undecided'; readonly unknown: readonly string[] }

/** The first rule that matches, unless what is needed to decide cannot be seen. */
export function decide(map: MachineMap, values: Values): Verdict {
  const read = new Set<string>()
  for (const rule of map.rules) {
    const truth = evaluate(rule.when, values)
    if (truth === 'unknown') return { kind: 'undecided', unknown: [...new Set(unknownIn(rule.when, values))] }
    for (const signal of settling(rule.when, truth, values)) read.add(signal)
    if (truth) return { kind: 'rule', rule, read: [...read] }
  }
  return { kind: 'undecided', unknown: [] }
}

/** The signals that settle a condition: one false part settles `all`, one true part settles `any`, whatever is beside it. */
function settling(condition: Condition, truth: boolean, values: Values): readonly string[] {
  switch (condition.kind) {
    case 'else':
      return []
    case 'value':
      return [condition.signal]
    case 'not':
      return settling(condition.of, !truth, values)
    case 'all':
    case 'any': {
      const settles = condition.kind === 'any'
      if (truth !== settles) return condition.of.flatMap((part) => settling(part, truth, values))
      const decisive = condition.of.find((part) => evaluate(part, values) === settles)
      return decisive ? settling(decisive, settles, values) : []
    }
  }
}

/** The signals because of which a condition is unknown. */
function unknownIn(condition: Condition, values: Values): readonly string[] {
  if (evaluate(condition, values) !== 'unknown') return []
  switch (condition.kind) {
    case 'else':
      return []
    case 'value':
      return [condition.signal]
    case 'not':
      return unknownIn(condition.of, values)
    case 'all':
    case 'any':
      return condition.of.flatMap((part) => unknownIn(part, values))
  }
}

function evaluate(condition: Condition, values: Values): Truth {
  switch (condition.kind) {
    case 'else':
      return true
    case 'value': {
      const held = values[condition.signal]
      if (held === undefined || held.quality !== 'good' || held.value === null) return 'unknown'
      return test(condition.test, held.value)
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
function every(conditions: readonly Condition[], values: Values): Truth {
  let result: Truth = true
  for (const condition of conditions) {
    const truth = evaluate(condition, values)
    if (truth === false) return false
    if (truth === 'unknown') result = 'unknown'
  }
  return result
}

/** One true condition settles it, whatever is unknown beside it. */
function some(conditions: readonly Condition[], values: Values): Truth {
  let result: Truth = false
  for (const condition of conditions) {
    const truth = evaluate(condition, values)
    if (truth === true) return true
    if (truth === 'unknown') result = 'unknown'
  }
  return result
}

function negate(truth: Truth): Truth {
  return truth === 'unknown' ? 'unknown' : !truth
}

function test(valueTest: ValueTest, value: Exclude<SignalValue, null>): boolean {
  switch (valueTest.kind) {
    case 'one-of':
      return valueTest.values.some((wanted) => same(wanted, value))
    case 'range': {
      const number = asNumber(value)
      const { above, below } = valueTest
      if (above && !(above.inclusive ? number >= above.value : number > above.value)) return false
      if (below && !(below.inclusive ? number <= below.value : number < below.value)) return false
      return !Number.isNaN(number)
    }
    case 'mask':
      return typeof value === 'number' || typeof value === 'bigint'
        ? Number(BigInt(value) & BigInt(valueTest.mask)) === valueTest.equals
        : false
  }
}

/** A PLC may show yes and no as 1 and 0; a rule may say either. */
function same(wanted: number | string | boolean, value: number | bigint | boolean | string): boolean {
  if (typeof wanted === 'string' || typeof value === 'string') return wanted === value
  return Number(wanted) === Number(value)
}

function asNumber(value: number | bigint | boolean | string): number {
  return typeof value === 'string' ? Number.NaN : Number(value)
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
