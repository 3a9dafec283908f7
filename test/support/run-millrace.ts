/** Runs the command line as a process of its own, to its end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

/** For helpers that start the command line themselves. */
export const PROGRAM = {
  node: process.execPath,
  nodeOptions: process.execArgv,
  main: MAIN,
  env: process.env,
}

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export function runMillrace(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [...process.execArgv, MAIN, ...args], options)
}

/** Runs it as the README says, through npm, on the Node.js that the checkout brings along. */
export function npmRunMillrace(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run('npm', ['run', '--silent', 'millrace', '--', ...args], { cwd: CHECKOUT, ...options })
}

/** Runs any program to its end. */
export async function run(
  file: string,
  args: readonly string[],
  { env, cwd }: RunOptions,
): Promise<Finished> {
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number | null, out, err }
}
