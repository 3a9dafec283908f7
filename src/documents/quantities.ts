/** Durations, sizes and rates as people write them: a number and its unit, never a bare number. */
import { type RefinementCtx, z } from 'zod'
import { parseDuration, parseSize } from '../runtime/units.ts'

interface Quantity {
  readonly noun: string
  readonly units: string
  readonly example: string
  readonly parse: (text: string) => number | undefined
}

const DURATION: Quantity = { noun: 'duration', units: 'ms, s, m, h, d', example: '5s', parse: parseDuration }
const SIZE: Quantity = { noun: 'size', units: 'KB, MB, GB, TB', example: '64MB', parse: parseSize }
const PER_MINUTE = { s: 60, min: 1, m: 1, h: 1 / 60 } as const

/** Bounds as they are shown to the reader; inclusive. */
interface Range {
  readonly min?: string
  readonly max?: string
}

/** A duration in ms: `500ms`, `2s`, `5m`, `12h`, `7d`. */
export function duration(range: Range = {}) {
  return quantity(DURATION, range)
}

/** A size in bytes: `64MB`, `8GB`. */
export function size(range: Range = {}) {
  return quantity(SIZE, range)
}

/** A number of cycles, as in `1.7x`, or a duration. */
export type CyclesOrDuration = { readonly cycles: number } | { readonly ms: number }

/** So many times a machine's ideal cycle, `1.7x`, or a duration. */
export function cyclesOrDuration(range: Range = {}) {
  return z
    .unknown()
    .transform((input, context): CyclesOrDuration => {
      const cycles = Number(/^(\d+(?:\.\d+)?) ?x$/i.exec(String(input).trim())?.[1])
      if (cycles > 0) return { cycles }
      const measured = duration(range).safeParse(input)
      if (measured.success) return { ms: measured.data }
      const [issue] = measured.error.issues
      const hint = 'a duration such as 30s, or 3x for three ideal cycles'
      return refuse(context, issue?.message ?? `${shown(input)} is not a duration`, hint)
    })
    .meta({ type: 'string', pattern: '^[0-9]+(\\.[0-9]+)? ?(x|ms|s|m|h|d)$' })
}

/** A rate in pieces a minute: `60/min`, `2/s`, `900/h`. */
export function ratePerMinute() {
  return z
    .unknown()
    .transform((input, context): number => {
      const [, pieces, time] = /^(\d+(?:\.\d+)?) ?\/ ?(s|min|m|h)$/.exec(String(input).trim()) ?? []
      if (Number(pieces) > 0) return Number(pieces) * PER_MINUTE[time as keyof typeof PER_MINUTE]
      return refuse(context, `${shown(input)} is not a rate`, 'write pieces and time, as in 60/min')
    })
    .meta({ type: 'string', pattern: '^[0-9.]+ ?/ ?(s|min|m|h)$' })
}

function quantity({ noun, units, example, parse }: Quantity, { min, max }: Range) {
  return z
    .unknown()
    .transform((input, context): number => {
      if (/^\d+(\.\d+)?$/.test(String(input))) {
        return refuse(context, `${input} has no unit`, `write the unit (${units}), as in ${example}`)
      }
      const measured = typeof input === 'string' ? parse(input) : undefined
      if (measured === undefined || !Number.isSafeInteger(measured)) {
        const hint = `a number and its unit (${units}), as in ${example}`
        return refuse(context, `${shown(input)} is not a ${noun}`, hint)
      }
      if (min && measured < (parse(min) ?? 0))
        return refuse(context, `${input} is too small`, `at least ${min}`)
      if (max && measured > (parse(max) ?? 0))
        return refuse(context, `${input} is too large`, `at most ${max}`)
      return measured
    })
    .meta({ type: 'string', pattern: `^[0-9]+(\\.[0-9]+)? ?(${units.replaceAll(', ', '|')})$` })
}

/** Refuses a value inside a transformation. `hint` says what would be right. */
export function refuse(context: RefinementCtx, message: string, hint?: string): never {
  context.addIssue({ code: 'custom', message, params: { hint } })
  return z.NEVER
}

/** Who logs in, before the host of a URL. */
const LOGIN = /(:\/\/)[^/\s"]*@/g

/** A value as a message shows it, cut short; never what somebody logs in with, since messages reach the log. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a group of keys'
  const text = (typeof value === 'string' ? JSON.stringify(value) : String(value)).replaceAll(LOGIN, '$1…@')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
