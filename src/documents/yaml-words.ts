/** Puts what the YAML parser found into the words of the person who wrote the file. */
import type { YAMLError } from 'yaml'

/** What is wrong at a place of the text, and what would be right. */
export interface SyntaxWords {
  readonly offset: number
  readonly what: string
  readonly hint?: string
}

/** Where the parser stumbled. */
interface Spot {
  readonly text: string
  readonly offset: number
  /** The line up to there and from there on, as far as a mistake may reach. */
  readonly before: string
  readonly rest: string
  /** The parser's own words. */
  readonly message: string
}

/** No mistake reaches further. More is not looked at: a file may be one line of a million characters with as many mistakes. */
export const SEEN_CHARS = 200
/** Longer texts would hide the message that they are part of. */
const QUOTED_CHARS_MAX = 60

/** Keys whose values are whatever somebody wrote: there, a second colon rather belongs to the text. */
export const TEXT_KEY = /(?:^|[{,\s])(?:text|code|reason|node|machine|profile|from)"?:\s*$/
/** `key:value`: YAML wants a blank behind the colon. */
const GLUED = /^([\p{L}\p{N}_.-]+):([^\s,}\]].*)$/u
const OPENING: Readonly<Record<string, string>> = { '}': '{', ']': '[' }

const BY_CODE: Readonly<Record<string, (spot: Spot) => SyntaxWords | undefined>> = {
  TAB_AS_INDENT: ({ offset }) => ({ offset, what: 'a tab cannot indent', hint: 'use spaces' }),
  BAD_SCALAR_START: ({ offset, rest }) => badStart(offset, rest),
  BLOCK_AS_IMPLICIT_KEY: ({ offset }) => ({
    offset,
    what: 'a second ": " in one line',
    hint: 'put the text in quotes, or begin a new line',
  }),
  MULTIPLE_DOCS: ({ offset }) => ({
    offset,
    what: 'a second document begins here',
    hint: 'one file holds one document: remove the line ---',
  }),
  RESOURCE_EXHAUSTION: ({ offset }) => ({ offset, what: 'brackets are nested too deeply' }),
  TAG_RESOLVE_FAILED: tagWords,
  BAD_DQ_ESCAPE: escapeWords,
  BAD_ALIAS: starWords,
  BLOCK_IN_FLOW: secondColonWords,
  UNEXPECTED_TOKEN: unexpectedWords,
  MULTILINE_IMPLICIT_KEY: noPairWords,
  MISSING_CHAR: missingWords,
  BAD_INDENT: missingWords,
}

/** @param offset where the mistake begins, as far as the caller knows better than the parser */
export function syntaxWords(text: string, { code, message, pos }: YAMLError, offset = pos[0]): SyntaxWords {
  const before = text.slice(Math.max(0, offset - SEEN_CHARS), offset)
  const [rest = ''] = text.slice(offset, offset + SEEN_CHARS).split(/\r?\n/, 1)
  const spot = { text, offset, before: before.slice(before.lastIndexOf('\n') + 1), rest, message }
  return BY_CODE[code]?.(spot) ?? { offset, what: parsersWords(message) }
}

function parsersWords(message: string): string {
  return firstLine(message).replace(/ at line .*$/, '')
}

/** The first line of a text of several. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}

function badStart(offset: number, rest: string): SyntaxWords {
  const [word] = /^[^\s,}\]]+/.exec(rest) ?? ['>0']
  return { offset, what: 'a text cannot begin with this character', hint: `put it in quotes: "${word}"` }
}

function tagWords({ offset, before, rest }: Omit<Spot, 'message'>): SyntaxWords {
  const word = /^[^\s,}\]]+/.exec(rest)?.[0] ?? '!'
  return {
    offset,
    what: `"${word}" is not in quotes, and a ! at the beginning means something else to YAML`,
    hint: /(?:match|badge):\s*$/.test(before)
      ? 'put the pattern in single quotes'
      : 'write not: {SIGNAL: VALUE} for "anything but", or put a text in quotes',
  }
}

/** `!(START|PAUSE)`: the parser stumbles on the bracket behind what it takes for a tag. */
function gluedTagWords({ text, offset }: Spot): SyntaxWords {
  const mark = text.lastIndexOf('!', offset)
  const rest = text.slice(mark, mark + SEEN_CHARS).split(/\r?\n/, 1)[0] ?? ''
  const before = text.slice(Math.max(0, mark - SEEN_CHARS), mark)
  return tagWords({ text, offset: mark, before, rest })
}

/** `"^B\d+$"`: YAML has escapes of its own in double quotes, and the backslash of a pattern is none of them. */
function escapeWords({ offset, rest }: Spot): SyntaxWords {
  const letter = rest.slice(1, 2)
  return {
    offset,
    what: `"\\${letter}" means nothing to YAML within double quotes`,
    hint: `put the text in single quotes, or write \\\\${letter}`,
  }
}

/** `*: {…}`: the star makes a reference of what follows. The parser points behind it. */
function starWords({ text, offset }: Spot): SyntaxWords {
  const star = text.lastIndexOf('*', offset)
  const word = /^\*[^\s:,}\]]*/.exec(text.slice(star))?.[0] ?? '*'
  return {
    offset: star,
    what: `"${word}" is not in quotes, and a * at the beginning means something else to YAML`,
    hint: `write "${word}":`,
  }
}

/** `{at: 40102 type: u16}` lacks a comma; `{text: Axis 1: jam}` lacks quotes. */
function secondColonWords({ offset, before, rest }: Spot): SyntaxWords {
  const whole = (/^[^,}\]]*/.exec(rest)?.[0] ?? rest).trimEnd()
  const [, value, key] = /^(\S+)\s+([\p{L}\p{N}_."'-]+):\s/u.exec(`${whole} `) ?? []
  if (!value || !key || TEXT_KEY.test(before)) {
    return { offset, what: 'a text with ": " must stand in quotes', hint: inQuotes(whole) }
  }
  return {
    offset: offset + rest.indexOf(key, value.length),
    what: `a comma is missing before "${key}:"`,
    hint: `or, if all of it is one text, ${inQuotes(whole)}`,
  }
}

/** The hint to put a text in quotes. */
export function inQuotes(text: string): string {
  // Within double quotes a backslash would mean something else.
  const quoted = text.includes('\\') ? `'${text}'` : `"${text}"`
  return text.length > QUOTED_CHARS_MAX ? 'put it in quotes' : `write ${quoted}`
}

function unexpectedWords(spot: Spot): SyntaxWords {
  const { offset, before, rest } = spot
  const [first = ''] = rest
  const opening = OPENING[first]
  if (opening) {
    const hint = `remove it, or look for a missing ${opening} before it`
    return { offset, what: `this ${first} closes nothing`, hint }
  }
  if (/[[{]/.test(first) && /[^\s,{[]$/.test(before)) return bracketInText(spot, first)
  if (/[>|]$/.test(before)) return badStart(offset - 1, `${before.slice(-1)}${rest}`)
  if (/["']$/.test(before) && /[^\s,}\]]/.test(first)) {
    const hint = `a text that has double quotes stands in single ones: 'ns=3;s="DB"."State"'`
    return { offset, what: 'the text goes on behind its closing quote', hint }
  }
  if (/[}\]"'\p{L}\p{N}]\s*$/u.test(before) && /["'{[\p{L}\p{N}]/u.test(first))
    return { offset, what: 'a comma is missing before this' }
  return {
    offset,
    what: 'this does not belong here',
    hint: 'look for a missing quote, comma or bracket before it',
  }
}

/** `s=Stop[0].ID`: the bracket belongs to the text. */
function bracketInText({ offset, before, rest }: Spot, bracket: string): SyntaxWords {
  const start = /[^\s,{[]+$/.exec(before)?.[0] ?? ''
  const end = /^(?:\{[^\s,}]*\}?)?[^\s,}]*/.exec(rest)?.[0] ?? ''
  if (start.endsWith('$')) {
    const what = `${start}${end} is no variable: none are filled in here`
    return { offset: offset - start.length, what, hint: 'write the value itself' }
  }
  const isPattern = /[\\^]|\(\?/.test(start)
  return {
    offset: offset - start.length,
    what: `a text with ${bracket} must stand in quotes`,
    hint: isPattern ? 'put the whole pattern in single quotes' : inQuotes(`${start}${end}`),
  }
}

/** A line that is neither a key with its value nor anything else. */
function noPairWords({ offset, rest }: Spot): SyntaxWords {
  return (
    gluedWords(rest, offset) ?? { offset, what: 'this is no "key: value"', hint: 'look for a missing ": "' }
  )
}

/** `machine:PRESS`: a blank is missing. Undefined where it is not that. */
export function gluedWords(written: string, offset: number): SyntaxWords | undefined {
  const [, key, value] = GLUED.exec(written) ?? []
  if (key === undefined) return undefined
  return { offset, what: `a blank is missing after "${key}:"`, hint: `write ${key}: ${value}` }
}

function missingWords(spot: Spot): SyntaxWords {
  const { offset, message } = spot
  const closing = /end with a (\S)/.exec(message)?.[1]
  if (closing)
    return commentWords(spot, closing) ?? { offset, what: `a closing ${closing} is missing before this` }
  if (message.startsWith('Tags and anchors')) return gluedTagWords(spot)
  if (message.includes('same column'))
    return { offset, what: 'this line is not indented like those beside it' }
  if (message.includes('- indicator')) return { offset, what: 'a line of this list does not begin with "- "' }
  if (/^Missing closing .?quote/.test(message)) return { offset, what: 'this quote is never closed' }
  if (message.startsWith('Implicit map keys')) return noPairWords(spot)
  if (message.startsWith('Missing ,')) return { offset, what: 'a comma or a ": " is missing before this' }
  return { offset, what: parsersWords(message) }
}

/** `{node: ns=3;s=Tag #1}`: what is behind the # is a comment, and the closing bracket with it. */
function commentWords({ text, offset }: Spot, closing: string): SyntaxWords | undefined {
  const start = Math.max(0, offset - SEEN_CHARS)
  const [, before, comment] = /(?:^|\n)([^"'\n]*\s)(#[^\n]*)\s*$/.exec(text.slice(start, offset)) ?? []
  if (before === undefined || !comment?.includes(closing)) return undefined
  return {
    offset: text.lastIndexOf(comment, offset),
    what: `a # behind a blank begins a comment, so the ${closing} behind it does not count`,
    hint: 'put a text that has a # in quotes',
  }
}
