#!/usr/bin/env node
/**
 * The command line. The only file besides the clock that touches `process`: it hands commands their world and turns what they return into
 * an exit code. Node's version is checked before anything native is loaded, because older versions crash without a message.
 *
 * SIGTERM or SIGINT asks the command to stop, and so do a closed terminal and Ctrl-\; the second one ends the process at
 * once, by that signal (130 or 143 to a shell). A process that has not ended long after the first is killed (137), with a
 * line about what was still running.
 *
 * An error that nobody caught was most likely thrown by a library in an event handler, and what it was about is half done. So the
 * process stops in order and exits with 1; whoever keeps it running starts it again, with what is on disk.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { CommandContext } from './commands/command.ts'
import { actingAs } from './runtime/act-as.ts'
import { drained } from './runtime/drained.ts'
import { lossLine, Outlet, warningLine } from './runtime/outlet.ts'
import { secretReader } from './runtime/secret-reader.ts'
import { unblocked } from './runtime/unblocked.ts'

/** The major version that `engines` of package.json names, and src/node.sh. Older ones do not understand what is loaded below. */
const NODE_MIN = 24

if (Number.parseInt(process.versions.node, 10) < NODE_MIN) {
  process.stderr.write(
    `millrace needs Node.js ${NODE_MIN} or newer, and this is ${process.versions.node}.\n` +
      'In a checkout, run it as: npm run --silent millrace -- <command>\n',
  )
  process.exit(2)
}

const FAULT = 1
/** One Ctrl-C may come twice: npm hands on what the terminal has sent to the whole group of processes already. */
const SAME_REQUEST_MS = 250
const PARENT_LOOK_EVERY_MS = 500
/** A stop takes at most 5 s; what has not ended a second later never will. */
const STOP_MAX_MS = 6_000
/** How long the last lines of standard error may take to go out. */
const LAST_WORDS_MAX_MS = 1_000
/** Libraries may keep a socket or a timer for this long after the command is over; its exit code is decided by then. */
const LEFTOVERS_MAX_MS = 200

/** How often the rest of the results is looked at, while somebody reads it slowly. */
const OUTPUT_LOOK_MS = 20

const stop = new AbortController()
/** What has to end before the process may, by name. */
const unfinished = new Set<string>()
const isErrTerminal = process.stderr.isTTY === true
/** All that goes to standard error, so that it stays in order. */
const errors = new Outlet(unblocked(process.stderr, unfinished), lossLine(isErrTerminal))
// What libraries and Node itself warn of. Node would write it past the log, and wait for whoever reads it.
process.removeAllListeners('warning')
process.on('warning', ({ name, message }) => {
  errors.write(
    warningLine(isErrTerminal, { event: 'node-warning', code: 'node-warning', msg: `${name}: ${message}` }),
  )
})
let stopMaxMs = STOP_MAX_MS
let hasFailed = false
let askedMs: number | undefined
/** What a daemon does at SIGHUP. Where nothing is to be read again, that signal says that the terminal was closed. */
const reloads = new Set<() => void>()

stop.signal.addEventListener('abort', () => {
  setTimeout(() => killOurselves(`has not stopped within ${stopMaxMs / 1_000} s`), stopMaxMs).unref()
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
  process.on(signal, () => {
    if (signal === 'SIGHUP' && reloads.size > 0) return reloads.forEach((reload) => void reload())
    const nowMs = performance.now()
    askedMs ??= nowMs
    if (nowMs - askedMs > SAME_REQUEST_MS) end(signal)
    stop.abort()
  })
}
// `npm run demo` belongs to its terminal: where npm is killed, it does not go on behind the next prompt.
if (process.env.npm_lifecycle_event === 'demo') {
  const npm = process.ppid
  setInterval(() => process.ppid !== npm && stop.abort(), PARENT_LOOK_EVERY_MS).unref()
}
// Nobody reads our output any more: it was a pipe or a terminal, and its reader has gone.
process.stdout.on('error', () => stop.abort())

/** The last resort. Only a kill ends a process with a thread inside a call that never returns: Node's own exit waits for it. */
function killOurselves(why: string): void {
  const running = unfinished.size === 0 ? 'the command itself' : [...unfinished].join(', ')
  errors.write(`millrace ${why} and is ended by force; still running: ${running}\n`)
  setTimeout(() => end('SIGKILL'), LEFTOVERS_MAX_MS)
}

/** Ends the process by a signal, at once. As process 1 of a container it cannot be ended so, and exits. */
function end(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.exit(1)
}

/** `npm run millrace` runs in the checkout, wherever it was called: npm says where that was. */
function currentFolder(): string {
  const { npm_lifecycle_event: script, npm_config_local_prefix: checkout, INIT_CWD: calledIn } = process.env
  const isCalledByNpm = script === 'millrace' && checkout === process.cwd()
  return (isCalledByNpm && calledIn) || process.cwd()
}

/** Whoever does not read our results must not keep us from stopping. */
const outDrained = drained(process.stdout, stop.signal)

function writeOut(text: string): Promise<void> | undefined {
  return process.stdout.write(text) ? undefined : outDrained()
}

const context: Omit<CommandContext, 'args'> = {
  env: process.env,
  cwd: currentFolder(),
  out: writeOut,
  err: (text) => errors.write(text),
  isTerminal: process.stdout.isTTY === true,
  isErrTerminal,
  columns: process.stdout.columns,
  rows: process.stdout.rows,
  node: process.execPath,
  nodeOptions: process.execArgv,
  program: process.argv[1] ?? 'millrace',
  signal: stop.signal,
  mayStopWithin: (ms) => {
    stopMaxMs = ms
  },
  unfinished,
  askSecret: secretReader(process.stdin, (text) => errors.write(text), stop),
  isInTerminal: process.stdin.isTTY === true,
  ...(process.geteuid?.() === 0 && { actAs: actingAs(process) }),
  onReload: (listener) => {
    reloads.add(listener)
    return () => reloads.delete(listener)
  },
}

const { runCommandLine } = await import('./commands/command-line.ts')
const { createLog } = await import('./runtime/log.ts')
const { logStream } = await import('./commands/log-stream.ts')
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, failed)

/** Only the first one is logged: what fails while everything is being stopped mostly fails because of that. */
function failed(error: unknown): void {
  if (hasFailed) return
  hasFailed = true
  stop.abort()
  createLog('fatal', logStream(context)).fatal(
    { event: 'process-failed', error },
    'an error that nobody caught: stopping, to be started again',
  )
}

const code = await runCommandLine(process.argv.slice(2), context)
process.exitCode = hasFailed ? FAULT : code
// Whoever reads the results slowly gets all of them.
while (process.stdout.writableLength > 0 && !stop.signal.aborted) await wait(OUTPUT_LOOK_MS)
await Promise.race([errors.emptied(), wait(askedMs !== undefined ? LEFTOVERS_MAX_MS : LAST_WORDS_MAX_MS)])
if (unfinished.size > 0) killOurselves('has done what it could to stop')
setTimeout(() => process.exit(), LEFTOVERS_MAX_MS).unref()
