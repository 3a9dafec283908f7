/** Finds rules that no value ever reaches, because an earlier one matches whenever they would. */
import { valueConditions } from '../../../domain/conditions.ts'
import type { Condition, StatusRule, ValueCondition, ValueTest } from '../../../domain/machine-map.ts'
import { isWithin, type Range } from '../../../domain/range.ts'
import type { ConditionContext } from './compile-condition.ts'
import { oneOf, type SignalWords } from './compile-value.ts'

type Signals = ConditionContext['signals']

/** Notes them. What is not sure to be swallowed is not noted. */
export function checkReach(
  { draft, signals }: ConditionContext,
  rules: readonly (StatusRule | undefined)[],
): void {
  for (const [index, rule] of rules.entries()) {
    if (!rule || rule.when.kind === 'else') continue
    const { when } = rule
    const path = ['status', index]
    const swallower = rules.slice(0, index).find((before) => before && implies(when, before.when, signals))
    if (!swallower) {
      const together = swallowersOf(rules, index, signals)
      if (together.length > 0)
        draft.hint(path, `this rule is never reached: ${togetherText(together)}`, MOVE_UP)
      continue
    }
    if (swallower.when.kind === 'else') continue
    const number = rules.indexOf(swallower) + 1
    if (JSON.stringify(swallower.when) === JSON.stringify(when)) {
      draft.fault(path, `this rule is never reached: rule ${number} has the same condition`)
    } else {
      const message = `this rule is never reached: rule ${number} matches whenever this one would`
      draft.slip(path, message, MOVE_UP)
    }
  }
}

const MOVE_UP = 'the first that matches decides; move it up'

function togetherText(indices: readonly number[]): string {
  const numbers = indices.map((index) => index + 1)
  const last = numbers.at(-1)
  if (numbers.length === 1) return `rule ${last} matches whenever this one would`
  return `rules ${numbers.slice(0, -1).join(', ')} and ${last} together match whenever this one would`
}

/**
 * Earlier rules of which each takes some values of one signal, so that nothing is left of this one; empty where something is.
 * A value that the signal never shows lets no rule match.
 */
function swallowersOf(
  rules: readonly (StatusRule | undefined)[],
  index: number,
  signals: Signals,
): readonly number[] {
  const when = rules[index]?.when
  if (!when) return []
  const earlier = rules.slice(0, index).map((rule) => rule?.when)
  const spoken = rules.flatMap((rule) => (rule ? valueConditions(rule.when) : []))
  const asked = new Set(
    earlier.flatMap((one) => (one ? valueConditions(one) : [])).map(({ signal }) => signal),
  )
  for (const signal of asked) {
    if (spoken.some((one) => one.signal === signal && isAboutNumbers(one))) continue
    const shown = allValuesOf(signals?.get(signal)).filter((value) => mayHold(when, signal, value))
    const takers = shown.map((value) => {
      const narrowed: Condition = { kind: 'all', of: [when, oneOf(signal, [value])] }
      return earlier.findIndex((one) => one && implies(narrowed, one, signals))
    })
    if (takers.length > 0 && !takers.includes(-1)) return [...new Set(takers)].sort((a, b) => a - b)
  }
  return []
}

/** A signal with names may also show numbers without one, as soon as a rule speaks of numbers. */
function isAboutNumbers({ test }: ValueCondition): boolean {
  return test.kind !== 'one-of' || test.values.some((value) => typeof value === 'number')
}

/** All that a signal may show, where that is a handful of words; empty where it is not known. */
function allValuesOf(words: SignalWords | undefined): readonly (string | boolean)[] {
  if (words?.perceived) return [...new Set(Object.values(words.perceived.means).flat())]
  if (words?.names) return [...new Set(Object.values(words.names))]
  return words?.type === 'bit' ? [false, true] : []
}

/** Whether a condition leaves a signal this value. True also where that is not easily seen. */
function mayHold(when: Condition, signal: string, value: string | boolean): boolean {
  if (when.kind === 'all') return when.of.every((part) => mayHold(part, signal, value))
  if (when.kind !== 'value' || when.signal !== signal || when.test.kind !== 'one-of') return true
  return when.test.values.some((other) => other === value || sameTruth(other, value))
}

/** Whether `b` holds wherever `a` does. False also where that is not easily seen. */
function implies(a: Condition, b: Condition, signals: Signals): boolean {
  if (JSON.stringify(a) === JSON.stringify(b)) return true
  if (a.kind === 'any') return a.of.every((part) => implies(part, b, signals))
  if (b.kind === 'all') return b.of.every((part) => implies(a, part, signals))
  if (a.kind === 'all' && a.of.some((part) => implies(part, b, signals))) return true
  if (b.kind === 'any') return b.of.some((part) => implies(a, part, signals))
  if (a.kind === 'not' && b.kind === 'not') return implies(b.of, a.of, signals)
  if (b.kind === 'not') return excludes(a, b.of)
  if (a.kind !== 'value' || b.kind !== 'value' || a.signal !== b.signal) return false
  return impliesTest(a, b, signals?.get(a.signal)?.names)
}

/** Whether `b` does not hold wherever `a` does: the signal shows other words then. */
function excludes(a: Condition, b: Condition): boolean {
  if (a.kind !== 'value' || b.kind !== 'value' || a.signal !== b.signal) return false
  const [shown, refused] = [a.test, b.test]
  if (shown.kind !== 'one-of' || refused.kind !== 'one-of') return false
  return shown.values.every(
    (value) => !refused.values.some((other) => other === value || sameTruth(other, value)),
  )
}

type Names = Readonly<Record<string, string>> | undefined

function impliesTest(a: ValueCondition, b: ValueCondition, names: Names): boolean {
  if (a.test.kind === 'one-of') return a.test.values.every((value) => fits(value, b.test, names))
  return a.test.kind === 'range' && b.test.kind === 'range' && isInside(a.test, b.test)
}

function fits(value: number | string | boolean, test: ValueTest, names: Names): boolean {
  switch (test.kind) {
    case 'one-of':
      return test.values.some((other) => other === value || sameTruth(other, value))
    case 'range': {
      const numbers = numbersOf(value, names)
      return numbers.length > 0 && numbers.every((number) => isWithin(number, test))
    }
    case 'mask': {
      const numbers = numbersOf(value, names)
      const { mask, equals } = test
      return numbers.length > 0 && numbers.every((number) => hasBits(number, mask, equals))
    }
  }
}

/** `true` and 1 are the same to a rule. */
function sameTruth(a: number | string | boolean, b: number | string | boolean): boolean {
  return typeof a !== 'string' && typeof b !== 'string' && Number(a) === Number(b)
}

function hasBits(number: number, mask: number, equals: number): boolean {
  return Number.isInteger(number) && (BigInt(number) & BigInt(mask)) === BigInt(equals)
}

/** A word stands for the numbers that it names. */
function numbersOf(value: number | string | boolean, names: Names): readonly number[] {
  if (typeof value !== 'string') return [Number(value)]
  const keys = Object.entries(names ?? {}).filter(([, name]) => name === value)
  return keys.some(([key]) => !/^-?\d+$/.test(key)) ? [] : keys.map(([key]) => Number(key))
}

function isInside(inner: Range, outer: Range): boolean {
  return (['above', 'below'] as const).every((end) => {
    const [limit, bound] = [outer[end], inner[end]]
    if (!limit) return true
    if (!bound) return false
    if (bound.value === limit.value) return limit.inclusive || !bound.inclusive
    return isWithin(bound.value, { [end]: limit })
  })
}
