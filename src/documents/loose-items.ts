/**
 * Items between braces that have no colon, such as `off` in `{state: fault, off}`. YAML takes each for a key without a value.
 * Nobody means that in our files: a comma has cut a number or a text, or a blank or a bracket is missing.
 */
import { isScalar, type Node, type Pair, type YAMLMap } from 'yaml'
import { shown } from './quantities.ts'
import { ODD_BLANK_WORDS, oddBlankAt } from './text-faults.ts'
import { gluedWords, inQuotes, SEEN_CHARS, type SyntaxWords, TEXT_KEY } from './yaml-words.ts'

/** More parts of one value than these are not shown. */
const PARTS_MAX = 6

/** One word or text between braces as it was written. */
interface Item {
  readonly offset: number
  readonly written: string
}

/** Each mistake once: several items that were cut out of one value are one mistake. */
export function looseItems(map: YAMLMap, text: string): readonly SyntaxWords[] {
  if (!map.flow) return []
  const pairs = map.items as readonly Pair<Node, Node | null>[]
  const mistakes: SyntaxWords[] = []
  for (let index = 0; index < pairs.length; index++) {
    const first = looseItem(pairs[index], text)
    if (!first) continue
    const own = wordsOfItem(first)
    const cut = own ? [first] : [first, ...looseBehind(pairs, index, text)]
    mistakes.push(own ?? wordsOfCut(pairs[index - 1], cut, text))
    index += cut.length - 1
  }
  return mistakes
}

function looseBehind(
  pairs: readonly Pair<Node, Node | null>[],
  index: number,
  text: string,
): readonly Item[] {
  const behind: Item[] = []
  for (let next = index + 1; next < pairs.length; next++) {
    const item = looseItem(pairs[next], text)
    if (!item || wordsOfItem(item)) break
    behind.push(item)
  }
  return behind
}

/** Undefined where the item has a colon. */
function looseItem(pair: Pair<Node, Node | null> | undefined, text: string): Item | undefined {
  if (!pair || pair.value !== null || !isScalar(pair.key)) return undefined
  const [offset = 0, end = 0] = pair.key.range ?? []
  return { offset, written: text.slice(offset, Math.min(end, offset + SEEN_CHARS)) }
}

/** A mistake that the item shows by itself. */
function wordsOfItem({ offset, written }: Item): SyntaxWords | undefined {
  const odd = oddBlankAt(written)
  if (odd !== undefined) {
    const [what, hint] = ODD_BLANK_WORDS
    return { offset: offset + odd, what, hint }
  }
  const [, key, value] = /^([^\s=]+) ?= ?([^\s=]+)$/.exec(written) ?? []
  if (key) return { offset, what: `${shown(written)} is no "key: value"`, hint: `write ${key}: ${value}` }
  return gluedWords(written, offset)
}

/** What a comma has cut off the value before it. */
function wordsOfCut(
  before: Pair<Node, Node | null> | undefined,
  cut: readonly Item[],
  text: string,
): SyntaxWords {
  const [first = { offset: 0, written: '' }] = cut
  const value = before?.value
  if (!before || !isScalar(value) || !value.range) {
    return { offset: first.offset, what: `${shown(first.written)} is no "key: value"` }
  }
  const [start, end] = value.range
  const parts = [text.slice(start, end), ...cut.map(({ written }) => written)].slice(0, PARTS_MAX)
  const isNumber = /^-?\d+$/.test(parts[0] ?? '')
  if (isNumber && cut.every(({ written }) => /^\d+(\s?[a-z]+)?$/i.test(written))) {
    const what = `a comma does not belong into "${parts.join(',')}"`
    return { offset: start, what, hint: `write ${parts.join('.')}, with a point` }
  }
  const what = `${shown(first.written)} stands here without a key`
  const whole = text.slice(start, lastEnd(cut))
  const isText = TEXT_KEY.test(text.slice(Math.max(0, start - SEEN_CHARS), start))
  const hint = isText
    ? `a text that has a comma must stand in quotes; ${inQuotes(whole)}`
    : `if any of them is meant, write ${keyOf(before, text)}: [${parts.join(', ')}]`
  return { offset: first.offset, what, hint }
}

function keyOf({ key: { range } }: Pair<Node, Node | null>, text: string): string {
  return text.slice(range?.[0], range?.[1])
}

function lastEnd(cut: readonly Item[]): number {
  const last = cut.at(-1)
  return last ? last.offset + last.written.length : 0
}
