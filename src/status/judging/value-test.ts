/**
 * Holds one value of a signal against what a rule says of it.
 *
 * A value of a kind that the rule cannot mean makes no condition false: a text where a number is expected, or a number without
 * a name where the signal has names, is unknown. No value makes it throw.
 */
import type { Meaning, ValueTest } from '../../domain/machine-map.ts'
import { isWithin, rangeText } from '../../domain/range.ts'
import type { SignalValue } from '../../domain/signal.ts'

/** Whether a condition holds, as far as that is known. */
export type ConditionAnswer = true | false | 'unknown'
type Shown = Exclude<SignalValue, null>

/** @param meaning what the signal may show, where it has names */
export function holds(test: ValueTest, value: Shown, meaning?: Meaning): ConditionAnswer {
  switch (test.kind) {
    case 'one-of':
      if (test.values.some((wanted) => same(wanted, value))) return true
      return isMeant(test.values, value, meaning) ? false : 'unknown'
    case 'range':
      return numerically(value, meaning, (number) => isWithin(number, test))
    case 'mask':
      return numerically(value, meaning, (number) => hasBits(number, test.mask, test.equals))
  }
}

/** A PLC may show yes and no as 1 and 0; a rule may say either. */
export function same(wanted: number | string | boolean, value: Shown): boolean {
  if (typeof wanted === 'string' || typeof value === 'string') return wanted === value
  // biome-ignore lint/suspicious/noDoubleEquals: between a bigint and a number only this compares, and without rounding
  return numberOf(value) == Number(wanted)
}

/** What a value that is no text says as a number; a bigint stays one, so that nothing is rounded. */
function numberOf(value: number | bigint | boolean): number | bigint {
  return typeof value === 'boolean' ? Number(value) : value
}

/** Whether a value that is none of the wanted ones is one that this test can deny. */
function isMeant(
  values: readonly (number | string | boolean)[],
  value: Shown,
  meaning: Meaning | undefined,
): boolean {
  if (meaning) return isKnown(value, meaning)
  switch (typeof value) {
    case 'string':
      return values.some((wanted) => typeof wanted === 'string')
    case 'boolean':
      return values.some((wanted) => typeof wanted === 'boolean' || wanted === 0 || wanted === 1)
    default:
      if (Number.isNaN(value)) return false
      return values.some(
        (wanted) => typeof wanted === 'number' || (typeof wanted === 'boolean' && isBit(value)),
      )
  }
}

function isBit(value: number | bigint): boolean {
  return Number(value) === 0 || Number(value) === 1
}

function isKnown(value: Shown, { names, spoken }: Meaning): boolean {
  if (typeof value === 'string') return numbersByName(names).has(value)
  return spoken.some((test) => holds(test, value) === true)
}

/** Where a signal shows names, a range or a mask asks for the numbers behind the name. */
function numerically(
  value: Shown,
  meaning: Meaning | undefined,
  fits: (number: number | bigint) => ConditionAnswer,
): ConditionAnswer {
  if (typeof value !== 'string') return Number.isNaN(value) ? 'unknown' : fits(numberOf(value))
  const behind = numbersCalled(value, meaning)
  if (behind.length === 0) return 'unknown'
  return behind.some((number) => fits(number) === true)
}

function numbersCalled(word: string, meaning: Meaning | undefined): readonly bigint[] {
  return (meaning && numbersByName(meaning.names).get(word)) ?? []
}

/** What {@link numbersByName} has worked out: rules ask at each reading, and names stay as they are while their map is in force. */
const known = new WeakMap<Meaning['names'], ReadonlyMap<string, readonly bigint[]>>()

/** The whole numbers that each name stands for; none for a name of something else. */
function numbersByName(names: Meaning['names']): ReadonlyMap<string, readonly bigint[]> {
  const found = known.get(names)
  if (found) return found
  const groups = Map.groupBy(Object.entries(names), ([, name]) => name)
  const numbers = new Map(
    [...groups].map(([name, entries]) => [name, entries.flatMap(([key]) => wholeNumber(key) ?? [])]),
  )
  known.set(names, numbers)
  return numbers
}

function wholeNumber(key: string): bigint | undefined {
  return /^-?\d+$/.test(key) ? BigInt(key) : undefined
}

/** A fraction has no bits. */
function hasBits(number: number | bigint, mask: number, equals: number): ConditionAnswer {
  if (typeof number === 'number' && !Number.isInteger(number)) return 'unknown'
  return (BigInt(number) & BigInt(mask)) === BigInt(equals)
}

/** What a test can mean, in words: `off, run or fault`. */
export function expectationOf(test: ValueTest, meaning?: Meaning): string {
  if (meaning) return `one of ${listed([...new Set(Object.values(meaning.names))])}`
  switch (test.kind) {
    case 'one-of':
      return listed(test.values)
    case 'range':
      return `a number (${rangeText(test)})`
    case 'mask':
      return 'a whole number'
  }
}

/** More words than this would hide the message. */
const LISTED_MAX = 12

function listed(words: readonly (number | string | boolean)[]): string {
  const more = words.length > LISTED_MAX ? ', …' : ''
  return words.slice(0, LISTED_MAX).join(', ') + more
}
