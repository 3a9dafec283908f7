/**
 * The simulators' own process: plays one scenario on real ports and writes down what really happened.
 *
 *   node simulators/main.ts SCENARIO.yaml [--truth FILE] [--for 60s] [--seed N] [--control-port N] [--attached]
 *
 * Standard output has one JSON line when every machine answers and one when the day is over. It then goes on answering
 * until SIGTERM or SIGINT (with --attached: until its standard input ends), and exits 0; a bad scenario exits 2.
 */
import { parseArgs } from 'node:util'
import { serveControl } from './control.ts'
import { parseDurationMs } from './duration.ts'
import { startLine } from './line.ts'
import { temporaryCertificates } from './packml/certificates.ts'
import { loadScenario, ScenarioError } from './scenario.ts'
import { openTruth } from './truth.ts'

const USAGE =
  'node simulators/main.ts SCENARIO.yaml [--truth FILE] [--for 60s] [--seed N] [--control-port N] [--attached]'

/** The arguments of the call are wrong. */
class UsageError extends Error {}

/** A stop takes no longer than this. Sockets that are still open then are closed with the process. */
const STOP_MAX_MS = 1_500

interface Options {
  readonly scenarioFile: string
  readonly truthFile: string | undefined
  readonly dayMs: number | undefined
  readonly seed: number | undefined
  readonly controlPort: number
  readonly attached: boolean
}

const OPTIONS = {
  truth: { type: 'string' },
  for: { type: 'string' },
  seed: { type: 'string' },
  'control-port': { type: 'string', default: '0' },
  attached: { type: 'boolean', default: false },
} as const

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2))
  const stopped = stopRequest(options.attached)
  const scenario = loadScenario(options.scenarioFile)
  const truth = openTruth(options.truthFile)
  const store = temporaryCertificates()
  process.once('exit', () => store[Symbol.dispose]())

  const line = await startLine({
    scenario,
    seed: options.seed ?? scenario.seed,
    dayMs: options.dayMs,
    truth,
    certificates: store.certificates,
  })
  const control = await serveControl(line, options.controlPort)
  print({ ready: true, control: control.url, machines: line.machines })
  void line.ended.then(() => print({ ended: true, at: new Date().toISOString() }))
  if (scenario.start === 'at_once') line.startDay()

  await stopped
  setTimeout(() => process.exit(0), STOP_MAX_MS)
  await control[Symbol.asyncDispose]()
  await line[Symbol.asyncDispose]()
  truth.close()
  process.exit(0)
}

function readArguments(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const [scenarioFile, ...others] = positionals
  if (scenarioFile === undefined || others.length > 0) throw new UsageError('name one scenario file')
  return {
    scenarioFile,
    truthFile: values.truth,
    dayMs: values.for === undefined ? undefined : duration(values.for),
    seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed),
    controlPort: wholeNumber('--control-port', values['control-port']),
    attached: values.attached,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function duration(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined) throw new UsageError(`--for ${text}: not a duration such as 60s or 5m`)
  return ms
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${option} ${text}: not a whole number`)
  return Number(text)
}

function stopRequest(attached: boolean): Promise<void> {
  return new Promise((stop) => {
    process.once('SIGTERM', () => stop())
    process.once('SIGINT', () => stop())
    if (attached) process.stdin.once('close', () => stop()).resume()
  })
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof ScenarioError)) throw error
  process.stderr.write(`${error.message}\n${error instanceof UsageError ? `usage: ${USAGE}\n` : ''}`)
  process.exit(2)
}
