/** Starts this same program as further processes: the gateway of the demo is the real one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'

/** How this same program is started again. */
export interface Program {
  readonly node: string
  /** Of Node itself. */
  readonly nodeOptions: readonly string[]
  readonly main: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Runs a command to its end. @returns its standard output @throws Error with its standard error, where it failed */
export async function runCommand(program: Program, args: readonly string[]): Promise<string> {
  const child = spawn(program.node, [...program.nodeOptions, program.main, ...args], {
    env: ownEnvironment(program.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [printed, complained, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (code === 0) return printed
  throw new Error(`millrace ${args.join(' ')} ended with exit code ${code}: ${complained.trim()}`)
}

/** A running `millrace run`. */
export interface GatewayProcess {
  readonly pid: number
  /** The exit code; null after a kill. */
  readonly exited: Promise<number | null>
  readonly hasExited: boolean
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP' | 'SIGSTOP' | 'SIGCONT'): void
}

/**
 * Starts `run`; what it logs is added to the file. It has a process group of its own, so that Ctrl-C and a closed terminal
 * reach only us, who stop it when its turn comes.
 */
export function spawnGateway(
  program: Program,
  options: { readonly configFile: string; readonly logFile: string },
): GatewayProcess {
  const log = openSync(options.logFile, 'a')
  const child = spawn(
    program.node,
    [...program.nodeOptions, program.main, 'run', '--config', options.configFile],
    {
      env: ownEnvironment(program.env),
      detached: true,
      stdio: ['ignore', log, log],
    },
  )
  closeSync(log)
  return processOf(child)
}

function processOf(child: ChildProcess): GatewayProcess {
  return {
    pid: child.pid ?? 0,
    exited: once(child, 'exit').then(([code]) => code as number | null),
    get hasExited() {
      return child.exitCode !== null || child.signalCode !== null
    },
    signal: (signal) => void child.kill(signal),
  }
}

/** The environment without the caller's own `MILLRACE_…` settings, which must not change the demo's gateway. */
function ownEnvironment(env: Program['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MILLRACE_')))
}
