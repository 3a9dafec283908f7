/** Compiles the patterns of a scanner's map, and says in plain words why one cannot be used. */
import type { DocumentDraft } from '../../documents/draft.ts'
import type { Path } from '../../documents/place.ts'
import { shown } from '../../documents/quantities.ts'
import { patternDoubts } from '../../scans/patterns.ts'

/** Nobody reads a longer one. */
const PATTERN_MAX = 1_000

/** A pattern and the names of its groups. */
interface CompiledPattern {
  readonly pattern: RegExp
  readonly groups: readonly string[]
}

/** Undefined where it cannot be used; why is then noted. */
export function compilePattern(
  draft: DocumentDraft,
  path: Path,
  written: string,
): CompiledPattern | undefined {
  const odd = oddCharacter(written)
  if (odd) {
    draft.fault(path, odd.what, odd.hint)
    return undefined
  }
  if (written.length > PATTERN_MAX) {
    draft.fault(
      path,
      'the pattern is too long',
      `at most ${PATTERN_MAX} characters: make several rules of it`,
    )
    return undefined
  }
  try {
    const pattern = new RegExp(written, 'u')
    const doubt = patternDoubts(pattern)
    if (doubt !== null) draft.slip(path, doubt)
    return { pattern, groups: groupsOf(written) }
  } catch (error) {
    const { what, hint } = whyNot(written, error instanceof Error ? error.message : '')
    draft.fault(path, `the pattern ${shown(written)} cannot be understood: ${what}`, hint)
    return undefined
  }
}

/** The alternative without content matches any text, so that every group has its name in the result. */
function groupsOf(written: string): readonly string[] {
  return Object.keys(new RegExp(`${written}|`, 'u').exec('')?.groups ?? {})
}

interface Why {
  readonly what: string
  readonly hint?: string
}

/** What YAML makes of an escape in double quotes that was meant for the pattern. */
const YAML_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\v': '\\v',
  '\f': '\\f',
  '\x1b': '\\e',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function oddCharacter(written: string): Why | undefined {
  const odd = [...written].map((character) => YAML_ESCAPES[character]).find((found) => found !== undefined)
  if (odd === undefined) return undefined
  return {
    what: `${odd} in double quotes is a control character, and no part of a pattern`,
    hint: 'put the pattern in single quotes',
  }
}

/** Escapes of other programs' patterns, by the letter behind the backslash. */
const OTHER_ESCAPES: Readonly<Record<string, string>> = {
  A: 'write ^ for the beginning',
  Z: 'write $ for the end',
  z: 'write $ for the end',
  h: 'write [ \\t]',
  R: 'write [\\r\\n]',
  Q: 'write a backslash before each special character',
  E: 'write a backslash before each special character',
}
/** A backslash, and a character before which it has no meaning. */
const IDLE_BACKSLASH = /(?:^|[^\\])(?:\\\\)*\\([^dDsSwWbBfnrtv0-9cxukpP^$\\.*+?()[\]{}|/])/u

function whyNot(written: string, message: string): Why {
  const reason = message.slice(message.lastIndexOf(': ') + 2)
  if (/\(\?P</.test(written))
    return { what: 'a group with a name is written (?<name>…)', hint: 'leave out the P' }
  if (/^\(\?[imsx]+\)/.test(written)) {
    return { what: 'such a switch stands before the part that it is for', hint: 'as in (?i:wo)-[0-9]+' }
  }
  const [, idle] = /escape|property/i.test(reason) ? (IDLE_BACKSLASH.exec(written) ?? []) : []
  if (idle !== undefined) {
    const hint = OTHER_ESCAPES[idle] ?? `write ${idle} alone`
    return { what: `a backslash before ${idle} has no meaning here`, hint }
  }
  return REASONS.find(({ said }) => said.test(reason)) ?? { what: lowerFirst(reason) }
}

const REASONS: readonly (Why & { readonly said: RegExp })[] = [
  { said: /Unterminated group|Missing \)/i, what: 'a closing ) is missing' },
  { said: /Unmatched '?\)/i, what: 'a ) closes nothing', hint: 'write \\) for the character itself' },
  { said: /Unterminated character class/i, what: 'a closing ] is missing' },
  {
    said: /Lone quantifier brackets/i,
    what: 'a { } or ] stands alone',
    hint: 'write \\{ for the character itself',
  },
  {
    said: /Nothing to repeat/i,
    what: 'there is nothing before a *, + or ? to repeat',
    hint: 'write .* for anything',
  },
  { said: /Incomplete quantifier/i, what: 'a number between braces is not finished', hint: 'as in {4,8}' },
  {
    said: /out of order in \{\}/i,
    what: 'the numbers between braces are in the wrong order',
    hint: 'as in {4,8}',
  },
  {
    said: /Range out of order/i,
    what: 'a range between brackets is in the wrong order',
    hint: 'as in [A-Z]',
  },
  {
    said: /Invalid capture group name/i,
    what: 'a group has no proper name',
    hint: 'as in (?<employee_code>…)',
  },
  { said: /Duplicate capture group/i, what: 'two groups have the same name' },
  {
    said: /Invalid group/i,
    what: 'what follows (? is not known',
    hint: 'a group is (…), (?<name>…) or (?:…)',
  },
  { said: /\\ at end/i, what: 'it ends in a backslash', hint: 'write \\\\ for the character itself' },
]

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
