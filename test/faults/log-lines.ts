/** Judges a gateway's whole log: no trouble may be logged more than once within a minute, however often it came. */
import { readFileSync } from 'node:fs'

interface Line {
  readonly level: number
  readonly time: string
  readonly msg: string
  readonly [field: string]: unknown
}

const INFO = 30
const MINUTE_MS = 60_000
/** Clocks of two threads are read at slightly different moments. */
const TOLERANCE_MS = 1_000
/** Fields that say what a line is about. */
const NAMES = ['code', 'device', 'machine', 'signal', 'subject', 'service', 'host', 'file', 'reason']
/** The first line of each process: another one knows nothing of what was logged before it. */
const FIRST = 'starting'
/** At its end a process says whatever it held back. */
const LAST = 'stopping'

/** What was said again too soon, and lines that hold a stack although somebody foresaw the fault. */
export function logFaults(file: string): readonly string[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean).flatMap(read)
  const saidAt = new Map<string, number>()
  let isEnding = false
  return lines.flatMap((line) => {
    if (line.msg === FIRST) saidAt.clear()
    if (line.msg === FIRST || line.msg === LAST) isEnding = line.msg === LAST
    if (isEnding) return []
    if (hasStack(line)) return [`a stack for what is foreseen: ${line.msg}`]
    const kind = kindOf(line)
    const atMs = Date.parse(line.time)
    const beforeMs = saidAt.get(kind) ?? Number.NEGATIVE_INFINITY
    saidAt.set(kind, atMs)
    return isTrouble(line) && atMs - beforeMs < MINUTE_MS - TOLERANCE_MS
      ? [`after ${atMs - beforeMs} ms again: ${kind}`]
      : []
  })
}

/** A process that was killed may have left half a line. */
function read(text: string): readonly Line[] {
  try {
    return [JSON.parse(text) as Line]
  } catch {
    return []
  }
}

/** None of the faults that are played is a mistake in the program. */
function hasStack({ error }: Line): boolean {
  return typeof error === 'object' && error !== null && 'stack' in error
}

/** A line about a map that was just saved is none. */
function isTrouble({ level, file, code }: Line): boolean {
  return level > INFO || (level === INFO && (file === undefined || code !== undefined))
}

/** The same words about the same thing, whatever numbers they hold. */
function kindOf(line: Line): string {
  const { message = '' } = (line.error ?? {}) as { readonly message?: string }
  const place = /\S+:\d+:\d+:/.exec(line.msg)?.[0] ?? ''
  const words = [line.msg, message].map((text) => text.replaceAll(/"[^"]*"|\d+/g, '#'))
  return [line.level, ...NAMES.map((name) => line[name] ?? ''), place, ...words].join(' ')
}
