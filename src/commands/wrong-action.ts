/** What is said of a command's second word that is missing or wrong. */
import { nearestWord } from '../documents/nearest-word.ts'
import { UsageError } from './command.ts'

/** @param command the words before it: `buffer`, `buffer quarantine` */
export function wrongAction(
  command: string,
  written: string | undefined,
  actions: readonly string[],
): UsageError {
  const valid = `${actions.slice(0, -1).join(', ')} or ${actions.at(-1)}`
  if (written === undefined) return new UsageError(`say ${valid}`)
  const nearest = nearestWord(written, actions)
  const rest = nearest ? `; did you mean "${command} ${nearest}"?` : `, only ${valid}`
  return new UsageError(`there is no "${command} ${written}"${rest}`)
}
