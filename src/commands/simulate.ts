/**
 * `millrace simulate`: only the simulators, for other people's CI.
 *
 * They are a program of their own that shares no code with the gateway, so they run as a process of their own: this
 * command starts it, hands its output on, and stops it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Command, type CommandContext, UsageError } from './command.ts'

const SIMULATORS = fileURLToPath(new URL('../../simulators/main.ts', import.meta.url))

/** Exit code where the simulators could not be started or were killed. */
const FAULT = 1

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'plays a scenario of simulated machines on real ports, with a log of what really happened',
  usage:
    'millrace simulate SCENARIO.yaml [--truth truth.ndjson] [--for 60s] [--seed N] [--control-port N]\n\n' +
    'Prints a line of JSON when all machines answer. Scenarios to start from: simulators/scenarios/.',
  exits: ['0 stopped', '1 a port is taken or the simulators failed', '2 the scenario has faults'],
  example: 'millrace simulate simulators/scenarios/demo.yaml --truth truth.ndjson',
  page: 'README.md, Commands',
  run: simulate,
}

async function simulate({ args, env, cwd, node, out, err, signal }: CommandContext): Promise<number> {
  if (args.length === 0) throw new UsageError('name a scenario file')
  if (!existsSync(SIMULATORS)) {
    err('millrace simulate: the simulators are not part of the installed program; run this in a checkout\n')
    return FAULT
  }
  const child = spawn(node, [SIMULATORS, ...args, '--attached'], {
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
