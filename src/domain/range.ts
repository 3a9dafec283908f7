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

/** As rules write it: `>0`, `<=5`, `10..20`. */
export function rangeText({ above, below }: Range): string {
  if (above?.inclusive && below?.inclusive) return `${above.value}..${below.value}`
  const from = above && `${above.inclusive ? '>=' : '>'}${above.value}`
  const to = below && `${below.inclusive ? '<=' : '<'}${below.value}`
  return [from, to].filter((end) => end !== undefined).join(' and ')
}
