/**
 * The simulators' own process: plays one scenario on real ports and writes down what really happened.
 *
 *   node simulators/main.ts SCENARIO.yaml [--truth FILE] [--for 60s] [--seed N] [--control-port N] [--attached]
 *
 * Standard output has one JSON line when every machine answers and one when the day is over. With --for the process ends
 * then; otherwise it goes on answering until a signal stops it, nobody reads its output, or (with --attached) its standard
 * input ends. It exits 0, 1 where something of this computer is in the way, 2 at a bad scenario or call.
 */
import { ArgumentError, readArguments } from './arguments.ts'
import { serveControl } from './control.ts'
import { type Line, startLine } from './line.ts'
import { temporaryCertificates } from './packml/certificates.ts'
import { loadScenario, ScenarioError } from './scenario.ts'
import { SimulationError } from './simulation-error.ts'
import { sweepTemporaryFolders } from './temporary-folder.ts'
import { openTruth } from './truth.ts'

const USAGE =
  'node simulators/main.ts SCENARIO.yaml [--truth FILE] [--for 60s] [--seed N] [--control-port N] [--attached]'

const FAULT = 1
const BAD_USE = 2

/** A stop takes no longer than this. Sockets that are still open then are closed with the process. */
const STOP_MAX_MS = 1_500

/** A closed terminal, Ctrl-\ and Ctrl-C stop it as orderly as a service manager does. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2))
  const scenario = loadScenario(options.scenarioFile)
  sweepTemporaryFolders()
  const store = temporaryCertificates()
  process.once('exit', () => store[Symbol.dispose]())
  const stopped = stopRequest(options.attached)
  // Until the machines answer, nothing needs to be ended in order.
  let onStop: () => void = () => process.exit(0)
  void stopped.then(() => onStop())

  const truth = openTruth(options.truthFile)
  const line = await startLine({
    scenario,
    seed: options.seed ?? scenario.seed,
    dayMs: options.dayMs,
    truth,
    certificates: store.certificates,
  })
  const control = await serveControl(line, options.controlPort)
  const end = async () => {
    setTimeout(() => process.exit(0), STOP_MAX_MS)
    await control[Symbol.asyncDispose]()
    await line[Symbol.asyncDispose]()
    truth.close()
    process.exit(0)
  }
  onStop = () => void end()
  announce(scenario.start, control.url, line)
  if (scenario.start === 'at_once') line.startDay()

  await line.ended
  print({ ended: true, at: new Date().toISOString() })
  if (options.dayMs !== undefined) await end()
}

/** Says that every machine answers, and how the day begins where it does not begin by itself. */
function announce(
  start: 'at_once' | 'on_command',
  control: string,
  { machines, devices, scanners, broker }: Pick<Line, 'machines' | 'devices' | 'scanners' | 'broker'>,
): void {
  const startUrl = `${control}/day/start`
  const waits = start === 'on_command'
  print({
    ready: true,
    control,
    day: waits ? 'waiting' : 'begun',
    start: waits ? startUrl : null,
    machines,
    devices,
    scanners,
    broker,
  })
  if (waits) {
    process.stderr.write(
      `The machines show their first state. Their day begins with: curl -X POST ${startUrl}\n`,
    )
  }
}

function stopRequest(attached: boolean): Promise<void> {
  return new Promise((stop) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => stop())
    // Nobody reads our output any more: it was a pipe or a terminal, and its reader is gone.
    process.stdout.on('error', () => stop())
    process.stderr.on('error', () => stop())
    if (attached) process.stdin.once('close', () => stop()).resume()
  })
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function endWith(error: unknown): never {
  if (error instanceof ArgumentError) {
    process.stderr.write(`${error.message}\nusage: ${USAGE}\n`)
    process.exit(BAD_USE)
  }
  const isForeseen = error instanceof ScenarioError || error instanceof SimulationError
  process.stderr.write(`${isForeseen ? error.message : ((error as Error)?.stack ?? String(error))}\n`)
  process.exit(error instanceof ScenarioError ? BAD_USE : FAULT)
}

// Also where a full disk ends the writing of the truth, in the middle of the day.
process.on('uncaughtException', endWith)
await main()
