/**
 * The texts that a pattern takes, as a finite automaton. With it one can prove, where trying examples could only suggest, that a
 * pattern takes every text that another takes, or that no text is taken by both.
 *
 * It is exact but for unusual blanks and line ends, which `.` and `\s` count in otherwise when patterns are run (see patterns.ts).
 */
import type { CharSet, DFA, Expression, NFA, NoParent } from 'refa'
import { automata } from './automata.ts'

/** Every text that a pattern takes. */
export interface PatternLanguage {
  readonly inside: NFA
  /** Every text that it does not take; null where that is too large to work with. */
  readonly outside: DFA | null
}

/** Larger automata are given up: such a pattern can be used, but nothing is proven about it. */
const STATES_MAX = 2_000
/** The same for what two patterns have in common: there are many pairs. */
const PAIR_STATES_MAX = 500
const LARGEST_CHARACTER = 0x10ffff

/**
 * The beginning and the end of a text, where `^` and `$` stand, are characters to the automaton: two that no code holds. So that
 * a pattern can ask for them more than once in a row, a text has several on either side.
 */
const START = 0x10fffe
const END = LARGEST_CHARACTER
const FRAMED_TEXTS = '\\u{10fffe}{3}[^\\u{10fffe}\\u{10ffff}]*\\u{10ffff}{3}'

/** Null where nothing can be proven about a pattern: it asks for the edge of a word (`\b`), or is too large. */
export function languageOf(pattern: RegExp): PatternLanguage | null {
  try {
    const anywhere = anyText()
    anywhere.append(searched(pattern), states())
    anywhere.append(anyText(), states())
    const inside = automata().NFA.fromIntersection(anywhere, automatonOf(parsed(FRAMED_TEXTS)), states())
    return { inside, outside: outsideOf(inside) }
  } catch {
    return null
  }
}

/** Whether every text of one is in at least one of the others. False also where that cannot be found out. */
export function isWithin(one: PatternLanguage, others: readonly PatternLanguage[]): boolean {
  const near = others.filter((other) => textInBoth(one, other) !== null)
  const [only] = near
  if (!only) return false
  const outside = near.length === 1 ? only.outside : outsideOf(unionOf(near))
  try {
    return outside !== null && automata().isDisjointWith(one.inside, outside, PAIR_STATES_MAX)
  } catch {
    return false
  }
}

/** A short text that both take; null where there is none, or none is found in time. */
export function textInBoth(one: PatternLanguage, other: PatternLanguage): string | null {
  try {
    for (const sets of automata().getIntersectionWordSets(one.inside, other.inside, PAIR_STATES_MAX)) {
      return String.fromCodePoint(...sets.map(readable).filter((character) => character < START))
    }
  } catch {
    // Too large.
  }
  return null
}

/** The texts of a pattern that spells all of them out letter by letter, as `^RSN:(jam|tool)$` does; none where it does not, or has more. */
export function wordsOf({ inside }: PatternLanguage, max: number): readonly string[] {
  if (!inside.isFinite) return []
  const words: string[] = []
  for (const sets of inside.wordSets()) {
    if (words.length >= max || !sets.every(isOne)) return []
    words.push(String.fromCodePoint(...sets.map(readable).filter((character) => character < START)))
  }
  return words
}

function isOne({ ranges }: CharSet): boolean {
  const [only, more] = ranges
  return only !== undefined && more === undefined && only.min === only.max
}

function unionOf(languages: readonly PatternLanguage[]): NFA {
  const union = automata().NFA.empty({ maxCharacter: LARGEST_CHARACTER }, states())
  for (const { inside } of languages) union.union(inside)
  return union
}

function outsideOf(language: NFA): DFA | null {
  try {
    const { DFA: Automaton } = automata()
    const outside = Automaton.fromFA(language, new Automaton.LimitedNodeFactory(STATES_MAX))
    outside.complement()
    return outside
  } catch {
    return null
  }
}

/** The pattern, with characters in place of `^` and `$`, which nothing else in it takes. */
function searched(pattern: RegExp): NFA {
  const expression = parsedPattern(pattern)
  automata().visitAst(expression, {
    onCharacterClassEnter: (node) => {
      node.characters = node.characters.without({ min: START, max: END })
    },
    onConcatenationLeave: (node) => {
      node.elements = node.elements.map((element) =>
        element.type === 'Unknown' ? { type: 'CharacterClass', characters: edge(element.id) } : element,
      )
    },
  })
  return automatonOf(expression)
}

function parsedPattern({ source, ignoreCase, dotAll }: RegExp): NoParent<Expression> {
  const isEitherCase = ignoreCase || isAllEitherCase(source)
  const plain = isEitherCase ? source.replaceAll('(?i:', '(?:') : source
  return parsed(plain, `${isEitherCase ? 'i' : ''}${dotAll ? 's' : ''}`)
}

/**
 * Whether every letter of a pattern stands in a `(?i:…)`. The automata know none, but then it is the same as either case all over
 * the pattern.
 */
function isAllEitherCase(source: string): boolean {
  const outside = source.replace(EITHER_CASE, '').replace(WITHOUT_LETTERS, '')
  return source.includes('(?i:') && !/[\p{L}[\\]/u.test(outside)
}
const EITHER_CASE = /\(\?i:(?:[^()\\]|\\[dswDSW]|\\\W)*\)/gu
const WITHOUT_LETTERS = /\\[dD]|\\\W|\[0-9\]|\(\?<\w+>/gu

function edge(assertion: string): CharSet {
  const mark = assertion === '^' ? START : assertion === '$' ? END : undefined
  if (mark === undefined) throw new Error('only the edges of a text have characters')
  return automata().CharSet.fromCharacter(LARGEST_CHARACTER, mark)
}

function parsed(source: string, flags = ''): NoParent<Expression> {
  const parser = automata().JS.Parser.fromLiteral({ source, flags: `u${flags}` })
  return parser.parse({ assertions: 'unknown', maxNodes: STATES_MAX }).expression
}

function automatonOf(expression: NoParent<Expression>): NFA {
  return automata().NFA.fromRegex(expression, { maxCharacter: LARGEST_CHARACTER }, {}, states())
}

/** The one of some characters that is easiest to read. */
function readable(characters: CharSet): number {
  const found = [...READABLE].find((character) => characters.has(character.codePointAt(0) ?? 0))
  return found?.codePointAt(0) ?? characters.ranges[0]?.min ?? START
}
const READABLE = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_./:'

function anyText(): NFA {
  return automata().NFA.all({ maxCharacter: LARGEST_CHARACTER }, states())
}

function states() {
  return new (automata().NFA.LimitedNodeFactory)(STATES_MAX)
}
