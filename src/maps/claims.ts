/**
 * Which machine a file claims, told from its text alone, so that a map can be put in force before all others are understood.
 *
 * It never guesses: where only the parser can tell, there is no answer.
 */
import { readFileSync, statSync } from 'node:fs'
import { FILE_BYTES_MAX } from '../documents/yaml-source.ts'

/** `machine: WORD`, plain or quoted, on a line of its own; what follows must not go on with the word. */
const MACHINE_LINE =
  /^machine:[ \t]+(?:"([^"'\\\r\n]*)"|'([^"'\\\r\n]*)'|([\p{L}\p{N}_][^"'\\#:\r\n]*))[ \t]*(?:(?<=[ \t])#.*)?(?:\s*$(?!\s)|\s*\n(?=\S))/mu

/** @returns undefined where only the parser can tell, or the file cannot be read */
export function claimOf(path: string): string | undefined {
  try {
    return statSync(path).size > FILE_BYTES_MAX ? undefined : claimIn(readFileSync(path, 'utf8'))
  } catch {
    // Whoever reads the file in earnest says what is wrong with it.
    return undefined
  }
}

export function claimIn(text: string): string | undefined {
  const [, double, single, plain] = MACHINE_LINE.exec(text) ?? []
  return (double ?? single ?? plain)?.trim()
}
