/** The log for people at a terminal: a line each, with the local time, what happened, and what to do about it. */
import type { DestinationStream } from 'pino'

/** Names of pino's levels, as wide as the longest. */
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
}

interface Line {
  readonly level: number
  readonly time: string
  readonly msg?: string
  readonly hint?: string
  readonly machine?: string
  readonly file?: string
  readonly error?: { readonly message?: string; readonly hint?: string; readonly stack?: string }
}

/** Takes the JSON lines of the log, and writes them for people. */
export function readableLines(write: (text: string) => void): DestinationStream {
  return { write: (json) => write(readable(json)) }
}

function readable(json: string): string {
  const line = JSON.parse(json) as Line
  const { error } = line
  const what = [line.msg, error?.message].filter((text, n, all) => text && all.indexOf(text) === n).join(': ')
  const hint = line.hint ?? error?.hint
  const about = [line.machine, line.file].filter((name) => name !== undefined && !what.includes(name))
  const names = about.length > 0 ? ` (${about.join(', ')})` : ''
  const isHintTold = hint === undefined || what.includes(hint)
  const parts = [
    `${localTime(line.time)} ${LEVELS[line.level] ?? line.level} ${what}${names}`,
    ...(isHintTold ? [] : [`               ${hint}`]),
    ...(error?.stack ? [error.stack] : []),
  ]
  return `${parts.join('\n')}\n`
}

/** `14:03:59`, on the clock of the wall beside the terminal. */
function localTime(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8)
}
