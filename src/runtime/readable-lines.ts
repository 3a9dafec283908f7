/** The log for people at a terminal: a line each, with the local time, what happened, and what to do about it. */
import { styleText } from 'node:util'
import type { DestinationStream } from 'pino'

const WARN = 40
const ERROR = 50

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
  /** Why, in words. */
  readonly cause?: string
  readonly times?: number
  readonly since?: string
  readonly until?: string
  readonly error?: { readonly message?: string; readonly hint?: string; readonly stack?: string }
}

/** How lines are shown. */
interface Style {
  readonly hasColours: boolean
  /** Makes a text of others safe to show: a device may put anything into what it says. */
  readonly safe: (text: string) => string
}

/** Takes the JSON lines of the log, and writes them for people. */
export function readableLines(write: (text: string) => void, style: Style): DestinationStream {
  return { write: (json) => write(readable(JSON.parse(json), style)) }
}

function readable(line: Line, { hasColours, safe }: Style): string {
  const { error } = line
  const said = [line.msg, line.cause, error?.message]
  const what = said.filter((text, n, all) => text && all.indexOf(text) === n).join(': ')
  const hint = line.hint ?? error?.hint
  const about = [line.machine, line.file].filter((name) => name !== undefined && !what.includes(name))
  const names = about.length > 0 ? ` (${about.join(', ')})` : ''
  const isHintSaid = hint === undefined || what.includes(hint)
  const parts = [
    `${localTime(line.time)} ${levelWord(line.level, hasColours)} ${safe(what + names)}${timesText(line)}`,
    ...(isHintSaid ? [] : [`               ${safe(hint)}`]),
    ...(error?.stack ? error.stack.split('\n').map(safe) : []),
  ]
  return `${parts.join('\n')}\n`
}

function levelWord(level: number, hasColours: boolean): string {
  const word = LEVELS[level] ?? String(level)
  const colour = level >= ERROR ? 'red' : 'yellow'
  return hasColours && level >= WARN ? styleText(colour, word, { validateStream: false }) : word
}

/** Of lines that were held back until now. */
function timesText({ times, since, until }: Line): string {
  if (times === undefined || since === undefined || until === undefined) return ''
  if (times === 1) return ` (once more, at ${localTime(until)})`
  return ` (${times} times more, from ${localTime(since)} to ${localTime(until)})`
}

/** `14:03:59`, on the clock of the wall beside the terminal. */
function localTime(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8)
}
