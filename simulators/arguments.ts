/** The words after the program's name. `millrace simulate` reads them with this as well, so that both refuse the same. */
import { parseArgs } from 'node:util'
import { parseDurationMs } from './duration.ts'

/** The arguments of the call are wrong. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError'
}

/** How a scenario is to be played. */
interface PlayOptions {
  readonly scenarioFile: string
  readonly truthFile: string | undefined
  /** How long the day is played before the program ends; undefined: until it is stopped. */
  readonly dayMs: number | undefined
  readonly seed: number | undefined
  readonly controlPort: number
  /** Ends when its standard input does, so that it never outlives whoever started it. */
  readonly attached: boolean
}

const OPTIONS = {
  truth: { type: 'string' },
  for: { type: 'string' },
  seed: { type: 'string' },
  'control-port': { type: 'string', default: '0' },
  attached: { type: 'boolean', default: false },
} as const

const PORT_MAX = 65_535

/** @throws ArgumentError */
export function readArguments(args: readonly string[]): PlayOptions {
  const { values, positionals } = parse(args)
  const [scenarioFile, ...others] = positionals
  if (scenarioFile === undefined || others.length > 0) throw new ArgumentError('name one scenario file')
  return {
    scenarioFile,
    truthFile: values.truth,
    dayMs: values.for === undefined ? undefined : duration(values.for),
    seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed),
    controlPort: wholeNumber('--control-port', values['control-port'], PORT_MAX),
    attached: values.attached,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  } catch (cause) {
    throw new ArgumentError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function duration(text: string): number {
  const ms = parseDurationMs(text)
  if (!ms) throw new ArgumentError(`--for ${text}: not a duration such as 60s or 5m`)
  return ms
}

function wholeNumber(option: string, text: string, max = Number.MAX_SAFE_INTEGER): number {
  if (!/^\d+$/.test(text)) throw new ArgumentError(`${option} ${text}: not a whole number`)
  if (Number(text) > max) throw new ArgumentError(`${option} ${text}: at most ${max}`)
  return Number(text)
}
