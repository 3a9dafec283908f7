/**
 * One YAML 1.2 file and where everything in it stands, so that a fault names line and column.
 *
 * It never throws for what a file contains: text that is no YAML, too long, or not UTF-8 becomes faults.
 */
import { relative } from 'node:path'
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml'
import type { ConfigFault } from '../domain/errors.ts'
import { NotReadable, readPlainFile } from '../runtime/plain-file.ts'
import { condensed } from './condense.ts'
import type { Path, Place } from './place.ts'
import { encodingFault } from './text-faults.ts'
import { ambiguities, fault, syntaxFaults } from './yaml-faults.ts'
import { firstLine } from './yaml-words.ts'

/** A file as it was read, and where everything in it stands. */
export interface YamlSource {
  /** As named to the user. */
  readonly file: string
  readonly text: string
  /** Plain values; undefined when the file is not usable at all. */
  readonly value: unknown
  /** What is wrong with the file as YAML. */
  readonly faults: readonly ConfigFault[]
  has(path: Path): boolean
  /** Where a path's value or key stands; for what is missing, the key of the nearest thing around it. */
  place(path: Path, at?: 'key' | 'value'): Place
  /** A scalar as it was written (`40101.10`, `0x0100`), before YAML made a number of it. */
  written(path: Path): string | undefined
}

/** Larger files are refused: the largest sensible device map is a tenth of it. */
export const FILE_BYTES_MAX = 1_000_000
/** Aliases may repeat a part this many times in all; more is an alias bomb. */
const ALIASES_MAX = 100

/** Reads a file. What cannot be read is a source with a fault and no value. */
export function readYamlFile(path: string, cwd: string): YamlSource {
  const file = relative(cwd, path) || path
  try {
    return decode(readPlainFile(path, FILE_BYTES_MAX), file)
  } catch (error) {
    const reason = reasonText(error)
    const hint = error instanceof NotReadable ? error.hint : HINTS[reason]
    return unusable(file, '', `the file cannot be read: ${reason}`, hint)
  }
}

function decode(bytes: Uint8Array, file: string): YamlSource {
  const text = new TextDecoder('utf-8').decode(bytes)
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The lenient decoding above put U+FFFD where the first bad byte was.
    const before = text.slice(0, Math.max(0, text.indexOf('\uFFFD'))).split('\n')
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
    return unusable(file, text, 'the file is not UTF-8 text', 'save it as UTF-8', place)
  }
  return parseYaml(text, file)
}

/** Understands a text. `file` only names it. */
export function parseYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter()
  // Duplicate keys are looked for below: the parser's own search takes quadratic time.
  const document = parseDocument(text, {
    version: '1.2',
    lineCounter: lines,
    uniqueKeys: false,
    logLevel: 'error',
    // Showing the line of each error takes quadratic time too.
    prettyErrors: false,
  })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const encoding = encodingFault(text)
  if (encoding) return unusable(file, text, ...encoding)
  const refused = syntaxFaults(document, text, place)
  const faults = refused.length > 0 ? refused : ambiguities(document, text, place)
  if (document.directives?.yaml.version !== '1.2') {
    faults.push(
      fault(place(0), 'the file asks for another YAML version', 'remove the %YAML line: files are YAML 1.2'),
    )
  }
  if (faults.length > 0) return { ...unplaced(file, text), faults: condensed(faults) }
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX })
    if (value === null) return unusable(file, text, 'the file is empty')
    return { file, text, value, faults: [], ...navigation(document, place) }
  } catch (error) {
    const why =
      error instanceof ReferenceError && /alias count/.test(error.message)
        ? 'its aliases multiply'
        : reasonText(error)
    return unusable(file, text, `the file cannot be understood: ${why}`)
  }
}

function navigation(document: Document, place: (offset: number) => Place) {
  return {
    has: (path: Path) => descend(document, path).rest === 0,
    place: (path: Path, at: 'key' | 'value' = 'value') => {
      const { node, key, rest } = descend(document, path)
      const wanted = rest > 0 || at === 'key' || isBlank(node) ? (key ?? node) : node
      return place(wanted?.range?.[0] ?? 0)
    },
    written: (path: Path) => {
      const { node, rest } = descend(document, path)
      return rest === 0 && isScalar(node) ? (node.source ?? String(node.value)) : undefined
    },
  }
}

interface Found {
  readonly node: Node | null
  /** The key it stands under; for a list's item, the item itself. */
  readonly key: Node | null
  /** How many steps of the path could not be taken. */
  readonly rest: number
}

function descend(document: Document, path: Path): Found {
  let node: Node | null = document.contents
  let key: Node | null = null
  for (const [index, step] of path.entries()) {
    const inside: Node | undefined | null = isAlias(node) ? node.resolve(document) : node
    const next = isMap(inside) ? pairOf(inside.items as Pair<Node, Node | null>[], step) : undefined
    const item =
      isSeq(inside) && typeof step === 'number' ? (inside.items[step] as Node | undefined) : undefined
    if (!next && !item) return { node, key, rest: path.length - index }
    key = next?.key ?? item ?? null
    node = next ? next.value : (item ?? null)
  }
  return { node, key, rest: 0 }
}

function pairOf(pairs: readonly Pair<Node, Node | null>[], step: string | number) {
  return pairs.find(({ key }) => isScalar(key) && String(key.value) === String(step))
}

function isBlank(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && !node.source)
}

function unusable(
  file: string,
  text: string,
  message: string,
  hint?: string,
  at = { line: 1, column: 1 },
): YamlSource {
  return { ...unplaced(file, text), faults: [fault({ file, ...at }, message, hint)] }
}

function unplaced(file: string, text: string) {
  const start = { file, line: 1, column: 1 }
  return { file, text, value: undefined, has: () => false, place: () => start, written: () => undefined }
}

const DENIED = 'permission denied'
/** What to do about a reason. */
const HINTS: Readonly<Record<string, string>> = { [DENIED]: 'let the user read it that the gateway runs as' }

/** Why the system refused, in words. */
export function reasonText(error: unknown): string {
  const code = (error as { code?: unknown }).code
  if (code === 'ENOENT') return 'it does not exist'
  if (code === 'EACCES' || code === 'EPERM') return DENIED
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'ENOTDIR') return 'it is no folder'
  if (code === 'ELOOP') return 'its symbolic links lead in a circle'
  return error instanceof Error ? firstLine(error.message) : String(error)
}
