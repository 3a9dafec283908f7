/** The trace of a case: what a machine shows and what people do, line by line. The format is explained in test/cases/status/README.md. */
import { parseDuration } from '../../../src/runtime/units.ts'

const DAY_MS = 86_400_000
/** Cases begin on this day, a Saturday, unless they say otherwise. Times are UTC. */
export const FIRST_DAY_MS = Date.UTC(2026, 0, 31)

/** One line: at this moment this happens. */
export interface TraceStep {
  readonly atMs: number
  readonly words: readonly string[]
  /** Values by signal, as the device has them: `state=3`. */
  readonly values: Readonly<Record<string, string>>
}

const MOMENT = /^(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s+(.*)$/
const REPEAT = /^repeat (\d+) every (\S+)$/
const OFFSET = /^\s+\+(\S+)\s+(.*)$/

/** All steps in time order. `repeat 240 every 2min` plays the lines behind it, which begin with `+100s`, so many times. */
export function readTrace(text: string): readonly TraceStep[] {
  const lines = text.split('\n').map((line) => line.replace(/\s*#.*$/, ''))
  const steps: TraceStep[] = []
  let dayMs = FIRST_DAY_MS
  let repeated: { readonly fromMs: number; readonly count: number; readonly everyMs: number } | undefined
  for (const line of lines.filter((one) => one.trim() !== '')) {
    const inside = OFFSET.exec(line)
    if (inside && repeated) {
      const [, offset = '', what = ''] = inside
      const { fromMs, count, everyMs } = repeated
      for (let turn = 0; turn < count; turn += 1)
        steps.push(stepOf(fromMs + turn * everyMs + duration(offset), what))
      continue
    }
    const [, day, time = '', what = ''] = MOMENT.exec(line) ?? []
    if (time === '') throw new Error(`no line of a trace: ${line}`)
    if (day) dayMs = Date.parse(`${day}T00:00:00Z`)
    const atMs = dayMs + clockMs(time)
    const [, count, every] = REPEAT.exec(what) ?? []
    repeated = count && every ? { fromMs: atMs, count: Number(count), everyMs: duration(every) } : undefined
    if (!repeated) steps.push(stepOf(atMs, what))
  }
  return steps.toSorted((a, b) => a.atMs - b.atMs)
}

function stepOf(atMs: number, text: string): TraceStep {
  const parts = text.trim().split(/\s+/)
  const pairs = parts.filter((part) => part.includes('=')).map((part) => part.split(/=(.*)/s).slice(0, 2))
  return {
    atMs,
    words: parts.filter((part) => !part.includes('=')),
    values: Object.fromEntries(pairs) as Readonly<Record<string, string>>,
  }
}

function clockMs(time: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = time.split(':')
  return Math.round((Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000)
}

/** `90s`, also with a sign: `-90s`. */
export function duration(text: string): number {
  const [, sign, amount = ''] = /^([+-]?)(.*)$/.exec(text) ?? []
  const ms = parseDuration(amount)
  if (ms === undefined) throw new Error(`no duration: ${text}`)
  return sign === '-' ? -ms : ms
}

/** `06:00:00`, `06:00:00.250`, and with its day where that is not the first one: `02-01 06:00:00`. */
export function momentText(ms: number): string {
  const whole = new Date(ms).toISOString()
  const time = whole.slice(11, 23).replace(/\.000$/, '')
  return ms - FIRST_DAY_MS < DAY_MS ? time : `${whole.slice(5, 10)} ${time}`
}
