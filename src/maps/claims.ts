/**
 * Whom a file describes, taken from its text without parsing it, so that its map can be put in force before all other files
 * are understood. It never guesses: where only the parser can tell, there is no answer.
 */
import { FILE_BYTES_MAX } from '../documents/yaml-source.ts'
import type { Owner } from '../domain/owner.ts'
import { readPlainFile } from '../runtime/plain-file.ts'
import type { MapKind } from './map-kind.ts'

/**
 * What may follow `machine:` on its line: one word, plain or quoted, and perhaps a comment. The next line that is not empty
 * must not be indented, since YAML folds indented lines into the value.
 */
const WORD_AFTER_KEY = String.raw`[ \t]+(?:"([^"'\\\r\n]*)"|'([^"'\\\r\n]*)'|([\p{L}\p{N}_][^"'\\#:\r\n]*))[ \t]*(?:(?<=[ \t])#.*)?(?:\s*$(?!\s)|\s*\n(?=\S))`

/** @returns undefined where only the parser can tell, or the file cannot be read */
export function claimOf(path: string, kinds: readonly MapKind[]): Owner | undefined {
  try {
    return claimIn(new TextDecoder().decode(readPlainFile(path, FILE_BYTES_MAX)), kinds)
  } catch {
    // The parser reads the file again, and says what is wrong with it.
    return undefined
  }
}

/** The same as {@link claimOf}, for a text that was read already. */
export function claimIn(text: string, kinds: readonly MapKind[]): Owner | undefined {
  const claims = kinds.flatMap(({ key, ownerOf }) => {
    const word = wordAfter(text, key)
    return word === undefined ? [] : [ownerOf(word)]
  })
  return claims.length === 1 ? claims[0] : undefined
}

function wordAfter(text: string, key: string): string | undefined {
  const [, double, single, plain] = new RegExp(`^${key}:${WORD_AFTER_KEY}`, 'mu').exec(text) ?? []
  return (double ?? single ?? plain)?.trim()
}
