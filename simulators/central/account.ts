/** The Unix account under which PostgreSQL runs, and how to run a program as that account. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The account that the server runs as. Without ids: the account of this process. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

/** Ordinary accounts that every Unix has; none is ever created. */
const UNPRIVILEGED = ['postgres', 'nobody']

/** PostgreSQL refuses to run as root. Where this process is root, the server runs as an account without rights. */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {}
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const wanted of UNPRIVILEGED) {
    const found = accounts.find(([name]) => name === wanted)
    if (found) return { uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither an account "postgres" nor "nobody". Run this as an ordinary user.',
  )
}

interface Outcome {
  readonly code: number | null
  readonly output: string
}

/** Runs a program to its end and returns what it printed on standard output and standard error. */
export async function runAs(
  account: Account,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(file, args, { ...account, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (text: Buffer) => {
    output += text.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.once('error', (error) => {
    output += error.message
    resolve(null)
  })
  child.once('close', resolve)
  return { code: await promise, output }
}
