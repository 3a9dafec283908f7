/** The types of values that Sparkplug B knows, by the numbers of its specification. */

/**
 * Types whose values are one number, truth or text. Who sends should keep to `Int32` and `Int64` for whole numbers: other programs
 * write and expect a negative `Int8` and `Int16`, and every `UInt32`, in different ways. Here all of them are understood.
 */
export const METRIC_TYPES = [
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'Float',
  'Double',
  'Boolean',
  'String',
  'DateTime',
  'Text',
  'UUID',
] as const
export type MetricType = (typeof METRIC_TYPES)[number]

/** Sparkplug 3.0, section 6.4.16: the numbers 1 to 15 are in the order of the list. */
const NUMBERS: ReadonlyMap<number, MetricType> = new Map(METRIC_TYPES.map((type, index) => [index + 1, type]))
const BY_TYPE: ReadonlyMap<MetricType, number> = new Map([...NUMBERS].map(([number, type]) => [type, number]))

/** What hold more than one value, or bytes without a meaning that everybody knows: they are named, and not read. */
const PASSED_BY: ReadonlyMap<number, string> = new Map([
  [16, 'a data set'],
  [17, 'bytes'],
  [18, 'a file'],
  [19, 'a template, which holds other metrics'],
  [20, 'a set of properties'],
  [21, 'a list of sets of properties'],
])
/** From here on all that are known are arrays. */
const FIRST_ARRAY = 22
const LAST_ARRAY = 34

export function typeOfNumber(number: number): MetricType | undefined {
  return NUMBERS.get(number)
}

export function numberOfType(type: MetricType): number {
  return BY_TYPE.get(type) ?? 0
}

/** In words, what a type that is not read holds. */
export function passedByName(number: number): string {
  if (number >= FIRST_ARRAY && number <= LAST_ARRAY) return 'an array'
  return PASSED_BY.get(number) ?? `of type ${number}, which Sparkplug B does not know`
}
