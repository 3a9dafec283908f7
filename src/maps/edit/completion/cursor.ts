/**
 * Where in a half-written file the cursor stands: which word is being typed there, and as a key or a value of what. Only what stands before
 * the cursor decides it, so that an open bracket or a wrong line below it does no harm.
 */
import { isCollection, isMap, isPair, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import type { Path } from '../../../documents/place.ts'

/** The cursor in a document. */
export interface CursorPlace {
  /** What of the word stands before the cursor. */
  readonly word: string
  /** The map in which it would be a key; undefined where none can stand there. */
  readonly keyIn: Path | undefined
  /** The place whose value it would be; undefined where it can be none. */
  readonly valueAt: Path | undefined
  /** What stands before the cursor, as values: for what is written further below see the whole text. */
  readonly before: unknown
}

/** Stands where the word is typed, and nowhere else. */
const MARK = 'Cursor\u2038'
const WORD = /[\p{L}\p{N}_.*/+-]*$/u

/** Undefined within a comment, or where nothing can be completed. @param offset of the cursor in the text */
export function cursorPlace(text: string, offset: number): CursorPlace | undefined {
  const typed = text.slice(0, offset)
  const word = WORD.exec(typed)?.[0] ?? ''
  const [, head = '', quote = ''] = /^(.*?)(["']?)$/s.exec(typed.slice(0, typed.length - word.length)) ?? []
  const line = head.slice(head.lastIndexOf('\n') + 1)
  if (isComment(line)) return undefined
  const open = openBrackets(head)
  const role = roleOf(line, open.at(-1), quote !== '')
  if (!role) return undefined
  const asKey = role.isKey ? placed(`${head}${MARK}: `, open) : undefined
  const asValue = role.isValue ? placed(`${head}${MARK}`, open) : undefined
  const before = (asKey ?? asValue)?.value
  return { word, keyIn: asKey?.keyIn, valueAt: asValue?.valueAt, before }
}

/** What may stand behind the beginning of a line. */
function roleOf(line: string, bracket: string | undefined, isQuoted: boolean) {
  const begin = line.trimEnd()
  const isAfterColon = /:$/.test(begin) && (begin !== line || isQuoted)
  if (isAfterColon) return { isKey: false, isValue: true }
  if (bracket === '[')
    return /[[,]$/.test(begin) || begin === '' ? { isKey: false, isValue: true } : undefined
  if (bracket === '{')
    return /[{,]$/.test(begin) || begin === '' ? { isKey: true, isValue: false } : undefined
  return /^(\s*-(?=\s))*\s*$/.test(line) ? { isKey: true, isValue: true } : undefined
}

/** Only what can be told from one line: a text within quotes may hold `#`. */
function isComment(line: string): boolean {
  return /(^|\s)#/.test(line.replaceAll(/"[^"]*"|'[^']*'/g, ''))
}

/** The brackets that nothing closes before the cursor. */
function openBrackets(text: string): readonly string[] {
  const plain = text.replaceAll(/"(?:\\.|[^"\\\n])*"|'[^'\n]*'|(?<=^|\s)#[^\n]*/gm, '')
  const open: string[] = []
  for (const [bracket] of plain.matchAll(/[{}[\]]/g)) {
    if (bracket === '{' || bracket === '[') open.push(bracket)
    else open.pop()
  }
  return open
}

/** The places of the mark in a text whose brackets are closed behind it. */
function placed(text: string, open: readonly string[]) {
  const closing = open.toReversed().map((bracket) => (bracket === '{' ? '}' : ']'))
  const document = parseDocument(`${text}${closing.join('')}\n`, { uniqueKeys: false, logLevel: 'silent' })
  const found = document.contents && findMark(document.contents as Node, [])
  return found ? { ...found, value: lenient(document) } : undefined
}

interface Found {
  readonly keyIn?: Path
  readonly valueAt?: Path
}

function findMark(node: Node, path: Path): Found | undefined {
  if (isScalar(node)) return node.value === MARK ? { valueAt: path } : undefined
  if (!isCollection(node)) return undefined
  // The mark is the last thing in the text.
  const last = node.items.at(-1)
  if (isSeq(node)) return last ? findMark(last as Node, [...path, node.items.length - 1]) : undefined
  if (!isMap(node) || !isPair(last)) return undefined
  const { key, value } = last
  if (!isScalar(key)) return undefined
  if (key.value === MARK) return { keyIn: path }
  return value ? findMark(value as Node, [...path, String(key.value)]) : undefined
}

/** The values of a document, whatever is wrong with it. */
function lenient(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    // Aliases that multiply, or lead nowhere.
    return undefined
  }
}

/** The values of a whole text as far as they can be told. */
export function lenientValue(text: string): unknown {
  return lenient(parseDocument(text, { uniqueKeys: false, logLevel: 'silent' }))
}
