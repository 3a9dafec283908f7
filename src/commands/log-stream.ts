/** Where a command's log goes: lines for people on a terminal, JSON elsewhere. */
import type { DestinationStream } from 'pino'
import { printable } from '../domain/errors.ts'
import { readableLines } from '../runtime/readable-lines.ts'
import type { CommandContext } from './command.ts'
import { terminalOf } from './terminal.ts'

export function logStream({
  err,
  isErrTerminal,
  env,
}: Pick<CommandContext, 'err' | 'isErrTerminal' | 'env'>): DestinationStream {
  if (!isErrTerminal) return { write: err }
  const { hasColours } = terminalOf({ isTerminal: isErrTerminal, columns: undefined, env })
  return readableLines(err, { hasColours, safe: printable })
}
