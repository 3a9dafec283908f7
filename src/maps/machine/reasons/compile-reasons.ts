/** Turns `reasons:` into code tables: single codes first, then ranges, then `"*"` for all others. */
import { type DocumentDraft, isRecord, keysAt } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { type BitCount, bitNumbersText, bitPlace } from '../../../domain/bit-order.ts'
import type { FaultSignal, Latch, ReasonLine, StatusRule } from '../../../domain/machine-map.ts'
import { mapWordHint } from '../../words.ts'
import { NO_FAULT, reasonSchema } from '../map-schema.ts'
import type { SignalInDraft } from '../signals/compile-signals.ts'
import type { SignalEntry } from '../signals/signal-entry.ts'
import { aType, bitWidthOf, boundsOf, boundsText, canShow } from '../signals/value-bounds.ts'
import { type CodeMatch, readCodeKey, widthOf } from './reason-keys.ts'

const DEFAULT_SETTLE_MS = 5_000
/** More lines than this belong into the MES. */
const REASONS_MAX = 5_000
/** Bits of a word of which the map says neither the width nor the order. */
const ANY_BITS: BitCount = { order: 'lsb0', width: 64 }
/** The key under which a table has a line for each bit of its signal. */
const BITS = 'bits'
/** The key that names a file of lines; they lie beneath those of the map. */
const FILE = 'file'

/** A fault signal is one by its role, because a rule takes its reason from it, or because it has a table. */
export function compileFaults(
  draft: DocumentDraft,
  signals: readonly SignalInDraft[],
  rules: readonly StatusRule[],
): readonly FaultSignal[] {
  const tables = draft.at(['reasons'])
  if (tables !== undefined && !isRecord(tables)) {
    draft.fault(
      ['reasons'],
      '"reasons" is a group of signals',
      'as in reasons: {fault: {101: {code: jam}}}',
      'key',
    )
  }
  const names = signals.map(({ name }) => name)
  for (const name of keysAt(tables).filter((name) => !names.includes(name))) {
    draft.fault(['reasons', name], `unknown signal "${name}"`, mapWordHint(name, names), 'key')
  }
  const referred = rules.flatMap(({ reason }) => (reason?.kind === 'from' ? reason.signals : []))
  const wanted = new Set([...referred, ...keysAt(tables)])
  return signals
    .filter(({ name, entry }) => entry?.role === 'fault_code' || wanted.has(name))
    .map((signal) => faultSignal(draft, signal))
}

function faultSignal(draft: DocumentDraft, { name, entry, device }: SignalInDraft): FaultSignal {
  const path = ['reasons', name]
  const table = draft.at(path)
  const isBitField = isRecord(table) && BITS in table
  const bits = entry && bitCountOf(entry, device)
  const lines = isBitField ? compileBits(draft, path, entry, bits) : compileTable({ draft, entry }, path)
  checkPriorities(draft, { name, latch: entry?.latch, isBitField }, isBitField ? table[BITS] : table)
  return {
    signal: name,
    latch: entry?.latch ?? 'first',
    settleMs: entry?.settle ?? DEFAULT_SETTLE_MS,
    ...(entry?.split_on_code === true && { splitsOnCode: true }),
    ...(isBitField && { isBitField }),
    ...(bits && isBitField && !isPlain(bits, entry) && { bits }),
    reasons: lines,
  }
}

/** Whether bits are as they are unless something is said of them. What has a sign is shown with more bits than it has. */
function isPlain({ order }: BitCount, entry: SignalEntry | undefined): boolean {
  return order === 'lsb0' && !entry?.type?.startsWith('i')
}

/** Where a table stands, and of what signal it speaks. */
interface TableContext {
  readonly draft: DocumentDraft
  readonly entry: SignalEntry | undefined
  /** Set where the codes are the numbers of bits. */
  readonly bits?: BitCount
}

function compileBits(
  draft: DocumentDraft,
  path: Path,
  entry: SignalEntry | undefined,
  bits: BitCount = ANY_BITS,
): readonly ReasonLine[] {
  for (const key of keysAt(draft.at(path)).filter((key) => key !== BITS)) {
    draft.fault([...path, key], `"${key}" stands beside "bits"`, 'a word has either codes or bits', 'key')
  }
  const isWord = !['bit', 'string', 'f32', 'f64', 'bcd16', 'bcd32'].includes(entry?.type ?? '')
  if (!isWord) draft.fault([...path, BITS], `a ${entry?.type} has no bits`, 'as in type: u16', 'key')
  for (const key of ['names', 'scale', 'offset'] as const) {
    if (entry?.[key] === undefined) continue
    draft.fault([...path, BITS], `a signal with ${key} has no bits`, `remove its ${key}`, 'key')
  }
  return compileTable({ draft, entry, bits }, [...path, BITS])
}

/** How the bits of a signal are counted: as its own entry says, or its device. */
function bitCountOf(entry: SignalEntry, device: SignalInDraft['device']): BitCount {
  const order = entry.bit_order ?? device?.bitOrder ?? ANY_BITS.order
  return { order, width: bitWidthOf(entry) ?? ANY_BITS.width }
}

interface PriorityContext {
  readonly name: string
  readonly latch: Latch | undefined
  readonly isBitField: boolean
}

/** Importance that nothing asks for, or that nobody has written. */
function checkPriorities(
  draft: DocumentDraft,
  { name, latch, isBitField }: PriorityContext,
  table: unknown,
): void {
  const lines = isRecord(table) ? Object.values(table) : []
  const hasPriorities = lines.some((line) => keysAt(line).includes('priority'))
  if (latch === 'priority' && !hasPriorities) {
    const message = `no line of the table of "${name}" says how important it is`
    draft.fault(
      ['signals', name, 'latch'],
      message,
      'as in 101: {code: jam, priority: 1}, 1 being the most important',
    )
  } else if (latch !== 'priority' && hasPriorities && !isBitField) {
    const message = 'the priorities of this table decide nothing: the code that comes first is the reason'
    draft.hint(['reasons', name], message, `latch: priority for the signal "${name}"`, 'key')
  }
}

interface Line {
  readonly path: Path
  readonly line: ReasonLine
}

function compileTable(context: TableContext, path: Path): readonly ReasonLine[] {
  const { draft, entry } = context
  const table = draft.at(path)
  if (table === undefined) return []
  if (!isRecord(table)) {
    draft.fault(path, 'a table of reasons is a group of codes', 'as in {101: {code: jam}}', 'key')
    return []
  }
  const keys = Object.keys(table).filter((key) => key !== FILE)
  if (keys.length > REASONS_MAX) draft.fault(path, 'too many reasons', `at most ${REASONS_MAX}`, 'key')
  const lines = keys.slice(0, REASONS_MAX).flatMap((key) => compileLine(context, [...path, key]) ?? [])
  checkTwins(draft, lines)
  checkOverlaps(draft, lines)
  const sorted = lines.map(({ line }) => line).sort((a, b) => widthOf(a) - widthOf(b))
  return entry?.names ? withNamesOf(entry.names, sorted) : sorted
}

function compileLine(context: TableContext, path: Path): Line | undefined {
  const { draft } = context
  const key = String(path.at(-1))
  const isNone = draft.at(path) === NO_FAULT
  const reason = isNone ? { code: null } : draft.judge(path, reasonSchema)
  const match = readCodeKey(key)
  if (!match || !isFitting(context, match)) {
    const what = context.bits === undefined ? 'fault code' : 'number of a bit'
    draft.fault(path, `"${key}" is no ${what}`, keyHint(context), 'key')
    return undefined
  }
  const { from = 0, to = 0 } = match
  if (from > to) {
    const [first, last] = key.split(/ ?(?:\.\.|[–—]|(?<=.)-) ?/)
    draft.fault(path, `the range "${key}" is empty`, `did you mean "${last}-${first}"?`, 'key')
    return undefined
  }
  checkReach(context, path, match)
  if (!reason) return undefined
  const { code, category = null, text, priority } = { ...NOTHING_MORE, ...reason }
  const further = { ...(priority !== undefined && { priority }), ...(text !== undefined && { text }) }
  return { path, line: { ...match, code, category, ...further } }
}

/** Of a line that says `none`. */
const NOTHING_MORE = { category: undefined, text: undefined, priority: undefined }

/** Texts are codes of signals that show texts; a signal of numbers shows words only where it names them. */
function isFitting({ entry, bits }: TableContext, { shows }: CodeMatch): boolean {
  if (shows === undefined) return true
  if (bits !== undefined) return false
  return entry === undefined || entry.type === undefined || entry.type === 'string' || isName(entry, shows)
}

function isName({ names = {} }: SignalEntry, word: string): boolean {
  return Object.values(names).includes(word)
}

function keyHint({ bits, entry }: TableContext): string {
  if (bits !== undefined) return `${bitNumbersText(bits)}, a range such as "4-7", or "*"`
  const known = 'a number, a range such as "200-249" or 0x4300-0x43FF, or "*"'
  return entry?.names
    ? `${known}, or one of the signal's names`
    : `${known}; texts are codes of a type: string`
}

function checkReach(context: TableContext, path: Path, { from, to }: CodeMatch): void {
  const { draft, entry, bits } = context
  if (from === undefined || to === undefined) return
  if (bits !== undefined) {
    const missing = [from, to].find((number) => bitPlace(number, bits) === undefined)
    if (missing === undefined) return
    draft.slip(path, `the signal has no bit ${missing}`, keyHint(context), 'key')
  } else if (entry && !(canShow(entry, from) && canShow(entry, to))) {
    const bounds = boundsOf(entry)
    const what = entry.mask === undefined ? aType(entry.type) : 'what the mask leaves'
    draft.slip(path, `${what} is never ${path.at(-1)}`, bounds && `only ${boundsText(bounds)}`, 'key')
  }
}

/** A signal with names shows the name in place of the number, so the lines of a number are lines of its name, too. */
function withNamesOf(
  names: Readonly<Record<string, string>>,
  lines: readonly ReasonLine[],
): readonly ReasonLine[] {
  const written = new Set(lines.map(({ shows }) => shows))
  const named = Object.entries(names).flatMap(([key, name]): ReasonLine[] => {
    const number = Number(key)
    const line = lines.find(
      ({ from, to = from }) => from !== undefined && to !== undefined && from <= number && number <= to,
    )
    if (written.has(name)) return []
    if (line) return [{ ...line, shows: name }]
    return number === 0 ? [{ shows: name, code: null, category: null }] : []
  })
  return [...named.map(({ from: _, to: __, ...line }) => line), ...lines]
}

/** The same code in two notations. */
function checkTwins(draft: DocumentDraft, lines: readonly Line[]): void {
  const seen = new Map<number, Path>()
  for (const { path, line } of lines) {
    if (line.from === undefined || widthOf(line) > 0) continue
    const before = seen.get(line.from)
    if (!before) seen.set(line.from, path)
    else draft.slip(path, `this is the code "${before.at(-1)}" once more`, 'remove one of them', 'key')
  }
}

/** A single code inside a range is an exception to it; two ranges that share codes are a mistake. */
function checkOverlaps(draft: DocumentDraft, lines: readonly Line[]): void {
  const ranges = lines
    .filter(({ line }) => widthOf(line) > 0 && Number.isFinite(widthOf(line)))
    .sort((a, b) => (a.line.from ?? 0) - (b.line.from ?? 0))
  for (const [index, { path, line }] of ranges.entries()) {
    const before = ranges[index - 1]
    if (before && (before.line.to ?? 0) >= (line.from ?? 0)) {
      draft.fault(
        path,
        `this range shares codes with "${before.path.at(-1)}"`,
        'let each code stand in one range',
        'key',
      )
    }
  }
}
