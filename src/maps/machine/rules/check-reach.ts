/** Finds rules that no value ever reaches, because an earlier one matches whenever they would. */
import type { Condition, StatusRule, ValueCondition, ValueTest } from '../../../domain/machine-map.ts'
import { isWithin, type Range } from '../../../domain/range.ts'
import type { ConditionContext } from './compile-condition.ts'

type Signals = ConditionContext['signals']

/** Notes them. What is not sure to be swallowed is not noted. */
export function checkReach(
  { draft, signals }: ConditionContext,
  rules: readonly (StatusRule | undefined)[],
): void {
  for (const [index, rule] of rules.entries()) {
    if (!rule || rule.when.kind === 'else') continue
    const { when } = rule
    const earlier = rules.slice(0, index).findIndex((before) => before && implies(when, before.when, signals))
    const before = rules[earlier]
    if (!before || before.when.kind === 'else') continue
    const path = ['status', index]
    if (JSON.stringify(before.when) === JSON.stringify(when)) {
      draft.fault(path, `this rule is never reached: rule ${earlier + 1} has the same condition`)
    } else {
      const message = `this rule is never reached: rule ${earlier + 1} matches whenever this one would`
      draft.slip(path, message, 'the first that matches decides; move it up')
    }
  }
}

/** Whether `b` holds wherever `a` does. False also where that is not easily seen. */
function implies(a: Condition, b: Condition, signals: Signals): boolean {
  if (JSON.stringify(a) === JSON.stringify(b)) return true
  if (a.kind === 'any') return a.of.every((part) => implies(part, b, signals))
  if (b.kind === 'all') return b.of.every((part) => implies(a, part, signals))
  if (a.kind === 'all' && a.of.some((part) => implies(part, b, signals))) return true
  if (b.kind === 'any') return b.of.some((part) => implies(a, part, signals))
  if (a.kind !== 'value' || b.kind !== 'value' || a.signal !== b.signal) return false
  return impliesTest(a, b, signals?.get(a.signal)?.names)
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
