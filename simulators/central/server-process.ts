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

/** Somebody else listens on the port. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
}

export interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly account: Account
  readonly data: string
  readonly logFile: string
}

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const
/** Ctrl-C is for us, and we stop the server when we are done with it. */
const OWN_GROUP = { cwd: '/', detached: true } as const
const START_MAX_MS = 60_000
/** A slow disk makes the last checkpoint long; after this the server is told to drop everything. */
const STOP_MAX_MS = 60_000
const POLL_MS = 25

/**
 * The server's companion. It reads from us: a word means that the server has ended, the end of the stream without
 * one that we are dead, and then the server stops too.
 */
const WATCH = `
read word
if [ "$word" = ended ]; then exit; fi
kill -INT "$0"
for second in 1 2 3 4 5; do sleep 1; kill -0 "$0" || exit; done
kill -QUIT "$0"
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
  const server = serverOf(child, watch(child, account))
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
function watch(child: ChildProcess, account: Account): () => void {
  if (child.pid === undefined) return () => undefined
  const watcher = spawn('/bin/sh', ['-c', WATCH, String(child.pid)], {
    ...account,
    ...OWN_GROUP,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.stdin.on('error', () => undefined) // It cannot be told twice.
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

/** The server writes `ready` into the last line of its pid file. */
async function ready(child: ChildProcess, server: ServerProcess, data: string): Promise<void> {
  const deadlineMs = Date.now() + START_MAX_MS
  while (!server.hasEnded && Date.now() < deadlineMs) {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (lines[0] === String(child.pid) && lines[7]?.trim() === 'ready') return
    await wait(POLL_MS)
  }
  throw new Error(server.hasEnded ? 'It ended.' : `It was not ready within ${START_MAX_MS / 1000} s.`)
}
