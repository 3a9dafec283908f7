/**
 * Whom a file describes, taken from its text without parsing it, so that its map can be put in force before all other files
 * are understood. It never guesses: where only the parser can tell, there is no answer.
 */
import { FILE_BYTES_MAX } from '../documents/yaml-source.ts'
import type { Owner } from '../domain/owner.ts'
import { readPlainFile } from '../runtime/plain-file.ts'
import type { MapKind } from './map-kind.ts'

/** One word, plain or quoted, and what follows it on its line. No part can end in two ways, so that no text takes long. */
const WORD = /^(?:"([^"'\\]*)"|'([^"'\\]*)'|([\p{L}\p{N}_][^"'\\#:]*))(.*)$/u

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
  const line = new RegExp(`^${key}:[ \\t]+(?=[^ \\t])(.*)$`, 'mu').exec(text)
  if (!line || !endsThere(text.slice(line.index + line[0].length))) return undefined
  const [, double, single, plain, behind = ''] = WORD.exec(line[1] ?? '') ?? []
  // A comment begins behind a blank only.
  const isBlank = behind.trim() === '' || (/^\s/.test(behind) && behind.trimStart().startsWith('#'))
  const isComment = plain !== undefined && /\s$/.test(plain) && behind.startsWith('#')
  return isBlank || isComment ? (double ?? single ?? plain)?.trim() : undefined
}

/** The next line that is not empty must not be indented: YAML folds indented lines into the value. */
function endsThere(rest: string): boolean {
  const more = rest.trimStart()
  return more === '' || rest.at(rest.length - more.length - 1) === '\n'
}
