/**
 * The PostgreSQL server as a child process: starts it, waits until it takes connections, stops it, and makes sure that it
 * never outlives us.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Account } from './account.ts'

export interface ServerProcess {
  readonly pid: number
  readonly hasEnded: boolean
  stop(mode: 'smart' | 'fast' | 'immediate'): Promise<void>
}

/** Another process listens on the port. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
}

interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly account: Account
  /** Everything of the server's. */
  readonly folder: string
  readonly data: string
  readonly logFile: string
}

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const
/** A process group of its own, so that Ctrl-C reaches only us. We stop the server when we are done with it. */
const OWN_GROUP = { cwd: '/', detached: true } as const
const START_MAX_MS = 60_000
/** The last checkpoint takes long on a slow disk. After this the server is told to stop without it. */
const STOP_MAX_MS = 60_000
const POLL_MS = 25

/**
 * A small watcher process beside the server. It reads our pipe: a line means that the server has ended and so may the
 * watcher. If the pipe ends without a line, we have died, and the watcher stops the server and removes its folder.
 */
const WATCH = `
read word
if [ "$word" = ended ]; then exit; fi
kill -INT "$0"
for second in 1 2 3 4 5; do sleep 1; kill -0 "$0" || break; done
kill -QUIT "$0"
sleep 1
rm -rf -- "$1"
`

/**
 * Starts the server and waits until it takes connections.
 * @throws PortTaken, or an Error that carries the end of the server's log
 */
export async function spawnServer(command: ServerCommand): Promise<ServerProcess> {
  const { account, file, args } = command
  const log = await open(command.logFile, 'a')
  const logStart = (await log.stat()).size
  const child = spawn(file, args, {
    ...account,
    ...OWN_GROUP,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  const server = serverOf(child, watch(child, command))
  await ready(child, server, command.data).catch(async (cause: unknown) => {
    await server.stop('immediate')
    const said = (await readFile(command.logFile, 'utf8')).slice(logStart).trim()
    if (said.includes('Address already in use')) throw new PortTaken(said)
    throw new Error(`PostgreSQL did not start. Its log (${command.logFile}) ends: ${said.slice(-1_000)}`, {
      cause,
    })
  })
  return server
}

/** @returns how to tell the watcher that the server has ended */
function watch(child: ChildProcess, { account, folder }: ServerCommand): () => void {
  if (child.pid === undefined) return () => undefined
  const watcher = spawn('/bin/sh', ['-c', WATCH, String(child.pid), folder], {
    ...account,
    ...OWN_GROUP,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.stdin.on('error', () => undefined) // The watcher is gone already.
  return () => watcher.stdin.end('ended\n')
}

function serverOf(child: ChildProcess, tellWatcher: () => void): ServerProcess {
  const ended = Promise.withResolvers<void>()
  let hasEnded = false
  const end = () => {
    hasEnded = true
    tellWatcher()
    ended.resolve()
  }
  child.once('exit', end)
  child.once('error', end)
  return {
    pid: child.pid ?? 0,
    get hasEnded() {
      return hasEnded
    },
    stop: async (mode) => {
      child.kill(SIGNALS[mode])
      const impatience = setTimeout(() => child.kill(SIGNALS.immediate), STOP_MAX_MS)
      await ended.promise
      clearTimeout(impatience)
    },
  }
}

/** Waits until the last line of the pid file says `ready`: PostgreSQL writes that when it takes connections. */
async function ready(child: ChildProcess, server: ServerProcess, data: string): Promise<void> {
  const deadlineMs = Date.now() + START_MAX_MS
  while (!server.hasEnded && Date.now() < deadlineMs) {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (lines[0] === String(child.pid) && lines[7]?.trim() === 'ready') return
    await wait(POLL_MS)
  }
  throw new Error(server.hasEnded ? 'It ended.' : `It was not ready within ${START_MAX_MS / 1000} s.`)
}
