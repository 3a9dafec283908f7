/**
 * Patterns that technicians write, run in time that grows only with the length of what was scanned. JavaScript's own regular
 * expressions would take hours for some patterns (`^(\w+-?)+$`) on some codes, and the gateway would stand still.
 *
 * What is found is the same, but for two things: `.` takes every character except a line feed, and `\s` only the blanks of ASCII.
 */
import type { RE2JS } from 're2js'
import { loadedWhenUsed } from '../runtime/loaded-when-used.ts'

const re2js = loadedWhenUsed<typeof import('re2js')>('re2js')

/** What a pattern found. */
export interface PatternMatch {
  /** The groups that have a name and took part, in the order of the pattern. */
  readonly named: ReadonlyMap<string, string>
  /** The first group, if it took part. */
  readonly first: string | null
}

/** Looks for a pattern anywhere in a text, as RegExp does; null where it is not in it. */
export function matchOf(pattern: RegExp, text: string): PatternMatch | null {
  const compiled = compiledOf(pattern)
  const matcher = compiled.matcher(text)
  if (!matcher.find()) return null
  const names = Object.entries(compiled.namedGroups()).toSorted(([, a], [, b]) => a - b)
  const named = names.map(([name, number]) => [name, matcher.group(number)] as const)
  return {
    named: new Map(named.filter((group): group is [string, string] => group[1] !== null)),
    first: compiled.groupCount() > 0 ? matcher.group(1) : null,
  }
}

/** How many groups a pattern has, and how many of them have a name. */
export function groupsOf(pattern: RegExp): { readonly all: number; readonly named: number } {
  const compiled = compiledOf(pattern)
  return { all: compiled.groupCount(), named: Object.keys(compiled.namedGroups()).length }
}

/** Of a pattern as it is run: for each character of a scan, all of them may have to be tried. Patterns of codes have some hundreds. */
const STEPS_MAX = 10_000

/** Why a pattern cannot be used at a station, for the one who wrote it; null where it can. */
export function patternDoubts(pattern: RegExp): string | null {
  try {
    const isLarge = compiledOf(pattern).programSize() > STEPS_MAX
    return isLarge ? 'the pattern cannot be run in bounded time: it repeats too much, too often' : null
  } catch (fault) {
    const why = fault instanceof Error ? fault.message.replace(/^error parsing regexp: /, '') : String(fault)
    return `the pattern cannot be run in bounded time (${why}): do without look-ahead, look-behind, back-references and repetitions over 1000`
  }
}

const compiledPatterns = new WeakMap<RegExp, RE2JS>()

function compiledOf(pattern: RegExp): RE2JS {
  const known = compiledPatterns.get(pattern)
  if (known) return known
  const odd = MISREAD.exec(pattern.source)?.[0]
  if (odd) throw new Error(`unsupported: \`${odd}\``)
  const { RE2JS: engine } = re2js()
  const compiled = engine.compile(engine.translateRegExp(pattern.source), flagsOf(pattern, engine))
  compiledPatterns.set(pattern, compiled)
  return compiled
}

/** What the translation would silently make something else of: `\k<name>`, and halves of characters as `\uD83D`. */
const MISREAD = /(?<=(?<!\\)(?:\\\\)*)\\(?:k<\w*>|u[dD][89a-fA-F][0-9a-fA-F]{2})/

function flagsOf(pattern: RegExp, engine: typeof RE2JS): number {
  const flags = [
    pattern.ignoreCase ? engine.CASE_INSENSITIVE : 0,
    pattern.dotAll ? engine.DOTALL : 0,
    pattern.multiline ? engine.MULTILINE : 0,
  ]
  return flags.reduce((all, flag) => all | flag, 0)
}
