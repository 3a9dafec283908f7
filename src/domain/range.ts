/** A range of numbers, open or closed at each end. */

/** Without `above` and `below` it has no end there. */
export interface Range {
  readonly above?: Bound
  readonly below?: Bound
}

/** One end of a range. */
interface Bound {
  readonly value: number
  readonly inclusive: boolean
}

/** Whether a number lies in a range. What is no number lies in none. */
export function isWithin(number: number | bigint, { above, below }: Range): boolean {
  const isAbove = !above || (above.inclusive ? number >= above.value : number > above.value)
  const isBelow = !below || (below.inclusive ? number <= below.value : number < below.value)
  return isAbove && isBelow && !Number.isNaN(number)
}

const NUMBER = '-?\\d+(?:\\.\\d+)?|0x[\\da-fA-F]+'
const COMPARISON = new RegExp(`^(>=|<=|>|<) ?(${NUMBER})$`)
const SPAN = new RegExp(`^(${NUMBER}) ?\\.\\. ?(${NUMBER})$`)

/** What {@link rangeText} shows; undefined where a text is no range. */
export function readRange(text: string): Range | undefined {
  const [, operator, limit] = COMPARISON.exec(text) ?? []
  if (operator) {
    const bound = { value: Number(limit), inclusive: operator.endsWith('=') }
    return operator.startsWith('>') ? { above: bound } : { below: bound }
  }
  const [, from, to] = SPAN.exec(text) ?? []
  return from === undefined ? undefined : span(Number(from), Number(to))
}

/** Both included. */
export function span(from: number, to: number): Range {
  return { above: { value: from, inclusive: true }, below: { value: to, inclusive: true } }
}

/** As rules write it: `>0`, `<=5`, `10..20`. */
export function rangeText({ above, below }: Range): string {
  if (above?.inclusive && below?.inclusive) {
    return above.value === below.value ? String(above.value) : `${above.value}..${below.value}`
  }
  const from = above && `${above.inclusive ? '>=' : '>'}${above.value}`
  const to = below && `${below.inclusive ? '<=' : '<'}${below.value}`
  return [from, to].filter((end) => end !== undefined).join(' and ')
}
