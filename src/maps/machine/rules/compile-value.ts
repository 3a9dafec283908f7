/** Turns what a rule says of one signal into a test of its value: a word, a number, a range, a mask. */
import { type DocumentDraft, isRecord } from '../../../documents/draft.ts'
import type { Path } from '../../../documents/place.ts'
import { shown } from '../../../documents/quantities.ts'
import type { Condition } from '../../../domain/machine-map.ts'
import { isWithin, type Range, readRange } from '../../../domain/range.ts'
import type { SignalType } from '../../../domain/signal.ts'
import { mapWordHint } from '../../words.ts'
import { boundsText, type ValueBounds } from '../signals/value-bounds.ts'
import { meantValue } from './meant-value.ts'
import { type PerceivedWords, perceivedCondition } from './perceived-words.ts'

/** What a rule may say of a signal. */
export interface SignalWords {
  readonly type?: SignalType | undefined
  /** Number, as text, to word. */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** What it can show, where that is known. */
  readonly bounds?: ValueBounds | undefined
  /** Of a signal that means something only over time. */
  readonly perceived?: PerceivedWords | undefined
  /** It shows why the machine stopped. */
  readonly isFault?: boolean
  /** The signal's own entry has faults, so nothing can be said of its values. */
  readonly isUnclear?: boolean
}

/** The signal that is spoken of. */
interface Test {
  readonly draft: DocumentDraft
  readonly signal: string
  readonly words: SignalWords
}

/** What other kinds of signals are perceived to be. */
const OF_OTHER_SIGNALS: Readonly<Record<string, string>> = {
  blink: 'only a signal of type light blinks',
  pulsing: 'only the signal that "pulse: {from: …}" names has pulses',
  slow: 'only the signal that "pulse: {from: …}" names has pulses',
  no_pulse: 'only the signal that "pulse: {from: …}" names has pulses',
}
const ON_OFF: Readonly<Record<string, boolean>> = { on: true, off: false, true: true, false: false }

/** The condition that a rule sets for one signal; undefined when there are faults, which are then noted. */
export function valueCondition(test: Test, value: unknown, path: Path): Condition | undefined {
  const { perceived } = test.words
  if (perceived) return perceivedCondition(test.draft, { ...test, words: perceived }, value, path)
  if (isRecord(value)) return maskCondition(test, value, path)
  if (typeof value === 'string' && test.words.type !== 'string') {
    const range = rangeCondition(test, value, path)
    if (range !== 'no range') return range
  }
  if (typeof value === 'number') return numberCondition(test, value, path)
  if (typeof value === 'string' || typeof value === 'boolean') return wordCondition(test, value, path)
  test.draft.fault(path, `${shown(value)} is no value`, 'a word, a number, a range such as ">0" or "10..20"')
  return undefined
}

/** The condition that a signal shows one of these values. */
export function oneOf(signal: string, values: readonly (number | string | boolean)[]): Condition {
  return { kind: 'value', signal, test: { kind: 'one-of', values } }
}

/** Where a number has a name, the signal shows the name. */
function numberCondition({ draft, signal, words }: Test, value: number, path: Path): Condition | undefined {
  if (words.type === 'bit' && value !== 0 && value !== 1) {
    draft.fault(path, `a bit is never ${value}`, 'say on or off')
    return undefined
  }
  if (words.type === 'string') return oneOf(signal, [draft.origin.written(path) ?? String(value)])
  const name = nameOf(value, words.names)
  const rest = words.names?.['*']
  if (name === undefined && rest !== undefined) {
    draft.slip(
      path,
      `"${signal}" shows ${value} as "${rest}", like all others without a name`,
      'give it a name',
    )
  } else if (words.bounds && !(value >= words.bounds.min && value <= words.bounds.max)) {
    draft.slip(path, `"${signal}" is never ${value}`, `only ${boundsText(words.bounds)}`)
  }
  return oneOf(signal, [name ?? value])
}

/** Names of truth values may be written as such. */
function nameOf(value: number, names: SignalWords['names']): string | undefined {
  const keys = value === 1 ? ['1', 'true', 'on'] : value === 0 ? ['0', 'false', 'off'] : [String(value)]
  return keys.map((key) => names?.[key]).find((name) => name !== undefined)
}

function wordCondition(
  { draft, signal, words }: Test,
  written: string | boolean,
  path: Path,
): Condition | undefined {
  // `off` and `false` both say it.
  const word = typeof written === 'boolean' && words.names ? (written ? 'on' : 'off') : written
  if (words.names) {
    const names = Object.values(words.names)
    if (names.includes(String(word))) return oneOf(signal, [word])
    const hint = meantValue(signal, String(word)) ?? mapWordHint(String(word), names)
    draft.fault(path, `"${signal}" is never "${written}"`, hint)
    return undefined
  }
  const kind = OF_OTHER_SIGNALS[String(word)]
  if (kind !== undefined && words.type !== undefined && words.type !== 'string') {
    draft.fault(path, `"${signal}" is a ${words.type} and never ${shown(word)}`, kind)
    return undefined
  }
  if (words.type === 'string') return oneOf(signal, [String(word)])
  const truth = ON_OFF[String(word)]
  if (words.type === 'bit' && truth !== undefined) return oneOf(signal, [truth])
  // Without a type the server decides what it sends: a truth value, or the word itself.
  if (words.type === undefined) {
    if (truth === undefined) hintAtOtherWords(draft, signal)
    return oneOf(signal, truth === undefined ? [word] : [truth, String(word)])
  }
  const valid =
    words.type === 'bit' ? 'say on or off' : 'write a number, or give the signal names: {3: fault}'
  const hint = meantValue(signal, String(word)) ?? valid
  draft.fault(path, `"${signal}" is a ${words.type} and never ${shown(word)}`, hint)
  return undefined
}

/** A server may show its states in another language, and the rules would not notice. Said once a signal. */
function hintAtOtherWords({ hints, hint }: DocumentDraft, signal: string): void {
  const path = ['signals', signal]
  if (hints.some((said) => said.path === path.join('.'))) return
  const message = `whatever else "${signal}" shows counts as no, also its words in another language`
  hint(
    path,
    message,
    'give it names, as in names: {Executing: run}, and status names every other word',
    'key',
  )
}

function rangeCondition(test: Test, text: string, path: Path): Condition | undefined | 'no range' {
  const bounds = readRange(text.trim())
  if (!bounds) {
    if (!/^[<>=]/.test(text.trim())) return 'no range'
    const hint = meantValue(test.signal, text) ?? 'as in ">0", "<=5" or "10..20"'
    test.draft.fault(path, `${shown(text)} is no range`, hint)
    return undefined
  }
  if (test.words.type === 'bit') {
    test.draft.fault(path, 'a bit has no range', 'say on or off')
    return undefined
  }
  const { above, below } = bounds
  if (above && below && above.value > below.value) {
    test.draft.fault(path, `the range "${text}" is empty`, `did you mean "${below.value}..${above.value}"?`)
    return undefined
  }
  checkRange(test, bounds, path)
  return { kind: 'value', signal: test.signal, test: { kind: 'range', ...bounds } }
}

/** A range of which the signal never shows anything, or only that. */
function checkRange({ draft, signal, words }: Test, range: Range, path: Path): void {
  if (!words.bounds) return
  const { min, max } = words.bounds
  const what = boundsText(words.bounds)
  if (isWithin(min, range) && isWithin(max, range)) {
    draft.slip(path, `this always holds: "${signal}" is ${what}`, 'did you mean ">0"?')
  } else if (range.above && !isWithin(max, { above: range.above })) {
    draft.slip(path, `this never holds: "${signal}" is ${what}`)
  } else if (range.below && !isWithin(min, { below: range.below })) {
    draft.slip(path, `this never holds: "${signal}" is ${what}`)
  }
}

function maskCondition(
  test: Test,
  written: Readonly<Record<string, unknown>>,
  path: Path,
): Condition | undefined {
  const { mask, equals, ...others } = written
  if (Object.keys(others).length > 0 || !isBits(mask) || !isBits(equals) || mask === 0) {
    test.draft.fault(path, `${shown(written)} is no value`, 'a mask is written {mask: 0x10, equals: 0x10}')
    return undefined
  }
  if (matchesNothing(mask, equals)) {
    test.draft.fault([...path, 'equals'], 'this never matches: "equals" has bits that the mask hides')
    return undefined
  }
  if (['bit', 'string', 'f32', 'f64'].includes(test.words.type ?? '')) {
    test.draft.fault(path, `a mask needs a whole number, not ${test.words.type}`)
    return undefined
  }
  const { bounds } = test.words
  // What has a sign shows its highest bit by being negative.
  if (bounds?.min === 0n && BigInt(mask) > bounds.max) {
    test.draft.slip([...path, 'mask'], `"${test.signal}" has no such bits`, `it is ${boundsText(bounds)}`)
  }
  return { kind: 'value', signal: test.signal, test: { kind: 'mask', mask, equals } }
}

function isBits(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function matchesNothing(mask: number, equals: number): boolean {
  return (BigInt(equals) & ~BigInt(mask)) !== 0n
}
