/**
 * What a HID device says of its reports: where which value stands. "Device Class Definition for HID" 1.11, section 6.2.2.
 * Only what a reader of input reports needs is taken out of it.
 */

/** Values that stand next to each other in an input report, described by one item of the descriptor. */
interface ReportField {
  /** The first byte of its report; null where the device has one report only, which then has no number. */
  readonly reportId: number | null
  readonly usagePage: number
  /** What each value is; the last one stands for all that follow. Of an array: what may be in it. */
  readonly usages: readonly number[]
  /** From the report's first bit, its number included. */
  readonly firstBit: number
  /** Of each value. */
  readonly bits: number
  readonly count: number
  /** Each value names what is pressed, as the keys of a keyboard do; otherwise each has a meaning of its own. */
  readonly isArray: boolean
}

/** Where something stands in a report. */
export interface ReportPlace {
  readonly reportId: number | null
  readonly firstBit: number
  readonly bits: number
}

/** The input fields of a descriptor; what is cut off or unreadable is left out, since the rest may do. */
export function fieldsOf(descriptor: Uint8Array): readonly ReportField[] {
  const reading = new DescriptorReading()
  for (const item of itemsOf(descriptor)) reading.take(item)
  return reading.fields
}

/** Where the value with this meaning stands, and how far it goes; undefined where no report has it. */
export function placeOf(
  fields: readonly ReportField[],
  usagePage: number,
  usage: number,
): ReportPlace | undefined {
  for (const field of fields) {
    if (field.usagePage !== usagePage || field.isArray) continue
    const first = field.usages.indexOf(usage)
    if (first < 0) continue
    const isLast = first === field.usages.length - 1
    const count = isLast ? field.count - first : 1
    if (count < 1) continue
    return {
      reportId: field.reportId,
      firstBit: field.firstBit + first * field.bits,
      bits: count * field.bits,
    }
  }
  return undefined
}

/** The usage page of the device as a whole: 0x01 with usage 0x06 is a keyboard, 0x8C a barcode scanner. */
export function applicationOf(descriptor: Uint8Array): { usagePage: number; usage: number } | undefined {
  const reading = new DescriptorReading()
  for (const item of itemsOf(descriptor)) {
    if (item.kind === 'main' && item.tag === COLLECTION) return reading.current()
    reading.take(item)
  }
  return undefined
}

interface Item {
  readonly kind: 'main' | 'global' | 'local'
  readonly tag: number
  readonly value: number
  readonly size: number
}

const KINDS = ['main', 'global', 'local'] as const
const LONG_ITEM = 0xfe

function* itemsOf(descriptor: Uint8Array): Generator<Item> {
  let at = 0
  while (at < descriptor.length) {
    const head = descriptor[at] ?? 0
    if (head === LONG_ITEM) {
      at += 3 + (descriptor[at + 1] ?? 0)
      continue
    }
    const size = [0, 1, 2, 4][head & 3] ?? 0
    const kind = KINDS[(head >> 2) & 3]
    if (at + 1 + size > descriptor.length) return
    if (kind !== undefined)
      yield { kind, tag: head >> 4, value: littleEndian(descriptor, at + 1, size), size }
    at += 1 + size
  }
}

function littleEndian(bytes: Uint8Array, from: number, size: number): number {
  let value = 0
  for (let index = size - 1; index >= 0; index--) value = value * 256 + (bytes[from + index] ?? 0)
  return value
}

// Tags of main items.
const INPUT = 0x8
const COLLECTION = 0xa
// Tags of global items.
const USAGE_PAGE = 0x0
const REPORT_SIZE = 0x7
const REPORT_ID = 0x8
const REPORT_COUNT = 0x9
const PUSH = 0xa
const POP = 0xb
// Tags of local items.
const USAGE = 0x0
const USAGE_MINIMUM = 0x1
const USAGE_MAXIMUM = 0x2
// Flags of an input item.
const CONSTANT = 0x01
const VARIABLE = 0x02

/** No report of a scanner is longer; a descriptor that says so is broken. */
const REPORT_BITS_MAX = 8 * 8192

interface Globals {
  readonly usagePage: number
  readonly reportSize: number
  readonly reportCount: number
  readonly reportId: number | null
}

/** Goes through the items: what is global stays until it is changed, what is local is used up by the next main item. */
class DescriptorReading {
  readonly fields: ReportField[] = []
  #globals: Globals = { usagePage: 0, reportSize: 0, reportCount: 0, reportId: null }
  readonly #pushed: Globals[] = []
  #usages: number[] = []
  #usageMinimum = 0
  /** How many bits of each report are taken already. */
  readonly #taken = new Map<number | null, number>()

  take(item: Item): void {
    if (item.kind === 'global') this.#setGlobal(item)
    else if (item.kind === 'local') this.#setLocal(item)
    else this.#closeMain(item)
  }

  /** What a collection that begins here is. */
  current(): { usagePage: number; usage: number } {
    return this.#withPage(this.#usages[0] ?? 0)
  }

  #setGlobal({ tag, value }: Item): void {
    if (tag === USAGE_PAGE) this.#globals = { ...this.#globals, usagePage: value }
    else if (tag === REPORT_SIZE) this.#globals = { ...this.#globals, reportSize: value }
    else if (tag === REPORT_ID) this.#globals = { ...this.#globals, reportId: value }
    else if (tag === REPORT_COUNT) this.#globals = { ...this.#globals, reportCount: value }
    else if (tag === PUSH) this.#pushed.push(this.#globals)
    else if (tag === POP) this.#globals = this.#pushed.pop() ?? this.#globals
  }

  #setLocal({ tag, value, size }: Item): void {
    // Of four bytes the upper two are the page.
    const usage = size === 4 ? value : value & 0xffff
    if (tag === USAGE) this.#usages.push(usage)
    else if (tag === USAGE_MINIMUM) this.#usageMinimum = usage
    else if (tag === USAGE_MAXIMUM) this.#pushRange(usage)
  }

  #pushRange(last: number): void {
    const count = Math.min(last - this.#usageMinimum + 1, 0x400)
    for (let index = 0; index < count; index++) this.#usages.push(this.#usageMinimum + index)
  }

  #closeMain({ tag, value }: Item): void {
    if (tag === INPUT) this.#addInput(value)
    this.#usages = []
    this.#usageMinimum = 0
  }

  #addInput(flags: number): void {
    const { reportId, reportSize: bits, reportCount: count } = this.#globals
    const firstBit = this.#taken.get(reportId) ?? (reportId === null ? 0 : 8)
    const after = firstBit + bits * count
    if (after > REPORT_BITS_MAX) return
    this.#taken.set(reportId, after)
    const first = this.#usages[0]
    if ((flags & CONSTANT) !== 0 || first === undefined) return
    this.fields.push({
      reportId,
      usagePage: this.#withPage(first).usagePage,
      usages: this.#usages.map((usage) => this.#withPage(usage).usage),
      firstBit,
      bits,
      count,
      isArray: (flags & VARIABLE) === 0,
    })
  }

  #withPage(usage: number): { usagePage: number; usage: number } {
    if (usage <= 0xffff) return { usagePage: this.#globals.usagePage, usage }
    return { usagePage: Math.floor(usage / 0x10000), usage: usage & 0xffff }
  }
}
