/**
 * `millrace simulate`: only the simulators, for other people's CI.
 *
 * They are a program of their own that shares no code with the gateway, so they run as a process of their own: this
 * command judges the scenario, starts them, hands their output on, and stops them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ZodType } from 'zod'
import { createDraft } from '../documents/draft.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import { ConfigError, type ConfigFault } from '../domain/errors.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'

const SIMULATORS = fileURLToPath(new URL('../../simulators/main.ts', import.meta.url))

/** Exit code where the simulators could not be started or were killed. */
const FAULT = 1

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'plays a scenario of simulated machines on real ports, with a log of what really happened',
  usage:
    'millrace simulate SCENARIO.yaml [--truth FILE] [--for 60s] [--seed N] [--control-port N]\n\n' +
    '  --truth FILE       adds to it what really happened, one JSON object a line\n' +
    '  --for 60s          ends the day, and then the program, after this time\n' +
    "  --seed N           another random day than the scenario's; the same number gives the same day\n" +
    '  --control-port N   where the remote control listens; without it, on any free port\n\n' +
    'Prints a line of JSON when all machines answer. Scenarios to start from: simulators/scenarios/.',
  exits: [
    '0 the time of --for is over, or it was stopped',
    '1 a port is taken, the truth cannot be written, or the simulators failed',
    '2 the scenario has faults, or the call cannot be understood',
  ],
  example: 'millrace simulate simulators/scenarios/day.yaml --for 60s --truth truth.ndjson',
  page: 'docs/simulators.md',
  run: simulate,
}

async function simulate(context: CommandContext): Promise<number> {
  const { args, cwd, err } = context
  if (!existsSync(SIMULATORS)) {
    err('millrace simulate: the simulators are not part of the installed program; run this in a checkout\n')
    return FAULT
  }
  const { scenarioSchema, readArguments } = await loadSimulators()
  const file = resolve(cwd, scenarioOf(args, readArguments))
  const faults = judgeScenario(file, cwd, scenarioSchema)
  if (faults.length > 0) throw new ConfigError(faults)
  return await play(context)
}

/** What the command takes of the simulators. They are not part of `src/`, so they are loaded by path. */
interface SimulatorParts {
  readonly scenarioSchema: ZodType
  readonly readArguments: (args: readonly string[]) => { readonly scenarioFile: string }
}

async function loadSimulators(): Promise<SimulatorParts> {
  const parts = ['../../simulators/scenario.ts', '../../simulators/arguments.ts']
  const loaded = await Promise.all(parts.map((path) => import(new URL(path, import.meta.url).href)))
  return Object.assign({}, ...loaded) as SimulatorParts
}

function scenarioOf(args: readonly string[], read: SimulatorParts['readArguments']): string {
  try {
    return read(args).scenarioFile
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** With the words, lines and columns by which other files of YAML are judged. */
function judgeScenario(path: string, cwd: string, schema: ZodType): readonly ConfigFault[] {
  const source = readYamlFile(path, cwd)
  if (source.faults.length > 0) return source.faults
  const draft = createDraft(source)
  draft.judge([], schema)
  return draft.faults
}

async function play({
  args,
  env,
  cwd,
  node,
  nodeOptions,
  out,
  err,
  signal,
}: CommandContext): Promise<number> {
  const child = spawn(node, [...nodeOptions, SIMULATORS, ...args, '--attached'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdout.setEncoding('utf8').on('data', out)
  child.stderr.setEncoding('utf8').on('data', err)
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const code = await exitCode(child, err)
  // Stopped before it could listen to signals, it dies of this one, and that is what was wanted.
  return code ?? (signal.aborted ? 0 : FAULT)
}

async function exitCode(child: ChildProcess, err: (text: string) => void): Promise<number | null> {
  try {
    // 'close' comes after the last output, 'exit' may come before it.
    const [code] = (await once(child, 'close')) as [number | null]
    return code
  } catch (error) {
    err(`millrace simulate: node cannot be started: ${error instanceof Error ? error.message : error}\n`)
    return FAULT
  }
}
